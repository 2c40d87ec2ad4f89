"""Intervals with exact endpoints: one set of values that an implementation can hold, to any precision.

The same sets as :mod:`dl4j_oracle.arithmetic.intervals` means, one at a time. Endpoints are
:data:`~dl4j_oracle.arithmetic.reals.Real`, so every comparison with them is decided or raises
:class:`UndecidedError`, and is tried again with more precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from mpmath import libmp

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.reals import Interval, Real
from dl4j_oracle.arithmetic.rounding import BINARY64, Format, nearest
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True, slots=True)
class ExactInterval:
    """All values from ``low`` to ``high``, and NaN if ``nan``; certainly NaN if the interval is empty."""

    low: Real
    high: Real
    nan: bool = False

    @property
    def is_nan(self) -> bool:
        """Whether it is certainly NaN."""
        return self.low == math.inf and self.high == -math.inf

    @property
    def is_point(self) -> bool:
        """Whether the value is known. Only :func:`point` and exact zeros are: everything else is widened."""
        return (self.low is self.high or (isinstance(self.low, float) and self.low == self.high)) and not self.nan

    @property
    def no_claim(self) -> bool:
        """Whether everything is allowed."""
        return self.nan and self.low == -math.inf and self.high == math.inf

    @property
    def doubles(self) -> tuple[float, float]:
        """The ends, to look at."""
        return _nearest(self.low), _nearest(self.high)

    def contains(self, value: float) -> bool:
        """Whether ``value`` lies inside. The signs of zeros do not count, nor what NaN carries."""
        if value != value:
            return self.nan
        x = reals.from_float(value)
        return reals.compare(self.low, x) != 1 and reals.compare(x, self.high) != 1


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
        """What underflow adds."""
        return from_fraction(self.error.absolute, self.prec)

    @cached_property
    def maximum(self) -> Real:
        """The largest number of the type."""
        return reals.from_float(self.error.maximum)


NAN = ExactInterval(math.inf, -math.inf, True)
EVERYTHING = ExactInterval(-math.inf, math.inf, True)


def from_fraction(value: Fraction, prec: int) -> Real:
    """An enclosure of a rational."""
    if value == 0:
        return 0.0
    ends = (libmp.from_rational(value.numerator, value.denominator, prec, direction) for direction in "fc")
    return Interval(*ends)


def point(value: float) -> ExactInterval:
    """A known value; NaN is certainly NaN."""
    if value != value:
        return NAN
    x = reals.from_float(value)
    return ExactInterval(x, x)


def hull(x: ExactInterval, y: ExactInterval) -> ExactInterval:
    """What lies in either, and between them."""
    return ExactInterval(lesser(x.low, y.low), greater(x.high, y.high), x.nan or y.nan)


def negate(x: ExactInterval) -> ExactInterval:
    """``-x``, which is exact."""
    low = reals.negate(x.high)
    return ExactInterval(low, low if x.low is x.high else reals.negate(x.low), x.nan)


def absolute(x: ExactInterval) -> ExactInterval:
    """``|x|``, which is exact."""
    if x.is_nan or _sign(x.low) >= 0:
        return x
    if _sign(x.high) <= 0:
        return negate(x)
    return ExactInterval(0.0, greater(reals.negate(x.low), x.high), x.nan)


def add(x: ExactInterval, y: ExactInterval, bound: Precise) -> ExactInterval:
    """``x + y``."""
    if x.is_nan or y.is_nan:
        return NAN
    low, high = reals.add(x.low, y.low, bound.prec), reals.add(x.high, y.high, bound.prec)
    if reals.is_nan(low) and x.is_point and y.is_point:
        return NAN
    meet = (x.high == math.inf and y.low == -math.inf) or (x.low == -math.inf and y.high == math.inf)
    low, high = -math.inf if reals.is_nan(low) else low, math.inf if reals.is_nan(high) else high
    return widened(low, high, meet or x.nan or y.nan, bound)


def multiply(x: ExactInterval, y: ExactInterval, bound: Precise) -> ExactInterval:
    """``x * y``; a certain zero stays one, unless it meets an infinity."""
    if x.is_nan or y.is_nan:
        return NAN
    if x.is_point and y.is_point and (isinstance(x.low, float) or isinstance(y.low, float)):
        return _settled(reals.multiply(x.low, y.low, bound.prec))
    nan = x.nan or y.nan
    if x is y:
        return widened(*_square_range(x, bound.prec), nan, bound)
    nan = nan or (_has_zero(x) and _has_infinity(y)) or (_has_infinity(x) and _has_zero(y))
    if _is_zero(x) or _is_zero(y):
        return ExactInterval(0.0, 0.0, nan)
    return widened(*_product_range(x, y, bound.prec), nan, bound)


def divide(x: ExactInterval, y: ExactInterval, bound: Precise) -> ExactInterval:
    """``x / y``. A divisor that may be zero is +0 there, as roots and norms are, unless it is known to be -0."""
    if x.is_nan or y.is_nan:
        return NAN
    if x.is_point and y.is_point and (isinstance(x.low, float) or isinstance(y.low, float)):
        return _settled(reals.divide(x.low, y.low, bound.prec))
    if _is_zero(y) and math.copysign(1.0, float(y.low)) < 0:  # type: ignore[arg-type]
        x, y = negate(x), negate(y)
    nan = x.nan or y.nan or (_has_infinity(x) and _has_infinity(y))
    if not _has_zero(y):
        return ExactInterval(0.0, 0.0, nan) if _is_zero(x) else widened(*_ratio_range(x, y, bound.prec), nan, bound)
    low: Real = -math.inf
    high: Real = math.inf
    if _sign(y.low) >= 0:
        ends = _ratio(x.low, y.high, bound.prec), _ratio(x.high, y.high, bound.prec)
        low = lesser(*ends) if _sign(x.low) >= 0 else low
        high = greater(*ends) if _sign(x.high) <= 0 else high
    return widened(low, high, nan or _has_zero(x), bound)


def square_root(x: ExactInterval, bound: Precise) -> ExactInterval:
    """``sqrt(x)``; roots of what may be negative may be NaN."""
    if x.is_nan or _sign(x.high) < 0:
        return NAN
    negative = _sign(x.low) < 0
    low = 0.0 if negative else reals.square_root(x.low, bound.prec)
    return widened(low, reals.square_root(x.high, bound.prec), x.nan or negative, bound)


def sum_of_squares(values: Sequence[ExactInterval], model: ErrorModel[Precise]) -> ExactInterval:
    """The sum of squares in any order: each value takes part in at most n roundings (Higham's gamma)."""
    if any(x.is_nan for x in values):
        return NAN
    n, bound = len(values), model.multiplication
    low: Real = 0.0
    high: Real = 0.0
    for x in values:
        least, most = _square_range(x, bound.prec)
        low, high = reals.add(low, least, bound.prec), reals.add(high, most, bound.prec)
    nan = any(x.nan for x in values)
    if high == 0:
        return ExactInterval(0.0, 0.0, nan)
    roundings = n * bound.error.relative
    if roundings >= 1:
        return ExactInterval(0.0, math.inf, nan)
    gamma = roundings / (1 - roundings)
    lost = from_fraction(n * (bound.error.absolute + 2 * Fraction(bound.error.smallest)) * (1 + gamma), bound.prec)
    if isinstance(low, Interval):
        low = reals.multiply(low, from_fraction(1 - gamma, bound.prec), bound.prec)
        low = _not_below_zero(reals.add(low, reals.negate(lost), bound.prec))
    if isinstance(high, Interval):
        high = reals.multiply(high, from_fraction(1 + gamma, bound.prec), bound.prec)
        high = _to_infinity(reals.add(high, lost, bound.prec), bound)
    return ExactInterval(low, high, nan)


def monotone(first: Real, last: Real, nan: bool, bound: Precise) -> ExactInterval:
    """A monotone library function with these values at the ends; 0, 1, -1 and infinities are exact."""
    if reals.is_nan(first) or reals.is_nan(last):
        return NAN
    low, high = lesser(first, last), greater(first, last)
    if _is_exact(low) and _is_exact(high) and reals.compare(low, high) == 0:
        return ExactInterval(low, low, nan)
    return widened(low, high, nan, bound)


def larger(x: ExactInterval, y: ExactInterval) -> ExactInterval:
    """The greater of the two; NaN where either is."""
    if x.is_nan or y.is_nan:
        return point(math.nan)
    return ExactInterval(greater(x.low, y.low), greater(x.high, y.high), x.nan or y.nan)


def sign(x: ExactInterval) -> ExactInterval:
    """-1, 0 and 1; the sign of NaN is 0."""
    if x.is_nan:
        return point(0.0)
    low, high = (float(reals.compare(end, 0.0) or 0) for end in (x.low, x.high))
    low, high = (min(low, 0.0), max(high, 0.0)) if x.nan else (low, high)
    return point(low) if low == high else hull(point(low), point(high))


def seen_as(x: ExactInterval, value: float, bound: Precise) -> ExactInterval:
    """The part of ``x`` that is rounded to ``value``, which lies in it. Zeros and infinities do not tell a part."""
    if not math.isfinite(value) or value == 0:
        return x
    seen = reals.from_float(value)
    behind = widened(seen, seen, False, bound)
    low, high = greater(x.low, behind.low), lesser(x.high, behind.high)
    return ExactInterval(lesser(low, seen), greater(high, seen))


def rounded(x: ExactInterval, fmt: Format) -> ExactInterval:
    """A double as it meets an array: as it is, rounded once to the array's type, or anything between."""
    if fmt is BINARY64 or x.is_nan:
        return x
    low, high = (reals.from_float(reals.round_to(end, fmt)) for end in (x.low, x.high))
    return ExactInterval(lesser(x.low, low), greater(x.high, high), x.nan)


def flushed(x: ExactInterval, smallest: float) -> ExactInterval:
    """What may be smaller than ``smallest`` may be zero."""
    if not smallest or x.is_nan:
        return x
    limit = reals.from_float(smallest)
    low = 0.0 if _sign(x.low) > 0 and reals.compare(x.low, limit) == -1 else x.low
    high = 0.0 if _sign(x.high) < 0 and reals.compare(reals.negate(x.high), limit) == -1 else x.high
    return ExactInterval(low, high, x.nan)


def widened(low: Real, high: Real, nan: bool, bound: Precise) -> ExactInterval:
    """By one rounding, which keeps signs and zeros; beyond the type's largest number lies infinity."""
    below, above = _lowered(low, bound), reals.negate(_lowered(reals.negate(high), bound))
    return flushed(ExactInterval(below, above, nan), bound.error.smallest)


def _lowered(x: Real, bound: Precise) -> Real:
    if isinstance(x, float):
        return x
    if x.sign < 0:
        moved = reals.multiply(x, bound.more, bound.prec)
        return reals.negate(_to_infinity(reals.add(reals.negate(moved), bound.absolute, bound.prec), bound))
    moved = reals.multiply(x, bound.less, bound.prec)
    return _not_below_zero(reals.add(moved, reals.negate(bound.absolute), bound.prec))


def _to_infinity(x: Real, bound: Precise) -> Real:
    return math.inf if reals.compare(x, bound.maximum) == 1 else x


def _not_below_zero(x: Real) -> Real:
    return 0.0 if _sign(x) < 0 else x


def _settled(x: Real) -> ExactInterval:
    return NAN if reals.is_nan(x) else ExactInterval(x, x)


def _square_range(x: ExactInterval, prec: int) -> tuple[Real, Real]:
    if x.low is x.high:
        square = reals.multiply(x.low, x.low, prec)
        return square, square
    size = absolute(x)
    return reals.multiply(size.low, size.low, prec), reals.multiply(size.high, size.high, prec)


def _product_range(x: ExactInterval, y: ExactInterval, prec: int) -> tuple[Real, Real]:
    if _sign(x.high) <= 0:
        low, high = _product_range(negate(x), y, prec)
        return reals.negate(high), reals.negate(low)
    if _sign(y.high) <= 0:
        low, high = _product_range(x, negate(y), prec)
        return reals.negate(high), reals.negate(low)
    # Both reach above zero: the greatest product is that of the upper ends, unless that of the lower ones is.
    x_negative, y_negative = _sign(x.low) < 0, _sign(y.low) < 0
    high = _product(x.high, y.high, prec)
    if x_negative and y_negative:
        low = lesser(_product(x.low, y.high, prec), _product(x.high, y.low, prec))
        return low, greater(high, _product(x.low, y.low, prec))
    if x_negative:
        return _product(x.low, y.high, prec), high
    return _product(x.high if y_negative else x.low, y.low, prec), high


def _product(x: Real, y: Real, prec: int) -> Real:
    """An end of a range, where zero times infinity is the limit of zeros."""
    product = reals.multiply(x, y, prec)
    return 0.0 if reals.is_nan(product) else product


def _ratio_range(x: ExactInterval, y: ExactInterval, prec: int) -> tuple[Real, Real]:
    """For a divisor without zero."""
    if _sign(y.high) < 0:
        x, y = negate(x), negate(y)
    low = _ratio(x.low, y.high if _sign(x.low) >= 0 else y.low, prec)
    high = _ratio(x.high, y.low if _sign(x.high) >= 0 else y.high, prec)
    return low, high


def _ratio(x: Real, y: Real, prec: int) -> Real:
    """An end of a range, where infinity over infinity and zero over zero are 0."""
    ratio = reals.divide(x, y, prec)
    return 0.0 if reals.is_nan(ratio) else ratio


def lesser(x: Real, y: Real) -> Real:
    """The lesser of two; an enclosure of it if they are not told apart."""
    try:
        return y if reals.compare(x, y) == 1 else x
    except UndecidedError:
        return reals.negate(_upper_envelope(reals.negate(x), reals.negate(y)))


def greater(x: Real, y: Real) -> Real:
    """The greater of two; an enclosure of it if they are not told apart."""
    try:
        return y if reals.compare(x, y) == -1 else x
    except UndecidedError:
        return _upper_envelope(x, y)


def _upper_envelope(x: Real, y: Real) -> Real:
    if isinstance(x, float) or isinstance(y, float):
        raise UndecidedError("the sign of a value is not decided")
    low = x.low if libmp.mpf_gt(x.low, y.low) else y.low
    return Interval(low, x.high if libmp.mpf_gt(x.high, y.high) else y.high)


def _sign(x: Real) -> float:
    return x.sign if isinstance(x, Interval) else x


def _is_zero(x: ExactInterval) -> bool:
    return x.low == 0 and x.high == 0


def _has_zero(x: ExactInterval) -> bool:
    return _sign(x.low) <= 0 <= _sign(x.high)


def _has_infinity(x: ExactInterval) -> bool:
    return x.low == -math.inf or x.high == math.inf


def _nearest(x: Real) -> float:
    if isinstance(x, float):
        return x
    negative, significand, exponent, _ = x.low
    return nearest(bool(negative), int(significand), exponent, BINARY64)


def _is_exact(x: Real) -> bool:
    return isinstance(x, float) or reals.compare(reals.absolute(x), reals.from_float(1.0)) == 0
