"""Decimal digits of real numbers, correctly rounded."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any

from mpmath import libmp

from dl4j_oracle.arithmetic.reals import Real
from dl4j_oracle.errors import UndecidedError

#: Powers of two up to here are written out to be converted to decimal.
_LARGEST_DECIMAL_EXPONENT = 1 << 17


def to_decimal(x: Real, digits: int) -> str:
    """Return ``digits`` significant decimal digits of ``x``, ties to even, as ``-1.25e-7``, without trailing zeros.

    Zeros are ``0.0`` and ``-0.0``, the others ``NaN``, ``Infinity`` and ``-Infinity``. Raises UndecidedError.
    """
    if isinstance(x, float):
        return repr(x) if x == 0 else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(x, "NaN")
    x.sign  # noqa: B018 - raises if zero lies inside
    low, high = (_decimal(end, digits) for end in (x.low, x.high))
    if low != high:
        raise UndecidedError(f"{digits} digits are not decided")
    return low


def _decimal(x: tuple[int, Any, int, int], digits: int) -> str:
    """Return ``x`` in decimal, ties to even; mpmath's own conversion of ties differs from version to version."""
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
