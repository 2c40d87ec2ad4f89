"""Real numbers to any precision, with signed zeros, infinities and NaN as Java's control flow sees them.

A :data:`Real` is a Python float when it is a zero, an infinity or NaN, and otherwise an :class:`Interval` of
mpmath numbers that holds the true value. Interval operations round outwards (``mpmath.libmp``), so whatever is
decided is true; what cannot be decided at the given precision raises :class:`UndecidedError`, and
:func:`decided` tries again with more.

The precision ``prec`` is in bits. Nothing overflows or underflows here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from typing import Any, TypeVar

from mpmath import libmp

from dl4j_oracle.arithmetic.rounding import Format, nearest
from dl4j_oracle.errors import UndecidedError

_Mpf = tuple[int, Any, int, int]
_Result = TypeVar("_Result")

#: Working precisions tried in turn: enough for most values, then for any exact sum of doubles and beyond.
PRECISIONS = (160, 480, 1440, 4800, 16000)

#: Exponents up to here are taken by repeated multiplication, which is exact when there is room.
_LARGEST_INTEGER_POWER = 1 << 40

#: Powers of two up to here are written out to be converted to decimal.
_LARGEST_DECIMAL_EXPONENT = 1 << 17


@dataclass(frozen=True, slots=True)
class Interval:
    """A non-zero real between ``low`` and ``high``; ``square`` is its square when that is known better."""

    low: _Mpf
    high: _Mpf
    square: Interval | None = None

    @property
    def is_point(self) -> bool:
        """Whether the value is known exactly."""
        return bool(self.low == self.high)

    @property
    def sign(self) -> float:
        """1.0 or -1.0; undecided if zero lies inside."""
        low, high = libmp.mpf_sign(self.low), libmp.mpf_sign(self.high)
        if low != high or low == 0:
            raise UndecidedError("the sign of a value is not decided")
        return float(low)


Real = float | Interval


def decided(evaluate: Callable[[int], _Result]) -> _Result:
    """``evaluate(prec)`` at the first precision that decides it; raises :class:`UndecidedError` if none does."""
    for prec in PRECISIONS:
        try:
            return evaluate(prec)
        except UndecidedError:
            continue
    raise UndecidedError(f"not decided with {PRECISIONS[-1]} bits")


def from_float(value: float) -> Real:
    """The exact value of a double."""
    if value == 0 or not math.isfinite(value):
        return float(value)
    point = libmp.from_float(value)
    return Interval(point, point)


def is_nan(x: Real) -> bool:
    """Whether ``x`` is NaN."""
    return isinstance(x, float) and math.isnan(x)


def negate(x: Real) -> Real:
    """``-x``."""
    if isinstance(x, float):
        return -x
    return Interval(libmp.mpf_neg(x.high), libmp.mpf_neg(x.low), x.square)


def absolute(x: Real) -> Real:
    """``|x|``."""
    return negate(x) if _stand_in(x) < 0 else x if isinstance(x, Interval) else abs(x)


def add(x: Real, y: Real, prec: int) -> Real:
    """``x + y``; an exact cancellation is +0, as in IEEE 754 rounding to nearest."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        return _interval(libmp.libmpi.mpi_add((x.low, x.high), (y.low, y.high), prec))
    if isinstance(x, float) and isinstance(y, float):
        return x + y
    special, finite = (x, y) if isinstance(x, float) else (y, x)
    return finite if special == 0 else special


def multiply(x: Real, y: Real, prec: int) -> Real:
    """``x * y``."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        if x is y and x.square is not None:
            return x.square
        return _interval(libmp.libmpi.mpi_mul((x.low, x.high), (y.low, y.high), prec))
    return _stand_in(x) * _stand_in(y)


def divide(x: Real, y: Real, prec: int) -> Real:
    """``x / y``; ``x / 0`` is an infinity or NaN."""
    if isinstance(x, Interval) and isinstance(y, Interval):
        y.sign  # noqa: B018 - raises if zero lies inside
        return _interval(libmp.libmpi.mpi_div((x.low, x.high), (y.low, y.high), prec))
    dividend, divisor = _stand_in(x), _stand_in(y)
    if divisor == 0:
        infinity = math.copysign(math.inf, divisor)
        return math.nan if dividend == 0 else dividend * infinity
    return dividend / divisor


def square_root(x: Real, prec: int) -> Real:
    """The root of ``x``, which remembers ``x`` as its square; NaN below zero, and -0 for -0."""
    if isinstance(x, float):
        return math.nan if x < 0 else x if x == 0 else math.sqrt(x)
    if x.sign < 0:
        return math.nan
    low, high = libmp.libmpi.mpi_sqrt((x.low, x.high), prec)
    return Interval(low, high, square=x)


def exponential(x: Real, prec: int) -> Real:
    """``e^x``."""
    if isinstance(x, float):
        return from_float(1.0) if x == 0 else 0.0 if x == -math.inf else x
    return _interval(libmp.libmpi.mpi_exp((x.low, x.high), prec))


def floor(x: Real) -> Real:
    """The greatest integer not above ``x``."""
    if isinstance(x, float):
        return x
    low, high = (libmp.mpf_floor(end) for end in (x.low, x.high))
    if low != high:
        raise UndecidedError("a floor is not decided")
    if low == libmp.fzero:
        return 0.0
    return Interval(low, low)


def remainder(x: Real, y: Real) -> Real:
    """Java's ``x % y`` for values known exactly: truncated division, with the sign of ``x``."""
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


