"""The enclosure arithmetic in float64: all values that operations within their error bounds can give, vectorised.

Read with :func:`~dl4j_oracle.arithmetic.intervals.outer` everything allowed lies inside; with ``inner`` all that
lies inside is allowed, and comparisons of which nothing is known raise :class:`UndecidedError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from dl4j_oracle.arithmetic import intervals, java
from dl4j_oracle.arithmetic.error_model import FUNCTIONS, SCALARS, ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class EnclosedScalar(EnclosingScalar):
    """A Java double somewhere in an interval (one element)."""

    value: Intervals
    arithmetic: EnclosureArithmetic = field(repr=False, compare=False)

    def _new(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.arithmetic)

    def hull(self, other: EnclosedScalar) -> EnclosedScalar:
        return self._new(intervals.hull(self.value, other.value))

    def _coerce(self, other: Scalar | float) -> Intervals:
        if isinstance(other, EnclosedScalar):
            return other.value
        assert not isinstance(other, Scalar)  # noqa: S101 - arithmetics are never mixed
        return intervals.points([float(other)])

    def _combine(self, x: Intervals, y: Intervals, operation: str) -> EnclosedScalar:
        """An operation on known doubles whose exact result is a double gives just that."""
        if x.is_point[0] and y.is_point[0]:
            exact = java.exactly(operation, float(x.low[0]), float(y.low[0]))
            if exact is not None:
                return self._new(intervals.points([exact]))
        bounds = self.arithmetic.scalars
        match operation:
            case "add":
                return self._new(intervals.add(x, y, bounds.addition))
            case "multiply":
                return self._new(intervals.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(intervals.divide(x, y, bounds.division))

    def __add__(self, other: Scalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, self._coerce(other), "add")

    def __sub__(self, other: Scalar | float, /) -> EnclosedScalar:
        return self._combine(self.value, intervals.negate(self._coerce(other)), "add")

    def __rsub__(self, other: float, /) -> EnclosedScalar:
        return self._combine(self._coerce(other), intervals.negate(self.value), "add")

    def __mul__(self, other: Scalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, self.value if other is self else self._coerce(other), "multiply")

    def __truediv__(self, other: Scalar, /) -> EnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, self._coerce(other), "divide")

    def __neg__(self) -> EnclosedScalar:
        return self._new(intervals.negate(self.value))

    def __gt__(self, other: Scalar | float, /) -> bool:
        x, y = _something(self.value), _something(self._coerce(other))
        possible = bool(x.high[0] > y.low[0])
        certain = bool(x.low[0] > y.high[0]) and not (x.nan[0] or y.nan[0])
        return certain or (possible and self.arithmetic.forks.decide())

    def is_nan(self) -> bool:
        x = _something(self.value)
        certain = bool(x.low[0] > x.high[0])
        return certain or (bool(x.nan[0]) and self.arithmetic.forks.decide())

    def is_zero(self) -> bool:
        x = _something(self.value)
        possible, certain = x.low[0] <= 0 <= x.high[0], x.low[0] == 0 == x.high[0] and not x.nan[0]
        return bool(certain) or (bool(possible) and self.arithmetic.forks.decide())

    def sqrt(self) -> EnclosedScalar:
        x = self.value
        if x.is_point[0] and x.low[0] >= 0:
            root = java.exact_root(float(x.low[0]))
            if root is not None:
                return self._new(intervals.points([root]))
        return self._new(intervals.square_root(x, self.arithmetic.scalars.square_root))

    def exp(self) -> EnclosedScalar:
        return self._monotone(java.exponential, lambda x: x == 0 or math.isinf(x))

    def floor(self) -> EnclosedScalar:
        low, high = java.floor(float(self.value.low[0])), java.floor(float(self.value.high[0]))
        return self._new(Intervals(np.array([low]), np.array([high]), self.value.nan))

    def pow(self, exponent: Scalar) -> EnclosedScalar:
        y = self._coerce(exponent)
        if self.value.is_nothing[0] or y.is_nothing[0]:
            return self._new(intervals.NOTHING)
        if y.is_point[0] and self.value.high[0] < 0 and not self.value.nan[0]:
            return self._negative_base(float(y.low[0]))
        if y.is_point[0] and (self.value.is_point[0] or self.value.low[0] > 0):
            return self._power(float(y.low[0]))
        if self.value.is_point[0] and self.value.low[0] > 0:
            base = float(self.value.low[0])
            return self._new(y)._monotone(lambda p: java.power(base, p), lambda p: java.is_special_power(base, p))
        return self._new(self.arithmetic.functions.settle(intervals.everything(1)))

    def _power(self, exponent: float) -> EnclosedScalar:
        return self._monotone(lambda x: java.power(x, exponent), lambda x: java.is_special_power(x, exponent))

    def _negative_base(self, exponent: float) -> EnclosedScalar:
        if not exponent.is_integer():
            return self._new(intervals.points([math.nan if math.isfinite(exponent) else java.power(-2.0, exponent)]))
        positive = (-self)._power(exponent)
        return -positive if math.fmod(exponent, 2) else positive

    def fast_pow(self, exponent: int) -> EnclosedScalar:
        return self.pow(self._new(intervals.points([float(exponent)])))

    def remainder(self, divisor: Scalar) -> EnclosedScalar:
        x, y = self.value, self._coerce(divisor)
        if not (x.is_point[0] or x.nan[0]) or not y.is_point[0]:
            raise UndecidedError("the remainder of a value that is not known")
        dividend = math.nan if x.nan[0] else float(x.low[0])
        return self._new(intervals.points([java.remainder(dividend, float(y.low[0]))]))

    def _monotone(self, function: Callable[[float], float], is_exact: Callable[[float], bool]) -> EnclosedScalar:
        """A monotone library function: correctly rounded at the ends, which are widened by its error bound."""
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
        return self._new(intervals.image(image, self.arithmetic.functions, finite=finite))


@dataclass(frozen=True, eq=False)
class EnclosedArray(EnclosingArray):
    """An interval for every element."""

    values: Intervals
    arithmetic: EnclosureArithmetic = field(repr=False)

    def _new(self, values: Intervals) -> EnclosedArray:
        return EnclosedArray(values, self.arithmetic)

    def _scalar(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.arithmetic)

    def __len__(self) -> int:
        return len(self.values)

    def hull(self, other: EnclosedArray) -> EnclosedArray:
        return self._new(intervals.hull(self.values, other.values))

    def item(self) -> EnclosedScalar:
        return self._scalar(self.values)

    def observed(self, values: Sequence[float]) -> EnclosedArray:
        seen = intervals.points(values)
        behind = intervals.behind(seen, self.arithmetic.read(self.arithmetic.model.addition.of_what_is_seen))
        narrowed = intervals.hull(intervals.intersection(self.values, behind), seen)
        told = intervals.where(np.isfinite(seen.low) & (seen.low != 0), narrowed, self.values)
        return self._new(self.arithmetic.flushed(told))

    def with_scalar(self, operation: Operation, scalar: Scalar) -> EnclosedArray:
        value = self.arithmetic.rounded(scalar)
        return self._operate(operation, self.values, intervals.repeat(value, len(self)))

    def with_array(self, operation: Operation, other: Array) -> EnclosedArray:
        return self._operate(operation, self.values, self.values if other is self else _intervals(other))

    def _operate(self, operation: Operation, x: Intervals, y: Intervals) -> EnclosedArray:
        bounds = self.arithmetic.bounds
        match operation:
            case Operation.ADD:
                return self._new(intervals.add(x, y, bounds.addition))
            case Operation.SUB:
                return self._new(intervals.add(x, intervals.negate(y), bounds.addition))
            case Operation.MUL:
                return self._new(intervals.multiply(x, y, bounds.multiplication))
            case Operation.DIV:
                return self._new(intervals.divide(x, y, bounds.division))
            case Operation.RSUB:
                return self._new(intervals.add(y, intervals.negate(x), bounds.addition))
            case Operation.RDIV:
                return self._new(intervals.divide(y, x, bounds.division))

    def sqrt(self) -> EnclosedArray:
        return self._new(intervals.square_root(self.values, self.arithmetic.bounds.square_root))

    def sign(self) -> EnclosedArray:
        x = self.values
        empty = x.low > x.high
        low = np.where(empty, 0.0, np.minimum(np.sign(x.low), np.where(x.nan, 0.0, 1.0)))
        high = np.where(empty, 0.0, np.maximum(np.sign(x.high), np.where(x.nan, 0.0, -1.0)))
        return self._new(intervals.without_nothing(Intervals(low, high, np.zeros_like(x.nan)), x.is_nothing))

    def maximum(self, other: Array) -> EnclosedArray:
        """Of both ends; where NaN is certain on one side it stays."""
        x, y = self.values, _intervals(other)
        empty = (x.low > x.high) | (y.low > y.high)
        low, high = np.maximum(x.low, y.low), np.maximum(x.high, y.high)
        return self._new(Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), x.nan | y.nan))

    def clip_above(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(threshold, np.minimum)

    def clip_below(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(threshold, np.maximum)

    def _clip(self, threshold: Scalar, extremum: np.ufunc) -> EnclosedArray:
        """Both ends clipped; NaN stays, and clips nothing."""
        t, x = _something(self.arithmetic.rounded(threshold)), self.values
        if t.low[0] > t.high[0]:
            return self
        empty = x.low > x.high
        low, high = extremum(x.low, t.low), extremum(x.high, t.high)
        return self._new(Intervals(np.where(empty, x.low, low), np.where(empty, x.high, high), x.nan))

    def norm2(self) -> EnclosedScalar:
        bounds = self.arithmetic.bounds
        return self._scalar(intervals.square_root(intervals.sum_of_squares(self.values, bounds), bounds.square_root))

    def absolute(self) -> EnclosedScalar:
        x = self.values
        low = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
        high = np.maximum(np.abs(x.low), np.abs(x.high))
        empty = x.low > x.high
        return self._scalar(Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), x.nan))


@dataclass(frozen=True)
class EnclosureArithmetic(EnclosingArithmetic):
    """Enclosures of what arrays can hold whose operations err by ``model``, as ``read`` says."""

    model: ErrorModel[ErrorBound]
    read: Callable[[ErrorBound], Widening] = intervals.outer
    forks: Forks = field(default_factory=Forks)
    nan_scalar: NanScalar = nan_scalar

    @cached_property
    def bounds(self) -> ErrorModel[Widening]:
        """Of operations on arrays."""
        return self.model.map(self.read)

    @cached_property
    def scalars(self) -> ErrorModel[Widening]:
        """Of operations on Java doubles."""
        return SCALARS.map(self.read)

    @cached_property
    def functions(self) -> Widening:
        """Of ``Math.pow`` and ``Math.exp``."""
        return self.read(FUNCTIONS)

    def with_nan_scalar(self, rule: NanScalar) -> EnclosureArithmetic:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> EnclosedScalar:
        return EnclosedScalar(intervals.points([value]), self)

    def array(self, values: Sequence[float]) -> EnclosedArray:
        return EnclosedArray(self.flushed(intervals.points(np.array(values, np.float64))), self)

    def full(self, length: int, value: Scalar) -> EnclosedArray:
        return EnclosedArray(intervals.repeat(self.rounded(value), length), self)

    def rounded(self, scalar: Scalar) -> Intervals:
        """A double as it meets an array."""
        return self.flushed(intervals.rounded(_interval(scalar), self.model.multiplication.format.name))

    def flushed(self, x: Intervals) -> Intervals:
        """Operands that may be read as zero."""
        return intervals.flushed(x, self.model.multiplication.smallest)

    def join(self, arrays: Sequence[Array]) -> EnclosedArray:
        return EnclosedArray(intervals.join([_intervals(array) for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> EnclosedArray:
        return EnclosedArray(_intervals(array)[start:stop], self)


def _something(x: Intervals) -> Intervals:
    if x.is_nothing.any():
        raise UndecidedError("nothing is known of what is compared")
    return x


def _interval(scalar: Scalar) -> Intervals:
    assert isinstance(scalar, EnclosedScalar)  # noqa: S101 - arithmetics are never mixed
    return scalar.value


def _intervals(array: Array) -> Intervals:
    assert isinstance(array, EnclosedArray)  # noqa: S101 - arithmetics are never mixed
    return array.values
