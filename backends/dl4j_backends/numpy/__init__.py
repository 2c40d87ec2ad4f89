"""DL4J 0.8.0's updater pipeline in NumPy, in place on flat arrays: the example for a port's author.

``nd4j`` has all that depends on NumPy. The pipeline itself is ``dl4j_backends.engine``, whose first page says in which
order to read it.
"""

from __future__ import annotations

import numpy as np

from dl4j_backends import workload
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, SET_PARAMS, Network
from dl4j_backends.numpy.nd4j import NumpyNd4j
from dl4j_backends.workload import LocalWorkload


def on_numpy(dtype: str) -> Execution:
    """Return what runs updates on NumPy's arrays of ``dtype``."""
    return Execution(NumpyNd4j(dtype))


class NumpyBackend:
    """The backend ``numpy``: float32 and float64, every capability."""

    name = "numpy"
    capabilities = ALL_CAPABILITIES | {SET_PARAMS}

    def open(self, network: Network) -> EngineSession:
        """Return a session; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return EngineSession(network, on_numpy)

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        """Return a workload for `bench`: one update on ``size`` elements."""
        session, fresh = self.open(workload.network(updater, size, dtype)), workload.gradient(size, dtype)
        given = {workload.KEY: fresh.copy()}
        return LocalWorkload(
            restore=lambda: np.copyto(given[workload.KEY], fresh),
            update=lambda: session.step(given, workload.ITERATION, workload.BATCH_SIZE),
        )
