"""Scripts run on backends and on the oracle, and the outcomes that they give."""
