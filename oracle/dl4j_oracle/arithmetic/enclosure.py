"""The enclosure arithmetic in float64: every value that operations within their error bounds can give, vectorised.

Read with :func:`~dl4j_oracle.arithmetic.intervals.outer` everything the bounds allow lies inside. Read with ``inner``
the bounds allow everything inside; comparisons of an empty set raise :class:`~dl4j_oracle.errors.UndecidedError`.

Arrays are 1-D: ends are float64, one element for each value of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from dl4j_oracle.arithmetic import interval_operations, intervals
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar, nonempty
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, Forks
from dl4j_oracle.arithmetic.interface import Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening


@dataclass(frozen=True, eq=False)
class EnclosedArray(EnclosingArray):
    """A 1-D array of intervals, one for every element."""

    values: Intervals
    arithmetic: EnclosureArithmetic = field(repr=False)

    def _new(self, values: Intervals) -> EnclosedArray:
        return EnclosedArray(values, self.arithmetic)

    def _scalar(self, value: Intervals) -> EnclosedScalar:
        return EnclosedScalar.held(value, self.arithmetic.bounds.scalars, self.arithmetic.forks)

    def __len__(self) -> int:
        return len(self.values)

    def hull(self, other: EnclosedArray) -> EnclosedArray:
        return self._new(intervals.hull(self.values, other.values))

    def item(self) -> EnclosedScalar:
        return self._scalar(self.values)

    def observed(self, values: Sequence[float]) -> EnclosedArray:
        seen = intervals.points(values)
        widening = self.arithmetic.read(self.arithmetic.model.addition.of_observation)
        unrounded = interval_operations.preimage(seen, widening)
        narrowed = intervals.hull(intervals.intersection(self.values, unrounded), seen)
        told = intervals.where(np.isfinite(seen.low) & (seen.low != 0), narrowed, self.values)
        return self._new(self.arithmetic.flushed(told))

    def with_scalar(self, operation: Operation, scalar: Scalar) -> EnclosedArray:
        value = self.arithmetic.rounded(scalar)
        return self._operate(operation, self.values, intervals.repeat(value, len(self)))

    def with_array(self, operation: Operation, other: EnclosedArray) -> EnclosedArray:
        return self._operate(operation, self.values, other.values)

    def _operate(self, operation: Operation, x: Intervals, y: Intervals) -> EnclosedArray:
        bounds = self.arithmetic.bounds
        match operation:
            case Operation.ADD:
                return self._new(interval_operations.add(x, y, bounds.addition))
            case Operation.SUB:
                return self._new(interval_operations.add(x, intervals.negate(y), bounds.addition))
            case Operation.MUL:
                return self._new(interval_operations.multiply(x, y, bounds.multiplication))
            case Operation.DIV:
                return self._new(interval_operations.divide(x, y, bounds.division))
            case Operation.RSUB:
                return self._new(interval_operations.add(y, intervals.negate(x), bounds.addition))
            case Operation.RDIV:
                return self._new(interval_operations.divide(y, x, bounds.division))

    def sqrt(self) -> EnclosedArray:
        return self._new(interval_operations.square_root(self.values, self.arithmetic.bounds.square_root))

    def sign(self) -> EnclosedArray:
        x = self.values
        empty = x.low > x.high
        low = np.where(empty, 0.0, np.minimum(np.sign(x.low), np.where(x.nan, 0.0, 1.0)))
        high = np.where(empty, 0.0, np.maximum(np.sign(x.high), np.where(x.nan, 0.0, -1.0)))
        return self._new(intervals.empty_where(x.is_nothing, Intervals(low, high, np.zeros_like(x.nan))))

    def maximum(self, other: EnclosedArray) -> EnclosedArray:
        x, y = self.values, other.values
        empty = (x.low > x.high) | (y.low > y.high)
        low, high = np.maximum(x.low, y.low), np.maximum(x.high, y.high)
        return self._new(Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), x.nan | y.nan))

    def clip_above(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(threshold, np.minimum)

    def clip_below(self, threshold: Scalar) -> EnclosedArray:
        return self._clip(threshold, np.maximum)

    def _clip(self, threshold: Scalar, extremum: np.ufunc) -> EnclosedArray:
        """Return the array with both ends clipped; NaN stays, and a NaN threshold clips nothing."""
        t, x = nonempty(self.arithmetic.rounded(threshold)), self.values
        if t.low[0] > t.high[0]:
            return self
        empty = x.low > x.high
        low, high = extremum(x.low, t.low), extremum(x.high, t.high)
        return self._new(Intervals(np.where(empty, x.low, low), np.where(empty, x.high, high), x.nan))

    def norm2(self) -> EnclosedScalar:
        bounds = self.arithmetic.bounds
        total = interval_operations.sum_of_squares(self.values, bounds)
        return self._scalar(interval_operations.square_root(total, bounds.square_root))

    def absolute(self) -> EnclosedScalar:
        x = self.values
        low = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
        high = np.maximum(np.abs(x.low), np.abs(x.high))
        empty = x.low > x.high
        return self._scalar(Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), x.nan))


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

    def scalar(self, value: float) -> EnclosedScalar:
        return EnclosedScalar.held(intervals.points([value]), self.bounds.scalars, self.forks)

    def array(self, values: Sequence[float]) -> EnclosedArray:
        return EnclosedArray(self.flushed(intervals.points(np.array(values, np.float64))), self)

    def full(self, length: int, value: Scalar) -> EnclosedArray:
        return EnclosedArray(intervals.repeat(self.rounded(value), length), self)

    def stored(self, scalar: Scalar) -> EnclosedScalar:
        value = intervals.stored(EnclosedScalar.own(scalar).value, self.model.multiplication.format.name)
        return EnclosedScalar.held(value, self.bounds.scalars, self.forks)

    def rounded(self, scalar: Scalar) -> Intervals:
        """Return the values (one element) that a double has where it meets an array."""
        value = intervals.rounded(EnclosedScalar.own(scalar).value, self.model.multiplication.format.name)
        if self.bounds.operand is not None:
            value = interval_operations.rounded(value, self.bounds.operand)
        return self.flushed(value)

    def flushed(self, x: Intervals) -> Intervals:
        """Return ``x`` with zero where an operand may be flushed to it."""
        return intervals.flushed(x, self.model.multiplication.smallest)

    def join(self, arrays: Sequence[Array]) -> EnclosedArray:
        return EnclosedArray(intervals.join([EnclosedArray.own(array).values for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> EnclosedArray:
        return EnclosedArray(EnclosedArray.own(array).values[start:stop], self)
