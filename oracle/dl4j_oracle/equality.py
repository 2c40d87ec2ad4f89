"""When DL4J takes two updaters for equal: ``equals`` of gradient updaters and of arrays, in the ieee arithmetic."""

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
    """``x.equals(y)``, and whether ``x.hashCode() == y.hashCode()``."""

    equal: bool
    same_hash: bool


#: From the names of two graphs' vertices, and what comparing them layer by layer would give.
GraphsCompare = Callable[[Sequence[str], Sequence[str], Callable[[], Comparison]], Comparison]


@clause("EQ-4", "EQ-5")
def graphs_compare(names: Sequence[str], others: Sequence[str], by_layers: Callable[[], Comparison]) -> Comparison:
    """``ComputationGraphUpdater.equals`` and ``hashCode``: the map of names alone."""
    same = list(names) == list(others)
    return Comparison(same, same)


@clause("EQ-5")
def hashes_agree(equal: bool, of_content: bool, state_size: int) -> bool:
    """``hashCode``: a network's updater has its own, a layer's that of its map, where arrays have their own."""
    return equal and of_content and not state_size


@clause("EQ-1")
def layers_are_equal(
    x: Mapping[str, ParameterUpdater],
    y: Mapping[str, ParameterUpdater],
    updaters: UpdatersAreEqual,
    arrays: ArraysAreEqual,
) -> bool:
    """``LayerUpdater.equals``: the maps are equal."""
    return x.keys() == y.keys() and all(updaters(x[name], y[name], arrays) for name in x)


@clause("EQ-2")
def updaters_are_equal(x: ParameterUpdater, y: ParameterUpdater, arrays: ArraysAreEqual) -> bool:
    """``GradientUpdater.equals`` of two objects: ``NoOpUpdater`` has none of its own."""
    if x.rule.name == "NONE" or x.rule.name != y.rule.name:
        return False
    same_scalars = all(_is_same_double(a, b) for a, b in zip(_scalars(x), _scalars(y), strict=True))
    return same_scalars and all(arrays(a, b) for a, b in zip(_arrays(x), _arrays(y), strict=True))


@clause("EQ-3")
def arrays_are_equal(x: Sequence[float], y: Sequence[float]) -> bool:
    """``BaseNDArray.equals``: nearly equal; one element absolutely, several relatively; never NaN."""
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


def _scalars(updater: ParameterUpdater) -> Sequence[Scalar]:
    s = updater.settings
    match updater.rule.name:
        case "ADAM":
            return (updater.learning_rate, s.adam_mean_decay, s.adam_var_decay, s.epsilon)
        case "ADADELTA":
            return (s.rho, s.epsilon)
        case "NESTEROVS":
            return (updater.learning_rate, updater.momentum)
        case "ADAGRAD":
            return (updater.learning_rate, s.epsilon, IeeeScalar(updater.calls))
        case "RMSPROP":
            return (updater.learning_rate, s.rms_decay, s.epsilon)
    return (updater.learning_rate,)


def _arrays(updater: ParameterUpdater) -> list[list[float]]:
    memory = updater.memory
    arrays: list[Array] = list(memory.view.values()) if memory.velocity is None else [memory.velocity]
    return [array.values.tolist() for array in arrays if isinstance(array, IeeeArray)]


def _is_same_double(x: Scalar, y: Scalar) -> bool:
    """``Double.compare(x, y) == 0``: NaN is NaN, and zeros have signs."""
    a, b = IeeeScalar.own(x).value, IeeeScalar.own(y).value
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1, a) == math.copysign(1, b)
