"""The ieee arithmetic: the bits that DL4J's processor computes, operation by operation.

Every array operation is rounded once in float32 or float64, to nearest, ties to even; scalars are Java doubles, rounded
once to the array's dtype when they meet an array. With ND4J's order of summing norms this is the *evaluation model*,
which equals the real DL4J 0.8.0 bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from dl4j_oracle.arithmetic import java
from dl4j_oracle.arithmetic.dot_order import open_blas
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.java import CORRECTLY_ROUNDED, JavaMath
from dl4j_oracle.arithmetic.norm_order import Floats, NormOrder, nd4j_order
from dl4j_oracle.clauses import clause

#: NumPy does not warn: overflow, underflow, division by zero and NaN are results here.
_QUIET = {"all": "ignore"}


@dataclass(frozen=True)
class IeeeScalar(Scalar):
    """A Java double, on a JVM with these ``Math`` functions."""

    value: float
    java_math: JavaMath = field(default=CORRECTLY_ROUNDED, repr=False, compare=False)

    def _new(self, value: float) -> IeeeScalar:
        return IeeeScalar(value, self.java_math)

    def __add__(self, other: IeeeScalar | float, /) -> IeeeScalar:
        return self._new(self.value + _double(other))

    def __sub__(self, other: IeeeScalar | float, /) -> IeeeScalar:
        return self._new(self.value - _double(other))

    def __rsub__(self, other: float, /) -> IeeeScalar:
        return self._new(other - self.value)

    def __mul__(self, other: IeeeScalar, /) -> IeeeScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(self.value * other.value)

    def __truediv__(self, other: IeeeScalar, /) -> IeeeScalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self._new(java.divide(self.value, other.value))

    def __neg__(self) -> IeeeScalar:
        return self._new(-self.value)

    def __gt__(self, other: IeeeScalar | float, /) -> bool:
        return self.value > _double(other)

    def is_nan(self) -> bool:
        return math.isnan(self.value)

    def is_zero(self) -> bool:
        return self.value == 0.0

    def sqrt(self) -> IeeeScalar:
        return self._new(java.square_root(self.value))

    def exp(self) -> IeeeScalar:
        return self._new(self.java_math.exponential(self.value))

    def floor(self) -> IeeeScalar:
        return self._new(java.floor(self.value))

    def pow(self, exponent: IeeeScalar) -> IeeeScalar:
        return self._new(self.java_math.power(self.value, exponent.value))

    def fast_pow(self, exponent: int) -> IeeeScalar:
        return self._new(java.fast_math_power(self.value, exponent))

    def remainder(self, divisor: IeeeScalar) -> IeeeScalar:
        return self._new(java.remainder(self.value, divisor.value))


@dataclass(frozen=True, eq=False)
class IeeeArray(Array):
    """A 1-D NumPy array of float32 or float64, never written to, which begins ``offset`` elements into a longer one."""

    values: Floats
    arithmetic: IeeeArithmetic = field(repr=False)
    offset: int = 0

    def _new(self, values: Floats) -> IeeeArray:
        return IeeeArray(values, self.arithmetic)

    def __len__(self) -> int:
        return len(self.values)

    def item(self) -> IeeeScalar:
        return self.arithmetic.scalar(self.values.item())

    @clause("ARITH-4")
    def with_scalar(self, operation: Operation, scalar: Scalar) -> IeeeArray:
        """Round the double once to the array's dtype, then each result (``NativeOpExecutioner.exec``)."""
        return self._new(_operate(operation, self.values, self.arithmetic.rounded(scalar)))

    @clause("ARITH-1")
    def with_array(self, operation: Operation, other: IeeeArray) -> IeeeArray:
        """Round each element once in the array's dtype; no operation is fused or reordered."""
        return self._new(_operate(operation, self.values, other.values))

    def sqrt(self) -> IeeeArray:
        with np.errstate(**_QUIET):  # type: ignore[arg-type]
            return self._new(np.sqrt(self.values))

    def sign(self) -> IeeeArray:
        x = self.values
        return self._new((x > 0).astype(x.dtype) - (x < 0).astype(x.dtype))

    def maximum(self, other: IeeeArray) -> IeeeArray:
        return self._new(np.maximum(self.values, other.values))

    def larger(self, other: IeeeArray) -> IeeeArray:
        return self._new(np.where(self.values > other.values, self.values, other.values))

    def magnitude(self) -> IeeeArray:
        return self._new(np.abs(self.values))

    def add_in_double(self, scalar: Scalar) -> IeeeArray:
        with np.errstate(**_QUIET):  # type: ignore[arg-type]
            total = self.values.astype(np.float64) + IeeeScalar.own(scalar).value
            return self._new(total.astype(self.values.dtype))

    def clip_above(self, threshold: Scalar) -> IeeeArray:
        limit = self.arithmetic.rounded(threshold)
        return self._new(np.where(self.values > limit, limit, self.values))

    def clip_below(self, threshold: Scalar) -> IeeeArray:
        limit = self.arithmetic.rounded(threshold)
        return self._new(np.where(self.values < limit, limit, self.values))

    def norm2(self) -> IeeeScalar:
        with np.errstate(**_QUIET):  # type: ignore[arg-type]
            total = self.arithmetic.norm_order(self.values * self.values, self.offset)
            return self.arithmetic.scalar(float(np.sqrt(total)))

    def absolute(self) -> IeeeScalar:
        return self.arithmetic.scalar(abs(self.item().value))

    def dot(self, other: IeeeArray) -> IeeeScalar:
        with np.errstate(**_QUIET):  # type: ignore[arg-type]
            return self.arithmetic.scalar(float(open_blas(self.values * other.values)))

    def largest_magnitude(self) -> IeeeScalar:
        sizes = np.abs(self.values)
        return self.arithmetic.scalar(float(sizes[0] if np.isnan(sizes[0]) else np.fmax.reduce(sizes)))


