"""Java doubles of the exact enclosures: an interval with exact ends for each, and operations within their bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from dl4j_oracle.arithmetic import exact_interval_operations, exact_intervals, java, powers, reals
from dl4j_oracle.arithmetic.error_model import ScalarBounds
from dl4j_oracle.arithmetic.exact_intervals import EVERYTHING, ExactInterval, Precise
from dl4j_oracle.arithmetic.forks import EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.rounding import BINARY64, holds
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class ExactlyEnclosedScalar(EnclosingScalar):
    """A Java double somewhere in ``value``; operations err by ``bounds``."""

    value: ExactInterval
    bounds: ScalarBounds[Precise] = field(repr=False, compare=False)
    forks: Forks = field(repr=False, compare=False)

    @classmethod
    def held(cls, value: ExactInterval, bounds: ScalarBounds[Precise], forks: Forks) -> ExactlyEnclosedScalar:
        """Return the scalar that holds a double in ``value``, which its type may round."""
        return cls(exact_intervals.rounded(value, bounds.format), bounds, forks)

    def _new(self, value: ExactInterval) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar(value, self.bounds, self.forks)

    def _interval(self, operand: ExactlyEnclosedScalar | float) -> ExactInterval:
        if isinstance(operand, ExactlyEnclosedScalar):
            return operand.value
        return exact_intervals.rounded(exact_intervals.point(float(operand)), self.bounds.format)

    def hull(self, other: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        return self._new(exact_intervals.hull(self.value, other.value))

    def _combine(self, x: ExactInterval, y: ExactInterval, operation: str) -> ExactlyEnclosedScalar:
        """Return the result of ``operation``: of known scalars the exact one, if their type holds it."""
        if x.is_point and y.is_point:
            exact = java.exactly(operation, _double(x), _double(y))
            if exact is not None and holds(self.bounds.format, exact):
                return self._new(exact_intervals.point(exact))
        bounds = self.bounds
        match operation:
            case "add":
                return self._new(exact_interval_operations.add(x, y, bounds.addition))
            case "multiply":
                return self._new(exact_interval_operations.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(exact_interval_operations.divide(x, y, bounds.division))

    def __add__(self, other: ExactlyEnclosedScalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, self._interval(other), "add")

    def __sub__(self, other: ExactlyEnclosedScalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, exact_intervals.negate(self._interval(other)), "add")

    def __rsub__(self, other: float, /) -> ExactlyEnclosedScalar:
        return self._combine(self._interval(other), exact_intervals.negate(self.value), "add")

    def __mul__(self, other: ExactlyEnclosedScalar, /) -> ExactlyEnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "multiply")

    def __truediv__(self, other: ExactlyEnclosedScalar, /) -> ExactlyEnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, other.value, "divide")

    def __neg__(self) -> ExactlyEnclosedScalar:
        return self._new(exact_intervals.negate(self.value))

    def __gt__(self, other: ExactlyEnclosedScalar | float, /) -> bool:
        x, y = self.value, self._interval(other)
        if reals.order(x.high, y.low) != 1:
            return False
        certain = reals.order(x.low, y.high) == 1 and not (x.nan or y.nan)
        return certain or self.forks.decide()

    def is_nan(self) -> bool:
        return self.value.is_nan or (self.value.nan and self.forks.decide())

    def is_zero(self) -> bool:
        low, high = reals.order(self.value.low, 0.0), reals.order(self.value.high, 0.0)
        if low == 1 or high == -1:
            return False
        certain = low == high == 0 and not self.value.nan
        return certain or self.forks.decide()

    def sqrt(self) -> ExactlyEnclosedScalar:
        x = self.value
        if x.is_point and (double := _double(x)) >= 0:
            root = java.exact_root(double)
            if root is not None and holds(self.bounds.format, root):
                return self._new(exact_intervals.point(root))
        return self._new(exact_interval_operations.square_root(x, self.bounds.square_root))

    def exp(self) -> ExactlyEnclosedScalar:
        x, bound = self.value, self.bounds.exponential
        if x.is_nan:
            return self._new(exact_intervals.NAN)
        ends = [reals.exponential(end, bound.prec) for end in ((x.low,) if x.is_point else (x.low, x.high))]
        return self._new(exact_interval_operations.monotone(ends, x.nan, bound))

    def floor(self) -> ExactlyEnclosedScalar:
        if self.value.is_point:
            return self._new(exact_intervals.point(java.floor(_double(self.value))))
        return self._new(ExactInterval(reals.floor(self.value.low), reals.floor(self.value.high), self.value.nan))

    def pow(self, exponent: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        x, y = self.value, exponent.value
        if y.is_nan:
            return self._new(exact_intervals.NAN)
        if reals.order(x.high, 0.0) == -1 and not x.nan:
            return self._negative_base(exponent)
        return self._power(exponent) if self._is_monotone(exponent) else self._new(EVERYTHING)

    def _is_monotone(self, exponent: ExactlyEnclosedScalar) -> bool:
        """Return whether the ends of the two intervals give the ends of the power."""
        x, y = self.value, exponent.value
        if x.is_nan:
            return y.is_point
        if (y.is_point and x.is_point) or reals.order(x.low, 0.0) == 1:
            return True
        return reals.order(x.low, 0.0) == 0 and reals.order(y.low, 0.0) == 1

    def _power(self, exponent: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        x, y, bound = self.value, exponent.value, self.bounds.power
        if x.is_nan:
            result = reals.round_to(powers.power(math.nan, y.low, bound.prec), BINARY64)
            return self._new(exact_intervals.point(result))
        bases = (x.low,) if x.is_point else (x.low, x.high)
        exponents = (y.low,) if y.is_point else (y.low, y.high)
        corners = [powers.power(base, power, bound.prec) for base in bases for power in exponents]
        return self._new(exact_interval_operations.monotone(corners, x.nan or y.nan, bound))

    def _negative_base(self, exponent: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        """Return the power of a negative base: NaN unless the exponent, which must be known, is an integer."""
        y = exponent.value
        low, high = reals.round_to(y.low, BINARY64), reals.round_to(y.high, BINARY64)
        if y.is_point and low.is_integer():
            positive = (-self)._power(exponent)
            return -positive if math.fmod(low, 2) else positive
        if y.is_point:
            value = math.nan if math.isfinite(low) else java.power(-2.0, low)
            return self._new(exact_intervals.point(value))
        if not y.nan and java.floor(low) == java.floor(high) != low:
            return self._new(exact_intervals.NAN)
        return self._new(EVERYTHING)

    def fast_pow(self, exponent: int) -> ExactlyEnclosedScalar:
        return self.pow(self._new(exact_intervals.point(float(exponent))))

    def remainder(self, divisor: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        x, y = self.value, divisor.value
        if not (x.is_point or x.nan) or not y.is_point:
            raise UndecidedError("the remainder of a value that is not known exactly")
        dividend = math.nan if x.nan else _double(x)
        return self._new(exact_intervals.point(java.remainder(dividend, _double(y))))


def _double(x: ExactInterval) -> float:
    """Return the double that a known scalar is."""
    return reals.round_to(x.low, BINARY64)
