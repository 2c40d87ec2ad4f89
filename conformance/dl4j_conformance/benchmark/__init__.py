"""Speed of backends: paired rounds of timed updates, beside a copy of the same bytes and beside peers."""
