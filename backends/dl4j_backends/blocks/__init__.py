"""DL4J 0.9.1 and 1.0.0-M2.1 in place on flat arrays of any library: the backends ``numpy`` and ``torch`` of both.

Read ``pipeline`` first: it has the order of an update. ``plan_0_9_1`` and ``plan_1_0_0`` read the settings. Formulae
that have not changed since 0.8.0 are those of ``dl4j_backends.engine``. A library adds its operations, as
``numpy_operations`` does.
"""

from __future__ import annotations

from dl4j_backends.block_interface import BlockNetwork
from dl4j_backends.blocks.numpy_operations import numpy_sides
from dl4j_backends.blocks.session import PipelineSession


class NumpyBlockBackend:
    """The backend ``numpy`` of later versions: float32 and float64."""

    name = "numpy"

    def open(self, network: BlockNetwork) -> PipelineSession:
        """Return a session; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return PipelineSession(network, numpy_sides(network.version, network.dtype))
