"""The length of a step: the rules of ``BackTrackLineSearch``, and the line that it goes along.

The search tries a step, and after it a shorter one, until the score has changed enough. Its tolerances are constants.
Arrays are 1-D, of the network's dtype; steps, slopes and scores are Java doubles.
"""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import StepFunction
from dl4j_oracle.errors import Dl4jError

#: ``relTolx``, a Java float: 1e-7.
_RELATIVE_TOLERANCE = 1.0000000116860974e-07
#: ``ALF``, a Java float: 1e-4.
_SUFFICIENT = 9.999999747378752e-05
#: The least factor between two steps, a Java float: 0.1.
_LEAST_FACTOR = 0.10000000149011612
#: ``Eps``: two values are equal if they differ by no more, rounded to their type.
_EQUAL = 1e-12
#: ``BaseOptimizer.stepMax``, the greatest double.
_STEP_MAX = 1.7976931348623157e308


@dataclass(frozen=True)
class Line:
    """The line of a search: the slope and the score at its start. ``descends`` says whether the score has to fall."""

    slope: Scalar
    score: Scalar
    descends: bool


@dataclass(frozen=True)
class Tried:
    """A step that was tried, and the score there."""

    step: Scalar
    score: Scalar


@clause("OPT-13")
def descends(step_function: StepFunction | None) -> bool:
    """Return whether the score has to fall: only under the default, ``NegativeDefaultStepFunction``."""
    return step_function in (None, StepFunction.NEGATIVE_DEFAULT)


@clause("OPT-25")
def check_length(gradient: int, params: int) -> None:
    """Raise Dl4jError where ND4J divides a gradient by ones, of which there are as many as parameters."""
    if gradient == params:
        return
    kind = "ND4JIllegalStateException" if gradient == 1 else "IllegalStateException"
    raise Dl4jError(kind, f"Mis matched lengths: [{gradient}] != [{params}]")


@clause("OPT-14")
def slope(direction: Array, gradient: Array) -> Scalar:
    """Return minus the product of direction and gradient, by BLAS."""
    return -direction.dot(gradient)


@clause("OPT-15")
def smallest_step(gradient: Array, params: Array, arithmetic: Arithmetic) -> Scalar:
    """Return the step below which a search gives up; ``ScalarSetValue`` makes ones of the parameters."""
    return arithmetic.scalar(_RELATIVE_TOLERANCE) / gradient.largest_magnitude()


@clause("OPT-15")
def hardly_moves(before: Array, after: Array, arithmetic: Arithmetic) -> bool:
    """Return whether ``Eps`` finds every parameter equal; an infinity and NaN equal nothing."""
    limit = arithmetic.stored(arithmetic.scalar(_EQUAL))
    moved = before.with_array(Operation.SUB, after)
    distances = (arithmetic.slice(moved, i, i + 1).absolute() for i in range(len(moved)))
    return all(at_most(distance, limit) for distance in distances)


@clause("OPT-16")
def suffices(line: Line, tried: Tried, arithmetic: Arithmetic) -> bool:
    """Return whether the score has changed enough: Armijo's condition."""
    expected = line.score + arithmetic.scalar(_SUFFICIENT) * tried.step * line.slope
    return at_most(tried.score, expected) if line.descends else at_most(expected, tried.score)


@clause("OPT-16", "OPT-18")
def improves(score: Scalar, best: Scalar, descends: bool) -> bool:
    """Return whether a score is better than another one."""
    return best > score if descends else score > best


@clause("OPT-18")
def best_step(best: Scalar, last: Scalar) -> Scalar:
    """Return the best step that was tried, if no one sufficed."""
    return best


@clause("OPT-17")
def next_step(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    """Return the step to try next: the minimum of a parabola, later of a cubic, within a tenth and a half.

    ``before`` is the try before; of the first try it is a step of 0 with the score at the start.
    """
    shortened = _shortened(line, tried, before, arithmetic)
    return larger(shortened, arithmetic.scalar(_LEAST_FACTOR) * tried.step)


def _shortened(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    slope, step = line.slope, tried.step
    if not (_is_finite(tried.score) and _is_finite(before.score)):
        return arithmetic.scalar(0.2) * step
    if equal(step, arithmetic.scalar(1.0)):
        return -slope / (arithmetic.scalar(2.0) * (_gain(line, tried) - slope))
    half = arithmetic.scalar(0.5) * step
    cubic = _of_cubic(line, tried, before, half, arithmetic)
    return half if cubic > half else cubic


def _of_cubic(line: Line, tried: Tried, before: Tried, half: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return the minimum of the cubic through the start, its slope and two tries."""
    slope, step, step2 = line.slope, tried.step, before.step
    rhs1 = _gain(line, tried) - step * slope
    rhs2 = _gain(line, before) - step2 * slope
    squared, squared2 = step * step, step2 * step2
    a = (rhs1 / squared - rhs2 / squared2) / (step - step2)
    b = (-step2 * rhs1 / squared + step * rhs2 / squared2) / (step - step2)
    if a.is_zero():
        return -slope / (arithmetic.scalar(2.0) * b)
    disc = b * b - arithmetic.scalar(3.0) * a * slope
    if arithmetic.scalar(0.0) > disc:
        return half
    if at_most(b, arithmetic.scalar(0.0)):
        return (disc.sqrt() - b) / (arithmetic.scalar(3.0) * a)
    return -slope / (b + disc.sqrt())


def _gain(line: Line, tried: Tried) -> Scalar:
    """Return how far the score rises, or falls where it has to rise."""
    return tried.score - line.score if line.descends else line.score - tried.score


@clause("OPT-14")
def scaled_to_step_max(direction: Array, arithmetic: Arithmetic) -> Array:
    """Return the direction, multiplied by 0 if its norm is infinite: ``stepMax`` is the greatest double.

    BLAS squares in a wider type, so that a norm is infinite only if it cannot be represented.
    """
    if any(arithmetic.slice(direction, i, i + 1).item().is_nan() for i in range(len(direction))):
        return direction
    norm = direction.largest_magnitude()
    if norm.is_zero():
        return direction
    if not norm > _STEP_MAX:
        norm = arithmetic.stored((direction / norm).norm2() * norm)
    return direction * (arithmetic.scalar(_STEP_MAX) / norm) if norm > _STEP_MAX else direction


def at_most(x: Scalar, y: Scalar) -> bool:
    """Return Java's ``x <= y``: false if either is NaN."""
    return not (x > y or x.is_nan() or y.is_nan())


def equal(x: Scalar, y: Scalar) -> bool:
    """Return Java's ``x == y``: false if either is NaN."""
    return not (x > y or y > x or x.is_nan() or y.is_nan())


def larger(x: Scalar, y: Scalar) -> Scalar:
    """Return ``Math.max(x, y)``: NaN if either is."""
    return x if x.is_nan() or x > y else y


def _is_finite(score: Scalar) -> bool:
    return not (score.is_nan() or score > _STEP_MAX or -score > _STEP_MAX)
