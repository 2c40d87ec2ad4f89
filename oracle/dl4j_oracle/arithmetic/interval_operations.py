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
    LARGEST_DOUBLE,
    NOTHING,
    Doubles,
    Flags,
    Intervals,
    Widening,
    empty_where,
    flushed,
    negate,
    points,
    where,
)


def preimage(x: Intervals, widening: Widening) -> Intervals:
    """Return the values that one rounding within the error bound turns into the known finite values ``x``."""
    return _widened(x, widening, x.low >= 0, x.high <= 0)


def rounded(x: Intervals, widening: Widening) -> Intervals:
    """Return the values that one rounding within the error bound makes of ``x``."""
    empty = x.low > x.high
    return where(empty, x, _widened(x, widening, x.low >= 0, x.high <= 0))


def add(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x + y``. Sums never underflow; infinities of opposite signs may give NaN."""
    with np.errstate(all="ignore"):
        low, high = x.low + y.low, x.high + y.high
    infinities_meet = (np.isposinf(x.high) & np.isneginf(y.low)) | (np.isneginf(x.low) & np.isposinf(y.high))
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    low = _below_infinity(low, np.isfinite(x.low) & np.isfinite(y.low))
    high = -_below_infinity(-high, np.isfinite(x.high) & np.isfinite(y.high))
    result = _widened(Intervals(low, high, infinities_meet), widening, low >= 0, high <= 0)
    return _finish(x, y, result, np.add, widening)


def multiply(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x * y``; the same object twice is a square, which is not negative.

    A certain zero gives a certain zero, unless the other operand may be infinite: that may give NaN.
    """
    square = x is y
    with np.errstate(all="ignore"):
        corners = np.stack([x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high])
    corners = np.where(np.isnan(corners), 0.0, corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    nan = (_has_zero(x) & _has_infinity(y)) | (_has_infinity(x) & _has_zero(y))
    nonnegative = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high <= 0))
    nonpositive = ((x.low >= 0) & (y.high <= 0)) | ((x.high <= 0) & (y.low >= 0))
    if square:
        low = np.where(_has_zero(x), 0.0, np.minimum(corners[0], corners[3]))
        nan, nonnegative = np.zeros_like(nan), np.ones_like(nan)
    finite = _has_finite_end(x) & _has_finite_end(y)
    low, high = _below_infinity(low, finite), -_below_infinity(-high, finite)
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    return _finish(x, y, _zero_where(_is_zero(x) | _is_zero(y), result), np.multiply, widening)


def divide(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """Return ``x / y``; 0/0 and the quotient of two infinities may give NaN.

    A zero in the divisor counts as +0, as roots and norms are, unless the divisor is known to be -0.
    """
    minus_zero = _is_zero(y) & np.signbit(y.low)
    x, y = where(minus_zero, negate(x), x), where(minus_zero, negate(y), y)
    with np.errstate(all="ignore"):
        corners = np.stack([x.low / y.low, x.low / y.high, x.high / y.low, x.high / y.high])
    corners = np.where(np.isnan(corners), 0.0, corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    maybe_zero = _has_zero(y)
    positive = maybe_zero & (y.low >= 0)
    low = np.where(maybe_zero, np.where(positive & (x.low >= 0), np.minimum(corners[1], corners[3]), -np.inf), low)
    high = np.where(maybe_zero, np.where(positive & (x.high <= 0), np.maximum(corners[1], corners[3]), np.inf), high)
    nan = (_has_zero(x) & maybe_zero) | (_has_infinity(x) & _has_infinity(y))
    finite = _has_finite_end(x) & (y.high != 0)
    low, high = _below_infinity(low, finite), -_below_infinity(-high, finite)
    nonnegative = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high < 0))
    nonpositive = ((x.low >= 0) & (y.high < 0)) | ((x.high <= 0) & (y.low >= 0))
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    return _finish(x, y, _zero_where(_is_zero(x) & ~maybe_zero, result), np.divide, widening)


def square_root(x: Intervals, widening: Widening) -> Intervals:
    """Return ``sqrt(x)``; an element that may be negative may give NaN, one that is negative gives NaN."""
    with np.errstate(all="ignore"):
        low, high = np.sqrt(np.where(x.low < 0, 0.0, x.low)), np.sqrt(np.where(x.high < 0, 0.0, x.high))
    nonnegative = np.ones_like(x.nan)
    root = _widened(Intervals(low, high, x.nan | (x.low < 0)), widening, nonnegative, ~nonnegative)
    certainly_nan = (x.high < 0) & ~x.is_nothing
    low, high = np.where(certainly_nan, np.inf, root.low), np.where(certainly_nan, -np.inf, root.high)
    return widening.settle(empty_where(x.is_nothing, Intervals(low, high, root.nan | certainly_nan)))


