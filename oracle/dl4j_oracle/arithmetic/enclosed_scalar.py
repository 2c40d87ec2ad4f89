"""Java doubles of the float64 enclosures: an interval for each, and operations within their error bounds.

Arrays are 1-D of float64, one element for each value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dl4j_oracle.arithmetic import interval_operations, intervals, java
from dl4j_oracle.arithmetic.error_model import DoubleBounds
from dl4j_oracle.arithmetic.forks import EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class EnclosedScalar(EnclosingScalar):
    """A Java double somewhere in ``value``, an interval (one element); operations err by ``bounds``."""

    value: Intervals
    bounds: DoubleBounds[Widening] = field(repr=False, compare=False)
    forks: Forks = field(repr=False, compare=False)

    def _new(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.bounds, self.forks)

    def hull(self, other: EnclosedScalar) -> EnclosedScalar:
        return self._new(intervals.hull(self.value, other.value))

    def _combine(self, x: Intervals, y: Intervals, operation: str) -> EnclosedScalar:
        """Return the result of ``operation``: of known doubles the exact one, if that is a double."""
        if x.is_point[0] and y.is_point[0]:
            exact = java.exactly(operation, float(x.low[0]), float(y.low[0]))
            if exact is not None:
                return self._new(intervals.points([exact]))
        bounds = self.bounds.operations
        match operation:
            case "add":
                return self._new(interval_operations.add(x, y, bounds.addition))
            case "multiply":
                return self._new(interval_operations.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(interval_operations.divide(x, y, bounds.division))

    def __add__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, _interval(other), "add")

    def __sub__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, intervals.negate(_interval(other)), "add")

    def __rsub__(self, other: float, /) -> EnclosedScalar:
        return self._combine(_interval(other), intervals.negate(self.value), "add")

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
        x, y = nonempty(self.value), nonempty(_interval(other))
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
            if root is not None:
                return self._new(intervals.points([root]))
        return self._new(interval_operations.square_root(x, self.bounds.operations.square_root))

    def exp(self) -> EnclosedScalar:
        return self._monotone(java.exponential, lambda x: x == 0 or math.isinf(x))

    def floor(self) -> EnclosedScalar:
        low, high = java.floor(float(self.value.low[0])), java.floor(float(self.value.high[0]))
        return self._new(Intervals(np.array([low]), np.array([high]), self.value.nan))

    def pow(self, exponent: EnclosedScalar) -> EnclosedScalar:
        y = exponent.value
        if self.value.is_nothing[0] or y.is_nothing[0]:
            return self._new(intervals.NOTHING)
        if y.is_point[0] and self.value.high[0] < 0 and not self.value.nan[0]:
            return self._negative_base(float(y.low[0]))
        if y.is_point[0] and (self.value.is_point[0] or self.value.low[0] > 0):
            return self._power(float(y.low[0]))
        if self.value.is_point[0] and self.value.low[0] > 0:
            base = float(self.value.low[0])
            return self._new(y)._monotone(lambda p: java.power(base, p), lambda p: java.is_special_power(base, p))
        return self._new(self.bounds.functions.settle(intervals.everything(1)))

    def _power(self, exponent: float) -> EnclosedScalar:
        return self._monotone(lambda x: java.power(x, exponent), lambda x: java.is_special_power(x, exponent))

    def _negative_base(self, exponent: float) -> EnclosedScalar:
        if not exponent.is_integer():
            return self._new(intervals.points([math.nan if math.isfinite(exponent) else java.power(-2.0, exponent)]))
        positive = (-self)._power(exponent)
        return -positive if math.fmod(exponent, 2) else positive

    def fast_pow(self, exponent: int) -> EnclosedScalar:
        return self.pow(self._new(intervals.points([float(exponent)])))

    def remainder(self, divisor: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, divisor.value
        if not (x.is_point[0] or x.nan[0]) or not y.is_point[0]:
            raise UndecidedError("the remainder of a value that is not known exactly")
        dividend = math.nan if x.nan[0] else float(x.low[0])
        return self._new(intervals.points([java.remainder(dividend, float(y.low[0]))]))

    def _monotone(self, function: Callable[[float], float], is_exact: Callable[[float], bool]) -> EnclosedScalar:
        """Return the image of a monotone library function: correctly rounded at the ends, then widened by its bound."""
        x = self.value
        if x.low[0] > x.high[0]:
            return self._new(x if x.is_nothing[0] else intervals.points([function(math.nan)]))
        ends = [float(x.low[0]), float(x.high[0])]
        results = sorted(map(function, ends))
        if any(math.isnan(end) for end in results):
            return self._new(intervals.points([math.nan]))
        image = Intervals(np.array(results[:1]), np.array(results[1:]), x.nan)
        if results[0] == results[1] and all(map(is_exact, ends)):
            return self._new(image)
        finite = any(math.isfinite(end) and not is_exact(end) for end in ends)
        return self._new(interval_operations.image(image, self.bounds.functions, finite=finite))


def nonempty(x: Intervals) -> Intervals:
    """Return ``x``, which is to be compared. Raises UndecidedError if an element of it is the empty set."""
    if x.is_nothing.any():
        raise UndecidedError("nothing is known of what is compared")
    return x


def _interval(operand: EnclosedScalar | float) -> Intervals:
    return operand.value if isinstance(operand, EnclosedScalar) else intervals.points([float(operand)])