def power(x: Real, y: Real, prec: int) -> Real:
    """``x ** y`` with the special cases of ``Math.pow``: NaN for a negative base with a fractional exponent."""
    if y == 0:
        return from_float(1.0)
    if is_nan(x) or is_nan(y):
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
        positive = power(negate(x), y, prec)
        return negate(positive) if integer % 2 else positive
    while integer is None and (root := _exact_root(x)) is not None:
        x, y = root, Interval(libmp.mpf_shift(y.low, 1), libmp.mpf_shift(y.high, 1))
        integer = _as_integer(y)
    base = (x.low, x.high)
    if integer is not None and abs(integer) <= _LARGEST_INTEGER_POWER:
        return _interval(libmp.libmpi.mpi_pow_int(base, integer, prec))
    if base == (libmp.fone, libmp.fone):
        return from_float(1.0)
    # The logarithm's relative error is multiplied by the exponent's size: give it that many bits more.
    wide = prec + max(0, _magnitude(y)) + 32
    logarithm = libmp.libmpi.mpi_log(base, wide)
    return _interval(libmp.libmpi.mpi_exp(libmp.libmpi.mpi_mul(logarithm, (y.low, y.high), wide), prec))


def compare(x: Real, y: Real) -> int | None:
    """-1, 0 or 1 as ``x`` is less than, equal to or greater than ``y``; None if either is NaN."""
    if is_nan(x) or is_nan(y):
        return None
    if isinstance(x, float) or isinstance(y, float):
        left, right = _stand_in(x), _stand_in(y)
        return (left > right) - (left < right)
    if x.sign != y.sign:
        return int(x.sign)
    left_ends, right_ends = (x.low, x.high), (y.low, y.high)
    if x.sign > 0 and (x.square or y.square):
        # Roots are compared by what is under them, which may be known exactly.
        left_ends, right_ends = _square(x), _square(y)
    if libmp.mpf_lt(left_ends[1], right_ends[0]):
        return -1
    if libmp.mpf_gt(left_ends[0], right_ends[1]):
        return 1
    if left_ends[0] == left_ends[1] == right_ends[0] == right_ends[1]:
        return 0
    raise UndecidedError("a comparison is not decided")


def round_to(x: Real, fmt: Format) -> float:
    """``x`` rounded once to ``fmt``, ties to even; undecided if the interval straddles a rounding boundary."""
    if isinstance(x, float):
        return x
    low, high = (nearest(bool(sign), int(man), exp, fmt) for sign, man, exp, _ in (x.low, x.high))
    if low != high:
        raise UndecidedError("a rounding is not decided")
    return low


def to_decimal(x: Real, digits: int) -> str:
    """``digits`` significant decimal digits of ``x``, correctly rounded, as ``-1.25e-7``; NaN, infinities by name."""
    if isinstance(x, float):
        return repr(x) if x == 0 else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(x, "NaN")
    x.sign  # noqa: B018 - raises if zero lies inside
    low, high = (_decimal(end, digits) for end in (x.low, x.high))
    if low != high:
        raise UndecidedError(f"{digits} digits are not decided")
    return low


def to_fraction(x: Interval) -> Fraction:
    """The value of a point, as a rational."""
    if not x.is_point:
        raise UndecidedError("a value is not known exactly")
    sign, man, exp, _ = x.low
    magnitude = Fraction(int(man)) * Fraction(2) ** exp
    return -magnitude if sign else magnitude


def _decimal(x: _Mpf, digits: int) -> str:
    """``x`` in decimal, ties to even: mpmath's own conversion rounds ties differently from version to version."""
    sign, man, exp, _ = x
    if abs(exp) > _LARGEST_DECIMAL_EXPONENT:
        text = str(libmp.to_str(x, digits, strip_zeros=False, min_fixed=1, max_fixed=0, show_zero_exponent=True))
        mantissa, exponent = text.lstrip("-").split("e")
        return _scientific(bool(sign), mantissa.replace(".", ""), int(exponent))
    context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
    quotient = context.divide(Decimal(int(man) << max(exp, 0)), Decimal(1 << max(-exp, 0)))
    return _scientific(bool(sign), "".join(map(str, quotient.as_tuple().digits)), quotient.adjusted())


def _scientific(negative: bool, digits: str, exponent: int) -> str:
    fraction = digits[1:].rstrip("0") or "0"
    return f"{'-' if negative else ''}{digits[0]}.{fraction}e{exponent}"


def _square(x: Interval) -> tuple[_Mpf, _Mpf]:
    """The ends of the square of a positive value, without rounding."""
    if x.square is not None:
        return x.square.low, x.square.high
    return libmp.mpf_mul(x.low, x.low), libmp.mpf_mul(x.high, x.high)


def _interval(ends: tuple[_Mpf, _Mpf]) -> Real:
    low, high = ends
    if low == high == libmp.fzero:
        return 0.0
    return Interval(low, high)


def _stand_in(x: Real) -> float:
    """A float with the kind and sign of ``x``, for operations whose result depends on nothing else."""
    return x.sign if isinstance(x, Interval) else x


def _infinite_power(x: Real, y: float) -> float | Interval:
    size = compare(absolute(x), from_float(1.0))
    if size == 0:
        return math.nan
    return math.inf if (size == 1) == (y > 0) else 0.0


def _as_integer(y: Interval) -> int | None:
    """The exponent as an integer, if it is one. Exponents are doubles or integers: always known exactly."""
    value = to_fraction(y)
    return value.numerator if value.denominator == 1 else None


def _exact_root(x: Interval) -> Interval | None:
    """The root of a point, if it is a dyadic number too."""
    if not x.is_point:
        return None
    _, man, exp, _ = x.low
    root = math.isqrt(int(man))
    if exp % 2 or root * root != man:
        return None
    point = libmp.from_man_exp(root, exp // 2)
    return None if point == x.low else Interval(point, point)


def _magnitude(y: Interval) -> int:
    _, _, exp, bits = y.high
    return int(exp + bits)
