"""The operations of the float64 enclosures, each on arrays of :class:`~dl4j_oracle.arithmetic.intervals.Intervals`.

Operands have one shape, 1-D, and so has the result. An operation takes the range of the exact results of its operands'
elements, computed on float64 endpoints, and widens it by one rounding (a ``widening``). An empty operand without the
NaN flag gives an empty result; one that is certainly NaN makes the result certainly NaN. The proofs are in
``docs/enclosures.md``.

Arrays are 1-D: ends are float64, one element for each value; operands have equal lengths.
"""

from __future__ import annotations

import numpy as np

from dl4j_oracle.arithmetic.error_model import ErrorModel
from dl4j_oracle.arithmetic.intervals import (
    EVERYTHING,
    LARGEST_DOUBLE,
    NOTHING,
    Doubles,
    Flags,
    Interval,
    Intervals,
    Widening,
    empty_where,
    flushed,
    greater,
    hull,
    intersection,
    is_nothing,
    lesser,
    negate,
    point,
    points,
    repeat,
    select,
    settle,
    where,
    width,
)

#: The results for the four pairs of ends (each 1-D, float64).
Corners = tuple[Doubles, Doubles, Doubles, Doubles]


#: What float64 signals of ends is no error: an infinity or NaN is an end like any other.
_silent = np.errstate(all="ignore")


def preimage(x: Intervals, widening: Widening) -> Intervals:
    """Return the values that one rounding within the error bound turns into the known finite values ``x``."""
    return _widened(x, widening, x.low >= 0, x.high <= 0)


def rounded(x: Intervals, widening: Widening) -> Intervals:
    """Return the values that one rounding within the error bound makes of ``x``."""
    return where(x.low > x.high, x, _widened(x, widening, x.low >= 0, x.high <= 0))


@_silent
def add(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x + y``. Sums never underflow; infinities of opposite signs may give NaN."""
    low, high = x.low + y.low, x.high + y.high
    infinities_meet = ((x.high == np.inf) & (y.low == -np.inf)) | ((x.low == -np.inf) & (y.high == np.inf))
    low, high = select(np.isnan(low), -np.inf, low), select(np.isnan(high), np.inf, high)
    low = _below_infinity(low, np.isfinite(x.low) & np.isfinite(y.low))
    high = -_below_infinity(-high, np.isfinite(x.high) & np.isfinite(y.high))
    result = _widened(Intervals(low, high, infinities_meet), widening, low >= 0, high <= 0)
    return _finish(x, y, x.low + y.low, result, widening)


@_silent
def add_in_double(x: Intervals, y: Intervals, in_double: Widening, narrowed: Widening) -> Intervals:
    """Return ``x + y``, rounded in double and then ``narrowed`` to a type, in which it may underflow."""
    total = add(x, y, in_double)
    result = _widened(total, narrowed, total.low >= 0, total.high <= 0)
    return settle(where(total.low > total.high, total, result), narrowed)


@_silent
def subtract(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x - y``, as :func:`add` does."""
    return add(x, negate(y), widening)


@_silent
def subtract_itself(x: Intervals, widening: Widening) -> Intervals:
    """Return ``x - x``, which is 0, or NaN of an infinity: both operands are one value."""
    certainly_nan = (x.low > x.high) | ((x.low == x.high) & np.isinf(x.low))
    low, high = select(certainly_nan, np.inf, 0.0), select(certainly_nan, -np.inf, 0.0)
    nan = x.nan | (_has_infinity(x) & (x.low <= x.high))
    return settle(Intervals(low, high, nan), widening)


@_silent
def multiply(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x * y``.

    A certain zero gives a certain zero, unless the other operand may be infinite: that may give NaN.
    """
    corners = (_or_zero(x.low * y.low), _or_zero(x.low * y.high), _or_zero(x.high * y.low), _or_zero(x.high * y.high))
    nan = (_has_zero(x) & _has_infinity(y)) | (_has_infinity(x) & _has_zero(y))
    nonnegative = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high <= 0))
    nonpositive = ((x.low >= 0) & (y.high <= 0)) | ((x.high <= 0) & (y.low >= 0))
    finite = _has_finite_end(x) & _has_finite_end(y)
    low, high = _below_infinity(_least(corners), finite), -_below_infinity(-_greatest(corners), finite)
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    return _finish(x, y, x.low * y.low, _zero_where(_is_zero(x) | _is_zero(y), result), widening)


@_silent
def square(x: Intervals, widening: Widening) -> Intervals:
    """Return ``x * x``, which is not negative: both factors are one value."""
    ends = _or_zero(x.low * x.low), _or_zero(x.high * x.high)
    never = x.nan & False
    finite = _has_finite_end(x)
    low = select(_has_zero(x), 0.0, lesser(ends[0], ends[1]))
    low, high = _below_infinity(low, finite), -_below_infinity(-greater(ends[0], ends[1]), finite)
    result = _widened(Intervals(low, high, never), widening, np.logical_not(never), never)
    return _finish(x, x, x.low * x.low, _zero_where(_is_zero(x), result), widening)


@_silent
def divide(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x / y``; 0/0 and the quotient of two infinities may give NaN.

    A zero in the divisor counts as +0, as roots and norms are, unless the divisor is known to be -0.
    """
    minus_zero = _is_zero(y) & (np.copysign(1.0, y.low) < 0) & (np.copysign(1.0, y.high) < 0)
    x, y = where(minus_zero, negate(x), x), where(minus_zero, negate(y), y)
    corners = (_or_zero(x.low / y.low), _or_zero(x.low / y.high), _or_zero(x.high / y.low), _or_zero(x.high / y.high))
    maybe_zero = _has_zero(y)
    positive = maybe_zero & (y.low >= 0)
    above, below = lesser(corners[1], corners[3]), greater(corners[1], corners[3])
    low = select(maybe_zero, select(positive & (x.low >= 0), above, -np.inf), _least(corners))
    high = select(maybe_zero, select(positive & (x.high <= 0), below, np.inf), _greatest(corners))
    nan = (_has_zero(x) & maybe_zero) | (_has_infinity(x) & _has_infinity(y))
    finite = _has_finite_end(x) & (y.high != 0)
    low, high = _below_infinity(low, finite), -_below_infinity(-high, finite)
    nonnegative = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high < 0))
    nonpositive = ((x.low >= 0) & (y.high < 0)) | ((x.high <= 0) & (y.low >= 0))
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    result = _zero_where(_is_zero(x) & np.logical_not(maybe_zero), result)
    return _finish(x, y, x.low / y.low, result, widening)


