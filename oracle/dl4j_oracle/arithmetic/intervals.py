"""Sets of the values that an implementation can hold: intervals of extended reals with float64 ends, vectorised.

An element is a closed interval [low, high], infinities included, and a flag that says whether NaN belongs to it. An
empty interval (low > high) with the flag is certainly NaN, and without it holds no value at all. One rounding moves the
ends by a :class:`Widening`: :func:`outer` so that everything an error bound allows lies inside, :func:`inner` so that
the error bound allows everything inside. The proofs are in ``docs/enclosures.md``.

Arrays are 1-D: ends are float64, one element for each value, and flags are bool. The functions that
:mod:`~dl4j_oracle.arithmetic.kernels` names take numbers in their place too: they are compiled for one element.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

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
#: The least number above 1.
_BEYOND = 1 + 2.0**-52
#: The bounds themselves are computed; this much more or less covers that.
_SLACK = 2.0**-10


class Intervals(NamedTuple):
    """Intervals as 1-D arrays of one length: ``low`` and ``high`` (float64), and ``nan`` (bool)."""

    low: Doubles
    high: Doubles
    nan: Flags

    @property
    def length(self) -> int:
        """The number of intervals."""
        return len(self.low)

    @property
    def only(self) -> Interval:
        """The interval of an array that has but one."""
        return Interval(self.low.item(), self.high.item(), self.nan.item())

    def part(self, which: slice | npt.NDArray[np.intp]) -> Intervals:
        """Return the intervals of a slice, or at the indices ``which`` (1-D, intp)."""
        return Intervals(self.low[which], self.high[which], self.nan[which])

    def contains(self, values: npt.NDArray[Any]) -> Flags:
        """Return where ``values`` (1-D, float32 or float64) lie inside (1-D, bool); -0.0 is 0.0, and NaNs are equal."""
        return contains(self, doubles(values))

    @property
    def is_nothing(self) -> Flags:
        """True for each empty set: no number, no NaN (1-D, bool)."""
        return is_nothing(self)

    @property
    def is_certain(self) -> Flags:
        """True for each set that holds but one value, a number or NaN (1-D, bool)."""
        certain: Flags = np.where(self.nan, self.low > self.high, self.low == self.high)
        return certain

    @property
    def no_claim(self) -> Flags:
        """True for each set that holds every value, NaN too (1-D, bool)."""
        return self.nan & np.isneginf(self.low) & np.isposinf(self.high)


class Interval(NamedTuple):
    """One interval, whose ends are Python's numbers: of a scalar, or of an element."""

    low: float
    high: float
    nan: bool

    @property
    def is_point(self) -> bool:
        """True for a known value: one number, no NaN."""
        return self.low == self.high and not self.nan

    @property
    def is_nothing(self) -> bool:
        """True for the empty set: no number, no NaN."""
        return self.low > self.high and not self.nan


#: The empty set.
NOTHING = Interval(math.inf, -math.inf, False)
#: The set of every value, NaN too.
EVERYTHING = Interval(-math.inf, math.inf, True)


