"""The exact arithmetic: the rules on real numbers, without any rounding.

Values are :data:`~dl4j_oracle.arithmetic.reals.Real`. It carries NaN, infinities and signed zeros that are given, or
that DL4J's own operations make of finite numbers (0/0, x/0); nothing overflows, underflows or is rounded. Comparisons
raise :class:`~dl4j_oracle.errors.UndecidedError` where the working precision does not decide them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, Self

from dl4j_oracle.arithmetic import powers, reals
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.reals import Real


@dataclass(frozen=True)
class ExactScalar(Scalar):
    """A real number at the working precision ``prec`` (bits)."""

    value: Real
    prec: int

    def _new(self, value: Real) -> ExactScalar:
        return ExactScalar(value, self.prec)

    def __add__(self, other: ExactScalar | float, /) -> ExactScalar:
        return self._new(reals.add(self.value, _real(other), self.prec))

    def __sub__(self, other: ExactScalar | float, /) -> ExactScalar:
        return self._new(reals.add(self.value, reals.negate(_real(other)), self.prec))

    def __rsub__(self, other: float, /) -> ExactScalar:
        return self._new(reals.add(_real(other), reals.negate(self.value), self.prec))

    def __mul__(self, other: ExactScalar, /) -> ExactScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(reals.multiply(self.value, other.value, self.prec))

    def __truediv__(self, other: ExactScalar, /) -> ExactScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(reals.divide(self.value, other.value, self.prec))

    def __neg__(self) -> ExactScalar:
        return self._new(reals.negate(self.value))

    def __gt__(self, other: ExactScalar | float, /) -> bool:
        return reals.order(self.value, _real(other)) == 1

    def is_nan(self) -> bool:
        return reals.is_nan(self.value)

    def is_zero(self) -> bool:
        return reals.order(self.value, 0.0) == 0

    def sqrt(self) -> ExactScalar:
        return self._new(reals.square_root(self.value, self.prec))

    def exp(self) -> ExactScalar:
        return self._new(reals.exponential(self.value, self.prec))

    def floor(self) -> ExactScalar:
        return self._new(reals.floor(self.value))

    def pow(self, exponent: ExactScalar) -> ExactScalar:
        return self._new(powers.power(self.value, exponent.value, self.prec))

    def fast_pow(self, exponent: int) -> ExactScalar:
        return self._new(powers.power(self.value, reals.from_float(exponent), self.prec))

    def remainder(self, divisor: ExactScalar) -> ExactScalar:
        return self._new(reals.remainder(self.value, divisor.value))


@dataclass(frozen=True)
class ExactArray(Array):
    """Real numbers, one for every element."""

    values: Sequence[Real]
    arithmetic: ExactArithmetic = field(repr=False)

    def _mapped(self, function: Callable[..., Real], *others: ExactArray) -> ExactArray:
        operands = (self.values, *(other.values for other in others))
        return ExactArray(self.arithmetic.mapped(function, *operands), self.arithmetic)

    def _scalar(self, value: Real) -> ExactScalar:
        return ExactScalar(value, self.arithmetic.prec)

    def __len__(self) -> int:
        return len(self.values)

    def item(self) -> ExactScalar:
        (value,) = self.values
        return self._scalar(value)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> ExactArray:
        operand = ExactScalar.own(scalar).value
        return self._mapped(lambda x: self._operate(operation, x, operand))

    def with_array(self, operation: Operation, other: ExactArray) -> ExactArray:
        return self._mapped(partial(self._operate, operation), other)

    def _operate(self, operation: Operation, x: Real, y: Real) -> Real:
        prec = self.arithmetic.prec
        match operation:
            case Operation.ADD:
                return reals.add(x, y, prec)
            case Operation.SUB:
                return reals.subtract(x, y, prec)
            case Operation.MUL:
                return reals.multiply(x, y, prec)
            case Operation.DIV:
                return reals.divide(x, y, prec)
            case Operation.RSUB:
                return reals.subtract(y, x, prec)
            case Operation.RDIV:
                return reals.divide(y, x, prec)

    def sqrt(self) -> ExactArray:
        return self._mapped(lambda x: reals.square_root(x, self.arithmetic.prec))

    def sign(self) -> ExactArray:
        return self._mapped(lambda x: reals.from_float(float(reals.order(x, 0.0) or 0)))

    def maximum(self, other: ExactArray) -> ExactArray:
        return self._mapped(lambda x, y: y if reals.is_nan(y) or reals.order(x, y) == -1 else x, other)

    def larger(self, other: ExactArray) -> ExactArray:
        return self._mapped(lambda x, y: x if reals.order(x, y) == 1 else y, other)

    def magnitude(self) -> ExactArray:
        return self._mapped(reals.absolute)

    def add_in_double(self, scalar: Scalar) -> ExactArray:
        return self.with_scalar(Operation.ADD, scalar)

    def clip_above(self, threshold: Scalar) -> ExactArray:
        limit = ExactScalar.own(threshold).value
        return self._mapped(lambda x: limit if reals.order(x, limit) == 1 else x)

    def clip_below(self, threshold: Scalar) -> ExactArray:
        limit = ExactScalar.own(threshold).value
        return self._mapped(lambda x: limit if reals.order(x, limit) == -1 else x)

    def norm2(self) -> ExactScalar:
        prec = self.arithmetic.prec
        total: Real = 0.0
        for x in self.values:
            total = reals.add(total, reals.multiply(x, x, prec), prec)
        return self._scalar(reals.square_root(total, prec))

    def absolute(self) -> ExactScalar:
        return self._scalar(reals.absolute(self.item().value))

    def dot(self, other: ExactArray) -> ExactScalar:
        prec = self.arithmetic.prec
        total: Real = 0.0
        for x, y in zip(self.values, other.values, strict=True):
            total = reals.add(total, reals.multiply(x, y, prec), prec)
        return self._scalar(total)

    def largest_magnitude(self) -> ExactScalar:
        largest, *others = (reals.absolute(x) for x in self.values)
        for size in others:
            largest = size if reals.order(size, largest) == 1 else largest
        return self._scalar(largest)


@dataclass(frozen=True)
class ExactArithmetic(Arithmetic):
    """Real numbers at a working precision of ``prec`` bits; :func:`dl4j_oracle.arithmetic.reals.decided` raises it."""

    prec: int
    nan_scalar: NanScalar = nan_scalar

    def with_nan_scalar(self, rule: NanScalar) -> Self:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> ExactScalar:
        return ExactScalar(reals.from_float(value), self.prec)

    def array(self, values: Sequence[float]) -> ExactArray:
        return ExactArray(self.mapped(lambda x: reals.from_float(float(x)), values), self)

    def full(self, length: int, value: Scalar) -> ExactArray:
        return ExactArray((ExactScalar.own(value).value,) * length, self)

    def join(self, arrays: Sequence[Array]) -> ExactArray:
        return ExactArray(self.joined([ExactArray.own(array).values for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> ExactArray:
        return ExactArray(self.part(ExactArray.own(array).values, start, stop), self)

    def mapped(self, function: Callable[..., Real], *operands: Sequence[Any]) -> Sequence[Real]:
        """Return the results of ``function``, element by element."""
        return tuple(function(*values) for values in zip(*operands, strict=True))

    def joined(self, parts: Sequence[Sequence[Real]]) -> Sequence[Real]:
        """Return the parts one after another."""
        return tuple(chain.from_iterable(parts))

    def part(self, values: Sequence[Real], start: int, stop: int) -> Sequence[Real]:
        """Return the values from ``start`` to ``stop``."""
        return values[start:stop]


def _real(operand: ExactScalar | float) -> Real:
    return operand.value if isinstance(operand, ExactScalar) else reals.from_float(float(operand))
