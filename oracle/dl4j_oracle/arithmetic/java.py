"""Java's functions on doubles, ints and strings, the same on every platform.

Java's specification allows ``Math.pow`` and ``Math.exp`` one ulp; here they are correctly rounded, as HotSpot's
intrinsics are in all but about 0.03 % (pow) and 0.3 % (exp) of calls. :class:`JavaMath` takes the functions of one JVM
in their place, for its bits. A Python float is a Java ``double``; nothing raises unless it says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from dl4j_oracle.arithmetic import powers, reals
from dl4j_oracle.arithmetic.rounding import BINARY64
from dl4j_oracle.clauses import clause

_INT_MIN = -(1 << 31)
_SPLIT = float((1 << 27) + 1)


def divide(x: float, y: float) -> float:
    """Return ``x / y``: an infinity for ``x / 0.0``, NaN for ``0.0 / 0.0``."""
    if y != 0:
        return x / y
    return math.nan if x == 0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)


def square_root(x: float) -> float:
    """Return ``Math.sqrt(x)``: NaN below zero, -0.0 for -0.0."""
    return math.nan if x < 0 else math.sqrt(x)


@clause("ARITH-6")
def power(x: float, y: float) -> float:
    """Return ``Math.pow(x, y)``, correctly rounded: NaN for a negative finite base with a fractional exponent."""
    # -0.0 and 0.0 are one key of a dictionary, but two bases: zeros do not go through the cache.
    return _power.__wrapped__(x, y) if x == 0 else _power(x, y)


@lru_cache(maxsize=1 << 16)
def _power(x: float, y: float) -> float:
    base, exponent = reals.from_float(x), reals.from_float(y)
    return reals.decided(lambda prec: reals.round_to(powers.power(base, exponent, prec), BINARY64))


@clause("ARITH-6")
def exponential(x: float) -> float:
    """Return ``Math.exp(x)``, correctly rounded: an infinity beyond the largest double, 0.0 below the smallest."""
    if x > 710.0:
        return math.inf
    return 0.0 if x < -746.0 else _exponential(x)


@lru_cache(maxsize=1 << 16)
def _exponential(x: float) -> float:
    value = reals.from_float(x)
    return reals.decided(lambda prec: reals.round_to(reals.exponential(value, prec), BINARY64))


def is_special_power(x: float, y: float) -> bool:
    """Return whether Java's specification fixes ``Math.pow(x, y)`` to a 0, 1, -1, infinity or NaN."""
    return y == 0 or math.isinf(y) or x in (0.0, 1.0, -1.0) or math.isinf(x) or x != x or y != y


def exactly(operation: str, x: float, y: float) -> float | None:
    """Return ``add``, ``multiply`` or ``divide`` if operands and exact result are finite doubles, else None."""
    if not (math.isfinite(x) and math.isfinite(y)) or (operation == "divide" and y == 0):
        return None
    left, right = Fraction(x), Fraction(y)
    match operation:
        case "add":
            result, exact = x + y, left + right
        case "multiply":
            result, exact = x * y, left * right
        case _:
            result, exact = divide(x, y), left / right
    return result if math.isfinite(result) and Fraction(result) == exact else None


def exact_root(x: float) -> float | None:
    """Return the exact root of a double that is not negative if it is a double, else None."""
    root = math.sqrt(x)
    return root if math.isinf(root) or Fraction(root) ** 2 == Fraction(x) else None


@dataclass(frozen=True)
class JavaMath:
    """The two functions whose last bit differs from one JVM to another."""

    power: Callable[[float, float], float] = power
    exponential: Callable[[float], float] = exponential


#: The functions of the evaluation model. A JVM may differ from them by one ulp.
CORRECTLY_ROUNDED = JavaMath()


def remainder(x: float, y: float) -> float:
    """Return Java's ``x % y``, exact, with the sign of ``x``: NaN for ``y`` = 0 and for an infinite ``x``."""
    return math.nan if y == 0 or math.isinf(x) else math.fmod(x, y)


def floor(x: float) -> float:
    """Return ``Math.floor(x)``; zeros, infinities and NaN stay."""
    return float(math.floor(x)) if math.isfinite(x) and x != 0 else x


def wrapped_int(value: int) -> int:
    """Return ``value`` as a Java ``int``, which wraps around at 2^31."""
    return value if _INT_MIN <= value < -_INT_MIN else (value - _INT_MIN) % (1 << 32) + _INT_MIN


@clause("ADAM-4")
def fast_math_power(base: float, exponent: int) -> float:
    """Return ``FastMath.pow(double, int)`` of commons-math3 3.4.1, computed operation by operation.

    It is binary powering in double-double arithmetic (Veltkamp's splitting, Dekker's product), not always correctly
    rounded, and NaN where a square overflows, even if the power would not be NaN. Raises OverflowError for the exponent
    -2^31, for which the Java method does not return.
    """
    if exponent == _INT_MIN:
        raise OverflowError("FastMath.pow(double, int) does not return for the exponent -2^31")
    if exponent == 0:
        return 1.0
    if exponent < 0:
        base, exponent = divide(1.0, base), -exponent
    square, square_high = base, _high(base)
    square_low = base - square_high
    result, result_low = 1.0, 0.0
    while exponent:
        if exponent & 1:
            product, error = _product(result, square, square_high, square_low)
            result, result_low = product, result_low * square + error
        product, error = _product(square_high, square, square_high, square_low)
        square_low = square_low * square + error
        square_high = _high(product)
        square_low = square_low + (product - square_high)
        square = square_high + square_low
        exponent >>= 1
    return result + result_low


def _high(x: float) -> float:
    scaled = _SPLIT * x
    return scaled - (scaled - x)


def _product(x: float, y: float, y_high: float, y_low: float) -> tuple[float, float]:
    """Return ``x * y`` rounded, and the error of that rounding."""
    high = _high(x)
    low = x - high
    product = x * y
    return product, low * y_low - (((product - high * y_high) - low * y_high) - high * y_low)


@clause("GRAPH-3")
def in_hash_order(keys: Sequence[str]) -> list[str]:
    """Return the different strings ``keys`` in the order in which a ``HashMap`` iterates that they were put into."""
    return sorted(keys, key=lambda key: _spread(_string_hash(key)) % _buckets(len(keys)))


@clause("GRAPH-9")
def in_integer_hash_order(numbers: Sequence[int]) -> list[int]:
    """Return the different ``numbers``, less than 2^16, in the order of a ``HashSet`` that they were put into."""
    return sorted(numbers, key=lambda number: number % _buckets(len(numbers)))


def _buckets(size: int) -> int:
    """Return the length of the table of a ``HashMap`` of this size, if no nine of its keys share a bucket of 16."""
    buckets = 16
    while size > buckets * 3 // 4:
        buckets *= 2
    return buckets


def _string_hash(text: str) -> int:
    """Return ``String.hashCode()`` as an unsigned number."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + 256 * high + low) % (1 << 32)
    return value


def _spread(value: int) -> int:
    return value ^ (value >> 16)
