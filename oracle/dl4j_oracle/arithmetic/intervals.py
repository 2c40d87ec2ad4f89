"""Intervals of extended reals, as NumPy arrays of float64 endpoints: sets of values that an implementation can hold.

An element is a closed interval [low, high], infinities included, and a flag that says whether NaN belongs to it. An
empty interval (low > high) is certainly NaN with the flag, and nothing without. Operations take the range of the exact
results and widen it by the error bound of one operation: :func:`outer` so that everything allowed lies inside,
:func:`inner` so that everything inside is allowed. The proofs are in ``docs/enclosures.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.rounding import BINARY64

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MAX64 = float(np.finfo(np.float64).max)
_SUBNORMAL = 2.0**-1074
#: The rounding of a computed endpoint, and that of moving it.
_ENDPOINT = 2.0**-52
#: The bounds themselves are computed; this much more or less covers that.
_SLACK = 2.0**-10


@dataclass(frozen=True)
class Widening:
    """How far one operation moves a computed endpoint ``x`` outwards: ``|x| relative + absolute``.

    Beyond ``maximum`` lies infinity; what may be smaller than ``smallest`` may be zero.
    """

    relative: float
    absolute: float
    maximum: float
    smallest: float

    def width(self, x: Doubles) -> Doubles:
        """How far endpoints are moved; the product is rounded up."""
        moved: Doubles = np.where(x == 0, 0.0, np.nextafter(np.abs(x) * self.relative, np.inf)) + self.absolute
        return moved

    def of_squares(self, n: int) -> tuple[float, float]:
        """The same for a sum of n squares: Higham's gamma, with room for the float64 sum of the endpoints."""
        roundings = (n + 1) * self.relative
        return (
            roundings / (1 - roundings) if roundings < 1 else math.inf,
            n * (self.absolute + 2 * self.smallest),
        )

    def settle(self, x: Intervals) -> Intervals:
        """What is claimed of a result: all of it."""
        return x


class InnerWidening(Widening):
    """Nothing is claimed of results that may overflow or be NaN: their endpoints do not tell how far they reach."""

    def width(self, x: Doubles) -> Doubles:
        """The product is rounded down, and a zero, which may be exact, is not moved."""
        moved: Doubles = np.where(x == 0, 0.0, np.nextafter(np.abs(x) * self.relative, 0.0) + self.absolute)
        return moved

    def of_squares(self, n: int) -> tuple[float, float]:
        """The float64 sum of the endpoints is one that n roundings allow."""
        return n * self.relative, n * self.absolute

    def settle(self, x: Intervals) -> Intervals:
        """What is claimed of a result: it, if it is finite."""
        finite = np.isfinite(x.low) & np.isfinite(x.high) & ~x.nan
        return Intervals(np.where(finite, x.low, np.inf), np.where(finite, x.high, -np.inf), np.zeros_like(x.nan))


def outer(error: ErrorBound) -> Widening:
    """More than the error bound, by what the endpoints' own rounding can lose."""
    relative = (float(error.relative) + _ENDPOINT) * (1 + _SLACK)
    return Widening(relative, _absolute(error, 2, 1 + _SLACK), error.maximum, error.smallest)


def inner(error: ErrorBound) -> Widening:
    """Less than the error bound, by what the endpoints' own rounding can add; nothing where that is half an ulp."""
    relative = max(0.0, float(error.relative) * (1 - _SLACK) - _ENDPOINT * (1 + _SLACK))
    return InnerWidening(relative, _absolute(error, -1, 1 - _SLACK), error.maximum, error.smallest)


def _absolute(error: ErrorBound, steps: int, factor: float) -> float:
    """In float64, where endpoints underflow as the operation does, by whole ``steps`` more or less."""
    if not error.underflows:
        return 0.0
    if error.format is BINARY64:
        return max(0, math.floor(error.ulps) + steps) * _SUBNORMAL
    return float(error.absolute) * factor


@dataclass(frozen=True)
class Intervals:
    """Arrays of one shape: ``low``, ``high`` and ``nan``."""

    low: Doubles
    high: Doubles
    nan: Flags

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, part: slice) -> Intervals:
        return Intervals(self.low[part], self.high[part], self.nan[part])

    @property
    def is_point(self) -> Flags:
        """Where the value is known."""
        known: Flags = (self.low == self.high) & ~self.nan
        return known

    def contains(self, values: npt.NDArray[Any]) -> Flags:
        """Where the values lie inside. The signs of zeros do not count, nor what NaN carries."""
        x = values.astype(np.float64)
        return np.where(np.isnan(x), self.nan, (self.low <= x) & (x <= self.high))

    @property
    def is_nothing(self) -> Flags:
        """Where no value is left."""
        nothing: Flags = (self.low > self.high) & ~self.nan
        return nothing

    @property
    def no_claim(self) -> Flags:
        """Where everything is allowed."""
        return self.nan & np.isneginf(self.low) & np.isposinf(self.high)


