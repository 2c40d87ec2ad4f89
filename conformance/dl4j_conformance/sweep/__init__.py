"""Exhaustive sweeps: every bit pattern of a gradient through a backend and its enclosure, in shards."""
