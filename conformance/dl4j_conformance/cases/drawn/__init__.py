"""Hypothesis strategies for networks, scripts and values."""
