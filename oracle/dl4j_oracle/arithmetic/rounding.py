"""Rounding of exact numbers to IEEE 754 binary32 and binary64, to nearest, ties to even.

It works on integers, because mpmath's conversion to float rounds twice in the subnormal range.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A binary interchange format: ``digits`` of significand, exponents ``emin`` to ``emax`` (IEEE 754-2019, 3.3)."""

    name: str
    digits: int
    emax: int
    float_code: str
    bits_code: str

    @property
    def emin(self) -> int:
        """The exponent of the smallest normal number."""
        return 1 - self.emax


BINARY32 = Format("float32", digits=24, emax=127, float_code=">f", bits_code=">I")
BINARY64 = Format("float64", digits=53, emax=1023, float_code=">d", bits_code=">Q")
FORMATS = {f.name: f for f in (BINARY32, BINARY64)}


def nearest(negative: bool, significand: int, exponent: int, fmt: Format) -> float:
    """Return ``(-1)^negative * significand * 2^exponent`` rounded to ``fmt``, as a Python float that holds it exactly.

    ``significand`` is a non-negative integer of any size. Overflow gives an infinity, underflow a subnormal or a zero,
    each with the sign of the number.
    """
    sign = -1.0 if negative else 1.0
    if significand == 0:
        return sign * 0.0
    leading = exponent + significand.bit_length() - 1
    if leading > fmt.emax:
        return sign * float("inf")
    if leading < fmt.emin - fmt.digits:
        return sign * 0.0
    quantum = max(leading, fmt.emin) - fmt.digits + 1
    kept = _shift_to_even(significand, exponent - quantum)
    if kept.bit_length() + quantum - 1 > fmt.emax:
        return sign * float("inf")
    # Exact: `kept` has at most 53 bits, and the product is a number of the format.
    return sign * _scale(kept, quantum)


def _shift_to_even(significand: int, shift: int) -> int:
    """Return ``significand * 2^shift`` rounded to an integer, ties to even."""
    if shift >= 0:
        return significand << shift
    kept, rest = significand >> -shift, significand & ((1 << -shift) - 1)
    half = 1 << (-shift - 1)
    return kept + (rest > half or (rest == half and kept & 1))


def _scale(integer: int, exponent: int) -> float:
    if exponent >= 0:
        return float(integer << exponent)
    return integer / (1 << -exponent)


def holds(fmt: Format, value: float) -> bool:
    """Return whether ``value`` is a number of the format."""
    if not math.isfinite(value) or fmt is BINARY64:
        return True
    numerator, denominator = abs(value).as_integer_ratio()
    return nearest(value < 0, numerator, 1 - denominator.bit_length(), fmt) == value


def bits(value: float, fmt: Format) -> str:
    """Return the big-endian hex of ``value``, which ``fmt`` must hold; every NaN as the canonical quiet one."""
    if value != value:
        return {32: "7fc00000", 64: "7ff8000000000000"}[8 * struct.calcsize(fmt.float_code)]
    return struct.pack(fmt.float_code, value).hex()
