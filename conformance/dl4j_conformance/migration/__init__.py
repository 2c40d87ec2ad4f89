"""Migration: optimizers of other libraries that come nearest to DL4J's updaters, as programs, and what they change."""
