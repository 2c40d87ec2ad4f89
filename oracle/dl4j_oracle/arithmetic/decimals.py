"""Decimal digits of real numbers, correctly rounded."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any

from mpmath import libmp

from dl4j_oracle.arithmetic.reals import Real
from dl4j_oracle.errors import UndecidedError

_Mpf = tuple[int, Any, int, int]

#: Powers of two up to here are written out to be converted to decimal; the time for that is quadratic.
_LARGEST_DECIMAL_EXPONENT = 1 << 11
#: The logarithm of 2 to the base 10, as a fraction.
_LOG, _UNIT = 301029995663981195213738894724, 10**30
_TEN = libmp.from_int(10)


def to_decimal(x: Real, digits: int) -> str:
    """Return ``digits`` significant decimal digits of ``x``, ties to even, as ``-1.25e-7``, without trailing zeros.

    Zeros are ``0.0`` and ``-0.0``, the others ``NaN``, ``Infinity`` and ``-Infinity``. Raises UndecidedError.
    """
    if isinstance(x, float):
        return repr(x) if x == 0 else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(x, "NaN")
    x.sign  # noqa: B018 - raises if zero lies inside
    if x.is_point:
        return _decimal(x.low, digits)
    low, high = (_decimal(end, digits) for end in (x.low, x.high))
    if low != high:
        raise UndecidedError(f"{digits} digits are not decided")
    return low


def _decimal(x: _Mpf, digits: int) -> str:
    """Return ``x`` in decimal, ties to even; mpmath's own conversion of ties differs from version to version."""
    sign, man, exp, _ = x
    if abs(exp) > _LARGEST_DECIMAL_EXPONENT and (nearest := _nearest(libmp.mpf_abs(x), digits)):
        significand, exponent = nearest
        return _scientific(bool(sign), str(significand), exponent)
    context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
    quotient = context.divide(Decimal(int(man) << max(exp, 0)), Decimal(1 << max(-exp, 0)))
    return _scientific(bool(sign), "".join(map(str, quotient.as_tuple().digits)), quotient.adjusted())


def _nearest(x: _Mpf, digits: int) -> tuple[int, int] | None:
    """Return the integer of so many digits nearest to ``x > 0``, scaled, and the exponent of its first digit.

    None if an enclosure of the scaled ``x`` does not decide it: so does no tie.
    """
    _, _, exp, length = x
    exponent = (exp + length) * _LOG // _UNIT
    while True:
        power = libmp.libmpi.mpi_pow_int((_TEN, _TEN), digits - 1 - exponent, 4 * digits + 128)
        low, high = libmp.libmpi.mpi_mul((x, x), power, 4 * digits + 128)
        if not libmp.mpf_lt(high, libmp.from_int(10 ** (digits - 1))):
            break
        exponent -= 1  # The estimate may be one too large.
    halves = [libmp.to_int(libmp.mpf_floor(libmp.mpf_shift(end, 1))) for end in (low, high)]
    if halves[0] != halves[1]:
        return None
    significand = (halves[0] + 1) // 2
    return (significand // 10, exponent + 1) if significand == 10**digits else (significand, exponent)


def _scientific(negative: bool, digits: str, exponent: int) -> str:
    fraction = digits[1:].rstrip("0") or "0"
    return f"{'-' if negative else ''}{digits[0]}.{fraction}e{exponent}"
