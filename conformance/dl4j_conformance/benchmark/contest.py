"""One updater on arrays of one size: the times of all contenders, beside a copy of the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from dl4j_backends.interface import UnsupportedError
from dl4j_backends.workload import Clock, Workload
from dl4j_conformance.benchmark import peers
from dl4j_conformance.benchmark.measurement import NotRun, Prepare, Values, measure
from dl4j_conformance.cases.parameter_lengths import state_size

#: The name of the limit's row.
COPY = "copy"


@dataclass(frozen=True)
class Contest:
    """Nanoseconds per update by contender, round by round, or the reason why there are none (``found``)."""

    updater: str
    size: int
    dtype: str
    found: Mapping[str, Values | NotRun]

    @property
    def bytes_per_element(self) -> int:
        """Return how many bytes an update moves per element: gradient and state arrays, each read and written."""
        return 2 * np.dtype(self.dtype).itemsize * (1 + _state_arrays(self.updater))

    @property
    def reference(self) -> str | None:
        """Return the first contender with times, to which the others are compared. The copy stands last."""
        return next((name for name, values in self.found.items() if not isinstance(values, NotRun)), None)


def run_contest(
    contenders: Mapping[str, object],
    updater: str,
    size: int,
    dtype: str,
    rounds: int,
    clock: Clock,
    progress: Callable[[], object] = lambda: None,
    device: str = "cpu",
) -> Contest:
    """Measure ``contenders``, and the copy on torch's ``device``.

    A contender is a backend, a peer, or the error that prevented one.
    """
    prepared: dict[str, Prepare] = {
        name: partial(_prepare, contender, updater, size, dtype) for name, contender in contenders.items()
    }
    # As many bytes as the updater has to move.
    prepared[COPY] = partial(peers.copying, size * (1 + _state_arrays(updater)), dtype, device)
    return Contest(updater, size, dtype, measure(prepared, rounds, clock, progress))


def _prepare(contender: object, updater: str, size: int, dtype: str) -> Workload:
    if isinstance(contender, Exception):
        raise contender
    prepare: Callable[[str, int, str], Workload] | None = getattr(contender, "prepare", None)
    if prepare is None:
        raise UnsupportedError("it offers no `prepare(updater, size, dtype)` (dl4j_backends.workload)")
    return prepare(updater, size, dtype)


def _state_arrays(updater: str) -> int:
    return state_size([{"updater": updater}], [{"W": 1}])