@_silent
def square_root(x: Intervals, widening: Widening) -> Intervals:
    """Return ``sqrt(x)``; an element that may be negative may give NaN, one that is negative gives NaN."""
    low, high = np.sqrt(select(x.low < 0, 0.0, x.low)), np.sqrt(select(x.high < 0, 0.0, x.high))
    never = x.nan & False
    root = _widened(Intervals(low, high, x.nan | (x.low < 0)), widening, np.logical_not(never), never)
    certainly_nan = (x.high < 0) & np.logical_not(is_nothing(x))
    low, high = select(certainly_nan, np.inf, root.low), select(certainly_nan, -np.inf, root.high)
    return settle(empty_where(is_nothing(x), Intervals(low, high, root.nan | certainly_nan)), widening)


def sign(x: Intervals) -> Intervals:
    """Return the sign of ``x``: 0 for zeros and for NaN."""
    empty = x.low > x.high
    low = select(x.nan & (x.low > 0), 0.0, _sign_of(x.low))
    high = select(x.nan & (x.high < 0), 0.0, _sign_of(x.high))
    signs = Intervals(select(empty, 0.0, low), select(empty, 0.0, high), x.nan & False)
    return empty_where(is_nothing(x), signs)


def maximum(x: Intervals, y: Intervals) -> Intervals:
    """Return the greater of the two; NaN where either is."""
    empty = (x.low > x.high) | (y.low > y.high)
    low, high = greater(x.low, y.low), greater(x.high, y.high)
    return Intervals(select(empty, np.inf, low), select(empty, -np.inf, high), x.nan | y.nan)


def larger(x: Intervals, y: Intervals) -> Intervals:
    """Return ``x`` where it is greater than ``y``, else ``y``: ``y`` where either is NaN."""
    may_lose = x.nan | (x.low > x.high)
    low = select(may_lose, y.low, greater(x.low, y.low))
    high = select(x.low > x.high, y.high, greater(x.high, y.high))
    empty = y.low > y.high
    result = Intervals(select(empty, np.inf, low), select(empty, -np.inf, high), y.nan)
    return empty_where(is_nothing(x) | is_nothing(y), result)


