"""Our rounding against two others: gmpy2's IEEE contexts and NumPy's conversions."""

from __future__ import annotations

import math
from fractions import Fraction

import gmpy2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dl4j_oracle.arithmetic.rounding import BINARY32, BINARY64, Format, bits, nearest

FORMATS = (BINARY32, BINARY64)
_significands = st.one_of(
    st.integers(0, 1 << 200),
    st.builds(lambda high, low: (high << 80) + low, st.integers(0, 1 << 60), st.sampled_from((0, 1, 1 << 79))),
)
_exponents = st.integers(-1300, 1100)


def _by_gmpy2(negative: bool, significand: int, exponent: int, fmt: Format) -> float:
    size = 32 if fmt is BINARY32 else 64
    with gmpy2.context(gmpy2.ieee(size)) as context:
        context.trap_overflow = context.trap_underflow = False
        rational = Fraction(significand) * Fraction(2) ** exponent
        value = float(gmpy2.mpfr(gmpy2.mpq(rational.numerator, rational.denominator)))
    return -value if negative else value


@given(st.booleans(), _significands, _exponents, st.sampled_from(FORMATS))
@example(False, 3, -1076, BINARY64)
@example(False, 1, -1075, BINARY64)
@example(False, (1 << 53) + 1, 971, BINARY64)
@example(False, (1 << 54) - 1, 970, BINARY64)
@example(True, 3, -151, BINARY32)
@example(False, (1 << 25) - 1, 103, BINARY32)
def test_agrees_with_gmpy2(negative: bool, significand: int, exponent: int, fmt: Format) -> None:
    ours = nearest(negative, significand, exponent, fmt)
    theirs = _by_gmpy2(negative, significand, exponent, fmt)
    assert bits(ours, fmt) == bits(theirs, fmt)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1.401298464324817e-45)
@example(7.006492321624085e-46)
@example(3.4028235677973366e38)
def test_float64_to_float32_agrees_with_numpy(value: float) -> None:
    numerator, denominator = abs(value).as_integer_ratio()
    ours = nearest(math.copysign(1, value) < 0, numerator, 1 - denominator.bit_length(), BINARY32)
    with np.errstate(all="ignore"):
        theirs = np.float32(value)
    assert np.float32(ours).tobytes() == theirs.tobytes()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_their_own_rounding(value: float) -> None:
    numerator, denominator = abs(value).as_integer_ratio()
    ours = nearest(math.copysign(1, value) < 0, numerator, 1 - denominator.bit_length(), BINARY64)
    assert ours.hex() == value.hex()


def test_rounding_twice_would_be_wrong() -> None:
    """A value just above the middle of two subnormals, which rounding to 53 bits first puts on the middle."""
    significand, exponent = (1 << 60) + 1, -1075 - 60
    assert nearest(False, significand, exponent, BINARY64) == 5e-324
    assert nearest(False, 1, -1075, BINARY64) == 0.0


@pytest.mark.parametrize(("value", "pattern"), [(math.nan, "7fc00000"), (-0.0, "80000000"), (math.inf, "7f800000")])
def test_bits_of_special_values(value: float, pattern: str) -> None:
    assert bits(value, BINARY32) == pattern
