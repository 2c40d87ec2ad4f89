"""Equality of updaters in DL4J: ``equals`` of gradient updaters and of arrays, in the ieee arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dl4j_oracle.arithmetic.ieee import IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.cloning import ParameterUpdater

#: ``Nd4j.EPS_THRESHOLD``.
_TOLERANCE = 1e-5
#: ``Float.MIN_NORMAL``, for doubles too.
_MIN_NORMAL = 2.0**-126

ArraysAreEqual = Callable[[Sequence[float], Sequence[float]], bool]
UpdatersAreEqual = Callable[[ParameterUpdater, ParameterUpdater, ArraysAreEqual], bool]


@dataclass(frozen=True)
class Comparison:
    """The result of ``x.equals(y)``, and of ``x.hashCode() == y.hashCode()``."""

    equal: bool
    same_hash: bool


#: From the names of two graphs' vertices, and what comparing them layer by layer would give.
GraphsCompare = Callable[[Sequence[str], Sequence[str], Callable[[], Comparison]], Comparison]


@clause("EQ-4", "EQ-5")
def graphs_compare(names: Sequence[str], others: Sequence[str], by_layers: Callable[[], Comparison]) -> Comparison:
    """Compare the maps of names alone, as ``ComputationGraphUpdater.equals`` and ``hashCode``."""
    same = list(names) == list(others)
    return Comparison(same, same)


@clause("EQ-5")
def hashes_agree(equal: bool, of_content: bool, state_size: int) -> bool:
    """Return whether hash codes agree: a network has its own, a layer that of its map, whose arrays have their own."""
    return equal and of_content and not state_size


@clause("EQ-1")
def layers_are_equal(
    x: Mapping[str, ParameterUpdater],
    y: Mapping[str, ParameterUpdater],
    updaters: UpdatersAreEqual,
    arrays: ArraysAreEqual,
) -> bool:
    """Return whether the maps of updaters are equal, as ``LayerUpdater.equals``."""
    return x.keys() == y.keys() and all(updaters(x[name], y[name], arrays) for name in x)


@clause("EQ-2")
def updaters_are_equal(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    """Return ``x.equals(y)`` of two ``GradientUpdater`` objects: ``NoOpUpdater`` has no ``equals`` of its own."""
    if x.rule.compared is None or x.rule.name != y.rule.name:
        return False
    same_scalars = all(_is_same_double(_scalar(x, name), _scalar(y, name)) for name in x.rule.compared)
    return same_scalars and all(arrays(a, b) for a, b in zip(_arrays(x), _arrays(y), strict=True))


@clause("EQ-3")
def arrays_are_equal(x: Sequence[float], y: Sequence[float]) -> bool:
    """Return ``BaseNDArray.equals``: nearly equal; one element absolutely, several relatively; never NaN."""
    if len(x) == 1:
        return abs(x[0] - y[0]) < _TOLERANCE
    return all(_is_near(a, b) for a, b in zip(x, y, strict=True))


def _is_near(a: float, b: float) -> bool:
    if a == b:
        return True
    distance = abs(a - b)
    if a == 0 or b == 0 or distance < _MIN_NORMAL:
        return distance < _TOLERANCE
    return distance / (abs(a) + abs(b)) < _TOLERANCE


def _scalar(updater: ParameterUpdater, name: str) -> Scalar:
    match name:
        case "learning_rate":
            return updater.learning_rate
        case "momentum":
            return updater.momentum
        case "calls":
            return IeeeScalar(updater.calls)
        case setting:
            found: Scalar = getattr(updater.settings, setting)
            return found


def _arrays(updater: ParameterUpdater) -> list[list[float]]:
    memory = updater.memory
    arrays: list[Array] = list(memory.view.values()) if memory.velocity is None else [memory.velocity]
    return [array.values.tolist() for array in arrays if isinstance(array, IeeeArray)]


def _is_same_double(x: Scalar, y: Scalar) -> bool:
    """Return ``Double.compare(x, y) == 0``: NaN is NaN, and zeros have signs."""
    a, b = IeeeScalar.own(x).value, IeeeScalar.own(y).value
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1, a) == math.copysign(1, b)
