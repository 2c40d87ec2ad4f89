"""Java's functions, in the oracle and in the NumPy backend, against what a JVM printed."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import java_values
from agreement.java_values import double
from dl4j_backends.engine import java as engine_java
from dl4j_oracle.arithmetic import java as oracle_java

BOTH = pytest.mark.parametrize("java", [oracle_java, engine_java], ids=["oracle", "numpy"])


def _same(left: float, right: float) -> bool:
    return repr(float(left)) == repr(float(right))


@BOTH
def test_fast_math_power(java: ModuleType) -> None:
    for base, exponent, expected in java_values.FAST_MATH_POWER:
        assert _same(java.fast_math_power(double(base), exponent), double(expected)), (base, exponent)


@BOTH
def test_math_pow(java: ModuleType) -> None:
    for base, exponent, expected in java_values.MATH_POW:
        assert _same(java.power(double(base), double(exponent)), double(expected)), (base, exponent)


@BOTH
def test_remainder(java: ModuleType) -> None:
    for dividend, divisor, expected in java_values.REMAINDER:
        assert _same(java.remainder(double(dividend), double(divisor)), double(expected)), (dividend, divisor)


_edges = st.sampled_from((0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 9.0, math.inf, -math.inf, math.nan, 5e-324, 1.7e308))
_doubles = st.one_of(_edges, st.floats(), st.floats(-4, 4), st.integers(-80, 80).map(float))


@given(_doubles, _doubles)
def test_both_powers_agree(x: float, y: float) -> None:
    assert _same(oracle_java.power(x, y), engine_java.power(x, y))


@given(st.floats(0.001, 50), st.floats(-300, 300))
def test_power_is_within_an_ulp_of_the_platform(x: float, y: float) -> None:
    try:
        platform = math.pow(x, y)
    except OverflowError:
        platform = math.inf
    ours = oracle_java.power(x, y)
    assert ours in (platform, math.nextafter(platform, math.inf), math.nextafter(platform, 0))


@given(st.one_of(_edges, st.floats(-800, 800)))
def test_both_exponentials_agree(x: float) -> None:
    assert _same(oracle_java.exponential(x), engine_java.exp(x))


@given(_doubles, _doubles)
def test_quotients_are_those_of_ieee(x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(np.float64(x) / np.float64(y))
    assert _same(oracle_java.divide(x, y), expected)
    assert _same(engine_java.quotient(x, y), expected)


@given(_doubles)
def test_floor(x: float) -> None:
    assert _same(oracle_java.floor(x), float(np.floor(x)))
    assert _same(engine_java.floor(x), float(np.floor(x)))


def test_int_wraps_around() -> None:
    assert oracle_java.wrapped_int(2**31) == -(2**31)
    assert oracle_java.wrapped_int(2**31 - 1) == 2**31 - 1


def test_power_that_never_returns_in_java_is_refused() -> None:
    with pytest.raises(OverflowError, match="does not return"):
        oracle_java.fast_math_power(0.9, -(2**31))
