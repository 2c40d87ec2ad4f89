"""Saved models of DL4J as people look at them."""
