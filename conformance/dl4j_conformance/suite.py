"""The golden cases as tests for pytest: ``pytest --pyargs dl4j_conformance.suite --dl4j-backend ADDRESS``.

The plugin collects them (:mod:`dl4j_conformance.plugin.collection`); this module is the name by which they are asked.
"""
