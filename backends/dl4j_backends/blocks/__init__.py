"""DL4J 0.9.1 and 1.0.0-M2.1 in NumPy, in place on flat arrays: the backend ``numpy`` of these versions.

Read ``session`` first: it has the order of an update. ``plan_0_9_1`` and ``plan_1_0_0`` read the settings. The formulae
that have not changed since 0.8.0 are those of ``dl4j_backends.engine``.
"""

from __future__ import annotations

from dl4j_backends.block_interface import BlockNetwork
from dl4j_backends.blocks.session import NumpyBlockSession


class NumpyBlockBackend:
    """The backend ``numpy`` of later versions: float32 and float64."""

    name = "numpy"

    def open(self, network: BlockNetwork) -> NumpyBlockSession:
        """Return a session; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return NumpyBlockSession(network)
