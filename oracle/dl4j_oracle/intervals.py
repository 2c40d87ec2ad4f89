"""Intervals of extended reals, as NumPy arrays: every value that an implementation's error bounds allow.

An element is a closed interval [low, high] of float64 endpoints, infinities included, and a flag that says whether
NaN is possible; an empty interval (low > high) with the flag is certainly NaN. Operations take the range of the
exact results, computed outwards, and widen it by the error bound of one operation in the evaluated type. The proofs
are in ``docs/enclosures.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MAX64 = float(np.finfo(np.float64).max)
#: A little more than what is meant, so that the rounding of the bounds themselves is inside.
_SLACK = 1 + 2.0**-10
#: Two ulps of float64: the rounding of an endpoint and of what it bounds.
_DOUBLE = 2.0**-52 * _SLACK


@dataclass(frozen=True)
class ErrorModel:
    """Relative bound, absolute bound (underflow) and overflow threshold of one operation in the evaluated type."""

    relative: float
    absolute: float
    maximum: float


MODELS = {
    "float32": ErrorModel(2.0**-24 * _SLACK + _DOUBLE, 2.0**-150 * _SLACK, float(np.finfo(np.float32).max)),
    "float64": ErrorModel(_DOUBLE, 1e-323, _MAX64),
}


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
    def no_claim(self) -> Flags:
        """Where everything is allowed."""
        return self.nan & np.isneginf(self.low) & np.isposinf(self.high)


def points(values: npt.ArrayLike) -> Intervals:
    """Known values; NaN is certainly NaN."""
    x = np.asarray(values, np.float64)
    nan = np.isnan(x)
    return Intervals(np.where(nan, np.inf, x), np.where(nan, -np.inf, x), nan)


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


def add(x: Intervals, y: Intervals, model: ErrorModel) -> Intervals:
    """``x + y``; sums never underflow."""
    with np.errstate(all="ignore"):
        low, high = x.low + y.low, x.high + y.high
    infinities_meet = (np.isposinf(x.high) & np.isneginf(y.low)) | (np.isneginf(x.low) & np.isposinf(y.high))
    result = Intervals(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high), infinities_meet)
    return _finish(x, y, _widened(result, model, underflow=False), np.add)


def multiply(x: Intervals, y: Intervals, model: ErrorModel) -> Intervals:
    """``x * y``; a certain zero stays one, unless it meets an infinity."""
    square = x is y
    with np.errstate(all="ignore"):
        corners = np.stack([x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high])
    corners = np.where(np.isnan(corners), 0.0, corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    zero_meets_infinity = (_has_zero(x) & _has_infinity(y)) | (_has_infinity(x) & _has_zero(y))
    if square:
        low = np.where(_has_zero(x), 0.0, np.minimum(corners[0], corners[3]))
        zero_meets_infinity = np.zeros_like(zero_meets_infinity)
    result = _widened(_below_infinity(x, y, low, high, zero_meets_infinity), model)
    zero = ((x.low == 0) & (x.high == 0)) | ((y.low == 0) & (y.high == 0))
    result = Intervals(np.where(zero, 0.0, result.low), np.where(zero, 0.0, result.high), result.nan)
    return _finish(x, y, result, np.multiply)


def divide(x: Intervals, y: Intervals, model: ErrorModel) -> Intervals:
    """``x / y``. A divisor that may be zero is +0 there, as roots and norms are, unless it is known to be -0."""
    with np.errstate(all="ignore"):
        corners = np.stack([x.low / y.low, x.low / y.high, x.high / y.low, x.high / y.high])
        smallest = np.stack([x.low / y.high, x.high / y.high])
    corners = np.where(np.isnan(corners), 0.0, corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    maybe_zero = _has_zero(y)
    smallest = np.where(np.isnan(smallest), 0.0, smallest)
    positive = maybe_zero & (y.low >= 0)
    low = np.where(maybe_zero, np.where(positive & (x.low >= 0), np.minimum(smallest[0], smallest[1]), -np.inf), low)
    high = np.where(maybe_zero, np.where(positive & (x.high <= 0), np.maximum(smallest[0], smallest[1]), np.inf), high)
    nan = (_has_zero(x) & maybe_zero) | (_has_infinity(x) & _has_infinity(y))
    result = _widened(_below_infinity(x, y, low, high, nan), model)
    zero = (x.low == 0) & (x.high == 0) & ~maybe_zero
    result = Intervals(np.where(zero, 0.0, result.low), np.where(zero, 0.0, result.high), result.nan)
    return _finish(x, y, result, np.divide)


def square_root(x: Intervals, model: ErrorModel) -> Intervals:
    """``sqrt(x)``; roots of what may be negative may be NaN."""
    nan = x.nan | (x.low < 0)
    with np.errstate(all="ignore"):
        low, high = np.sqrt(np.maximum(x.low, 0.0)), np.sqrt(x.high)
    empty = (x.high < 0) | (x.low > x.high)
    result = _widened(Intervals(low, np.where(np.isnan(high), 0.0, high), nan), model, underflow=False)
    return Intervals(np.where(empty, np.inf, result.low), np.where(empty, -np.inf, result.high), nan)


def sum_of_squares(x: Intervals, model: ErrorModel) -> Intervals:
    """One interval for the sum of squares in any order: each value takes part in at most n roundings."""
    n = len(x)
    with np.errstate(all="ignore"):
        high = float(np.sum(np.maximum(np.abs(x.low), np.abs(x.high)) ** 2))
        low = float(np.sum(np.where(_has_zero(x), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)) ** 2)))
    certainly_nan = bool((x.low > x.high).any())
    if certainly_nan:
        return points(np.array([np.nan]))
    # Higham's gamma: each value takes part in at most n roundings.
    roundings = (n + 1) * (model.relative + _DOUBLE) * _SLACK
    bound = roundings / (1 - roundings) if roundings < 1 else np.inf
    low = min(low, _MAX64)
    low, high = max(0.0, low * (1 - bound) - n * model.absolute), high * (1 + bound) + n * model.absolute
    if not x.high.any() and not x.low.any():
        low = high = 0.0
    if high > model.maximum:
        high = np.inf
    if np.isinf(np.maximum(x.low, -x.high)).any():
        low = np.inf
    return Intervals(np.array([low]), np.array([high]), np.array([bool(x.nan.any())]))


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


def _below_infinity(x: Intervals, y: Intervals, low: Doubles, high: Doubles, nan: Flags) -> Intervals:
    """Where finite operands gave an infinite endpoint, the exact result is finite and beyond the largest double."""
    finite = ~_has_infinity(x) & ~_has_infinity(y) & ~_has_zero(y)
    low = np.where(finite & np.isposinf(low), _MAX64, low)
    high = np.where(finite & np.isneginf(high), -_MAX64, high)
    return Intervals(low, high, nan)


def _widened(x: Intervals, model: ErrorModel, *, underflow: bool = True) -> Intervals:
    """By one rounding, which keeps signs; beyond the type's largest number lies infinity."""
    absolute = model.absolute if underflow else 0.0
    with np.errstate(all="ignore"):
        low = x.low - (np.abs(x.low) * model.relative + absolute)
        high = x.high + (np.abs(x.high) * model.relative + absolute)
    low = np.where(np.isinf(x.low), x.low, low)
    high = np.where(np.isinf(x.high), x.high, high)
    low = np.where(x.low >= 0, np.maximum(low, 0.0), low)
    high = np.where(x.high <= 0, np.minimum(high, 0.0), high)
    low = np.where(low < -model.maximum, -np.inf, low)
    high = np.where(high > model.maximum, np.inf, high)
    return Intervals(low, high, x.nan)


def _finish(x: Intervals, y: Intervals, result: Intervals, operation: np.ufunc) -> Intervals:
    """NaN operands, and what two known operands certainly make NaN."""
    empty = (x.low > x.high) | (y.low > y.high)
    both = x.is_point & y.is_point
    with np.errstate(all="ignore"):
        exact = operation(x.low, y.low)
    empty |= both & np.isnan(exact)
    # Two known operands also settle the sign of a division by zero, which the ranges leave open.
    settled = both & np.isinf(exact) & (np.isinf(x.low) | np.isinf(y.low) | (y.low == 0))
    low = np.where(settled, exact, np.where(empty, np.inf, result.low))
    high = np.where(settled, exact, np.where(empty, -np.inf, result.high))
    nan = np.where(settled, False, result.nan | x.nan | y.nan | empty)
    return Intervals(low, high, nan)
