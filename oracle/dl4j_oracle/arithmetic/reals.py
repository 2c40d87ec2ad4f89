"""Real numbers to any precision, with signed zeros, infinities and NaN as Java's control flow sees them.

A :data:`Real` is a Python float if it is a zero, an infinity or NaN, and otherwise an :class:`Interval` of mpmath
numbers that holds the true value. Interval operations round outwards (``mpmath.libmp``), so every decision is true. A
decision that the working precision ``prec`` (bits) does not allow raises
:class:`~dl4j_oracle.errors.UndecidedError`, and :func:`decided` tries again with more. Nothing overflows or underflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from mpmath import libmp

from dl4j_oracle.arithmetic.rounding import Format, nearest
from dl4j_oracle.errors import UndecidedError

_Mpf = tuple[int, Any, int, int]
_Result = TypeVar("_Result")

#: Working precisions tried in turn: enough for most values, then for any exact sum of doubles and beyond.
PRECISIONS = (160, 480, 1440, 4800, 16000)


@dataclass(frozen=True, slots=True)
class Interval:
    """A non-zero real between two mpmath numbers; ``square`` is its square, if that is known better."""

    low: _Mpf
    high: _Mpf
    square: Interval | None = None

    @property
    def is_point(self) -> bool:
        """True if the value is known exactly."""
        return bool(self.low == self.high)

    @property
    def sign(self) -> float:
        """1.0 or -1.0. Raises UndecidedError if zero lies inside."""
        low, high = libmp.mpf_sign(self.low), libmp.mpf_sign(self.high)
        if low != high or low == 0:
            raise UndecidedError("the sign of a value is not decided")
        return float(low)


Real = float | Interval


def decided(evaluate: Callable[[int], _Result]) -> _Result:
    """Return ``evaluate(prec)`` at the first of :data:`PRECISIONS` that decides it. Raises UndecidedError."""
    for prec in PRECISIONS:
        try:
            return evaluate(prec)
        except UndecidedError:
            continue
    raise UndecidedError(f"not decided with {PRECISIONS[-1]} bits")


def from_float(value: float) -> Real:
    """Return the exact value of a double."""
    if value == 0 or not math.isfinite(value):
        return float(value)
    point = libmp.from_float(value)
    return Interval(point, point)


def is_nan(x: Real) -> bool:
    """Return whether ``x`` is NaN."""
    return isinstance(x, float) and math.isnan(x)


def negate(x: Real) -> Real:
    """Return ``-x``, exact; zeros and infinities change their signs too."""
    if isinstance(x, float):
        return -x
    return Interval(libmp.mpf_neg(x.high), libmp.mpf_neg(x.low), x.square)


def absolute(x: Real) -> Real:
    """Return ``|x|``, exact. Raises UndecidedError if the sign of ``x`` is not decided."""
    return negate(x) if _stand_in(x) < 0 else x if isinstance(x, Interval) else abs(x)


def add(x: Real, y: Real, prec: int) -> Real:
    """Return ``x + y``; an exact cancellation is +0, as in IEEE 754 rounding to nearest; ``inf - inf`` is NaN."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        return from_ends(libmp.libmpi.mpi_add((x.low, x.high), (y.low, y.high), prec))
    if isinstance(x, float) and isinstance(y, float):
        return x + y
    special, finite = (x, y) if isinstance(x, float) else (y, x)
    return finite if special == 0 else special


def subtract(x: Real, y: Real, prec: int) -> Real:
    """Return ``x - y`` to within ``prec`` bits: 0 for one object twice, also if its value is not known exactly."""
    if x is y and isinstance(x, Interval):
        return 0.0
    return add(x, negate(y), prec)


def multiply(x: Real, y: Real, prec: int) -> Real:
    """Return ``x * y``; zero times infinity is NaN."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        if x is y and x.square is not None:
            return x.square
        return from_ends(libmp.libmpi.mpi_mul((x.low, x.high), (y.low, y.high), prec))
    return _stand_in(x) * _stand_in(y)


def divide(x: Real, y: Real, prec: int) -> Real:
    """Return ``x / y``: an infinity or NaN for ``y`` = 0. Raises UndecidedError if the sign of ``y`` is not decided."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        y.sign  # noqa: B018 - raises if zero lies inside
        return from_ends(libmp.libmpi.mpi_div((x.low, x.high), (y.low, y.high), prec))
    dividend, divisor = _stand_in(x), _stand_in(y)
    if divisor == 0:
        infinity = math.copysign(math.inf, divisor)
        return math.nan if dividend == 0 else dividend * infinity
    return dividend / divisor


