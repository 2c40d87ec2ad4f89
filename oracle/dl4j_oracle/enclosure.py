"""The enclosure arithmetic: all values that operations within the evaluation model's error bounds can give.

A comparison that rounding may decide either way is a fork: :class:`Forks` holds the decisions of one path, and
:func:`paths` runs every path. What the paths give is united.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeVar

import numpy as np

from dl4j_oracle import intervals, java
from dl4j_oracle.arithmetic import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.intervals import MODELS, Intervals

_Result = TypeVar("_Result")

#: More undecided comparisons than this in one operation, and nothing is claimed.
MOST_FORKS = 8


@dataclass
class Forks:
    """The decisions of one path: those given, then False for every further fork, which is noted."""

    given: tuple[bool, ...] = ()
    taken: list[bool] = field(default_factory=list)

    def decide(self) -> bool:
        """The decision of the next fork."""
        decision = self.given[len(self.taken)] if len(self.taken) < len(self.given) else False
        self.taken.append(decision)
        if len(self.taken) > MOST_FORKS:
            raise UndecidedError(f"more than {MOST_FORKS} comparisons may go either way")
        return decision

    def restart(self, given: tuple[bool, ...]) -> None:
        """Begin another path."""
        self.given, self.taken = given, []


def paths(forks: Forks, run: Callable[[], _Result]) -> Iterator[_Result]:
    """``run()`` once for every way in which its undecided comparisons can go; raises :class:`UndecidedError`."""
    pending: list[tuple[bool, ...]] = [()]
    while pending:
        given = pending.pop()
        forks.restart(given)
        result = run()
        taken = tuple(forks.taken)
        pending += [(*taken[:i], True) for i in range(len(given), len(taken))]
        yield result
    forks.restart(())


@dataclass(frozen=True)
class EnclosedScalar(Scalar):
    """A Java double somewhere in an interval (one element)."""

    value: Intervals
    forks: Forks = field(repr=False, compare=False)

    def _new(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.forks)

    def _coerce(self, other: Scalar | float) -> Intervals:
        if isinstance(other, EnclosedScalar):
            return other.value
        assert not isinstance(other, Scalar)  # noqa: S101 - arithmetics are never mixed
        return intervals.points([float(other)])

    def _combine(self, x: Intervals, y: Intervals, operation: str) -> EnclosedScalar:
        """An operation whose exact result is a double gives just that."""
        if exact := _exactly(x, y, operation):
            return self._new(exact)
        model = MODELS["float64"]
        match operation:
            case "add":
                return self._new(intervals.add(x, y, model))
            case "multiply":
                return self._new(intervals.multiply(x, y, model))
            case _:
                return self._new(intervals.divide(x, y, model))

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
        x, y = self.value, self._coerce(other)
        possible = bool(x.high[0] > y.low[0])
        certain = bool(x.low[0] > y.high[0]) and not (x.nan[0] or y.nan[0])
        return certain or (possible and self.forks.decide())

    def is_nan(self) -> bool:
        certain = bool(self.value.low[0] > self.value.high[0])
        return certain or (bool(self.value.nan[0]) and self.forks.decide())

    def is_zero(self) -> bool:
        low, high = self.value.low[0], self.value.high[0]
        possible, certain = low <= 0 <= high, low == 0 == high and not self.value.nan[0]
        return bool(certain) or (bool(possible) and self.forks.decide())

    def sqrt(self) -> EnclosedScalar:
        x = self.value
        if x.is_point[0] and x.low[0] >= 0:
            root = math.sqrt(x.low[0])
            if math.isinf(root) or Fraction(root) ** 2 == Fraction(float(x.low[0])):
                return self._new(intervals.points([root]))
        return self._new(intervals.square_root(x, MODELS["float64"]))

    def exp(self) -> EnclosedScalar:
        return self._monotone(java.exponential)

    def floor(self) -> EnclosedScalar:
        low, high = java.floor(float(self.value.low[0])), java.floor(float(self.value.high[0]))
        return self._new(Intervals(np.array([low]), np.array([high]), self.value.nan))

    def pow(self, exponent: Scalar) -> EnclosedScalar:
        y = self._coerce(exponent)
        if y.is_point[0] and self.value.high[0] < 0 and not self.value.nan[0]:
            return self._negative_base(float(y.low[0]))
        if y.is_point[0] and (self.value.is_point[0] or self.value.low[0] > 0):
            return self._monotone(lambda x: java.power(x, float(y.low[0])))
        if self.value.is_point[0] and self.value.low[0] > 0:
            base = float(self.value.low[0])
            return self._new(y)._monotone(lambda p: java.power(base, p))
        return self._new(Intervals(np.array([-np.inf]), np.array([np.inf]), np.array([True])))

    def _negative_base(self, exponent: float) -> EnclosedScalar:
        if not exponent.is_integer():
            return self._new(intervals.points([math.nan if math.isfinite(exponent) else java.power(-2.0, exponent)]))
        positive = (-self)._monotone(lambda x: java.power(x, exponent))
        return -positive if math.fmod(exponent, 2) else positive

    def fast_pow(self, exponent: int) -> EnclosedScalar:
        return self.pow(EnclosedScalar(intervals.points([float(exponent)]), self.forks))

    def remainder(self, divisor: Scalar) -> EnclosedScalar:
        x, y = self.value, self._coerce(divisor)
        if not (x.is_point[0] or x.nan[0]) or not y.is_point[0]:
            raise UndecidedError("the remainder of a value that is not known")
        dividend = math.nan if x.nan[0] else float(x.low[0])
        return self._new(intervals.points([java.remainder(dividend, float(y.low[0]))]))

    def _monotone(self, function: Callable[[float], float]) -> EnclosedScalar:
        """A monotone library function, within an ulp as Java promises; 0, 1 and -1 are taken to be exact."""
        x = self.value
        if x.low[0] > x.high[0]:
            return self._new(intervals.points([function(math.nan)]))
        ends = [function(float(x.low[0])), function(float(x.high[0]))]
        if any(math.isnan(end) for end in ends):
            return self._new(intervals.points([math.nan]))
        low, high = min(ends), max(ends)
        if low != high or low not in (0.0, 1.0, -1.0):
            low = low if math.isinf(low) else math.nextafter(math.nextafter(low, -math.inf), -math.inf)
            high = high if math.isinf(high) else math.nextafter(math.nextafter(high, math.inf), math.inf)
            low, high = (max(low, 0.0), high) if min(ends) >= 0 else (low, high)
        return self._new(Intervals(np.array([low]), np.array([high]), x.nan))


@dataclass(frozen=True, eq=False)
class EnclosedArray(Array):
    """An interval for every element."""

    values: Intervals
    arithmetic: EnclosureArithmetic = field(repr=False)

    def _new(self, values: Intervals) -> EnclosedArray:
        return EnclosedArray(values, self.arithmetic)

    def _scalar(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar(value, self.arithmetic.forks)

    def __len__(self) -> int:
        return len(self.values)

    def item(self) -> EnclosedScalar:
        return self._scalar(self.values)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> EnclosedArray:
        value = intervals.rounded(_interval(scalar), self.arithmetic.dtype)
        return self._operate(operation, self.values, intervals.repeat(value, len(self)))

    def with_array(self, operation: Operation, other: Array) -> EnclosedArray:
        return self._operate(operation, self.values, self.values if other is self else _intervals(other))

    def _operate(self, operation: Operation, x: Intervals, y: Intervals) -> EnclosedArray:
        model = MODELS[self.arithmetic.dtype]
        match operation:
            case Operation.ADD:
                return self._new(intervals.add(x, y, model))
            case Operation.SUB:
                return self._new(intervals.add(x, intervals.negate(y), model))
            case Operation.MUL:
                return self._new(intervals.multiply(x, y, model))
            case Operation.DIV:
                return self._new(intervals.divide(x, y, model))
            case Operation.RSUB:
                return self._new(intervals.add(y, intervals.negate(x), model))
            case Operation.RDIV:
                return self._new(intervals.divide(y, x, model))

    def sqrt(self) -> EnclosedArray:
        return self._new(intervals.square_root(self.values, MODELS[self.arithmetic.dtype]))

    def sign(self) -> EnclosedArray:
        x = self.values
        empty = x.low > x.high
        low = np.where(empty, 0.0, np.minimum(np.sign(x.low), np.where(x.nan, 0.0, 1.0)))
        high = np.where(empty, 0.0, np.maximum(np.sign(x.high), np.where(x.nan, 0.0, -1.0)))
        return self._new(Intervals(low, high, np.zeros(len(self), np.bool_)))

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
        t, x = intervals.rounded(_interval(threshold), self.arithmetic.dtype), self.values
        if t.low[0] > t.high[0]:
            return self
        empty = x.low > x.high
        low, high = extremum(x.low, t.low), extremum(x.high, t.high)
        return self._new(Intervals(np.where(empty, x.low, low), np.where(empty, x.high, high), x.nan))

    def norm2(self) -> EnclosedScalar:
        model = MODELS[self.arithmetic.dtype]
        return self._scalar(intervals.square_root(intervals.sum_of_squares(self.values, model), model))

    def absolute(self) -> EnclosedScalar:
        x = self.values
        low = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
        high = np.maximum(np.abs(x.low), np.abs(x.high))
        empty = x.low > x.high
        return self._scalar(Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), x.nan))


@dataclass(frozen=True)
class EnclosureArithmetic(Arithmetic):
    """Enclosures of what arrays of ``dtype`` (``float32`` or ``float64``) can hold."""

    dtype: str
    forks: Forks = field(default_factory=Forks)
    nan_scalar: NanScalar = nan_scalar

    def with_nan_scalar(self, rule: NanScalar) -> EnclosureArithmetic:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> EnclosedScalar:
        return EnclosedScalar(intervals.points([value]), self.forks)

    def array(self, values: Sequence[float]) -> EnclosedArray:
        return EnclosedArray(intervals.points(np.array(values, np.float64)), self)

    def full(self, length: int, value: Scalar) -> EnclosedArray:
        x = intervals.rounded(_interval(value), self.dtype)
        return EnclosedArray(intervals.repeat(x, length), self)

    def join(self, arrays: Sequence[Array]) -> EnclosedArray:
        return EnclosedArray(intervals.join([_intervals(array) for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> EnclosedArray:
        return EnclosedArray(_intervals(array)[start:stop], self)


def _exactly(x: Intervals, y: Intervals, operation: str) -> Intervals | None:
    """The result of an operation on known finite doubles, if it is a double."""
    if not (x.is_point[0] and y.is_point[0] and np.isfinite(x.low[0]) and np.isfinite(y.low[0])):
        return None
    a, b = float(x.low[0]), float(y.low[0])
    if operation == "divide" and b == 0:
        return None
    result = {"add": a + b, "multiply": a * b, "divide": java.divide(a, b)}[operation]
    if not math.isfinite(result):
        return None
    left, right = Fraction(a), Fraction(b)
    match operation:
        case "add":
            exact = left + right
        case "multiply":
            exact = left * right
        case _:
            exact = left / right
    return intervals.points([result]) if Fraction(result) == exact else None


def _interval(scalar: Scalar) -> Intervals:
    assert isinstance(scalar, EnclosedScalar)  # noqa: S101 - arithmetics are never mixed
    return scalar.value


def _intervals(array: Array) -> Intervals:
    assert isinstance(array, EnclosedArray)  # noqa: S101 - arithmetics are never mixed
    return array.values
