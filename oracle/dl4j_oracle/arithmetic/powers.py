"""Powers of real numbers, with the special cases of ``java.lang.Math.pow``."""

from __future__ import annotations

import math

from mpmath import libmp

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.reals import Interval, Real

#: Integer exponents up to here are taken by repeated multiplication, which is exact when there is room.
_LARGEST_INTEGER_POWER = 1 << 40


def power(x: Real, y: Real, prec: int) -> Real:
    """Return ``x ** y`` to ``prec`` bits, with the special cases of ``java.lang.Math.pow``.

    ``y`` is a double or an integer, known exactly: 1 for exponent 0 and any base, NaN for a negative base with a
    fractional exponent. Raises UndecidedError if ``x`` may be zero.
    """
    if y == 0:
        return reals.from_float(1.0)
    if reals.is_nan(x) or reals.is_nan(y):
        return math.nan
    if isinstance(y, float):
        return _infinite_power(x, y)
    integer = _as_integer(y)
    if isinstance(x, float):
        odd = integer is not None and integer % 2 == 1
        sign = math.copysign(1.0, x) if odd else 1.0
        magnitude_infinite = (abs(x) == math.inf) == (y.sign > 0)
        return sign * (math.inf if magnitude_infinite else 0.0)
    if x.sign < 0:
        if integer is None:
            return math.nan
        positive = power(reals.negate(x), y, prec)
        return reals.negate(positive) if integer % 2 else positive
    while integer is None and (root := _exact_root(x)) is not None:
        x, y = root, Interval(libmp.mpf_shift(y.low, 1), libmp.mpf_shift(y.high, 1))
        integer = _as_integer(y)
    base = (x.low, x.high)
    if integer is not None and abs(integer) <= _LARGEST_INTEGER_POWER:
        return reals.from_ends(libmp.libmpi.mpi_pow_int(base, integer, prec))
    if base == (libmp.fone, libmp.fone):
        return reals.from_float(1.0)
    # The logarithm's relative error is multiplied by the exponent's size: give it that many bits more.
    wide = prec + max(0, _magnitude(y)) + 32
    logarithm = libmp.libmpi.mpi_log(base, wide)
    return reals.from_ends(libmp.libmpi.mpi_exp(libmp.libmpi.mpi_mul(logarithm, (y.low, y.high), wide), prec))


def _infinite_power(x: Real, y: float) -> float | Interval:
    size = reals.order(reals.absolute(x), reals.from_float(1.0))
    if size == 0:
        return math.nan
    return math.inf if (size == 1) == (y > 0) else 0.0


def _as_integer(y: Interval) -> int | None:
    """Return an exponent, which is known exactly, as an integer; None if it is none."""
    value = reals.to_fraction(y)
    return value.numerator if value.denominator == 1 else None


def _exact_root(x: Interval) -> Interval | None:
    """Return the root of a known number if it is a dyadic number too, else None."""
    if not x.is_point:
        return None
    _, man, exp, _ = x.low
    root = math.isqrt(int(man))
    if exp % 2 or root * root != man:
        return None
    point = libmp.from_man_exp(root, exp // 2)
    return None if point == x.low else Interval(point, point)


def _magnitude(y: Interval) -> int:
    """Return the least power of two above the upper end of ``|y|``, as an exponent."""
    _, _, exp, bits = y.high
    return int(exp + bits)
