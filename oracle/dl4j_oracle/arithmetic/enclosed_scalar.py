"""Java doubles of the float64 enclosures: an interval for each, and operations within their error bounds."""

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
from dl4j_oracle.arithmetic.intervals import EVERYTHING, NOTHING, Interval, Widening
from dl4j_oracle.arithmetic.rounding import holds
from dl4j_oracle.arithmetic.short_arrays import of_one
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class EnclosedScalar(EnclosingScalar):
    """A Java double somewhere in ``value``; operations err by ``bounds``."""

    value: Interval
    bounds: ScalarBounds[Widening] = field(repr=False, compare=False)
    forks: Forks = field(repr=False, compare=False)

    @classmethod
    def held(cls, value: Interval, bounds: ScalarBounds[Widening], forks: Forks) -> EnclosedScalar:
        """Return the scalar that holds a double in ``value``, which its type may round."""
        return cls(rounded(value, bounds.format.name), bounds, forks)

    def _new(self, value: Interval) -> EnclosedScalar:
        return EnclosedScalar(value, self.bounds, self.forks)

    def _interval(self, operand: EnclosedScalar | float) -> Interval:
        if isinstance(operand, EnclosedScalar):
            return operand.value
        return rounded(_known(float(operand)), self.bounds.format.name)

    def hull(self, other: EnclosedScalar) -> EnclosedScalar:
        return self._new(of_one(intervals.hull)(self.value, other.value))

    def _combine(self, x: Interval, y: Interval, operation: str) -> EnclosedScalar:
        """Return the result of ``operation``: of known scalars the exact one, if their type holds it."""
        if x.is_point and y.is_point:
            exact = java.exactly(operation, x.low, y.low)
            if exact is not None and holds(self.bounds.format, exact):
                return self._new(_known(exact))
        bounds = self.bounds
        match operation:
            case "add":
                return self._new(of_one(interval_operations.add)(x, y, bounds.addition))
            case "multiply":
                return self._new(of_one(interval_operations.multiply)(x, y, bounds.multiplication))
            case _:
                return self._new(of_one(interval_operations.divide)(x, y, bounds.division))

    def __add__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, self._interval(other), "add")

    def __sub__(self, other: EnclosedScalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, of_one(intervals.negate)(self._interval(other)), "add")

    def __rsub__(self, other: float, /) -> EnclosedScalar:
        return self._combine(self._interval(other), of_one(intervals.negate)(self.value), "add")

    def __mul__(self, other: EnclosedScalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "multiply")

    def __truediv__(self, other: EnclosedScalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "divide")

    def __neg__(self) -> EnclosedScalar:
        return self._new(of_one(intervals.negate)(self.value))

    def __gt__(self, other: EnclosedScalar | float, /) -> bool:
        x, y = nonempty(self.value), nonempty(self._interval(other))
        possible = bool(x.high > y.low)
        certain = bool(x.low > y.high) and not (x.nan or y.nan)
        return certain or (possible and self.forks.decide())

    def is_nan(self) -> bool:
        x = nonempty(self.value)
        certain = bool(x.low > x.high)
        return certain or (x.nan and self.forks.decide())

    def is_zero(self) -> bool:
        x = nonempty(self.value)
        possible, certain = x.low <= 0 <= x.high, x.low == 0 == x.high and not x.nan
        return bool(certain) or (bool(possible) and self.forks.decide())

    def sqrt(self) -> EnclosedScalar:
        x = self.value
        if x.is_point and x.low >= 0:
            root = java.exact_root(x.low)
            if root is not None and holds(self.bounds.format, root):
                return self._new(_known(root))
        return self._new(of_one(interval_operations.square_root)(x, self.bounds.square_root))

    def exp(self) -> EnclosedScalar:
        x = self.value
        if x.low > x.high:
            return self._new(x if x.is_nothing else _known(math.nan))
        ends = [x.low, x.high]
        settled = [end == 0 or math.isinf(end) for end in ends]
        return self._image([java.exponential(end) for end in ends], settled, x.nan, self.bounds.exponential)

    def floor(self) -> EnclosedScalar:
        low, high = java.floor(self.value.low), java.floor(self.value.high)
        return self._new(Interval(low, high, self.value.nan))

    def pow(self, exponent: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, exponent.value
        if x.is_nothing or y.is_nothing:
            return self._new(NOTHING)
        if y.low > y.high:
            return self._new(_known(math.nan))
        if x.high < 0 and not x.nan:
            return self._negative_base(exponent)
        if self._is_monotone(exponent):
            return self._power(exponent)
        return self._new(of_one(intervals.settle)(EVERYTHING, self.bounds.power))

    def _is_monotone(self, exponent: EnclosedScalar) -> bool:
        """Return whether the ends of the two intervals give the ends of the power."""
        x, y = self.value, exponent.value
        if x.low > x.high:
            return bool(y.is_point)
        return bool(x.low > 0 or (y.is_point and x.is_point) or (x.low >= 0 and y.low > 0))

    def _power(self, exponent: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, exponent.value
        if x.low > x.high:
            return self._new(_known(java.power(math.nan, y.low)))
        corners = list(product({x.low, x.high}, {y.low, y.high}))
        settled = [java.is_special_power(*corner) for corner in corners]
        return self._image([java.power(*corner) for corner in corners], settled, x.nan or y.nan, self.bounds.power)

    def _negative_base(self, exponent: EnclosedScalar) -> EnclosedScalar:
        """Return the power of a negative base: NaN unless the exponent, which must be known, is an integer."""
        y = exponent.value
        low, high = y.low, y.high
        if y.is_point and low.is_integer():
            positive = (-self)._power(exponent)
            return -positive if math.fmod(low, 2) else positive
        if y.is_point:
            return self._new(_known(math.nan if math.isfinite(low) else java.power(-2.0, low)))
        if not y.nan and java.floor(low) == java.floor(high) != low:
            return self._new(_known(math.nan))
        return self._new(of_one(intervals.settle)(EVERYTHING, self.bounds.power))

    def fast_pow(self, exponent: int) -> EnclosedScalar:
        return self.pow(self._new(_known(float(exponent))))

    def remainder(self, divisor: EnclosedScalar) -> EnclosedScalar:
        x, y = self.value, divisor.value
        if not (x.is_point or x.nan) or not y.is_point:
            raise UndecidedError("the remainder of a value that is not known exactly")
        dividend = math.nan if x.nan else x.low
        return self._new(_known(java.remainder(dividend, y.low)))

    def _image(
        self, results: Sequence[float], settled: Sequence[bool], nan: bool, widening: Widening
    ) -> EnclosedScalar:
        """Return the image of a library function, correctly rounded at the ends, then widened by its bound.

        Where the result is ``settled``, Java's specification fixes it.
        """
        if any(math.isnan(result) for result in results):
            return self._new(_known(math.nan))
        image = Interval(min(results), max(results), nan)
        if min(results) == max(results) and all(settled):
            return self._new(image)
        return self._new(of_one(interval_operations.image)(image, widening, not all(settled)))


def _known(value: float) -> Interval:
    """Return the set of one value; NaN is certainly NaN."""
    return of_one(intervals.point)(value)  # type: ignore[no-any-return]


def rounded(x: Interval, dtype: str) -> Interval:
    """Return the values that Java doubles in ``x`` have in an operation on arrays of ``dtype``.

    An implementation may use the double as it is or rounded once to float32, so the interval holds both.
    """
    return x if dtype == "float64" else of_one(intervals.hull)(x, stored(x, dtype))


def stored(x: Interval, dtype: str) -> Interval:
    """Return the values of Java doubles in ``x`` that are rounded once to ``dtype``, to nearest."""
    to_type = np.dtype(dtype).type
    with np.errstate(all="ignore"):
        return Interval(float(to_type(x.low)), float(to_type(x.high)), x.nan)


def nonempty(x: Interval) -> Interval:
    """Return ``x``, which is to be compared. Raises UndecidedError if it is the empty set."""
    if x.is_nothing:
        raise UndecidedError("nothing is known of what is compared")
    return x
