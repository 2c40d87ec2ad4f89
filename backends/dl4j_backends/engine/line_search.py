"""``BackTrackLineSearch``: the length of a step, found by trying.

Arrays are 1-D, of the network's dtype, and hold all parameters.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.interface import Dl4jException

#: DL4J has these as Java floats.
_REL_TOLX, _ALF, _LEAST = (float(np.float32(x)) for x in (1e-7, 1e-4, 0.1))
#: ``MIN``, with which ND4J's ``Eps`` compares.
_MIN = 1e-12


class Line(NamedTuple):
    """The slope of a line and the score at its start; ``sign`` is 1 if the score has to fall, else -1."""

    slope: float
    score: float
    sign: int


class _Tried(NamedTuple):
    step: float
    score: float


def search(
    line: Line, smallest: float, most: int, stepped: Callable[[float], bool], score: Callable[[], float]
) -> float:
    """Return the length of the step; 0 if no step is good enough.

    ``stepped`` prepares a try and returns whether it moves anything, ``score`` moves there and returns the score. At
    most so many steps are tried.
    """
    step, before, best = 1.0, _Tried(0.0, line.score), _Tried(1.0, line.score)
    for _ in range(most):
        if step == before.step:
            raise Dl4jException("IllegalArgumentException", "Current step == oldStep")
        if not stepped(step) or step < smallest:
            return 0.0
        tried = _Tried(step, score())
        if line.sign * tried.score < line.sign * best.score:
            best = tried
        if line.sign * tried.score <= line.sign * (line.score + _ALF * step * line.slope):
            if line.sign * tried.score > line.sign * line.score:
                raise Dl4jException("IllegalStateException", "Function did not decrease, or increase")
            return step
        shorter, least = _shorter(line, tried, before), _LEAST * step
        step, before = (math.nan if math.isnan(shorter) else max(shorter, least)), tried
    return best.step if line.sign * best.score < line.sign * line.score else 0.0


def _shorter(line: Line, tried: _Tried, before: _Tried) -> float:
    slope, step = line.slope, tried.step
    if not (math.isfinite(tried.score) and math.isfinite(before.score)):
        return 0.2 * step
    if step == 1:
        return quotient(-slope, 2 * (line.sign * (tried.score - line.score) - slope))
    shorter = _minimum_of_cubic(line, tried, before)
    return 0.5 * step if shorter > 0.5 * step else shorter


def _minimum_of_cubic(line: Line, tried: _Tried, before: _Tried) -> float:
    slope, (x, x2) = line.slope, (tried.step, before.step)
    y, y2 = (line.sign * (one.score - line.score) - one.step * slope for one in (tried, before))
    a = quotient(quotient(y, x * x) - quotient(y2, x2 * x2), x - x2)
    b = quotient(quotient(-x2 * y, x * x) + quotient(x * y2, x2 * x2), x - x2)
    if a == 0:
        return quotient(-slope, 2 * b)
    discriminant = b * b - 3 * a * slope
    if discriminant < 0:
        return 0.5 * x
    root = math.sqrt(discriminant)
    return quotient(-b + root, 3 * a) if b <= 0 else quotient(-slope, b + root)


def smallest_step(gradient: Array, nd4j: Nd4j) -> float:
    """Return the step below which a search gives up. NaN counts where it stands first."""
    sizes = np.abs(nd4j.shown(gradient))
    largest = math.nan if np.isnan(sizes[0]) else float(np.nanmax(sizes))
    return quotient(_REL_TOLX, largest)


def moves(before: Array, after: Array, nd4j: Nd4j) -> bool:
    """Return whether ``Eps`` finds a parameter that is another one."""
    x, y = nd4j.shown(before), nd4j.shown(after)
    return not bool(np.all(np.abs(x - y) <= x.dtype.type(_MIN)))


def limit(direction: Array, nd4j: Nd4j) -> None:
    """Scale a direction in place whose norm is beyond ``stepMax``, the greatest double: an infinite one."""
    values = nd4j.shown(direction)
    largest = float(np.max(np.abs(values)))
    if largest == 0 or math.isnan(largest):
        return
    if math.isfinite(largest):
        norm = largest * math.sqrt(float(np.sum((values / values.dtype.type(largest)) ** 2, dtype="float64")))
        largest = float(values.dtype.type(norm))
    if math.isinf(largest):
        nd4j.multiply(direction, sys.float_info.max / largest)
