"""Outcomes compared with what DL4J does, level by level."""