def image(x: Intervals, widening: Widening, *, finite: bool) -> Intervals:
    """Return ``x``, the correctly rounded range of a function that is never negative, widened by its error bound.

    ``x`` has one element; ``finite`` says that the exact value at an end is finite, so that an infinite end overflowed.
    """
    nonnegative = np.ones_like(x.nan)
    low = _below_infinity(x.low, np.array([finite]))
    return widening.settle(_widened(Intervals(low, x.high, x.nan), widening, nonnegative, ~nonnegative))


def sum_of_squares(x: Intervals, model: ErrorModel[Widening]) -> Intervals:
    """Return the sum of the squares of n elements, as one interval, for every order of the sum.

    Each square takes part in at most n roundings, its own and n - 1 additions (Higham, *Accuracy and Stability of
    Numerical Algorithms*, 2nd ed., 4.2).
    """
    if x.is_nothing.any():
        return NOTHING
    if (x.low > x.high).any():
        return model.addition.settle(points(np.array([np.nan])))
    relative, absolute = model.multiplication.of_squares(len(x))
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
    return model.addition.settle(Intervals(np.array([low]), np.array([high]), np.array([bool(x.nan.any())])))


def _has_zero(x: Intervals) -> Flags:
    return (x.low <= 0) & (x.high >= 0)


def _has_infinity(x: Intervals) -> Flags:
    return np.isneginf(x.low) | np.isposinf(x.high)


def _has_finite_end(x: Intervals) -> Flags:
    return np.isfinite(x.low) | np.isfinite(x.high)


def _is_zero(x: Intervals) -> Flags:
    zero: Flags = (x.low == 0) & (x.high == 0)
    return zero


def _zero_where(zero: Flags, x: Intervals) -> Intervals:
    return Intervals(np.where(zero, 0.0, x.low), np.where(zero, 0.0, x.high), x.nan)


def _below_infinity(low: Doubles, finite: Flags) -> Doubles:
    """Return lower ends whose infinities are the largest double where the exact end is ``finite``: it overflowed."""
    return np.where(finite & np.isposinf(low), LARGEST_DOUBLE, low)


def _widened(x: Intervals, widening: Widening, nonnegative: Flags, nonpositive: Flags) -> Intervals:
    """Return ``x`` widened by one rounding, which keeps signs; the flags say them, since an end may underflow."""
    with np.errstate(all="ignore"):
        low, high = x.low - widening.width(x.low), x.high + widening.width(x.high)
    low = np.where(np.isinf(x.low), x.low, low)
    high = np.where(np.isinf(x.high), x.high, high)
    low = np.where(nonnegative & (low < 0), 0.0, low)
    high = np.where(nonpositive & (high > 0), 0.0, high)
    low = np.where(low < -widening.maximum, -np.inf, low)
    high = np.where(high > widening.maximum, np.inf, high)
    return flushed(Intervals(low, high, x.nan), widening.smallest)


def _finish(x: Intervals, y: Intervals, result: Intervals, operation: np.ufunc, widening: Widening) -> Intervals:
    """Return ``result`` with what NaN, empty and known operands decide: certain NaN, infinities and signed zeros."""
    empty = (x.low > x.high) | (y.low > y.high)
    both = x.is_point & y.is_point
    with np.errstate(all="ignore"):
        exact = operation(x.low, y.low)
    empty |= both & np.isnan(exact)
    # Two known operands also settle the sign of a zero and of a division by it, which the ranges leave open.
    settled = both & np.isinf(exact) & (np.isinf(x.low) | np.isinf(y.low) | (y.low == 0))
    settled |= both & (result.low == 0) & (result.high == 0) & ~np.isnan(exact)
    low = np.where(settled, exact, np.where(empty, np.inf, result.low))
    high = np.where(settled, exact, np.where(empty, -np.inf, result.high))
    nan = np.where(settled, False, result.nan | x.nan | y.nan | empty)
    return widening.settle(empty_where(x.is_nothing | y.is_nothing, Intervals(low, high, nan)))
