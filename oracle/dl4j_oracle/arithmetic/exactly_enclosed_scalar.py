"""Java doubles of the exact enclosures: an interval with exact ends for each, and operations within their bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from dl4j_oracle.arithmetic import exact_interval_operations, exact_intervals, java, powers, reals
from dl4j_oracle.arithmetic.error_model import DoubleBounds
from dl4j_oracle.arithmetic.exact_intervals import EVERYTHING, ExactInterval, Precise
from dl4j_oracle.arithmetic.forks import EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.reals import Real
from dl4j_oracle.arithmetic.rounding import BINARY64
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class ExactlyEnclosedScalar(EnclosingScalar):
    """A Java double somewhere in ``value``; operations err by ``bounds``."""

    value: ExactInterval
    bounds: DoubleBounds[Precise] = field(repr=False, compare=False)
    forks: Forks = field(repr=False, compare=False)

    def _new(self, value: ExactInterval) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar(value, self.bounds, self.forks)

    def hull(self, other: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        return self._new(exact_intervals.hull(self.value, other.value))

    def _combine(self, x: ExactInterval, y: ExactInterval, operation: str) -> ExactlyEnclosedScalar:
        """Return the result of ``operation``: of known doubles the exact one, if that is a double."""
        if x.is_point and y.is_point:
            exact = java.exactly(operation, _double(x), _double(y))
            if exact is not None:
                return self._new(exact_intervals.point(exact))
        bounds = self.bounds.operations
        match operation:
            case "add":
                return self._new(exact_interval_operations.add(x, y, bounds.addition))
            case "multiply":
                return self._new(exact_interval_operations.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(exact_interval_operations.divide(x, y, bounds.division))

    def __add__(self, other: ExactlyEnclosedScalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, _interval(other), "add")

    def __sub__(self, other: ExactlyEnclosedScalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, exact_intervals.negate(_interval(other)), "add")

    def __rsub__(self, other: float, /) -> ExactlyEnclosedScalar:
        return self._combine(_interval(other), exact_intervals.negate(self.value), "add")

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
        x, y = self.value, _interval(other)
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
            if root is not None:
                return self._new(exact_intervals.point(root))
        return self._new(exact_interval_operations.square_root(x, self.bounds.operations.square_root))

    def exp(self) -> ExactlyEnclosedScalar:
        return self._monotone(lambda x: reals.exponential(x, self.bounds.functions.prec))

    def floor(self) -> ExactlyEnclosedScalar:
        if self.value.is_point:
            return self._new(exact_intervals.point(java.floor(_double(self.value))))
        return self._new(ExactInterval(reals.floor(self.value.low), reals.floor(self.value.high), self.value.nan))

    def pow(self, exponent: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        x, y = self.value, exponent.value
        positive = reals.order(x.low, 0.0) == 1
        if y.is_point and reals.order(x.high, 0.0) == -1 and not x.nan:
            return self._negative_base(_double(y))
        if y.is_point and (x.is_point or positive):
            return self._power(y.low)
        if x.is_point and positive:
            return self._new(y)._monotone(lambda p: powers.power(x.low, p, self.bounds.functions.prec))
        return self._new(EVERYTHING)

    def _power(self, exponent: Real) -> ExactlyEnclosedScalar:
        return self._monotone(lambda x: powers.power(x, exponent, self.bounds.functions.prec))

    def _negative_base(self, exponent: float) -> ExactlyEnclosedScalar:
        if not exponent.is_integer():
            value = math.nan if math.isfinite(exponent) else java.power(-2.0, exponent)
            return self._new(exact_intervals.point(value))
        positive = (-self)._power(reals.from_float(exponent))
        return -positive if math.fmod(exponent, 2) else positive

    def fast_pow(self, exponent: int) -> ExactlyEnclosedScalar:
        return self.pow(self._new(exact_intervals.point(float(exponent))))

    def remainder(self, divisor: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        x, y = self.value, divisor.value
        if not (x.is_point or x.nan) or not y.is_point:
            raise UndecidedError("the remainder of a value that is not known exactly")
        dividend = math.nan if x.nan else _double(x)
        return self._new(exact_intervals.point(java.remainder(dividend, _double(y))))

    def _monotone(self, function: Callable[[Real], Real]) -> ExactlyEnclosedScalar:
        """Return the image of a monotone library function, widened by its error bound."""
        x = self.value
        if x.is_nan:
            return self._new(exact_intervals.point(reals.round_to(function(math.nan), BINARY64)))
        ends = (function(x.low),) if x.is_point else (function(x.low), function(x.high))
        return self._new(exact_interval_operations.monotone(ends[0], ends[-1], x.nan, self.bounds.functions))


def _double(x: ExactInterval) -> float:
    """Return the double that a known scalar is."""
    return reals.round_to(x.low, BINARY64)


def _interval(operand: ExactlyEnclosedScalar | float) -> ExactInterval:
    return operand.value if isinstance(operand, ExactlyEnclosedScalar) else exact_intervals.point(float(operand))
