"""The commands of ``dl4j-conformance``, one module each."""
