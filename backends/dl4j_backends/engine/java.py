"""Java's arithmetic on doubles where Python's differs."""

from __future__ import annotations

import math
from collections.abc import Collection
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

_WIDE = Context(prec=60, Emax=999_999_999_999, Emin=-999_999_999_999)
_NARROW = Context(prec=50)


def quotient(x: float, y: float) -> float:
    """Return ``x / y``, with an infinity or NaN for division by zero."""
    try:
        return x / y
    except ZeroDivisionError:
        return math.nan if math.isnan(x) or x == 0 else math.inf * math.copysign(1, x) * math.copysign(1, y)


def incremented(x: int) -> int:
    """Return ``x + 1`` as an ``int``."""
    return -(1 << 31) if x == (1 << 31) - 1 else x + 1


def hash_order(keys: Collection[str]) -> list[str]:
    """Return the order in which a ``HashMap`` goes through keys that were put into it like this."""
    size = _table_size(len(keys))

    def bucket(key: str) -> int:
        code = 0
        for unit in memoryview(key.encode("utf-16-le", "surrogatepass")).cast("H"):
            code = (code * 31 + unit) & 0xFFFFFFFF
        return (code ^ code >> 16) & (size - 1)

    return sorted(keys, key=bucket)


def integer_hash_order(numbers: Collection[int]) -> list[int]:
    """Return the order in which a ``HashSet`` goes through small numbers that were put into it like this."""
    size = _table_size(len(numbers))
    return sorted(numbers, key=lambda number: number & (size - 1))


def _table_size(entries: int) -> int:
    size = 16
    while 4 * entries > 3 * size:
        size *= 2
    return size


def remainder(x: float, y: float) -> float:
    """Return ``x % y``, with the sign of x."""
    return math.nan if math.isinf(x) or y == 0 else math.fmod(x, y)


def floor(x: float) -> float:
    """Return ``Math.floor``: infinities, NaN and -0.0 are their own floor."""
    return x if x == 0 or not math.isfinite(x) else float(math.floor(x))


def exp(x: float) -> float:
    """Return ``Math.exp``, correctly rounded. The platform's libm is not, and differs from machine to machine."""
    if not -750 < x < 750:
        return math.nan if math.isnan(x) else math.inf if x > 0 else 0.0
    return float(_WIDE.exp(Decimal(x)))


def power(x: float, y: float) -> float:
    """Return ``Math.pow``, correctly rounded."""
    if y == 0 or x == 0 or not (math.isfinite(x) and math.isfinite(y)):
        return _special_power(x, y)
    if x < 0:
        if y != math.floor(y):
            return math.nan
        return _positive_power(-x, y) * (-1 if math.fmod(y, 2) else 1)
    return _positive_power(x, y)


def _special_power(x: float, y: float) -> float:
    """Return ``Math.pow`` with a zero, an infinity or NaN in it."""
    if y == 0:
        return 1.0
    if math.isnan(x) or math.isnan(y) or (abs(x) == 1 and math.isinf(y)):
        return math.nan
    vanishes = (abs(x) < 1) == (y > 0)
    sign = math.copysign(1, x) if math.isfinite(y) and math.fmod(y, 2) in (1, -1) else 1.0
    return sign * (0.0 if vanishes else math.inf)


@lru_cache(maxsize=4096)
def _positive_power(x: float, y: float) -> float:
    if abs(y) <= 64 and y == int(y):
        # Small integer powers may lie exactly between two doubles: take them as fractions.
        ratio = Fraction(x) ** int(y)
        try:
            return ratio.numerator / ratio.denominator
        except OverflowError:
            return math.inf
    magnitude = y * math.log(x)
    if not -800 < magnitude < 800:
        return math.inf if magnitude > 0 else 0.0
    fraction, exponent = math.frexp(x)
    if fraction == 0.5 and (power_of_two := (exponent - 1) * y) == int(power_of_two):
        try:
            return math.ldexp(1.0, int(power_of_two))
        except OverflowError:
            return math.inf
    # Any other result halfway between two doubles has few digits: the narrower rounding restores them.
    return float(_NARROW.plus(_WIDE.power(Decimal(x), Decimal(y))))


def fast_math_power(base: float, exponent: int) -> float:
    """Return ``FastMath.pow(double, int)`` of commons-math3 3.4.1: square and multiply on sums of two doubles.

    Its bits matter (Adam's betas), and for large exponents they are not those of a correctly rounded power.
    """
    if exponent == 0:
        return 1.0
    if exponent < 0:
        base, exponent = quotient(1.0, base), -exponent
    value, (head, tail) = base, _halves(base)
    high, low = 1.0, 0.0
    while True:
        if exponent & 1:
            product = high * value
            low = low * value + _product_error(high, head, tail, product)
            high = product
        exponent >>= 1
        if not exponent:
            return high + low
        product = head * value
        tail = tail * value + _product_error(head, head, tail, product)
        head, rest = _halves(product)
        tail += rest
        value = head + tail


def _halves(x: float) -> tuple[float, float]:
    """Return ``x`` as a sum of two doubles of half the length (Veltkamp)."""
    scaled = 134217729.0 * x
    head = scaled - (scaled - x)
    return head, x - head


def _product_error(x: float, head: float, tail: float, product: float) -> float:
    """Return ``x * (head + tail) - product``, as Dekker computes it."""
    upper, lower = _halves(x)
    return lower * tail - (((product - upper * head) - lower * head) - upper * tail)
