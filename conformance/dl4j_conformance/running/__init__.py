"""Campaigns: all fixtures, or drawn cases, on a backend."""