def clip_above(x: Intervals, threshold: Intervals) -> Intervals:
    """Return ``x`` with numbers greater than ``threshold``, which is not empty, replaced by it; NaN stays."""
    empty = x.low > x.high
    low, high = lesser(x.low, threshold.low), lesser(x.high, threshold.high)
    return Intervals(select(empty, x.low, low), select(empty, x.high, high), x.nan)


def clip_below(x: Intervals, threshold: Intervals) -> Intervals:
    """Return ``x`` with numbers less than ``threshold``, which is not empty, replaced by it; NaN stays."""
    empty = x.low > x.high
    low, high = greater(x.low, threshold.low), greater(x.high, threshold.high)
    return Intervals(select(empty, x.low, low), select(empty, x.high, high), x.nan)


def absolute(x: Intervals) -> Intervals:
    """Return ``|x|``, which is exact."""
    low = select(_has_zero(x), 0.0, lesser(np.abs(x.low), np.abs(x.high)))
    high = greater(np.abs(x.low), np.abs(x.high))
    empty = x.low > x.high
    return Intervals(select(empty, np.inf, low), select(empty, -np.inf, high), x.nan)


def observed(x: Intervals, values: Doubles, widening: Widening, smallest: float) -> Intervals:
    """Return the part of ``x`` that is rounded to ``values`` (1-D, float64), which lie in it.

    Numbers of a magnitude below ``smallest`` may be flushed to zero. A zero or an infinity does not tell how far it was
    rounded: its set stays whole.
    """
    seen = point(values)
    narrowed = hull(intersection(x, preimage(seen, widening)), seen)
    told = where(np.isfinite(seen.low) & (seen.low != 0), narrowed, x)
    return flushed(told, smallest)


def image(x: Intervals, widening: Widening, finite: Flags) -> Intervals:
    """Return ``x``, the correctly rounded range of a function that is never negative, widened by its error bound.

    ``finite`` says that the exact value at an end is finite, so that an infinite end overflowed.
    """
    never = x.nan & False
    low = _below_infinity(x.low, finite)
    return settle(_widened(Intervals(low, x.high, x.nan), widening, np.logical_not(never), never), widening)


@_silent
def dot(x: Intervals, y: Intervals, model: ErrorModel[Widening]) -> Interval:
    """Return the sum of the products of n pairs for every order of the sum, fused or not.

    The error is at most Higham's gamma for n roundings times the sum of the products' magnitudes (2nd ed., 3.1). An
    inner bound claims nothing: a sum that nearly cancels may err by far less.
    """
    if not model.addition.claims_overflow or x.is_nothing.any() or y.is_nothing.any():
        return NOTHING
    if (x.low > x.high).any() or (y.low > y.high).any():
        return points(np.array([np.nan])).only
    if (_has_infinity(x) | _has_infinity(y)).any():
        return EVERYTHING
    corners = (x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high)
    low, high = _least(corners), _greatest(corners)
    size = float(np.sum(np.maximum(np.abs(low), np.abs(high))))
    if size == 0 and not (x.nan | y.nan).any():
        return points(np.array([0.0])).only
    relative, absolute = model.multiplication.of_squares(x.length)
    wide = (size * relative + absolute) * (1 + relative)
    if not size + wide <= model.addition.maximum:
        return EVERYTHING
    return Interval(float(np.sum(low)) - wide, float(np.sum(high)) + wide, bool((x.nan | y.nan).any()))


def largest(sizes: Intervals) -> Interval:
    """Return the largest of n magnitudes. NaN counts if it is the first, and else not at all."""
    if sizes.is_nothing.any():
        return NOTHING
    if sizes.low[0] > sizes.high[0]:
        return points(np.array([np.nan])).only
    low = float(np.max(select(sizes.nan, 0.0, sizes.low)))
    return Interval(low, float(np.max(sizes.high)), bool(sizes.nan[0]))


