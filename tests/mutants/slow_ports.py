"""Ports for the tests of clusters: one takes its time, one is wrong, one ends its process.

``python:mutants.slow_ports:Slow`` is the address of one of them. ``DL4J_SLOW_PORTS`` may name a folder, in which each
opened backend leaves a file named after its process, and ``DL4J_SLOW_SECONDS`` says how long an update takes. While the
file ``DL4J_SLOW_HOLD`` exists, no update ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Floats, Network, Observation
from dl4j_backends.numpy import NumpyBackend, on_numpy


class _SlowSession(EngineSession):
    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        time.sleep(float(os.environ.get("DL4J_SLOW_SECONDS", "0")))
        while Path(os.environ.get("DL4J_SLOW_HOLD", os.devnull)).is_file():
            time.sleep(0.02)
        return super().update(gradients, iteration, batch_size)


class Slow(NumpyBackend):
    name = "slow"

    def __init__(self) -> None:
        if folder := os.environ.get("DL4J_SLOW_PORTS"):
            Path(folder, str(os.getpid())).touch()

    def open(self, network: Network) -> EngineSession:
        return _SlowSession(network, on_numpy)


class _WrongSession(EngineSession):
    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        seen = super().update(gradients, iteration, batch_size)
        for array in (seen.updates or {}).values():
            array[:] = -array
        return seen


class Wrong(NumpyBackend):
    """It adds where DL4J subtracts."""

    name = "wrong"

    def open(self, network: Network) -> EngineSession:
        return _WrongSession(network, on_numpy)


class _DeadlySession(EngineSession):
    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        if 1.25 in gradients["0_W"]:
            os._exit(7)
        return super().update(gradients, iteration, batch_size)


class Deadly(NumpyBackend):
    """It ends its process when a gradient is 1.25."""

    name = "deadly"

    def open(self, network: Network) -> EngineSession:
        return _DeadlySession(network, on_numpy)
