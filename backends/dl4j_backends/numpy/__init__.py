"""DL4J 0.8.0's updater pipeline in NumPy, in place on flat arrays: the example for a port's author.

Read it in this order: ``session`` and ``layer`` (what happens when), ``formulae`` and ``normalization``, ``nd4j``
(what ND4J does to operands); then, in ``dl4j_backends.host``, ``learning_rate`` (the policies) and ``settings``
(defaults and validation).
"""

from __future__ import annotations

import numpy as np

from dl4j_backends import workload
from dl4j_backends.interface import ALL_CAPABILITIES, SET_PARAMS, Network
from dl4j_backends.numpy.session import NumpySession
from dl4j_backends.workload import LocalWorkload


class NumpyBackend:
    """The backend ``numpy``: float32 and float64, every capability."""

    name = "numpy"
    capabilities = ALL_CAPABILITIES | {SET_PARAMS}

    def open(self, network: Network) -> NumpySession:
        """A session on ``network``; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return NumpySession(network)

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        """For `bench`: one update on ``size`` elements."""
        session, fresh = self.open(workload.network(updater, size, dtype)), workload.gradient(size, dtype)
        given = {workload.KEY: fresh.copy()}
        return LocalWorkload(
            restore=lambda: np.copyto(given[workload.KEY], fresh),
            update=lambda: session.step(given, workload.ITERATION, workload.BATCH_SIZE),
        )