def square_root(x: Real, prec: int) -> Real:
    """Return the root of ``x``, whose ``square`` is ``x``: NaN below zero, -0 for -0. Raises UndecidedError."""
    if isinstance(x, float):
        return math.nan if x < 0 else x if x == 0 else math.sqrt(x)
    if x.sign < 0:
        return math.nan
    low, high = libmp.libmpi.mpi_sqrt((x.low, x.high), prec)
    return Interval(low, high, square=x)


def exponential(x: Real, prec: int) -> Real:
    """Return ``e^x``: 0 for minus infinity."""
    if isinstance(x, float):
        return from_float(1.0) if x == 0 else 0.0 if x == -math.inf else x
    return from_ends(libmp.libmpi.mpi_exp((x.low, x.high), prec))


def floor(x: Real) -> Real:
    """Return the greatest integer not above ``x``; zeros, infinities and NaN stay. Raises UndecidedError."""
    if isinstance(x, float):
        return x
    low, high = (libmp.mpf_floor(end) for end in (x.low, x.high))
    if low != high:
        raise UndecidedError("a floor is not decided")
    if low == libmp.fzero:
        return 0.0
    return Interval(low, low)


def remainder(x: Real, y: Real) -> Real:
    """Return Java's ``x % y`` (truncated division, the sign of ``x``). Raises UndecidedError unless both are known."""
    if is_nan(x) or is_nan(y) or (isinstance(x, float) and math.isinf(x)) or y == 0:
        return math.nan
    if isinstance(x, float) or isinstance(y, float):
        return x
    dividend, divisor = to_fraction(x), to_fraction(y)
    rest = abs(dividend) % abs(divisor)
    if rest == 0:
        return x.sign * 0.0
    # Doubles are dyadic, so the denominator is a power of two.
    point = libmp.from_man_exp(rest.numerator, 1 - rest.denominator.bit_length())
    return Interval(point, point) if dividend > 0 else negate(Interval(point, point))


def order(x: Real, y: Real) -> int | None:
    """Return -1, 0 or 1 as ``x`` is less than, equal to or greater than ``y``; None if either is NaN.

    Roots are compared by their squares. Raises UndecidedError.
    """
    if is_nan(x) or is_nan(y):
        return None
    if isinstance(x, float) or isinstance(y, float):
        left, right = _stand_in(x), _stand_in(y)
        return (left > right) - (left < right)
    if x.sign != y.sign:
        return int(x.sign)
    left_ends, right_ends = (x.low, x.high), (y.low, y.high)
    if x.sign > 0 and (x.square or y.square):
        # Squares of roots may be known exactly.
        left_ends, right_ends = _square(x), _square(y)
    if libmp.mpf_lt(left_ends[1], right_ends[0]):
        return -1
    if libmp.mpf_gt(left_ends[0], right_ends[1]):
        return 1
    if left_ends[0] == left_ends[1] == right_ends[0] == right_ends[1]:
        return 0
    raise UndecidedError("a comparison is not decided")


def round_to(x: Real, fmt: Format) -> float:
    """Return ``x`` rounded once to ``fmt``, ties to even. Raises UndecidedError if both sides of a tie are possible."""
    if isinstance(x, float):
        return x
    low, high = (nearest(bool(sign), int(man), exp, fmt) for sign, man, exp, _ in (x.low, x.high))
    if low != high:
        raise UndecidedError("a rounding is not decided")
    return low


def to_fraction(x: Interval) -> Fraction:
    """Return the value of a point as a rational. Raises UndecidedError for other intervals."""
    if not x.is_point:
        raise UndecidedError("a value is not known exactly")
    sign, man, exp, _ = x.low
    magnitude = Fraction(int(man)) * Fraction(2) ** exp
    return -magnitude if sign else magnitude


def _square(x: Interval) -> tuple[_Mpf, _Mpf]:
    """Return the ends of the square of a positive value, without rounding."""
    if x.square is not None:
        return x.square.low, x.square.high
    return libmp.mpf_mul(x.low, x.low), libmp.mpf_mul(x.high, x.high)


def from_ends(ends: tuple[_Mpf, _Mpf]) -> Real:
    """Return the real between two mpmath numbers: a zero if both are."""
    low, high = ends
    if low == high == libmp.fzero:
        return 0.0
    return Interval(low, high)


def _stand_in(x: Real) -> float:
    """Return a float of the kind and sign of ``x``, for operations whose result depends on nothing else."""
    return x.sign if isinstance(x, Interval) else x
