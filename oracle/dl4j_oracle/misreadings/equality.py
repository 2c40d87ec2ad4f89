"""Misreadings of equality."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import isnan

from dl4j_oracle.cloning import ParameterUpdater
from dl4j_oracle.equality import ArraysAreEqual, Comparison, arrays_are_equal, updaters_are_equal
from dl4j_oracle.misreadings.misreading import Misreading


def _exactly(x: Sequence[float], y: Sequence[float]) -> bool:
    return all(a == b or (isnan(a) and isnan(b)) for a, b in zip(x, y, strict=True))


def _absolutely(x: Sequence[float], y: Sequence[float]) -> bool:
    return all(a == b or abs(a - b) < 1e-5 for a, b in zip(x, y, strict=True))


def _nan_is_nan(x: Sequence[float], y: Sequence[float]) -> bool:
    numbers = [(a, b) for a, b in zip(x, y, strict=True) if not (isnan(a) and isnan(b))]
    return all(arrays_are_equal([a], [b]) if len(x) == 1 else arrays_are_equal([a, 0], [b, 0]) for a, b in numbers)


def _none_too(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    return x.rule.name == y.rule.name == "NONE" or updaters_are_equal(x, y, arrays)


def _state_alone(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    like_x = replace(y, settings=x.settings, learning_rate=x.learning_rate, momentum=x.momentum)
    return updaters_are_equal(x, like_x, arrays)


def _layer_by_layer(names: Sequence[str], others: Sequence[str], by_layers: Callable[[], Comparison]) -> Comparison:
    return by_layers()


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    for id_, sentence, clause, field, rule in (
        ("equal-exactly", "Arrays are equal if all their values are.", "EQ-3", "arrays_are_equal", _exactly),
        ("equal-absolutely", "Arrays of any length are equal within 0.00001.", "EQ-3", "arrays_are_equal", _absolutely),
        ("equal-nan", "NaN equals NaN in arrays of any length.", "EQ-3", "arrays_are_equal", _nan_is_nan),
        ("none-equals-none", "All updaters under NONE are equal.", "EQ-2", "updaters_are_equal", _none_too),
        (
            "graphs-equal-by-layers",
            "The updaters of two graphs are equal if those of their layers are.",
            "EQ-4",
            "graphs_compare",
            _layer_by_layer,
        ),
        (
            "equal-hashes",
            "What is equal has the same hash code.",
            "EQ-5",
            "hashes_agree",
            lambda equal, of_content, state_size: equal,
        ),
        ("equal-by-state", "State counts, settings and rates do not.", "EQ-2", "updaters_are_equal", _state_alone),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, ("quirk 50",) if clause == "EQ-3" else ("quirk 49",))
