"""Java doubles of the float64 enclosures: an interval for each, and operations within their error bounds.

Arrays are 1-D of float64, one element for each value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from dl4j_oracle.arithmetic import interval_operations, intervals, java
from dl4j_oracle.arithmetic.error_model import ScalarBounds
from dl4j_oracle.arithmetic.forks import EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening
from dl4j_oracle.arithmetic.rounding import holds
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class EnclosedScalar(EnclosingScalar):
    """A Java double somewhere in ``value``, an interval (one element); operations err by ``bounds``."""

    value: Intervals
    bounds: ScalarBounds[Widening] = field(repr=False, compare=False)
    forks: Forks = field(repr=False, compare=False)

    @classmethod
    def held(cls, value: Intervals, bounds: ScalarBounds[Widening], forks: Forks) -> EnclosedScalar:
        """Return the scalar that holds a double in ``value`` (one element), which its type may round."""
        return cls(intervals.rounded(value, bounds.format.name), bounds, forks)

    def _new(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.bounds, self.forks)

    def _interval(self, operand: EnclosedScalar | float) -> Intervals:
        if isinstance(operand, EnclosedScalar):
            return operand.value
        return intervals.rounded(intervals.points([float(operand)]), self.bounds.format.name)

    def hull(self, other: EnclosedScalar) -> EnclosedScalar:
        return self._new(intervals.hull(self.value, other.value))

    def _combine(self, x: Intervals, y: Intervals, operation: str) -> EnclosedScalar:
        """Return the result of ``operation``: of known scalars the exact one, if their type holds it."""
        if x.is_point[0] and y.is_point[0]:
            exact = java.exactly(operation, float(x.low[0]), float(y.low[0]))
            if exact is not None and holds(self.bounds.format, exact):
                return self._new(intervals.points([exact]))
        bounds = self.bounds
        match operation:
            case "add":
                return self._new(interval_operations.add(x, y, bounds.addition))
            case "multiply":
                return self._new(interval_operations.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(interval_operations.divide(x, y, bounds.division))

    def __add__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, self._interval(other), "add")

    def __sub__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, intervals.negate(self._interval(other)), "add")

    def __rsub__(self, other: float, /) -> EnclosedScalar:
        return self._combine(self._interval(other), intervals.negate(self.value), "add")

    def __mul__(self, other: EnclosedScalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "multiply")

    def __truediv__(self, other: EnclosedScalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "divide")

    def __neg__(self) -> EnclosedScalar:
        return self._new(intervals.negate(self.value))

    def __gt__(self, other: EnclosedScalar | float, /) -> bool:
        x, y = nonempty(self.value), nonempty(self._interval(other))
        possible = bool(x.high[0] > y.low[0])
        certain = bool(x.low[0] > y.high[0]) and not (x.nan[0] or y.nan[0])
        return certain or (possible and self.forks.decide())

    def is_nan(self) -> bool:
        x = nonempty(self.value)
        certain = bool(x.low[0] > x.high[0])
        return certain or (bool(x.nan[0]) and self.forks.decide())

    def is_zero(self) -> bool:
        x = nonempty(self.value)
        possible, certain = x.low[0] <= 0 <= x.high[0], x.low[0] == 0 == x.high[0] and not x.nan[0]
        return bool(certain) or (bool(possible) and self.forks.decide())

    def sqrt(self) -> EnclosedScalar:
        x = self.value
        if x.is_point[0] and x.low[0] >= 0:
            root = java.exact_root(float(x.low[0]))
            if root is not None and holds(self.bounds.format, root):
                return self._new(intervals.points([root]))
        return self._new(interval_operations.square_root(x, self.bounds.square_root))

    def exp(self) -> EnclosedScalar:
        x = self.value
        if x.low[0] > x.high[0]:
            return self._new(x if x.is_nothing[0] else intervals.points([math.nan]))
        ends = [float(x.low[0]), float(x.high[0])]
        settled = [end == 0 or math.isinf(end) for end in ends]
        return self._image([java.exponential(end) for end in ends], settled, bool(x.nan[0]), self.bounds.exponential)

    def floor(self) -> EnclosedScalar:
        low, high = java.floor(float(self.value.low[0])), java.floor(float(self.value.high[0]))
        return self._new(Intervals(np.array([low]), np.array([high]), self.value.nan))

    def pow(self, exponent: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, exponent.value
        if x.is_nothing[0] or y.is_nothing[0]:
            return self._new(intervals.NOTHING)
        if y.low[0] > y.high[0]:
            return self._new(intervals.points([math.nan]))
        if x.high[0] < 0 and not x.nan[0]:
            return self._negative_base(exponent)
        if self._is_monotone(exponent):
            return self._power(exponent)
        return self._new(intervals.settle(intervals.everything(1), self.bounds.power))

    def _is_monotone(self, exponent: EnclosedScalar) -> bool:
        """Return whether the ends of the two intervals give the ends of the power."""
        x, y = self.value, exponent.value
        if x.low[0] > x.high[0]:
            return bool(y.is_point[0])
        return bool(x.low[0] > 0 or (y.is_point[0] and x.is_point[0]) or (x.low[0] >= 0 and y.low[0] > 0))

    def _power(self, exponent: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, exponent.value
        if x.low[0] > x.high[0]:
            return self._new(intervals.points([java.power(math.nan, float(y.low[0]))]))
        corners = list(product({float(x.low[0]), float(x.high[0])}, {float(y.low[0]), float(y.high[0])}))
        settled = [java.is_special_power(*corner) for corner in corners]
        return self._image(
            [java.power(*corner) for corner in corners], settled, bool(x.nan[0] | y.nan[0]), self.bounds.power
        )

    def _negative_base(self, exponent: EnclosedScalar) -> EnclosedScalar:
        """Return the power of a negative base: NaN unless the exponent, which must be known, is an integer."""
        y = exponent.value
        low, high = float(y.low[0]), float(y.high[0])
        if y.is_point[0] and low.is_integer():
            positive = (-self)._power(exponent)
            return -positive if math.fmod(low, 2) else positive
        if y.is_point[0]:
            return self._new(intervals.points([math.nan if math.isfinite(low) else java.power(-2.0, low)]))
        if not y.nan[0] and java.floor(low) == java.floor(high) != low:
            return self._new(intervals.points([math.nan]))
        return self._new(intervals.settle(intervals.everything(1), self.bounds.power))

    def fast_pow(self, exponent: int) -> EnclosedScalar:
        return self.pow(self._new(intervals.points([float(exponent)])))

    def remainder(self, divisor: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, divisor.value
        if not (x.is_point[0] or x.nan[0]) or not y.is_point[0]:
            raise UndecidedError("the remainder of a value that is not known exactly")
        dividend = math.nan if x.nan[0] else float(x.low[0])
        return self._new(intervals.points([java.remainder(dividend, float(y.low[0]))]))

    def _image(
        self, results: Sequence[float], settled: Sequence[bool], nan: bool, widening: Widening
    ) -> EnclosedScalar:
        """Return the image of a library function, correctly rounded at the ends, then widened by its bound.

        Where the result is ``settled``, Java's specification fixes it.
        """
        if any(math.isnan(result) for result in results):
            return self._new(intervals.points([math.nan]))
        image = Intervals(np.array([min(results)]), np.array([max(results)]), np.array([nan]))
        if min(results) == max(results) and all(settled):
            return self._new(image)
        return self._new(interval_operations.image(image, widening, finite=not all(settled)))


def nonempty(x: Intervals) -> Intervals:
    """Return ``x``, which is to be compared. Raises UndecidedError if an element of it is the empty set."""
    if x.is_nothing.any():
        raise UndecidedError("nothing is known of what is compared")
    return x
