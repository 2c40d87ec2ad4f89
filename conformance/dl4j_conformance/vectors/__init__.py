"""Golden fixtures, recordings of the real DL4J and training runs: made, read and promoted."""