def points(values: npt.ArrayLike) -> Intervals:
    """Known values; NaN is certainly NaN."""
    x = np.asarray(values, np.float64)
    nan = np.isnan(x)
    return Intervals(np.where(nan, np.inf, x), np.where(nan, -np.inf, x), nan)


#: One empty set.
NOTHING = Intervals(np.array([np.inf]), np.array([-np.inf]), np.array([False]))


def everything(length: int) -> Intervals:
    """Of which nothing is claimed."""
    return Intervals(np.full(length, -np.inf), np.full(length, np.inf), np.ones(length, np.bool_))


def repeat(x: Intervals, length: int) -> Intervals:
    """``length`` copies of one interval."""
    return Intervals(np.repeat(x.low, length), np.repeat(x.high, length), np.repeat(x.nan, length))


def hull(x: Intervals, y: Intervals) -> Intervals:
    """What lies in either, and between them."""
    return Intervals(np.minimum(x.low, y.low), np.maximum(x.high, y.high), x.nan | y.nan)


def join(parts: list[Intervals]) -> Intervals:
    """One after the other."""
    return Intervals(
        np.concatenate([np.empty(0), *(p.low for p in parts)]),
        np.concatenate([np.empty(0), *(p.high for p in parts)]),
        np.concatenate([np.empty(0, np.bool_), *(p.nan for p in parts)]),
    )


def negate(x: Intervals) -> Intervals:
    """``-x``, which is exact."""
    return Intervals(-x.high, -x.low, x.nan)


def intersection(x: Intervals, y: Intervals) -> Intervals:
    """What lies in both."""
    low, high, nan = np.maximum(x.low, y.low), np.minimum(x.high, y.high), x.nan & y.nan
    return Intervals(np.where(low > high, np.inf, low), np.where(low > high, -np.inf, high), nan)


def where(condition: Flags, x: Intervals, y: Intervals) -> Intervals:
    """``x`` where ``condition`` holds, else ``y``."""
    return Intervals(
        np.where(condition, x.low, y.low), np.where(condition, x.high, y.high), np.where(condition, x.nan, y.nan)
    )


def behind(x: Intervals, widening: Widening) -> Intervals:
    """What is rounded to known values, within the error bound."""
    return _widened(x, widening, x.low >= 0, x.high <= 0)


def add(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """``x + y``; sums never underflow."""
    with np.errstate(all="ignore"):
        low, high = x.low + y.low, x.high + y.high
    infinities_meet = (np.isposinf(x.high) & np.isneginf(y.low)) | (np.isneginf(x.low) & np.isposinf(y.high))
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    low = _below_infinity(low, np.isfinite(x.low) & np.isfinite(y.low))
    high = -_below_infinity(-high, np.isfinite(x.high) & np.isfinite(y.high))
    result = _widened(Intervals(low, high, infinities_meet), widening, low >= 0, high <= 0)
    return _finish(x, y, result, np.add, widening)


def multiply(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """``x * y``; a certain zero stays one, unless it meets an infinity."""
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
    finite = _reaches_in(x) & _reaches_in(y)
    low, high = _below_infinity(low, finite), -_below_infinity(-high, finite)
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    return _finish(x, y, _zero_where(_is_zero(x) | _is_zero(y), result), np.multiply, widening)


def divide(x: Intervals, y: Intervals, widening: Widening) -> Intervals:
    """``x / y``. A divisor that may be zero is +0 there, as roots and norms are, unless it is known to be -0."""
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
    finite = _reaches_in(x) & (y.high != 0)
    low, high = _below_infinity(low, finite), -_below_infinity(-high, finite)
    nonnegative = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high < 0))
    nonpositive = ((x.low >= 0) & (y.high < 0)) | ((x.high <= 0) & (y.low >= 0))
    result = _widened(Intervals(low, high, nan), widening, nonnegative, nonpositive)
    return _finish(x, y, _zero_where(_is_zero(x) & ~maybe_zero, result), np.divide, widening)


def square_root(x: Intervals, widening: Widening) -> Intervals:
    """``sqrt(x)``; roots of what may be negative may be NaN."""
    with np.errstate(all="ignore"):
        low, high = np.sqrt(np.where(x.low < 0, 0.0, x.low)), np.sqrt(np.where(x.high < 0, 0.0, x.high))
    nonnegative = np.ones_like(x.nan)
    root = _widened(Intervals(low, high, x.nan | (x.low < 0)), widening, nonnegative, ~nonnegative)
    certainly_nan = (x.high < 0) & ~x.is_nothing
    low, high = np.where(certainly_nan, np.inf, root.low), np.where(certainly_nan, -np.inf, root.high)
    return widening.settle(without_nothing(Intervals(low, high, root.nan | certainly_nan), x.is_nothing))


