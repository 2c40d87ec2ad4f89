"""The enclosure arithmetic in float64: every value that operations within their error bounds can give, vectorised.

Read with :func:`~dl4j_oracle.arithmetic.intervals.outer` everything the bounds allow lies inside. Read with ``inner``
the bounds allow everything inside; comparisons of an empty set raise :class:`~dl4j_oracle.errors.UndecidedError`.

Arrays are 1-D: ends are float64, one element for each value of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from dl4j_oracle.arithmetic import interval_operations as operations
from dl4j_oracle.arithmetic import intervals, long_arrays
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar, nonempty, rounded, stored
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, Forks
from dl4j_oracle.arithmetic.formula import Function
from dl4j_oracle.arithmetic.interface import Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.intervals import Interval, Intervals, Widening
from dl4j_oracle.arithmetic.long_arrays import Sets
from dl4j_oracle.arithmetic.short_arrays import of_one


@dataclass(frozen=True, eq=False)
class EnclosedArray(EnclosingArray):
    """A 1-D array of intervals, one for every element; those of a long array are computed when they are asked for."""

    values: Sets
    arithmetic: EnclosureArithmetic = field(repr=False)

    @cached_property
    def intervals(self) -> Intervals:
        """The intervals."""
        return long_arrays.computed(self.values)

    def _new(self, values: Sets) -> EnclosedArray:
        return EnclosedArray(values, self.arithmetic)

    def _compute(self, function: Function, *operands: Any) -> EnclosedArray:
        return self._new(long_arrays.apply(function, *operands))

    def _scalar(self, value: Interval) -> EnclosedScalar:
        return EnclosedScalar.held(value, self.arithmetic.bounds.scalars, self.arithmetic.forks)

    def __len__(self) -> int:
        return self.values.length

    def hull(self, other: EnclosedArray) -> EnclosedArray:
        return self._compute(intervals.hull, self.values, other.values)

    def settled(self) -> EnclosedArray:
        return self._new(long_arrays.settled(self.values))

    def item(self) -> EnclosedScalar:
        return self._scalar(self.intervals.only)

    def observed(self, values: Sequence[float]) -> EnclosedArray:
        widening = self.arithmetic.read(self.arithmetic.model.addition.of_observation)
        return self._compute(operations.observed, self.values, np.asarray(values), widening, self.arithmetic.smallest)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> EnclosedArray:
        return self._operate(operation, self.values, self.arithmetic.rounded(scalar))

    def with_array(self, operation: Operation, other: EnclosedArray) -> EnclosedArray:
        return self._operate(operation, self.values, other.values)

    def _operate(self, operation: Operation, x: Sets, y: Sets | Interval) -> EnclosedArray:
        bounds = self.arithmetic.bounds
        match operation:
            case Operation.ADD:
                return self._compute(operations.add, x, y, bounds.addition)
            case Operation.SUB if x is y:
                return self._compute(operations.subtract_itself, x, bounds.addition)
            case Operation.SUB:
                return self._compute(operations.subtract, x, y, bounds.addition)
            case Operation.MUL if x is y:
                return self._compute(operations.square, x, bounds.multiplication)
            case Operation.MUL:
                return self._compute(operations.multiply, x, y, bounds.multiplication)
            case Operation.DIV:
                return self._compute(operations.divide, x, y, bounds.division)
            case Operation.RSUB:
                return self._compute(operations.subtract, y, x, bounds.addition)
            case Operation.RDIV:
                return self._compute(operations.divide, y, x, bounds.division)

    def sqrt(self) -> EnclosedArray:
        return self._compute(operations.square_root, self.values, self.arithmetic.bounds.square_root)

    def sign(self) -> EnclosedArray:
        return self._compute(operations.sign, self.values)

    def maximum(self, other: EnclosedArray) -> EnclosedArray:
        return self._compute(operations.maximum, self.values, other.values)

    def larger(self, other: EnclosedArray) -> EnclosedArray:
        return self._compute(operations.larger, self.values, other.values)

    def magnitude(self) -> EnclosedArray:
        return self._compute(operations.absolute, self.values)

    def add_in_double(self, scalar: Scalar) -> EnclosedArray:
        bounds, operand = self.arithmetic.bounds, EnclosedScalar.own(scalar).value
        return self._compute(
            operations.add_in_double, self.values, operand, bounds.scalars.addition, bounds.multiplication
        )

    def clip_above(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(operations.clip_above, threshold)

    def clip_below(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(operations.clip_below, threshold)

    def _clip(self, function: Function, threshold: Scalar) -> EnclosedArray:
        """Return the array with both ends clipped; NaN stays, and a NaN threshold clips nothing."""
        limit = nonempty(self.arithmetic.rounded(threshold))
        return self if limit.low > limit.high else self._compute(function, self.values, limit)

    def norm2(self) -> EnclosedScalar:
        bounds = self.arithmetic.bounds
        total = operations.sum_of_squares(self.intervals, bounds)
        return self._scalar(of_one(operations.square_root)(total, bounds.square_root))

    def absolute(self) -> EnclosedScalar:
        return self._scalar(of_one(operations.absolute)(self.intervals.only))

    def dot(self, other: EnclosedArray) -> EnclosedScalar:
        return self._scalar(operations.dot(self.intervals, other.intervals, self.arithmetic.bounds))

    def largest_magnitude(self) -> EnclosedScalar:
        return self._scalar(operations.largest(operations.absolute(self.intervals)))


@dataclass(frozen=True)
class EnclosureArithmetic(EnclosingArithmetic):
    """Enclosures of arrays whose operations err by ``model``, which ``read`` turns into widenings (outer or inner)."""

    model: ErrorModel[ErrorBound]
    read: Callable[[ErrorBound], Widening] = intervals.outer
    forks: Forks = field(default_factory=Forks)
    nan_scalar: NanScalar = nan_scalar

    @cached_property
    def bounds(self) -> ErrorModel[Widening]:
        """The bounds of operations on arrays, and on scalars."""
        return self.model.map(self.read)

    def with_nan_scalar(self, rule: NanScalar) -> Self:
        return replace(self, nan_scalar=rule)

    def operand(self, scalar: Scalar) -> Scalar:
        # Of nothing nothing comes, whatever stands in the place of NaN: that need not be decided.
        return scalar if EnclosedScalar.own(scalar).value.is_nothing else super().operand(scalar)

    def scalar(self, value: float) -> EnclosedScalar:
        return EnclosedScalar.held(of_one(intervals.point)(float(value)), self.bounds.scalars, self.forks)

    def array(self, values: Sequence[float]) -> EnclosedArray:
        points = long_arrays.points(np.asarray(values))
        flushed = long_arrays.apply(intervals.flushed, points, self.smallest) if self.smallest else points
        return EnclosedArray(flushed, self)

    def full(self, length: int, value: Scalar) -> EnclosedArray:
        return EnclosedArray(long_arrays.repeat(self.rounded(value), length), self)

    def stored(self, scalar: Scalar) -> EnclosedScalar:
        value = stored(EnclosedScalar.own(scalar).value, self.model.multiplication.format.name)
        return EnclosedScalar.held(value, self.bounds.scalars, self.forks)

    def native_power(self, base: Scalar, exponent: Scalar) -> EnclosedScalar:
        power = EnclosedScalar.own(base.pow(exponent))
        if power.value.is_point:
            return self.stored(power)
        bound = self.read(ErrorBound(self.model.multiplication.format, ulps=1.0))
        return EnclosedScalar.held(of_one(operations.rounded)(power.value, bound), self.bounds.scalars, self.forks)

    def rounded(self, scalar: Scalar) -> Interval:
        """Return the values that a double has where it meets an array."""
        value = rounded(EnclosedScalar.own(scalar).value, self.model.multiplication.format.name)
        if self.bounds.operand is not None:
            value = of_one(operations.rounded)(value, self.bounds.operand)
        return of_one(intervals.flushed)(value, self.smallest)  # type: ignore[no-any-return]

    @property
    def smallest(self) -> float:
        """The magnitude below which an operand may be flushed to zero."""
        return self.model.multiplication.smallest

    def join(self, arrays: Sequence[Array]) -> EnclosedArray:
        return EnclosedArray(long_arrays.join([EnclosedArray.own(array).values for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> EnclosedArray:
        return EnclosedArray(long_arrays.part(EnclosedArray.own(array).values, slice(start, stop)), self)
