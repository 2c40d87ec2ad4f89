"""Misreadings of equality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan

from dl4j_oracle import equality as right
from dl4j_oracle.cloning import ParameterUpdater
from dl4j_oracle.equality import ArraysAreEqual, Comparison
from dl4j_oracle.misreadings.misreading import misreading


@misreading("equal-exactly", clauses=("EQ-3",), replaces="arrays_are_equal", references=("quirk 50",))
def _equal_exactly(x: Sequence[float], y: Sequence[float]) -> bool:
    """Arrays are equal if all their values are."""
    return all(a == b or (isnan(a) and isnan(b)) for a, b in zip(x, y, strict=True))


@misreading("equal-absolutely", clauses=("EQ-3",), replaces="arrays_are_equal", references=("quirk 50",))
def _equal_absolutely(x: Sequence[float], y: Sequence[float]) -> bool:
    """Arrays of any length are equal within 0.00001."""
    return all(a == b or abs(a - b) < 1e-5 for a, b in zip(x, y, strict=True))


@misreading("equal-nan", clauses=("EQ-3",), replaces="arrays_are_equal", references=("quirk 50",))
def _equal_nan(x: Sequence[float], y: Sequence[float]) -> bool:
    """NaN equals NaN in arrays of any length."""
    numbers = [(a, b) for a, b in zip(x, y, strict=True) if not (isnan(a) and isnan(b))]
    padding = [] if len(x) == 1 else [0.0]
    return all(right.arrays_are_equal([a, *padding], [b, *padding]) for a, b in numbers)


@misreading("none-equals-none", clauses=("EQ-2",), replaces="updaters_are_equal", references=("quirk 49",))
def _none_equals_none(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    """All updaters under NONE are equal."""
    return x.rule.name == y.rule.name == "NONE" or right.updaters_are_equal(x, y, arrays)


@misreading("graphs-equal-by-layers", clauses=("EQ-4",), replaces="graphs_compare", references=("quirk 49",))
def _graphs_equal_by_layers(
    names: Sequence[str], others: Sequence[str], by_layers: Callable[[], Comparison]
) -> Comparison:
    """The updaters of two graphs are equal if those of their layers are."""
    return by_layers()


@misreading("equal-hashes", clauses=("EQ-5",), replaces="hashes_agree", references=("quirk 49",))
def _equal_hashes(equal: bool, of_content: bool, state_size: int) -> bool:
    """What is equal has the same hash code."""
    return equal


@misreading("equal-by-state", clauses=("EQ-2",), replaces="updaters_are_equal", references=("quirk 49",))
def _equal_by_state(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    """State counts, settings and rates do not."""
    like_x = replace(y, settings=x.settings, learning_rate=x.learning_rate, momentum=x.momentum)
    return right.updaters_are_equal(x, like_x, arrays)
