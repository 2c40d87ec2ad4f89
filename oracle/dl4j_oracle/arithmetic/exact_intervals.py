"""Sets of the values that an implementation can hold: intervals with exact ends, one at a time, to any precision.

They mean the same sets as :mod:`dl4j_oracle.arithmetic.intervals`. Ends are :data:`~dl4j_oracle.arithmetic.reals.Real`:
a comparison with one is decided, or raises :class:`~dl4j_oracle.errors.UndecidedError` and is tried again with more
precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from mpmath import libmp

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.error_model import ErrorBound
from dl4j_oracle.arithmetic.reals import Interval, Real
from dl4j_oracle.arithmetic.rounding import BINARY64, Format, nearest
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True, slots=True)
class ExactInterval:
    """The values from ``low`` to ``high``, and NaN if ``nan``; an empty interval is certainly NaN."""

    low: Real
    high: Real
    nan: bool = False

    @property
    def is_nan(self) -> bool:
        """True if the value is certainly NaN."""
        return self.low == math.inf and self.high == -math.inf

    @property
    def is_point(self) -> bool:
        """True if the value is known, as of :func:`point` and exact zeros; every other result is widened."""
        return (self.low is self.high or (isinstance(self.low, float) and self.low == self.high)) and not self.nan

    @property
    def no_claim(self) -> bool:
        """True if the set holds every value, NaN too."""
        return self.nan and self.low == -math.inf and self.high == math.inf

    @property
    def doubles(self) -> tuple[float, float]:
        """The ends rounded to doubles, for reports."""
        return _nearest(self.low), _nearest(self.high)

    def contains(self, value: float) -> bool:
        """Return whether ``value`` lies inside; -0.0 is 0.0, and NaNs are equal. Raises UndecidedError."""
        if value != value:
            return self.nan
        x = reals.from_float(value)
        return reals.order(self.low, x) != 1 and reals.order(x, self.high) != 1


@dataclass(frozen=True)
class Precise:
    """An error bound at a working precision of ``prec`` bits."""

    error: ErrorBound
    prec: int

    @cached_property
    def more(self) -> Real:
        """``1 + relative``."""
        return from_fraction(1 + self.error.relative, self.prec)

    @cached_property
    def less(self) -> Real:
        """``1 - relative``."""
        return from_fraction(1 - self.error.relative, self.prec)

    @cached_property
    def absolute(self) -> Real:
        """The error that underflow adds."""
        return from_fraction(self.error.absolute, self.prec)

    @cached_property
    def maximum(self) -> Real:
        """The largest number of the format."""
        return reals.from_float(self.error.maximum)


NAN = ExactInterval(math.inf, -math.inf, True)
EVERYTHING = ExactInterval(-math.inf, math.inf, True)


def from_fraction(value: Fraction, prec: int) -> Real:
    """Return an enclosure of a rational number, to ``prec`` bits."""
    if value == 0:
        return 0.0
    ends = (libmp.from_rational(value.numerator, value.denominator, prec, direction) for direction in "fc")
    return Interval(*ends)


def point(value: float) -> ExactInterval:
    """Return the set of one double; NaN is certainly NaN."""
    if value != value:
        return NAN
    x = reals.from_float(value)
    return ExactInterval(x, x)


def hull(x: ExactInterval, y: ExactInterval) -> ExactInterval:
    """Return the smallest interval that holds both."""
    return ExactInterval(lesser(x.low, y.low), greater(x.high, y.high), x.nan or y.nan)


def negate(x: ExactInterval) -> ExactInterval:
    """Return ``-x``, which is exact."""
    low = reals.negate(x.high)
    return ExactInterval(low, low if x.low is x.high else reals.negate(x.low), x.nan)


def absolute(x: ExactInterval) -> ExactInterval:
    """Return ``|x|``, which is exact."""
    if x.is_nan or sign_of(x.low) >= 0:
        return x
    if sign_of(x.high) <= 0:
        return negate(x)
    return ExactInterval(0.0, greater(reals.negate(x.low), x.high), x.nan)


def larger(x: ExactInterval, y: ExactInterval) -> ExactInterval:
    """Return the greater of the two; NaN where either is."""
    if x.is_nan or y.is_nan:
        return point(math.nan)
    return ExactInterval(greater(x.low, y.low), greater(x.high, y.high), x.nan or y.nan)


def first_if_greater(x: ExactInterval, y: ExactInterval) -> ExactInterval:
    """Return ``x`` where it is greater than ``y``, else ``y``: ``y`` where either is NaN."""
    if x.is_nan or y.is_nan:
        return y
    return ExactInterval(y.low if x.nan else greater(x.low, y.low), greater(x.high, y.high), y.nan)


def largest(sizes: Sequence[ExactInterval]) -> ExactInterval:
    """Return the largest of n magnitudes. NaN counts if it is the first, and else not at all."""
    if sizes[0].is_nan:
        return sizes[0]
    low: Real = 0.0
    high: Real = 0.0
    for size in (one for one in sizes if not one.is_nan):
        low, high = low if size.nan else greater(low, size.low), greater(high, size.high)
    return ExactInterval(low, high, sizes[0].nan)


def sign(x: ExactInterval) -> ExactInterval:
    """Return the sign: -1, 0 or 1, with 0 for NaN, or an interval of them."""
    if x.is_nan:
        return point(0.0)
    low, high = (float(reals.order(end, 0.0) or 0) for end in (x.low, x.high))
    low, high = (min(low, 0.0), max(high, 0.0)) if x.nan else (low, high)
    return point(low) if low == high else hull(point(low), point(high))


def seen_as(x: ExactInterval, value: float, bound: Precise) -> ExactInterval:
    """Return the part of ``x`` that is rounded to ``value``, which lies in it.

    A zero or an infinity does not tell how far it was rounded: ``x`` stays whole.
    """
    if not math.isfinite(value) or value == 0:
        return x
    seen = reals.from_float(value)
    unrounded = widened(seen, seen, False, bound)
    low, high = greater(x.low, unrounded.low), lesser(x.high, unrounded.high)
    return ExactInterval(lesser(low, seen), greater(high, seen))


def rounded(x: ExactInterval, fmt: Format) -> ExactInterval:
    """Return the values that a Java double in ``x`` has in an operation on arrays of format ``fmt``.

    An implementation may use the double as it is or rounded once to the format, so the interval holds both.
    """
    if fmt is BINARY64 or x.is_nan:
        return x
    low, high = (reals.from_float(reals.round_to(end, fmt)) for end in (x.low, x.high))
    return ExactInterval(lesser(x.low, low), greater(x.high, high), x.nan)


def flushed(x: ExactInterval, smallest: float) -> ExactInterval:
    """Return ``x`` with zero if it holds a number of a magnitude below ``smallest``: flush to zero may act there."""
    if not smallest or x.is_nan:
        return x
    limit = reals.from_float(smallest)
    low = 0.0 if sign_of(x.low) > 0 and reals.order(x.low, limit) == -1 else x.low
    high = 0.0 if sign_of(x.high) < 0 and reals.order(reals.negate(x.high), limit) == -1 else x.high
    return ExactInterval(low, high, x.nan)


def widened(low: Real, high: Real, nan: bool, bound: Precise) -> ExactInterval:
    """Return the range widened by one rounding, which keeps signs and zeros.

    Beyond the largest number of the format an end becomes an infinity.
    """
    below, above = _lowered(low, bound), reals.negate(_lowered(reals.negate(high), bound))
    return flushed(ExactInterval(below, above, nan), bound.error.smallest)


def _lowered(x: Real, bound: Precise) -> Real:
    if isinstance(x, float):
        return x
    if x.sign < 0:
        moved = reals.multiply(x, bound.more, bound.prec)
        return reals.negate(to_infinity(reals.add(reals.negate(moved), bound.absolute, bound.prec), bound))
    moved = reals.multiply(x, bound.less, bound.prec)
    return not_below_zero(reals.add(moved, reals.negate(bound.absolute), bound.prec))


def to_infinity(x: Real, bound: Precise) -> Real:
    """Return an upper end: infinity beyond the largest number of the format."""
    return math.inf if reals.order(x, bound.maximum) == 1 else x


def not_below_zero(x: Real) -> Real:
    """Return a lower end of a result that is not negative."""
    return 0.0 if sign_of(x) < 0 else x


def lesser(x: Real, y: Real) -> Real:
    """Return the lesser of two ends; where that is not decided, an enclosure of it."""
    try:
        return y if reals.order(x, y) == 1 else x
    except UndecidedError:
        return reals.negate(_upper_envelope(reals.negate(x), reals.negate(y)))


def greater(x: Real, y: Real) -> Real:
    """Return the greater of two ends; where that is not decided, an enclosure of it."""
    try:
        return y if reals.order(x, y) == -1 else x
    except UndecidedError:
        return _upper_envelope(x, y)


def sign_of(x: Real) -> float:
    """Return a number with the sign of an end, 0.0 for zeros. Raises UndecidedError."""
    return x.sign if isinstance(x, Interval) else x


def _upper_envelope(x: Real, y: Real) -> Real:
    if isinstance(x, float) or isinstance(y, float):
        raise UndecidedError("the sign of a value is not decided")
    low = x.low if libmp.mpf_gt(x.low, y.low) else y.low
    return Interval(low, x.high if libmp.mpf_gt(x.high, y.high) else y.high)


def _nearest(x: Real) -> float:
    if isinstance(x, float):
        return x
    negative, significand, exponent, _ = x.low
    return nearest(bool(negative), int(significand), exponent, BINARY64)
