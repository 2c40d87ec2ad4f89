"""Java's double functions, the same on every platform.

``Math.pow`` and ``Math.exp`` may be off by one ulp by Java's specification; here they are correctly rounded,
which HotSpot's intrinsics are in all but about 0.03 % (pow) and 0.3 % (exp) of calls. Who wants the bits of one
JVM brings its functions as :class:`JavaMath`.
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
    """``x / y``: infinities and NaN instead of an exception."""
    if y != 0:
        return x / y
    return math.nan if x == 0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)


def square_root(x: float) -> float:
    """``Math.sqrt``: NaN below zero."""
    return math.nan if x < 0 else math.sqrt(x)


@clause("ARITH-6")
def power(x: float, y: float) -> float:
    """``Math.pow``, correctly rounded; NaN for a negative base with a fractional exponent."""
    # -0.0 and 0.0 are one key of a dictionary, but two bases: zeros do not go through the cache.
    return _power.__wrapped__(x, y) if x == 0 else _power(x, y)


@lru_cache(maxsize=1 << 16)
def _power(x: float, y: float) -> float:
    base, exponent = reals.from_float(x), reals.from_float(y)
    return reals.decided(lambda prec: reals.round_to(powers.power(base, exponent, prec), BINARY64))


@clause("ARITH-6")
def exponential(x: float) -> float:
    """``Math.exp``, correctly rounded; infinity and zero where it leaves the range."""
    if x > 710.0:
        return math.inf
    return 0.0 if x < -746.0 else _exponential(x)


@lru_cache(maxsize=1 << 16)
def _exponential(x: float) -> float:
    value = reals.from_float(x)
    return reals.decided(lambda prec: reals.round_to(reals.exponential(value, prec), BINARY64))


def is_special_power(x: float, y: float) -> bool:
    """Whether Java's specification fixes ``Math.pow(x, y)``: 0, 1, -1, infinities and NaN that are no roundings."""
    return y == 0 or math.isinf(y) or x in (0.0, 1.0, -1.0) or math.isinf(x) or x != x or y != y


def exactly(operation: str, x: float, y: float) -> float | None:
    """The result of ``add``, ``multiply`` or ``divide`` on finite doubles, if it is a double."""
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
    """``Math.sqrt`` of a double that is not negative, if it is a double."""
    root = math.sqrt(x)
    return root if math.isinf(root) or Fraction(root) ** 2 == Fraction(x) else None


@dataclass(frozen=True)
class JavaMath:
    """The two functions that differ, in the last bit, from one JVM to another."""

    power: Callable[[float, float], float] = power
    exponential: Callable[[float], float] = exponential


#: The model that every JVM comes close to, and none has to equal.
CORRECTLY_ROUNDED = JavaMath()


def remainder(x: float, y: float) -> float:
    """Java's ``x % y``."""
    return math.nan if y == 0 or math.isinf(x) else math.fmod(x, y)


def floor(x: float) -> float:
    """``Math.floor``: keeps the zeros' signs, infinities and NaN."""
    return float(math.floor(x)) if math.isfinite(x) and x != 0 else x


def wrapped_int(value: int) -> int:
    """``value`` as a Java ``int``: arithmetic wraps around at 2^31."""
    return value if _INT_MIN <= value < -_INT_MIN else (value - _INT_MIN) % (1 << 32) + _INT_MIN


@clause("ADAM-4")
def fast_math_power(base: float, exponent: int) -> float:
    """``FastMath.pow(double, int)`` of commons-math3 3.4.1, operation by operation.

    Binary powering in double-double arithmetic (Veltkamp's splitting, Dekker's product). It is not always
    correctly rounded, and gives NaN where a square overflows although the power itself would not be NaN.
    Raises ``OverflowError`` for -2^31, with which the Java method does not return.
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
    """``x * y`` rounded, and the error of that rounding."""
    high = _high(x)
    low = x - high
    product = x * y
    return product, low * y_low - (((product - high * y_high) - low * y_high) - high * y_low)


@clause("GRAPH-3")
def in_hash_order(keys: Sequence[str]) -> list[str]:
    """Different strings, put into a ``HashMap`` in this order, in the order in which it goes through them."""
    buckets = 16
    while len(keys) > buckets * 3 // 4:
        buckets *= 2
    return sorted(keys, key=lambda key: _spread(_string_hash(key)) % buckets)


def _string_hash(text: str) -> int:
    """``String.hashCode``, as an unsigned number."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + 256 * high + low) % (1 << 32)
    return value


def _spread(value: int) -> int:
    return value ^ (value >> 16)
