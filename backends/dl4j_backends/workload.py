"""What `bench` measures: the update of one long parameter, again and again.

A backend offers it by a method ``prepare(updater, size, dtype)`` that returns a :class:`Workload`. It may raise
:class:`~dl4j_backends.interface.UnsupportedError` or :class:`~dl4j_backends.interface.BackendUnavailableError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dl4j_backends.interface import Floats, Network

#: The weights of a dense layer; its bias gets no gradient.
KEY = "0_W"
#: What every update is told. Past the first iterations; a batch as it is common.
ITERATION, BATCH_SIZE = 9, 32

#: Nanoseconds since some moment, such as ``time.perf_counter_ns``.
Clock = Callable[[], int]


class Workload(Protocol):
    """A session in its steady state, whose updates can be timed."""

    def nanoseconds(self, updates: int, clock: Clock) -> Sequence[int]:
        """What each of ``updates`` took by ``clock``, or by a clock of its own; not what prepares them."""

    def close(self) -> None:
        """Release what it holds."""


@dataclass(frozen=True)
class LocalWorkload:
    """A workload in this process. ``restore`` puts the gradient back, ``update`` returns when the update is done."""

    restore: Callable[[], object]
    update: Callable[[], object]

    def nanoseconds(self, updates: int, clock: Clock) -> Sequence[int]:
        """What each of ``updates`` took by ``clock``, with a gradient that was just written."""
        taken = []
        for _ in range(updates):
            self.restore()
            started = clock()
            self.update()
            taken.append(clock() - started)
        return taken

    def close(self) -> None:
        """Nothing to release."""


def network(updater: str, size: int, dtype: str) -> Network:
    """A dense layer with ``size`` weights, all zero, and DL4J's defaults; AdaDelta's rho, which has none, is 0.95.

    The weights are a row vector: on the columns of a matrix with one, ND4J is several times slower.
    """
    layer = {"updater": updater, "n_in": 1, "n_out": size} | ({"rho": 0.95} if updater == "ADADELTA" else {})
    return Network(dtype, {}, (layer,), {KEY: np.zeros(size, dtype), "0_b": np.zeros(size, dtype)})


def gradient(size: int, dtype: str) -> Floats:
    """From -1 to 1: no element is so small that its square would be subnormal."""
    return np.linspace(-1, 1, size, dtype=dtype)
