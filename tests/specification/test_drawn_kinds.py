"""Every kind of drawn case that wrong ports need comes up within two thousand draws, most within a few hundred."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.operations import Restore, Update

#: Hypothesis repeats itself within a run, and what it draws depends on the modules that are loaded: runs take turns.
_RUNS, _DRAWS = 4, 500


@cache
def _drawn(run: int) -> Sequence[Case]:
    drawn: list[Case] = []

    @hypothesis.seed(7 + run)
    @settings(
        max_examples=_DRAWS,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def keep(case: Case) -> None:
        drawn.append(case)

    keep()
    return drawn


def _updates(case: Case) -> Sequence[Update]:
    return [operation for operation in case.script if isinstance(operation, Update)]


def _iterations(case: Case) -> Sequence[int]:
    return [update.iteration for update in _updates(case)]


def _gaps(case: Case) -> Sequence[int]:
    iterations = _iterations(case)
    return [after - before for before, after in pairwise(iterations)]


def _normed_lengths(case: Case) -> Sequence[int]:
    """Return the lengths of the weights that stand under a norm."""

    def is_normed(layer: Mapping[str, Any]) -> bool:
        return "L2" in layer.get("gradient_normalization", "")

    network = case.network
    found = [i for i, layer in enumerate(network.layers) if is_normed(layer)]
    return [len(network.params.get(network.key(i, "W"), ())) for i in found]


_KINDS: Mapping[str, Callable[[Case], bool]] = {
    "iterations beyond 16 bits": lambda case: any(1 << 16 <= t < 1 << 24 for t in _iterations(case)),
    "iterations beyond float32": lambda case: any(1 << 24 < t < 1 << 30 for t in _iterations(case)),
    "iterations near the end of an int": lambda case: any(t > 1 << 30 for t in _iterations(case)),
    "an iteration twice": lambda case: 0 in _gaps(case),
    "an iteration before the last": lambda case: any(gap < 0 for gap in _gaps(case)),
    "skipped iterations": lambda case: any(gap > 1 for gap in _gaps(case)),
    "batch sizes beyond 16 bits": lambda case: any(update.batch_size > 1 << 16 for update in _updates(case)),
    "batch sizes beyond float32": lambda case: any(update.batch_size == (1 << 24) + 1 for update in _updates(case)),
    "more than ten layers": lambda case: len(case.network.layers) > 10,
    "a restore between updates": lambda case: any(isinstance(operation, Restore) for operation in case.script[:-1]),
    "a long norm with a remainder": lambda case: any(n > 64 and n % 16 for n in _normed_lengths(case)),
    "a long norm without a remainder": lambda case: any(n > 64 and n % 4 == 0 for n in _normed_lengths(case)),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_comes_up(kind: str) -> None:
    assert any(any(map(_KINDS[kind], _drawn(run))) for run in range(_RUNS))
