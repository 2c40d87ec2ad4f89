"""The enclosure arithmetic with exact ends, which decides what float64 enclosures cannot.

It means the same sets as :mod:`dl4j_oracle.arithmetic.enclosure`, one interval at a time, with mpmath alone. Run it
through :func:`dl4j_oracle.arithmetic.reals.decided`, which raises the working precision until comparisons are decided.

Arrays are 1-D, one exact set for each value of the network's dtype. A set is computed when somebody asks for it: most
questions are about a few elements of a network. A norm asks for all of an array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Self

from dl4j_oracle.arithmetic import exact_interval_operations, exact_intervals, lazy
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval, Precise
from dl4j_oracle.arithmetic.exactly_enclosed_scalar import ExactlyEnclosedScalar
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, Forks
from dl4j_oracle.arithmetic.interface import Array, NanScalar, Operation, Scalar, nan_scalar
from dl4j_oracle.arithmetic.reals import Real


@dataclass(frozen=True, eq=False)
class ExactlyEnclosedArray(EnclosingArray):
    """A 1-D array of intervals with exact ends, one for every element."""

    values: Sequence[ExactInterval]
    arithmetic: ExactEnclosureArithmetic = field(repr=False)

    def _mapped(self, function: Callable[..., ExactInterval], *others: Sequence[Any]) -> ExactlyEnclosedArray:
        """Return what ``function`` gives for each element, and those at its place in ``others``."""
        return ExactlyEnclosedArray(lazy.mapped(function, self.values, *others), self.arithmetic)

    def _scalar(self, value: ExactInterval) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar.held(value, self.arithmetic.bounds.scalars, self.arithmetic.forks)

    def __len__(self) -> int:
        return len(self.values)

    def maximum(self, other: ExactlyEnclosedArray) -> ExactlyEnclosedArray:
        return self._mapped(exact_intervals.larger, other.values)

    def larger(self, other: ExactlyEnclosedArray) -> ExactlyEnclosedArray:
        return self._mapped(exact_intervals.first_if_greater, other.values)

    def magnitude(self) -> ExactlyEnclosedArray:
        return self._mapped(exact_intervals.absolute)

    def add_in_double(self, scalar: Scalar) -> ExactlyEnclosedArray:
        bounds, operand = self.arithmetic.bounds, ExactlyEnclosedScalar.own(scalar).value

        def added(x: ExactInterval) -> ExactInterval:
            total = exact_interval_operations.add(x, operand, bounds.scalars.addition)
            if total.is_nan:
                return total
            return exact_intervals.widened(total.low, total.high, total.nan, bounds.multiplication)

        return self._mapped(added)

    def hull(self, other: ExactlyEnclosedArray) -> ExactlyEnclosedArray:
        return self._mapped(exact_intervals.hull, other.values)

    def observed(self, values: Sequence[float]) -> ExactlyEnclosedArray:
        bound = Precise(self.arithmetic.model.addition.of_observation, self.arithmetic.prec)

        def told(x: ExactInterval, value: float) -> ExactInterval:
            return self.arithmetic.flushed(exact_intervals.seen_as(x, value, bound))

        return self._mapped(told, tuple(map(float, values)))

    def item(self) -> ExactlyEnclosedScalar:
        (value,) = self.values
        return self._scalar(value)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> ExactlyEnclosedArray:
        operand = self.arithmetic.rounded(scalar)
        return self._mapped(lambda x: self._operate(operation, x, operand))

    def with_array(self, operation: Operation, other: ExactlyEnclosedArray) -> ExactlyEnclosedArray:
        return self._mapped(partial(self._operate, operation), other.values)

    def _operate(self, operation: Operation, x: ExactInterval, y: ExactInterval) -> ExactInterval:
        bounds = self.arithmetic.bounds
        match operation:
            case Operation.ADD:
                return exact_interval_operations.add(x, y, bounds.addition)
            case Operation.SUB if x is y:
                return exact_interval_operations.subtract_itself(x)
            case Operation.SUB:
                return exact_interval_operations.add(x, exact_intervals.negate(y), bounds.addition)
            case Operation.MUL:
                return exact_interval_operations.multiply(x, y, bounds.multiplication)
            case Operation.DIV:
                return exact_interval_operations.divide(x, y, bounds.division)
            case Operation.RSUB:
                return exact_interval_operations.add(y, exact_intervals.negate(x), bounds.addition)
            case Operation.RDIV:
                return exact_interval_operations.divide(y, x, bounds.division)

    def sqrt(self) -> ExactlyEnclosedArray:
        return self._mapped(lambda x: exact_interval_operations.square_root(x, self.arithmetic.bounds.square_root))

    def sign(self) -> ExactlyEnclosedArray:
        return self._mapped(exact_intervals.sign)

    def clip_above(self, threshold: Scalar) -> ExactlyEnclosedArray:
        return self._clip(threshold, exact_intervals.lesser)

    def clip_below(self, threshold: Scalar) -> ExactlyEnclosedArray:
        return self._clip(threshold, exact_intervals.greater)

    def _clip(self, threshold: Scalar, extremum: Callable[[Real, Real], Real]) -> ExactlyEnclosedArray:
        """Return the array with both ends clipped; NaN stays, and a NaN threshold clips nothing."""
        t = self.arithmetic.rounded(threshold)
        if t.is_nan:
            return self
        return self._mapped(
            lambda x: x if x.is_nan else ExactInterval(extremum(x.low, t.low), extremum(x.high, t.high), x.nan)
        )

    def norm2(self) -> ExactlyEnclosedScalar:
        bounds = self.arithmetic.bounds
        total = exact_interval_operations.sum_of_squares(self.values, bounds)
        return self._scalar(exact_interval_operations.square_root(total, bounds.square_root))

    def absolute(self) -> ExactlyEnclosedScalar:
        return self._scalar(exact_intervals.absolute(self.item().value))

    def dot(self, other: ExactlyEnclosedArray) -> ExactlyEnclosedScalar:
        return self._scalar(exact_interval_operations.dot(self.values, other.values, self.arithmetic.bounds))

    def largest_magnitude(self) -> ExactlyEnclosedScalar:
        return self._scalar(exact_intervals.largest([exact_intervals.absolute(x) for x in self.values]))


@dataclass(frozen=True)
class ExactEnclosureArithmetic(EnclosingArithmetic):
    """Enclosures of arrays whose operations err by ``model``, at a working precision of ``prec`` bits."""

    model: ErrorModel[ErrorBound]
    prec: int
    forks: Forks = field(default_factory=Forks)
    nan_scalar: NanScalar = nan_scalar

    @cached_property
    def bounds(self) -> ErrorModel[Precise]:
        """The bounds of operations on arrays, and on scalars."""
        return self.model.map(self._precise)

    def _precise(self, error: ErrorBound) -> Precise:
        return Precise(error, self.prec)

    def with_nan_scalar(self, rule: NanScalar) -> Self:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> ExactlyEnclosedScalar:
        return ExactlyEnclosedScalar.held(exact_intervals.point(float(value)), self.bounds.scalars, self.forks)

    def array(self, values: Sequence[float]) -> ExactlyEnclosedArray:
        numbers = tuple(map(float, values))
        return ExactlyEnclosedArray(lazy.mapped(lambda x: self.flushed(exact_intervals.point(x)), numbers), self)

    def full(self, length: int, value: Scalar) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray((self.rounded(value),) * length, self)

    def join(self, arrays: Sequence[Array]) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(lazy.joined([ExactlyEnclosedArray.own(array).values for array in arrays]), self)

    def slice(self, array: Array, start: int, stop: int) -> ExactlyEnclosedArray:
        return ExactlyEnclosedArray(lazy.part(ExactlyEnclosedArray.own(array).values, start, stop), self)

    def native_power(self, base: Scalar, exponent: Scalar) -> ExactlyEnclosedScalar:
        power = ExactlyEnclosedScalar.own(base.pow(exponent))
        if power.value.is_point or power.value.is_nan:
            return ExactlyEnclosedScalar.own(self.stored(power))
        bound = self._precise(ErrorBound(self.model.multiplication.format, ulps=1.0))
        wide = exact_intervals.widened(power.value.low, power.value.high, power.value.nan, bound)
        return ExactlyEnclosedScalar.held(wide, self.bounds.scalars, self.forks)

    def rounded(self, scalar: Scalar) -> ExactInterval:
        """Return the values that a double has where it meets an array."""
        value = exact_intervals.rounded(ExactlyEnclosedScalar.own(scalar).value, self.model.multiplication.format)
        if self.bounds.operand is not None and not value.is_nan:
            value = exact_intervals.widened(value.low, value.high, value.nan, self.bounds.operand)
        return self.flushed(value)

    def flushed(self, x: ExactInterval) -> ExactInterval:
        """Return ``x`` with zero if the operand may be flushed to it."""
        return exact_intervals.flushed(x, self.model.multiplication.smallest)
