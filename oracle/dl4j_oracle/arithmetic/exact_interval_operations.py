"""The operations of the exact enclosures, each on :class:`~dl4j_oracle.arithmetic.exact_intervals.ExactInterval`.

An operation takes the range of the exact results of its operands' elements and widens it by one rounding (a ``bound``).
An operand that is certainly NaN makes the result certainly NaN. Raises :class:`~dl4j_oracle.errors.UndecidedError`
where the working precision does not decide a sign or a comparison. The proofs are in ``docs/enclosures.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import cast

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.error_model import ErrorModel
from dl4j_oracle.arithmetic.exact_intervals import (
    NAN,
    ExactInterval,
    Precise,
    absolute,
    from_fraction,
    greater,
    lesser,
    negate,
    not_below_zero,
    sign_of,
    to_infinity,
    widened,
)
from dl4j_oracle.arithmetic.reals import Interval, Real


def add(x: ExactInterval, y: ExactInterval, bound: Precise) -> ExactInterval:
    """Return ``x + y``; infinities of opposite signs may give NaN, and do so if both are known."""
    if x.is_nan or y.is_nan:
        return NAN
    low, high = reals.add(x.low, y.low, bound.prec), reals.add(x.high, y.high, bound.prec)
    if reals.is_nan(low) and x.is_point and y.is_point:
        return NAN
    meet = (x.high == math.inf and y.low == -math.inf) or (x.low == -math.inf and y.high == math.inf)
    low, high = -math.inf if reals.is_nan(low) else low, math.inf if reals.is_nan(high) else high
    return widened(low, high, meet or x.nan or y.nan, bound)


def subtract_itself(x: ExactInterval) -> ExactInterval:
    """Return ``x - x``, which is 0, or NaN of an infinity: both operands are one value."""
    if x.is_nan or (x.is_point and isinstance(x.low, float) and math.isinf(x.low)):
        return NAN
    return ExactInterval(0.0, 0.0, x.nan or _has_infinity(x))


def multiply(x: ExactInterval, y: ExactInterval, bound: Precise) -> ExactInterval:
    """Return ``x * y``; the same object twice is a square, which is not negative.

    A certain zero gives a certain zero, unless the other operand may be infinite: that may give NaN.
    """
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
    """Return ``x / y``; 0/0 and the quotient of two infinities may give NaN.

    A zero in the divisor counts as +0, as roots and norms are, unless the divisor is known to be -0.
    """
    if x.is_nan or y.is_nan:
        return NAN
    if x.is_point and y.is_point and (isinstance(x.low, float) or isinstance(y.low, float)):
        return _settled(reals.divide(x.low, y.low, bound.prec))
    if _is_zero(y) and all(math.copysign(1.0, float(end)) < 0 for end in (y.low, y.high)):  # type: ignore[arg-type]
        x, y = negate(x), negate(y)
    if _is_zero(y):
        y = ExactInterval(0.0, 0.0, y.nan)
    nan = x.nan or y.nan or (_has_infinity(x) and _has_infinity(y))
    if not _has_zero(y):
        return ExactInterval(0.0, 0.0, nan) if _is_zero(x) else widened(*_ratio_range(x, y, bound.prec), nan, bound)
    low: Real = -math.inf
    high: Real = math.inf
    if sign_of(y.low) >= 0:
        ends = _ratio(x.low, y.high, bound.prec), _ratio(x.high, y.high, bound.prec)
        low = lesser(*ends) if sign_of(x.low) >= 0 else low
        high = greater(*ends) if sign_of(x.high) <= 0 else high
    return widened(low, high, nan or _has_zero(x), bound)


def square_root(x: ExactInterval, bound: Precise) -> ExactInterval:
    """Return ``sqrt(x)``: it may be NaN if ``x`` may be negative, and is NaN if ``x`` is."""
    if x.is_nan or sign_of(x.high) < 0:
        return NAN
    negative = sign_of(x.low) < 0
    low = 0.0 if negative else reals.square_root(x.low, bound.prec)
    return widened(low, reals.square_root(x.high, bound.prec), x.nan or negative, bound)


def sum_of_squares(values: Sequence[ExactInterval], model: ErrorModel[Precise]) -> ExactInterval:
    """Return the sum of the squares of n values, for every order of the sum.

    Each square takes part in at most n roundings, its own and n - 1 additions (Higham, *Accuracy and Stability of
    Numerical Algorithms*, 2nd ed., 4.2).
    """
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
        low = not_below_zero(reals.add(low, reals.negate(lost), bound.prec))
    if isinstance(high, Interval):
        high = reals.multiply(high, from_fraction(1 + gamma, bound.prec), bound.prec)
        high = to_infinity(reals.add(high, lost, bound.prec), bound)
    return ExactInterval(low, high, nan)


def dot(xs: Sequence[ExactInterval], ys: Sequence[ExactInterval], model: ErrorModel[Precise]) -> ExactInterval:
    """Return the sum of the products of n pairs, for every order of the sum, fused or not.

    The error is at most Higham's gamma for n roundings times the sum of the products' magnitudes (2nd ed., 3.1).
    """
    if any(x.is_nan for x in (*xs, *ys)):
        return NAN
    if any(map(_has_infinity, (*xs, *ys))):
        return _EVERYTHING
    bound, roundings = model.multiplication, len(xs) * model.multiplication.error.relative
    total, size = ExactInterval(0.0, 0.0), cast(Real, 0.0)
    for x, y in zip(xs, ys, strict=True):
        low, high = _product_range(x, y, bound.prec)
        total = ExactInterval(reals.add(total.low, low, bound.prec), reals.add(total.high, high, bound.prec))
        size = reals.add(size, absolute(ExactInterval(low, high)).high, bound.prec)
    nan = any(x.nan for x in (*xs, *ys))
    if size == 0:
        return ExactInterval(0.0, 0.0, nan)
    if roundings >= 1:
        return _EVERYTHING
    lost = len(xs) * (bound.error.absolute + 2 * Fraction(bound.error.smallest)) / (1 - roundings)
    gamma = from_fraction(roundings / (1 - roundings), bound.prec)
    wide = reals.add(reals.multiply(size, gamma, bound.prec), from_fraction(lost, bound.prec), bound.prec)
    if to_infinity(reals.add(size, wide, bound.prec), bound) == math.inf:
        return _EVERYTHING
    low, high = total.low, total.high
    return ExactInterval(reals.add(low, reals.negate(wide), bound.prec), reals.add(high, wide, bound.prec), nan)


_EVERYTHING = ExactInterval(-math.inf, math.inf, True)


def monotone(ends: Sequence[Real], nan: bool, bound: Precise) -> ExactInterval:
    """Return the range of a monotone library function whose values at the ends of its arguments are ``ends``, widened.

    Equal ends that are 0, 1, -1 or an infinity are exact: Java's specification fixes them. NaN at an end is NaN.
    """
    if any(map(reals.is_nan, ends)):
        return NAN
    low, high = reduce(lesser, ends), reduce(greater, ends)
    if _is_fixed(low) and _is_fixed(high) and reals.order(low, high) == 0:
        return ExactInterval(low, low, nan)
    return widened(low, high, nan, bound)


def _settled(x: Real) -> ExactInterval:
    return NAN if reals.is_nan(x) else ExactInterval(x, x)


def _square_range(x: ExactInterval, prec: int) -> tuple[Real, Real]:
    if x.low is x.high:
        square = reals.multiply(x.low, x.low, prec)
        return square, square
    size = absolute(x)
    return reals.multiply(size.low, size.low, prec), reals.multiply(size.high, size.high, prec)


def _product_range(x: ExactInterval, y: ExactInterval, prec: int) -> tuple[Real, Real]:
    if _is_zero(x) or _is_zero(y):
        return 0.0, 0.0
    if sign_of(x.high) <= 0:
        low, high = _product_range(negate(x), y, prec)
        return reals.negate(high), reals.negate(low)
    if sign_of(y.high) <= 0:
        low, high = _product_range(x, negate(y), prec)
        return reals.negate(high), reals.negate(low)
    # Both reach above zero: the greatest product is that of the upper ends, unless that of the lower ones is.
    x_negative, y_negative = sign_of(x.low) < 0, sign_of(y.low) < 0
    high = _product(x.high, y.high, prec)
    if x_negative and y_negative:
        low = lesser(_product(x.low, y.high, prec), _product(x.high, y.low, prec))
        return low, greater(high, _product(x.low, y.low, prec))
    if x_negative:
        return _product(x.low, y.high, prec), high
    return _product(x.high if y_negative else x.low, y.low, prec), high


def _product(x: Real, y: Real, prec: int) -> Real:
    """Return an end of a range of products; zero times infinity is 0 there, the limit of zeros."""
    product = reals.multiply(x, y, prec)
    return 0.0 if reals.is_nan(product) else product


def _ratio_range(x: ExactInterval, y: ExactInterval, prec: int) -> tuple[Real, Real]:
    """Return the range of ``x / y`` for a divisor that holds no zero."""
    if sign_of(y.high) < 0:
        x, y = negate(x), negate(y)
    low = _ratio(x.low, y.high if sign_of(x.low) >= 0 else y.low, prec)
    high = _ratio(x.high, y.low if sign_of(x.high) >= 0 else y.high, prec)
    return low, high


def _ratio(x: Real, y: Real, prec: int) -> Real:
    """Return an end of a range of quotients; infinity over infinity and zero over zero are 0 there."""
    ratio = reals.divide(x, y, prec)
    return 0.0 if reals.is_nan(ratio) else ratio


def _is_zero(x: ExactInterval) -> bool:
    return x.low == 0 and x.high == 0


def _has_zero(x: ExactInterval) -> bool:
    return sign_of(x.low) <= 0 <= sign_of(x.high)


def _has_infinity(x: ExactInterval) -> bool:
    return x.low == -math.inf or x.high == math.inf


def _is_fixed(x: Real) -> bool:
    return isinstance(x, float) or reals.order(reals.absolute(x), reals.from_float(1.0)) == 0
