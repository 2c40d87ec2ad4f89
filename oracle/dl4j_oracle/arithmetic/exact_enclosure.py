"""The enclosure arithmetic with exact endpoints: what float64 enclosures cannot decide is decided here.

It means the same sets as :mod:`dl4j_oracle.arithmetic.enclosure`, computed with mpmath alone; run it through
:func:`dl4j_oracle.arithmetic.reals.decided`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from dl4j_oracle.arithmetic import exact_intervals, java, reals
from dl4j_oracle.arithmetic.error_model import FUNCTIONS, SCALARS, ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.exact_intervals import EVERYTHING, ExactInterval, Precise
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar, Forks
from dl4j_oracle.arithmetic.interface import Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.reals import Real
from dl4j_oracle.arithmetic.rounding import BINARY64
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True)
class ExactlyEnclosedScalar(EnclosingScalar):
    """A Java double somewhere in an interval."""

    value: ExactInterval
    arithmetic: ExactEnclosureArithmetic = field(repr=False, compare=False)

    def _new(self, value: ExactInterval) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar(value, self.arithmetic)

    def hull(self, other: ExactlyEnclosedScalar) -> ExactlyEnclosedScalar:
        return self._new(exact_intervals.hull(self.value, other.value))

    def _coerce(self, other: Scalar | float) -> ExactInterval:
        if isinstance(other, ExactlyEnclosedScalar):
            return other.value
        assert not isinstance(other, Scalar)  # noqa: S101 - arithmetics are never mixed
        return exact_intervals.point(float(other))

    def _combine(self, x: ExactInterval, y: ExactInterval, operation: str) -> ExactlyEnclosedScalar:
        """An operation on known doubles whose exact result is a double gives just that."""
        if x.is_point and y.is_point:
            exact = java.exactly(operation, _double(x), _double(y))
            if exact is not None:
                return self._new(exact_intervals.point(exact))
        bounds = self.arithmetic.scalars
        match operation:
            case "add":
                return self._new(exact_intervals.add(x, y, bounds.addition))
            case "multiply":
                return self._new(exact_intervals.multiply(x, y, bounds.multiplication))
            case _:
                return self._new(exact_intervals.divide(x, y, bounds.division))

    def __add__(self, other: Scalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, self._coerce(other), "add")

    def __sub__(self, other: Scalar | float, /) -> ExactlyEnclosedScalar:
        return self._combine(self.value, exact_intervals.negate(self._coerce(other)), "add")

    def __rsub__(self, other: float, /) -> ExactlyEnclosedScalar:
        return self._combine(self._coerce(other), exact_intervals.negate(self.value), "add")

    def __mul__(self, other: Scalar, /) -> ExactlyEnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, self.value if other is self else self._coerce(other), "multiply")

    def __truediv__(self, other: Scalar, /) -> ExactlyEnclosedScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._combine(self.value, self._coerce(other), "divide")

    def __neg__(self) -> ExactlyEnclosedScalar:
        return self._new(exact_intervals.negate(self.value))

    def __gt__(self, other: Scalar | float, /) -> bool:
        x, y = self.value, self._coerce(other)
        if reals.compare(x.high, y.low) != 1:
            return False
        certain = reals.compare(x.low, y.high) == 1 and not (x.nan or y.nan)
        return certain or self.arithmetic.forks.decide()

    def is_nan(self) -> bool:
        return self.value.is_nan or (self.value.nan and self.arithmetic.forks.decide())

    def is_zero(self) -> bool:
        low, high = reals.compare(self.value.low, 0.0), reals.compare(self.value.high, 0.0)
        if low == 1 or high == -1:
            return False
        certain = low == high == 0 and not self.value.nan
        return certain or self.arithmetic.forks.decide()

    def sqrt(self) -> ExactlyEnclosedScalar:
        x = self.value
        if x.is_point and (double := _double(x)) >= 0:
            root = java.exact_root(double)
            if root is not None:
                return self._new(exact_intervals.point(root))
        return self._new(exact_intervals.square_root(x, self.arithmetic.scalars.square_root))

    def exp(self) -> ExactlyEnclosedScalar:
        return self._monotone(lambda x: reals.exponential(x, self.arithmetic.prec))

    def floor(self) -> ExactlyEnclosedScalar:
        if self.value.is_point:
            return self._new(exact_intervals.point(java.floor(_double(self.value))))
        return self._new(ExactInterval(reals.floor(self.value.low), reals.floor(self.value.high), self.value.nan))

    def pow(self, exponent: Scalar) -> ExactlyEnclosedScalar:
        x, y = self.value, self._coerce(exponent)
        positive = reals.compare(x.low, 0.0) == 1
        if y.is_point and reals.compare(x.high, 0.0) == -1 and not x.nan:
            return self._negative_base(_double(y))
        if y.is_point and (x.is_point or positive):
            return self._power(y.low)
        if x.is_point and positive:
            return self._new(y)._monotone(lambda p: reals.power(x.low, p, self.arithmetic.prec))
        return self._new(EVERYTHING)

    def _power(self, exponent: Real) -> ExactlyEnclosedScalar:
        return self._monotone(lambda x: reals.power(x, exponent, self.arithmetic.prec))

    def _negative_base(self, exponent: float) -> ExactlyEnclosedScalar:
        if not exponent.is_integer():
            value = math.nan if math.isfinite(exponent) else java.power(-2.0, exponent)
            return self._new(exact_intervals.point(value))
        positive = (-self)._power(reals.from_float(exponent))
        return -positive if math.fmod(exponent, 2) else positive

    def fast_pow(self, exponent: int) -> ExactlyEnclosedScalar:
        return self.pow(self._new(exact_intervals.point(float(exponent))))

    def remainder(self, divisor: Scalar) -> ExactlyEnclosedScalar:
        x, y = self.value, self._coerce(divisor)
        if not (x.is_point or x.nan) or not y.is_point:
            raise UndecidedError("the remainder of a value that is not known")
        dividend = math.nan if x.nan else _double(x)
        return self._new(exact_intervals.point(java.remainder(dividend, _double(y))))

    def _monotone(self, function: Callable[[Real], Real]) -> ExactlyEnclosedScalar:
        """A monotone library function, widened by its error bound."""
        x = self.value
        if x.is_nan:
            return self._new(exact_intervals.point(_float(function(math.nan))))
        ends = (function(x.low),) if x.is_point else (function(x.low), function(x.high))
        return self._new(exact_intervals.monotone(ends[0], ends[-1], x.nan, self.arithmetic.functions))


@dataclass(frozen=True, eq=False)
class ExactlyEnclosedArray(EnclosingArray):
    """An interval for every element."""

    values: tuple[ExactInterval, ...]
    arithmetic: ExactEnclosureArithmetic = field(repr=False)

    def _new(self, values: Sequence[ExactInterval]) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(tuple(values), self.arithmetic)

    def _scalar(self, value: ExactInterval) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar(value, self.arithmetic)

    def __len__(self) -> int:
        return len(self.values)

    def maximum(self, other: Array) -> ExactlyEnclosedArray:
        assert isinstance(other, ExactlyEnclosedArray)  # noqa: S101 - arithmetics are never mixed
        pairs = zip(self.values, other.values, strict=True)
        return self._new([exact_intervals.larger(x, y) for x, y in pairs])

    def hull(self, other: ExactlyEnclosedArray) -> ExactlyEnclosedArray:
        return self._new([exact_intervals.hull(x, y) for x, y in zip(self.values, other.values, strict=True)])

    def observed(self, values: Sequence[float]) -> ExactlyEnclosedArray:
        bound = Precise(self.arithmetic.model.addition.of_what_is_seen, self.arithmetic.prec)
        told = [exact_intervals.seen_as(x, v, bound) for x, v in zip(self.values, values, strict=True)]
        return self._new([self.arithmetic.flushed(x) for x in told])

    def item(self) -> ExactlyEnclosedScalar:
        (value,) = self.values
        return self._scalar(value)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> ExactlyEnclosedArray:
        operand = self.arithmetic.rounded(scalar)
        return self._new([self._operate(operation, x, operand) for x in self.values])

    def with_array(self, operation: Operation, other: Array) -> ExactlyEnclosedArray:
        pairs = zip(self.values, _intervals(other), strict=True)
        return self._new([self._operate(operation, x, x if other is self else y) for x, y in pairs])

    def _operate(self, operation: Operation, x: ExactInterval, y: ExactInterval) -> ExactInterval:
        bounds = self.arithmetic.bounds
        match operation:
            case Operation.ADD:
                return exact_intervals.add(x, y, bounds.addition)
            case Operation.SUB:
                return exact_intervals.add(x, exact_intervals.negate(y), bounds.addition)
            case Operation.MUL:
                return exact_intervals.multiply(x, y, bounds.multiplication)
            case Operation.DIV:
                return exact_intervals.divide(x, y, bounds.division)
            case Operation.RSUB:
                return exact_intervals.add(y, exact_intervals.negate(x), bounds.addition)
            case Operation.RDIV:
                return exact_intervals.divide(y, x, bounds.division)

    def sqrt(self) -> ExactlyEnclosedArray:
        return self._new([exact_intervals.square_root(x, self.arithmetic.bounds.square_root) for x in self.values])

    def sign(self) -> ExactlyEnclosedArray:
        return self._new([exact_intervals.sign(x) for x in self.values])

    def clip_above(self, threshold: Scalar) -> ExactlyEnclosedArray:
        return self._clip(threshold, exact_intervals.lesser)

    def clip_below(self, threshold: Scalar) -> ExactlyEnclosedArray:
        return self._clip(threshold, exact_intervals.greater)

    def _clip(self, threshold: Scalar, extremum: Callable[[Real, Real], Real]) -> ExactlyEnclosedArray:
        """Both ends clipped; NaN stays, and clips nothing."""
        t = self.arithmetic.rounded(threshold)
        if t.is_nan:
            return self
        return self._new(
            [
                x if x.is_nan else ExactInterval(extremum(x.low, t.low), extremum(x.high, t.high), x.nan)
                for x in self.values
            ]
        )

    def norm2(self) -> ExactlyEnclosedScalar:
        bounds = self.arithmetic.bounds
        total = exact_intervals.sum_of_squares(self.values, bounds)
        return self._scalar(exact_intervals.square_root(total, bounds.square_root))

    def absolute(self) -> ExactlyEnclosedScalar:
        return self._scalar(exact_intervals.absolute(self.item().value))


@dataclass(frozen=True)
class ExactEnclosureArithmetic(EnclosingArithmetic):
    """Enclosures of what arrays can hold whose operations err by ``model``, at ``prec`` bits."""

    model: ErrorModel[ErrorBound]
    prec: int
    forks: Forks = field(default_factory=Forks)
    nan_scalar: NanScalar = nan_scalar

    @cached_property
    def bounds(self) -> ErrorModel[Precise]:
        """Of operations on arrays."""
        return self.model.map(self._precise)

    @cached_property
    def scalars(self) -> ErrorModel[Precise]:
        """Of operations on Java doubles."""
        return SCALARS.map(self._precise)

    @cached_property
    def functions(self) -> Precise:
        """Of ``Math.pow`` and ``Math.exp``."""
        return self._precise(FUNCTIONS)

    def _precise(self, error: ErrorBound) -> Precise:
        return Precise(error, self.prec)

    def with_nan_scalar(self, rule: NanScalar) -> ExactEnclosureArithmetic:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar(exact_intervals.point(float(value)), self)

    def array(self, values: Sequence[float]) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(tuple(self.flushed(exact_intervals.point(float(x))) for x in values), self)

    def full(self, length: int, value: Scalar) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray((self.rounded(value),) * length, self)

    def join(self, arrays: Sequence[Array]) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(tuple(x for array in arrays for x in _intervals(array)), self)

    def slice(self, array: Array, start: int, stop: int) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(_intervals(array)[start:stop], self)

    def rounded(self, scalar: Scalar) -> ExactInterval:
        """A double as it meets an array."""
        assert isinstance(scalar, ExactlyEnclosedScalar)  # noqa: S101 - arithmetics are never mixed
        return self.flushed(exact_intervals.rounded(scalar.value, self.model.multiplication.format))

    def flushed(self, x: ExactInterval) -> ExactInterval:
        """Operands that may be read as zero."""
        return exact_intervals.flushed(x, self.model.multiplication.smallest)


def _double(x: ExactInterval) -> float:
    """The double that a known scalar is."""
    return _float(x.low)


def _float(x: Real) -> float:
    return reals.round_to(x, BINARY64)


def _intervals(array: Array) -> tuple[ExactInterval, ...]:
    assert isinstance(array, ExactlyEnclosedArray)  # noqa: S101 - arithmetics are never mixed
    return array.values
