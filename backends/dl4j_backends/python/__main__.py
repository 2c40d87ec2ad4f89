"""The process of a Python backend: see :mod:`dl4j_backends.python.host`."""

from dl4j_backends.python.host import main

main()
