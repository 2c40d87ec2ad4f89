"""Sets of the values that an implementation can hold: intervals of extended reals with float64 ends, vectorised.

An element is a closed interval [low, high], infinities included, and a flag that says whether NaN belongs to it. An
empty interval (low > high) with the flag is certainly NaN, and without it holds no value at all. One rounding moves the
ends by a :class:`Widening`: :func:`outer` so that everything an error bound allows lies inside, :func:`inner` so that
the error bound allows everything inside. The proofs are in ``docs/enclosures.md``.

Arrays are 1-D: ends are float64, one element for each value, and flags are bool.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic.error_model import ErrorBound
from dl4j_oracle.arithmetic.rounding import BINARY64

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LARGEST_DOUBLE = float(np.finfo(np.float64).max)
_SUBNORMAL = 2.0**-1074
#: Twice the unit roundoff of float64: for the rounding of a computed end, and for that of moving it.
_ENDPOINT = 2.0**-52
#: The bounds themselves are computed; this much more or less covers that.
_SLACK = 2.0**-10


@dataclass(frozen=True)
class Intervals:
    """Intervals as 1-D arrays of one length: ``low`` and ``high`` (float64), and ``nan`` (bool)."""

    low: Doubles
    high: Doubles
    nan: Flags

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, part: slice) -> Intervals:
        return Intervals(self.low[part], self.high[part], self.nan[part])

    @property
    def is_point(self) -> Flags:
        """True for each known value: one number, no NaN (1-D, bool)."""
        known: Flags = (self.low == self.high) & ~self.nan
        return known

    def contains(self, values: npt.NDArray[Any]) -> Flags:
        """Return where ``values`` (1-D, float32 or float64) lie inside (1-D, bool); -0.0 is 0.0, and NaNs are equal."""
        x = values.astype(np.float64)
        return np.where(np.isnan(x), self.nan, (self.low <= x) & (x <= self.high))

    @property
    def is_nothing(self) -> Flags:
        """True for each empty set: no number, no NaN (1-D, bool)."""
        nothing: Flags = (self.low > self.high) & ~self.nan
        return nothing

    @property
    def no_claim(self) -> Flags:
        """True for each set that holds every value, NaN too (1-D, bool)."""
        return self.nan & np.isneginf(self.low) & np.isposinf(self.high)


#: One empty set.
NOTHING = Intervals(np.array([np.inf]), np.array([-np.inf]), np.array([False]))


def points(values: npt.ArrayLike) -> Intervals:
    """Return the sets of one value each of ``values`` (1-D); NaN is certainly NaN."""
    x = np.asarray(values, np.float64)
    nan = np.isnan(x)
    return Intervals(np.where(nan, np.inf, x), np.where(nan, -np.inf, x), nan)


def everything(length: int) -> Intervals:
    """Return ``length`` sets that hold every value, NaN too."""
    return Intervals(np.full(length, -np.inf), np.full(length, np.inf), np.ones(length, np.bool_))


def repeat(x: Intervals, length: int) -> Intervals:
    """Return ``length`` copies of one interval."""
    return Intervals(np.repeat(x.low, length), np.repeat(x.high, length), np.repeat(x.nan, length))


def join(parts: list[Intervals]) -> Intervals:
    """Return the intervals of ``parts``, one after the other; of no parts, none."""
    return Intervals(
        np.concatenate([np.empty(0), *(p.low for p in parts)]),
        np.concatenate([np.empty(0), *(p.high for p in parts)]),
        np.concatenate([np.empty(0, np.bool_), *(p.nan for p in parts)]),
    )


def where(condition: Flags, x: Intervals, y: Intervals) -> Intervals:
    """Return ``x`` where ``condition`` (1-D, bool) holds, else ``y``."""
    return Intervals(
        np.where(condition, x.low, y.low), np.where(condition, x.high, y.high), np.where(condition, x.nan, y.nan)
    )


def empty_where(condition: Flags, x: Intervals) -> Intervals:
    """Return the empty set where ``condition`` (1-D, bool) holds, else ``x``."""
    return Intervals(np.where(condition, np.inf, x.low), np.where(condition, -np.inf, x.high), x.nan & ~condition)


def hull(x: Intervals, y: Intervals) -> Intervals:
    """Return, element by element, the smallest interval that holds both."""
    return Intervals(np.minimum(x.low, y.low), np.maximum(x.high, y.high), x.nan | y.nan)


def intersection(x: Intervals, y: Intervals) -> Intervals:
    """Return, element by element, the values that lie in both."""
    low, high, nan = np.maximum(x.low, y.low), np.minimum(x.high, y.high), x.nan & y.nan
    return Intervals(np.where(low > high, np.inf, low), np.where(low > high, -np.inf, high), nan)


def negate(x: Intervals) -> Intervals:
    """Return ``-x``, which is exact."""
    return Intervals(-x.high, -x.low, x.nan)


def rounded(x: Intervals, dtype: str) -> Intervals:
    """Return the values that Java doubles in ``x`` have in an operation on arrays of ``dtype``.

    An implementation may use the double as it is or rounded once to float32, so the interval holds both.
    """
    return x if dtype == "float64" else hull(x, stored(x, dtype))


def stored(x: Intervals, dtype: str) -> Intervals:
    """Return the values of Java doubles in ``x`` that are rounded once to ``dtype``, to nearest."""
    with np.errstate(all="ignore"):
        low, high = (end.astype(dtype).astype(np.float64) for end in (x.low, x.high))
    return Intervals(low, high, x.nan)


def flushed(x: Intervals, smallest: float) -> Intervals:
    """Return ``x`` with zero where it holds numbers of a magnitude below ``smallest``: flush to zero may act there."""
    low = np.where((x.low > 0) & (x.low < smallest), 0.0, x.low)
    high = np.where((x.high < 0) & (x.high > -smallest), 0.0, x.high)
    return Intervals(low, high, x.nan)


@dataclass(frozen=True)
class Widening:
    """The widening of one operation: it moves a computed end ``x`` outwards by ``|x| relative + absolute``.

    Beyond ``maximum`` an end becomes an infinity; a result whose magnitude is below ``smallest`` may be zero.
    """

    relative: float
    absolute: float
    maximum: float
    smallest: float

    def width(self, x: Doubles) -> Doubles:
        """Return how far the ends ``x`` (1-D, float64) are moved; the product is rounded up."""
        moved: Doubles = np.where(x == 0, 0.0, np.nextafter(np.abs(x) * self.relative, np.inf)) + self.absolute
        return moved

    def of_squares(self, n: int) -> tuple[float, float]:
        """Return the relative and the absolute width for a sum of ``n`` squares.

        Higham's gamma for n + 1 roundings, one more for the float64 sum of the ends; infinite where that gives none.
        """
        roundings = (n + 1) * self.relative
        return (
            roundings / (1 - roundings) if roundings < 1 else math.inf,
            n * (self.absolute + 2 * self.smallest),
        )

    def settle(self, x: Intervals) -> Intervals:
        """Return the part of a widened result ``x`` that is claimed: all of it."""
        return x


class InnerWidening(Widening):
    """A widening that claims only results which cannot overflow or be NaN: ends do not tell how far those reach."""

    def width(self, x: Doubles) -> Doubles:
        """Return how far the ends ``x`` (1-D, float64) are moved: rounded down; a zero, which may be exact, stays."""
        moved: Doubles = np.where(x == 0, 0.0, np.nextafter(np.abs(x) * self.relative, 0.0) + self.absolute)
        return moved

    def of_squares(self, n: int) -> tuple[float, float]:
        """Return the widths for a sum of ``n`` squares: the float64 sum of the ends is one that n roundings allow."""
        return n * self.relative, n * self.absolute

    def settle(self, x: Intervals) -> Intervals:
        """Return ``x`` where it is finite and not NaN, else the empty set."""
        finite = np.isfinite(x.low) & np.isfinite(x.high) & ~x.nan
        return Intervals(np.where(finite, x.low, np.inf), np.where(finite, x.high, -np.inf), np.zeros_like(x.nan))


def outer(error: ErrorBound) -> Widening:
    """Return a widening by more than the error bound, by what the rounding of the ends can lose."""
    relative = (float(error.relative) + _ENDPOINT) * (1 + _SLACK)
    return Widening(relative, _absolute(error, 2, 1 + _SLACK), error.maximum, error.smallest)


def inner(error: ErrorBound) -> Widening:
    """Return a widening by less than the error bound, by what the rounding of the ends can add.

    It is 0 for correctly rounded float64, where the ends err as much as the operation may.
    """
    relative = max(0.0, float(error.relative) * (1 - _SLACK) - _ENDPOINT * (1 + _SLACK))
    return InnerWidening(relative, _absolute(error, -1, 1 - _SLACK), error.maximum, error.smallest)


def _absolute(error: ErrorBound, steps: int, factor: float) -> float:
    """Return the bound of underflow: times ``factor``, or in float64, where ends underflow too, by ``steps`` more."""
    if not error.underflows:
        return 0.0
    if error.format is BINARY64:
        return max(0, math.floor(error.ulps) + steps) * _SUBNORMAL
    return float(error.absolute) * factor
