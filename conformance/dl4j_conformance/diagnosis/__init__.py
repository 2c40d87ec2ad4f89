"""Explanations of failures: the misreading, the first divergence, the intermediates."""