def doubles(values: npt.NDArray[Any]) -> Doubles:
    """Return ``values`` (1-D, float32 or float64) as float64, which is exact; a signalling NaN is a NaN like any."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def select(condition: Flags, x: Doubles | float, y: Doubles | float) -> Doubles:
    """Return ``x`` where ``condition`` (1-D, bool) holds, else ``y`` (each 1-D, float64, or a number)."""
    return np.where(condition, x, y)


def lesser(x: Doubles, y: Doubles | float) -> Doubles:
    """Return the lesser of two numbers, element by element (each 1-D, float64): of equal zeros ``x``."""
    return select(y < x, y, x)


def greater(x: Doubles, y: Doubles | float) -> Doubles:
    """Return the greater of two numbers, element by element (each 1-D, float64): of equal zeros ``y``."""
    return select(y >= x, y, x)


def contains(x: Intervals, values: Doubles) -> Flags:
    """Return where ``values`` (1-D, float64) lie inside (1-D, bool); -0.0 is 0.0, and NaNs are equal."""
    inside: Flags = ((x.low <= values) & (values <= x.high)) | (x.nan & (values != values))
    return inside


@np.errstate(all="ignore")
def nearness(x: Intervals, values: Doubles) -> Doubles:
    """Return how near ``values`` (1-D, float64) come to the edges of their sets: 0 at the centre, 1 at the edge.

    It is more than 1 outside. It is 0 in a set of one value or without a bound, and NaN where a set holds everything.
    """
    half = x.high / 2 - x.low / 2
    share = np.abs(values - (x.low / 2 + x.high / 2)) / half
    share = select(np.isfinite(share), share, 0.0)
    near = select(contains(x, values), lesser(share, 1.0), greater(share, _BEYOND))
    return select(x.nan & (x.low == -np.inf) & (x.high == np.inf), np.nan, near)


def is_nothing(x: Intervals) -> Flags:
    """Return where ``x`` is the empty set: no number, no NaN (1-D, bool)."""
    nothing: Flags = (x.low > x.high) & np.logical_not(x.nan)
    return nothing


def points(values: npt.ArrayLike) -> Intervals:
    """Return the sets of one value each of ``values`` (1-D); NaN is certainly NaN."""
    return point(doubles(np.asarray(values)))


def point(values: Doubles) -> Intervals:
    """Return the sets of one value each of ``values`` (1-D, float64); NaN is certainly NaN."""
    nan = np.isnan(values)
    return Intervals(select(nan, np.inf, values), select(nan, -np.inf, values), nan)


def everything(length: int) -> Intervals:
    """Return ``length`` sets that hold every value, NaN too."""
    return Intervals(np.full(length, -np.inf), np.full(length, np.inf), np.ones(length, np.bool_))


def repeat(x: Interval, length: int) -> Intervals:
    """Return ``length`` copies of one interval."""
    return Intervals(np.full(length, x.low), np.full(length, x.high), np.full(length, x.nan))


def same(x: Intervals) -> Intervals:
    """Return ``x``, which stands for every element."""
    return x


def join(parts: list[Intervals]) -> Intervals:
    """Return the intervals of ``parts``, one after the other; of no parts, none."""
    return Intervals(
        np.concatenate([np.empty(0), *(p.low for p in parts)]),
        np.concatenate([np.empty(0), *(p.high for p in parts)]),
        np.concatenate([np.empty(0, np.bool_), *(p.nan for p in parts)]),
    )


def where(condition: Flags, x: Intervals, y: Intervals) -> Intervals:
    """Return ``x`` where ``condition`` (1-D, bool) holds, else ``y``."""
    nan = (condition & x.nan) | (np.logical_not(condition) & y.nan)
    return Intervals(select(condition, x.low, y.low), select(condition, x.high, y.high), nan)


def empty_where(condition: Flags, x: Intervals) -> Intervals:
    """Return the empty set where ``condition`` (1-D, bool) holds, else ``x``."""
    nan = x.nan & np.logical_not(condition)
    return Intervals(select(condition, np.inf, x.low), select(condition, -np.inf, x.high), nan)


def hull(x: Intervals, y: Intervals) -> Intervals:
    """Return, element by element, the smallest interval that holds both."""
    return Intervals(lesser(x.low, y.low), greater(x.high, y.high), x.nan | y.nan)


def intersection(x: Intervals, y: Intervals) -> Intervals:
    """Return, element by element, the values that lie in both."""
    low, high, nan = greater(x.low, y.low), lesser(x.high, y.high), x.nan & y.nan
    return Intervals(select(low > high, np.inf, low), select(low > high, -np.inf, high), nan)


def negate(x: Intervals) -> Intervals:
    """Return ``-x``, which is exact."""
    return Intervals(-x.high, -x.low, x.nan)


def flushed(x: Intervals, smallest: float) -> Intervals:
    """Return ``x`` with zero where it holds numbers of a magnitude below ``smallest``: flush to zero may act there."""
    low = select((x.low > 0) & (x.low < smallest), 0.0, x.low)
    high = select((x.high < 0) & (x.high > -smallest), 0.0, x.high)
    return Intervals(low, high, x.nan)


class Widening(NamedTuple):
    """The widening of one operation: it moves a computed end ``x`` outwards by ``|x| relative + absolute``.

    Beyond ``maximum`` an end becomes an infinity; a result whose magnitude is below ``smallest`` may be zero.
    """

    relative: float
    absolute: float
    maximum: float
    smallest: float
    #: What is added to the product, which may underflow: a subnormal, or minus one.
    underflow: float
    #: How far an end that is zero is moved: inner bounds leave it, since it may be exact.
    of_zero: float
    #: Whether results are claimed that may overflow or be NaN: the ends do not tell how far those reach.
    claims_overflow: bool

    def of_squares(self, n: int) -> tuple[float, float]:
        """Return the relative and the absolute width for a sum of ``n`` squares.

        Outer: Higham's gamma for n + 1 roundings, one more for the float64 sum of the ends; infinite where that gives
        none. Inner: the float64 sum of the ends is one that n roundings allow.
        """
        if not self.claims_overflow:
            return n * self.relative, n * self.absolute
        roundings = (n + 1) * self.relative
        return (
            roundings / (1 - roundings) if roundings < 1 else math.inf,
            n * (self.absolute + 2 * self.smallest),
        )


def width(x: Doubles, widening: Widening) -> Doubles:
    """Return how far the ends ``x`` (1-D, float64) are moved."""
    moved = np.abs(x) * widening.relative + widening.underflow
    moved = select(moved > 0, moved, 0.0) + widening.absolute
    return select(x == 0, widening.of_zero, moved)


def settle(x: Intervals, widening: Widening) -> Intervals:
    """Return the part of a widened result ``x`` that is claimed, and the empty set for the rest."""
    finite = np.isfinite(x.low) & np.isfinite(x.high) & np.logical_not(x.nan)
    claimed = finite | widening.claims_overflow
    return Intervals(select(claimed, x.low, np.inf), select(claimed, x.high, -np.inf), x.nan & widening.claims_overflow)


def outer(error: ErrorBound) -> Widening:
    """Return a widening by more than the error bound, by what the rounding of the ends can lose."""
    relative = (float(error.relative) + _ENDPOINT) * (1 + _SLACK)
    absolute = _absolute(error, 2, 1 + _SLACK)
    return Widening(relative, absolute, error.maximum, error.smallest, _SUBNORMAL, absolute, claims_overflow=True)


def inner(error: ErrorBound) -> Widening:
    """Return a widening by less than the error bound, by what the rounding of the ends can add.

    It is 0 for correctly rounded float64, where the ends err as much as the operation may.
    """
    relative = max(0.0, float(error.relative) * (1 - _SLACK) - _ENDPOINT * (1 + _SLACK))
    absolute = _absolute(error, -1, 1 - _SLACK)
    return Widening(relative, absolute, error.maximum, error.smallest, -_SUBNORMAL, 0.0, claims_overflow=False)


def _absolute(error: ErrorBound, steps: int, factor: float) -> float:
    """Return the bound of underflow: times ``factor``, or in float64, where ends underflow too, by ``steps`` more."""
    if not error.underflows:
        return 0.0
    if error.format is BINARY64:
        return max(0, math.floor(error.ulps) + steps) * _SUBNORMAL
    return float(error.absolute) * factor
