"""The exact arithmetic: what the rules mean, before any rounding.

Values are :data:`~dl4j_oracle.arithmetic.reals.Real`. NaN, infinities and signed zeros that are given, or that DL4J's
own operations make of finite numbers (0/0, x/0), are carried; nothing overflows, underflows or is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.reals import Real


@dataclass(frozen=True)
class ExactScalar(Scalar):
    """A real number at the working precision ``prec`` (bits)."""

    value: Real
    prec: int

    def _coerce(self, other: Scalar | float) -> Real:
        if isinstance(other, ExactScalar):
            return other.value
        assert not isinstance(other, Scalar)  # noqa: S101 - arithmetics are never mixed
        return reals.from_float(float(other))

    def _new(self, value: Real) -> ExactScalar:
        return ExactScalar(value, self.prec)

    def __add__(self, other: Scalar | float, /) -> ExactScalar:
        return self._new(reals.add(self.value, self._coerce(other), self.prec))

    def __sub__(self, other: Scalar | float, /) -> ExactScalar:
        return self._new(reals.add(self.value, reals.negate(self._coerce(other)), self.prec))

    def __rsub__(self, other: float, /) -> ExactScalar:
        return self._new(reals.add(self._coerce(other), reals.negate(self.value), self.prec))

    def __mul__(self, other: Scalar, /) -> ExactScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(reals.multiply(self.value, self._coerce(other), self.prec))

    def __truediv__(self, other: Scalar, /) -> ExactScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(reals.divide(self.value, self._coerce(other), self.prec))

    def __neg__(self) -> ExactScalar:
        return self._new(reals.negate(self.value))

    def __gt__(self, other: Scalar | float, /) -> bool:
        return reals.compare(self.value, self._coerce(other)) == 1

    def is_nan(self) -> bool:
        return reals.is_nan(self.value)

    def is_zero(self) -> bool:
        return reals.compare(self.value, 0.0) == 0

    def sqrt(self) -> ExactScalar:
        return self._new(reals.square_root(self.value, self.prec))

    def exp(self) -> ExactScalar:
        return self._new(reals.exponential(self.value, self.prec))

    def floor(self) -> ExactScalar:
        return self._new(reals.floor(self.value))

    def pow(self, exponent: Scalar) -> ExactScalar:
        return self._new(reals.power(self.value, self._coerce(exponent), self.prec))

    def fast_pow(self, exponent: int) -> ExactScalar:
        return self._new(reals.power(self.value, reals.from_float(exponent), self.prec))

    def remainder(self, divisor: Scalar) -> ExactScalar:
        return self._new(reals.remainder(self.value, self._coerce(divisor)))


@dataclass(frozen=True)
class ExactArray(Array):
    """Real numbers, one per element."""

    values: tuple[Real, ...]
    arithmetic: ExactArithmetic = field(repr=False)

    def _new(self, values: Sequence[Real]) -> ExactArray:
        return ExactArray(tuple(values), self.arithmetic)

    def _scalar(self, value: Real) -> ExactScalar:
        return ExactScalar(value, self.arithmetic.prec)

    def __len__(self) -> int:
        return len(self.values)

    def item(self) -> ExactScalar:
        (value,) = self.values
        return self._scalar(value)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> ExactArray:
        operand = _real(scalar)
        return self._new([self._operate(operation, x, operand) for x in self.values])

    def with_array(self, operation: Operation, other: Array) -> ExactArray:
        pairs = zip(self.values, _reals(other), strict=True)
        return self._new([self._operate(operation, x, y) for x, y in pairs])

    def _operate(self, operation: Operation, x: Real, y: Real) -> Real:
        prec = self.arithmetic.prec
        match operation:
            case Operation.ADD:
                return reals.add(x, y, prec)
            case Operation.SUB:
                return reals.add(x, reals.negate(y), prec)
            case Operation.MUL:
                return reals.multiply(x, y, prec)
            case Operation.DIV:
                return reals.divide(x, y, prec)
            case Operation.RSUB:
                return reals.add(y, reals.negate(x), prec)
            case Operation.RDIV:
                return reals.divide(y, x, prec)

    def sqrt(self) -> ExactArray:
        return self._new([reals.square_root(x, self.arithmetic.prec) for x in self.values])

    def sign(self) -> ExactArray:
        return self._new([reals.from_float(float(reals.compare(x, 0.0) or 0)) for x in self.values])

    def maximum(self, other: Array) -> ExactArray:
        assert isinstance(other, ExactArray)  # noqa: S101 - arithmetics are never mixed
        pairs = zip(self.values, other.values, strict=True)
        return self._new([y if reals.is_nan(y) or reals.compare(x, y) == -1 else x for x, y in pairs])

    def clip_above(self, threshold: Scalar) -> ExactArray:
        limit = _real(threshold)
        return self._new([limit if reals.compare(x, limit) == 1 else x for x in self.values])

    def clip_below(self, threshold: Scalar) -> ExactArray:
        limit = _real(threshold)
        return self._new([limit if reals.compare(x, limit) == -1 else x for x in self.values])

    def norm2(self) -> ExactScalar:
        prec = self.arithmetic.prec
        total: Real = 0.0
        for x in self.values:
            total = reals.add(total, reals.multiply(x, x, prec), prec)
        return self._scalar(reals.square_root(total, prec))

    def absolute(self) -> ExactScalar:
        return self._scalar(reals.absolute(_real(self.item())))


@dataclass(frozen=True)
class ExactArithmetic(Arithmetic):
    """Reals at a working precision of ``prec`` bits; run it through :func:`dl4j_oracle.arithmetic.reals.decided`."""

    prec: int
    nan_scalar: NanScalar = nan_scalar

    def with_nan_scalar(self, rule: NanScalar) -> ExactArithmetic:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> ExactScalar:
        return ExactScalar(reals.from_float(value), self.prec)

    def array(self, values: Sequence[float]) -> ExactArray:
        return ExactArray(tuple(reals.from_float(float(x)) for x in values), self)

    def full(self, length: int, value: Scalar) -> ExactArray:
        return ExactArray((_real(value),) * length, self)

    def join(self, arrays: Sequence[Array]) -> ExactArray:
        return ExactArray(tuple(x for array in arrays for x in _reals(array)), self)

    def slice(self, array: Array, start: int, stop: int) -> ExactArray:
        return ExactArray(_reals(array)[start:stop], self)


def _real(scalar: Scalar) -> Real:
    assert isinstance(scalar, ExactScalar)  # noqa: S101 - arithmetics are never mixed
    return scalar.value


def _reals(array: Array) -> tuple[Real, ...]:
    assert isinstance(array, ExactArray)  # noqa: S101 - arithmetics are never mixed
    return array.values