def image(x: Intervals, widening: Widening, *, finite: bool) -> Intervals:
    """The correctly rounded ends of a function that is not negative, widened; ``finite`` if an end's exact value is."""
    nonnegative = np.ones_like(x.nan)
    low = _below_infinity(x.low, np.array([finite]))
    return widening.settle(_widened(Intervals(low, x.high, x.nan), widening, nonnegative, ~nonnegative))


def sum_of_squares(x: Intervals, model: ErrorModel[Widening]) -> Intervals:
    """One interval for the sum of squares in any order: each value takes part in at most n roundings."""
    if x.is_nothing.any():
        return NOTHING
    if (x.low > x.high).any():
        return model.addition.settle(points(np.array([np.nan])))
    relative, absolute = model.multiplication.of_squares(len(x))
    with np.errstate(all="ignore"):
        largest, least = np.maximum(np.abs(x.low), np.abs(x.high)), np.minimum(np.abs(x.low), np.abs(x.high))
        high, low = float(np.sum(largest**2)), float(np.sum(np.where(_has_zero(x), 0.0, least**2)))
        low = max(0.0, min(low, _MAX64) * (1 - relative) - absolute * (1 + relative))
        high = high * (1 + relative) + absolute * (1 + relative)
    if not x.high.any() and not x.low.any():
        low = high = 0.0
    if not high <= model.addition.maximum:
        high = np.inf
    if np.isinf(np.maximum(x.low, -x.high)).any():
        low = np.inf
    return model.addition.settle(Intervals(np.array([low]), np.array([high]), np.array([bool(x.nan.any())])))


def rounded(x: Intervals, dtype: str) -> Intervals:
    """A double as it meets an array: as it is, rounded once to the array's type, or anything between."""
    if dtype == "float64":
        return x
    with np.errstate(all="ignore"):
        low, high = (end.astype(np.float32).astype(np.float64) for end in (x.low, x.high))
    return Intervals(np.minimum(x.low, low), np.maximum(x.high, high), x.nan)


def _has_zero(x: Intervals) -> Flags:
    return (x.low <= 0) & (x.high >= 0)


def _has_infinity(x: Intervals) -> Flags:
    return np.isneginf(x.low) | np.isposinf(x.high)


def _is_zero(x: Intervals) -> Flags:
    zero: Flags = (x.low == 0) & (x.high == 0)
    return zero


def _zero_where(zero: Flags, x: Intervals) -> Intervals:
    return Intervals(np.where(zero, 0.0, x.low), np.where(zero, 0.0, x.high), x.nan)


def without_nothing(x: Intervals, nothing: Flags) -> Intervals:
    """Nothing stays of what is made of nothing."""
    return Intervals(np.where(nothing, np.inf, x.low), np.where(nothing, -np.inf, x.high), x.nan & ~nothing)


def _reaches_in(x: Intervals) -> Flags:
    """Where one end is finite."""
    return np.isfinite(x.low) | np.isfinite(x.high)


def _below_infinity(low: Doubles, finite: Flags) -> Doubles:
    """Where finite ends give an infinite lower end, the exact one is finite and beyond the largest double."""
    return np.where(finite & np.isposinf(low), _MAX64, low)


def _widened(x: Intervals, widening: Widening, nonnegative: Flags, nonpositive: Flags) -> Intervals:
    """By one rounding, which keeps signs (an underflown endpoint does not show its own)."""
    with np.errstate(all="ignore"):
        low, high = x.low - widening.width(x.low), x.high + widening.width(x.high)
    low = np.where(np.isinf(x.low), x.low, low)
    high = np.where(np.isinf(x.high), x.high, high)
    low = np.where(nonnegative & (low < 0), 0.0, low)
    high = np.where(nonpositive & (high > 0), 0.0, high)
    low = np.where(low < -widening.maximum, -np.inf, low)
    high = np.where(high > widening.maximum, np.inf, high)
    return flushed(Intervals(low, high, x.nan), widening.smallest)


def flushed(x: Intervals, smallest: float) -> Intervals:
    """What may be smaller than ``smallest`` may be zero."""
    low = np.where((x.low > 0) & (x.low < smallest), 0.0, x.low)
    high = np.where((x.high < 0) & (x.high > -smallest), 0.0, x.high)
    return Intervals(low, high, x.nan)


def _finish(x: Intervals, y: Intervals, result: Intervals, operation: np.ufunc, widening: Widening) -> Intervals:
    """NaN operands, and what two known operands certainly make NaN, infinite or zero."""
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
    return widening.settle(without_nothing(Intervals(low, high, nan), x.is_nothing | y.is_nothing))