@dataclass(frozen=True)
class IeeeArithmetic(Arithmetic):
    """Arrays of ``dtype`` (``float32`` or ``float64``), norms summed in ``norm_order``, ``java_math`` the JVM's."""

    dtype: str
    norm_order: NormOrder = field(default_factory=nd4j_order)
    nan_scalar: NanScalar = nan_scalar
    java_math: JavaMath = CORRECTLY_ROUNDED

    def with_nan_scalar(self, rule: NanScalar) -> Self:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> IeeeScalar:
        return IeeeScalar(float(value), self.java_math)

    def array(self, values: Sequence[float]) -> IeeeArray:
        return IeeeArray(np.array(values, dtype=self.dtype), self)

    def view(self, values: Sequence[float], offset: int) -> IeeeArray:
        return replace(self.array(values), offset=offset)

    def placed(self, array: Array, offset: int) -> IeeeArray:
        return replace(IeeeArray.own(array), offset=offset)

    def full(self, length: int, value: Scalar) -> IeeeArray:
        return IeeeArray(np.full(length, self.rounded(value), dtype=self.dtype), self)

    def join(self, arrays: Sequence[Array]) -> IeeeArray:
        parts = [IeeeArray.own(array).values for array in arrays]
        return IeeeArray(np.concatenate([np.empty(0, self.dtype), *parts]), self)

    def slice(self, array: Array, start: int, stop: int) -> IeeeArray:
        return IeeeArray(IeeeArray.own(array).values[start:stop], self)

    def rounded(self, scalar: Scalar) -> np.floating[np.typing.NBitBase]:
        """Return the double rounded once to the array's dtype, overflow to an infinity (clause ARITH-4)."""
        with np.errstate(**_QUIET):  # type: ignore[arg-type]
            return np.dtype(self.dtype).type(IeeeScalar.own(scalar).value)  # type: ignore[no-any-return]


def _operate(operation: Operation, x: Floats, y: Floats | np.floating[np.typing.NBitBase]) -> Floats:
    with np.errstate(**_QUIET):  # type: ignore[arg-type]
        match operation:
            case Operation.ADD:
                return x + y
            case Operation.SUB:
                return x - y
            case Operation.MUL:
                return x * y
            case Operation.DIV:
                return x / y
            case Operation.RSUB:
                return y - x
            case Operation.RDIV:
                return y / x


def _double(operand: IeeeScalar | float) -> float:
    return operand.value if isinstance(operand, IeeeScalar) else float(operand)