def sum_of_squares(x: Intervals, model: ErrorModel[Widening]) -> Interval:
    """Return the sum of the squares of n elements for every order of the sum.

    Each square takes part in at most n roundings, its own and n - 1 additions (Higham, *Accuracy and Stability of
    Numerical Algorithms*, 2nd ed., 4.2).
    """
    if x.is_nothing.any():
        return NOTHING
    if (x.low > x.high).any():
        return settle(points(np.array([np.nan])), model.addition).only
    relative, absolute = model.multiplication.of_squares(x.length)
    with np.errstate(all="ignore"):
        largest, least = np.maximum(np.abs(x.low), np.abs(x.high)), np.minimum(np.abs(x.low), np.abs(x.high))
        high, low = float(np.sum(largest**2)), float(np.sum(np.where(_has_zero(x), 0.0, least**2)))
        low = max(0.0, min(low, LARGEST_DOUBLE) * (1 - relative) - absolute * (1 + relative))
        high = high * (1 + relative) + absolute * (1 + relative)
    if not x.high.any() and not x.low.any():
        low = high = 0.0
    if not high <= model.addition.maximum:
        high = np.inf
    if np.isinf(np.maximum(x.low, -x.high)).any():
        low = np.inf
    total = repeat(Interval(low, high, bool(x.nan.any())), 1)
    return settle(total, model.addition).only


def _has_zero(x: Intervals) -> Flags:
    zero: Flags = (x.low <= 0) & (x.high >= 0)
    return zero


def _has_infinity(x: Intervals) -> Flags:
    infinity: Flags = (x.low == -np.inf) | (x.high == np.inf)
    return infinity


def _has_finite_end(x: Intervals) -> Flags:
    return np.isfinite(x.low) | np.isfinite(x.high)


def _is_zero(x: Intervals) -> Flags:
    zero: Flags = (x.low == 0) & (x.high == 0)
    return zero


def _is_point(x: Intervals) -> Flags:
    point: Flags = (x.low == x.high) & np.logical_not(x.nan)
    return point


def _sign_of(x: Doubles) -> Doubles:
    return select(x > 0, 1.0, select(x < 0, -1.0, 0.0))


def _or_zero(x: Doubles) -> Doubles:
    """Return ``x``, and 0 for NaN: an infinite end times zero, and quotients of such ends, add nothing to a range."""
    return select(np.isnan(x), 0.0, x)


def _least(corners: Corners) -> Doubles:
    return lesser(lesser(corners[0], corners[1]), lesser(corners[2], corners[3]))


def _greatest(corners: Corners) -> Doubles:
    return greater(greater(corners[0], corners[1]), greater(corners[2], corners[3]))


def _zero_where(zero: Flags, x: Intervals) -> Intervals:
    return Intervals(select(zero, 0.0, x.low), select(zero, 0.0, x.high), x.nan)


def _below_infinity(low: Doubles, finite: Flags) -> Doubles:
    """Return lower ends whose infinities are the largest double where the exact end is ``finite``: it overflowed."""
    return select(finite & (low == np.inf), LARGEST_DOUBLE, low)


@_silent
def _widened(x: Intervals, widening: Widening, nonnegative: Flags, nonpositive: Flags) -> Intervals:
    """Return ``x`` widened by one rounding, which keeps signs; the flags say them, since an end may underflow."""
    low, high = x.low - width(x.low, widening), x.high + width(x.high, widening)
    low, high = select(np.isinf(x.low), x.low, low), select(np.isinf(x.high), x.high, high)
    low = select(nonnegative & (low < 0), 0.0, low)
    high = select(nonpositive & (high > 0), 0.0, high)
    low = select(low < -widening.maximum, -np.inf, low)
    high = select(high > widening.maximum, np.inf, high)
    return flushed(Intervals(low, high, x.nan), widening.smallest)


def _finish(x: Intervals, y: Intervals, exact: Doubles, result: Intervals, widening: Widening) -> Intervals:
    """Return ``result`` with what NaN, empty and known operands decide: certain NaN, infinities and signed zeros.

    ``exact`` (1-D, float64) is the operation's result for the lower ends.
    """
    both = _is_point(x) & _is_point(y)
    empty = (x.low > x.high) | (y.low > y.high) | (both & np.isnan(exact))
    # Two known operands also settle the sign of a zero and of a division by it, which the ranges leave open.
    settled = both & np.isinf(exact) & (np.isinf(x.low) | np.isinf(y.low) | (y.low == 0))
    settled = settled | (both & (result.low == 0) & (result.high == 0) & np.logical_not(np.isnan(exact)))
    low = select(settled, exact, select(empty, np.inf, result.low))
    high = select(settled, exact, select(empty, -np.inf, result.high))
    nan = (result.nan | x.nan | y.nan | empty) & np.logical_not(settled)
    return settle(empty_where(is_nothing(x) | is_nothing(y), Intervals(low, high, nan)), widening)
