"""The speed of a backend: sessions and updates per second of a small network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dl4j_backends.interface import Backend
from dl4j_backends.stdio.check import small_gradients, small_network


@dataclass(frozen=True)
class Speed:
    """Sessions (open, update, close) per second, and updates per second within one session."""

    sessions: float
    updates: float

    @property
    def microseconds(self) -> float:
        """Microseconds per update."""
        return 1e6 / self.updates


def measure(backend: Backend, updater: str, dtype: str, seconds: float) -> Speed:
    """Return the speed of ``backend`` on one dense layer of 3 x 2, measured for ``seconds`` in all."""
    network, gradients = small_network(updater, dtype), small_gradients(dtype)

    def session() -> None:
        opened = backend.open(network)
        opened.update({key: array.copy() for key, array in gradients.items()}, 0, 1)
        opened.close()

    sessions = _per_second(session, seconds / 2)
    opened = backend.open(network)
    updates = _per_second(
        lambda: opened.update({key: array.copy() for key, array in gradients.items()}, 0, 1), seconds / 2
    )
    opened.close()
    return Speed(sessions, updates)


def _per_second(action: Callable[[], object], seconds: float) -> float:
    action()  # the first call may compile
    started = time.perf_counter()
    count = 0
    while (elapsed := time.perf_counter() - started) < seconds or not count:
        action()
        count += 1
    return count / elapsed if elapsed else float("inf")
