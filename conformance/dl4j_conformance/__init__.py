"""The conformance suite: cases, judging, reports and the command line."""
