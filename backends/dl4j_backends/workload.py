"""The workload that `bench` measures: the update of one long parameter, again and again.

A backend offers it by a method ``prepare(updater, size, dtype)`` that returns a :class:`Workload`. It may raise
:class:`~dl4j_backends.interface.UnsupportedError` or :class:`~dl4j_backends.interface.BackendUnavailableError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dl4j_backends.engine.updaters import updater_named
from dl4j_backends.interface import Floats, Network

#: The weights of a dense layer; its bias gets no gradient.
KEY = "0_W"
#: Iteration and batch size of every timed update: past warm-up, a typical batch.
ITERATION, BATCH_SIZE = 9, 32
#: In place of a default that DL4J lacks: only AdaDelta's rho has none.
_UNSET = 0.95

#: Nanoseconds since some moment, such as ``time.perf_counter_ns``.
Clock = Callable[[], int]


class Workload(Protocol):
    """A session in its steady state, whose updates can be timed."""

    def nanoseconds(self, updates: int, clock: Clock) -> Sequence[int]:
        """Return the time of each of ``updates`` by ``clock``, or by a clock of its own, without their preparation."""

    def close(self) -> None:
        """Release what it holds."""


@dataclass(frozen=True)
class LocalWorkload:
    """A workload in this process. ``restore`` puts the gradient back, ``update`` returns when the update is done."""

    restore: Callable[[], object]
    update: Callable[[], object]

    def nanoseconds(self, updates: int, clock: Clock) -> Sequence[int]:
        """Return the time of each of ``updates`` by ``clock``, each with a gradient that was just written."""
        taken = []
        for _ in range(updates):
            self.restore()
            started = clock()
            self.update()
            taken.append(clock() - started)
        return taken

    def close(self) -> None:
        """Release nothing."""


def on_device(torch: Any, device: Any, restore: Callable[[], object], update: Callable[[], object]) -> LocalWorkload:
    """Return a workload whose functions return when torch's ``device`` has done what they ask for, as on the CPU.

    ``torch`` is the module, which is not imported here: it is an extra.
    """
    if device.type != "cuda":
        return LocalWorkload(restore, update)

    def awaited(function: Callable[[], object]) -> Callable[[], object]:
        return lambda: (function(), torch.cuda.synchronize(device))

    return LocalWorkload(awaited(restore), awaited(update))


def network(updater: str, size: int, dtype: str) -> Network:
    """Return a dense layer with ``size`` weights, all zero, and DL4J's defaults; a setting without default is 0.95.

    The weights are a row vector: on the columns of a matrix with one, ND4J is several times slower. Raises
    ``ValueError`` for an unknown updater.
    """
    unset = {name: _UNSET for name, default in updater_named(updater).defaults.items() if math.isnan(default)}
    layer = {"updater": updater, "n_in": 1, "n_out": size} | unset
    return Network(dtype, {}, (layer,), {KEY: np.zeros(size, dtype), "0_b": np.zeros(size, dtype)})


def gradient(size: int, dtype: str) -> Floats:
    """Return numbers from -1 to 1 (1-D, of ``dtype``): no element is so small that its square would be subnormal."""
    return np.linspace(-1, 1, size, dtype=dtype)
