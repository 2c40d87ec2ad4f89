"""The extended reals: decided results are true, special values follow IEEE 754, the rest is refused."""

from __future__ import annotations

import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import libmp

from dl4j_oracle.arithmetic import powers, reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.reals import Interval, Real
from dl4j_oracle.arithmetic.rounding import BINARY64
from dl4j_oracle.errors import UndecidedError

finite = st.floats(allow_nan=False, allow_infinity=False)
special = st.sampled_from((0.0, -0.0, math.inf, -math.inf, math.nan))
PREC = 160


def _kind(x: Real) -> str:
    """NaN, a signed zero, a signed infinity, or the sign of a finite value."""
    if isinstance(x, Interval):
        return f"finite {x.sign}"
    return repr(x)


def _kind_of_float(x: float) -> str:
    if x != 0 and math.isfinite(x):
        return f"finite {math.copysign(1, x)}"
    return repr(x)


@given(st.one_of(finite, special), special)
def test_special_operands_follow_ieee(x: float, y: float) -> None:
    left, right = reals.from_float(x), reals.from_float(y)
    with np.errstate(all="ignore"):
        a, b = np.float64(x), np.float64(y)
        for ours, theirs in (
            (reals.add(left, right, PREC), a + b),
            (reals.add(right, left, PREC), b + a),
            (reals.multiply(left, right, PREC), a * b),
            (reals.divide(left, right, PREC), a / b),
            (reals.divide(right, left, PREC), b / a),
            (reals.square_root(right, PREC), np.sqrt(b)),
        ):
            assert _kind(ours) == _kind_of_float(float(theirs))


@given(finite, finite)
def test_sums_and_products_contain_the_truth(x: float, y: float) -> None:
    assume(x != 0 and y != 0)
    left, right = reals.from_float(x), reals.from_float(y)
    for ours, truth in (
        (reals.add(left, right, PREC), Fraction(x) + Fraction(y)),
        (reals.multiply(left, right, PREC), Fraction(x) * Fraction(y)),
        (reals.divide(left, right, PREC), Fraction(x) / Fraction(y)),
    ):
        assert _contains(ours, truth)


def _contains(value: Real, truth: Fraction) -> bool:
    if isinstance(value, float):
        return truth == 0 == value
    low, high = (reals.to_fraction(Interval(end, end)) for end in (value.low, value.high))
    return low <= truth <= high


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_roots_of_squares_are_decided(x: int, y: int) -> None:
    """sqrt(2)^2 + sqrt(2)^2 is 4 and not about 4: a norm equal to its threshold is seen to be equal."""
    root = reals.square_root(reals.from_float(x), PREC)
    total = reals.add(reals.multiply(root, root, PREC), reals.multiply(root, root, PREC), PREC)
    norm = reals.square_root(total, PREC)
    threshold = reals.from_float(y)
    assert reals.order(norm, threshold) == (2 * x > y * y) - (2 * x < y * y)


@given(finite, finite)
def test_comparison(x: float, y: float) -> None:
    assert reals.order(reals.from_float(x), reals.from_float(y)) == (x > y) - (x < y)


def test_nan_compares_with_nothing() -> None:
    assert reals.order(math.nan, 1.0) is None


def test_a_difference_that_may_be_zero_is_undecided() -> None:
    third = reals.divide(reals.from_float(1), reals.from_float(3), PREC)
    difference = reals.add(third, reals.negate(third), PREC)
    with pytest.raises(UndecidedError):
        reals.order(difference, 0.0)
    with pytest.raises(UndecidedError):
        reals.decided(lambda _: reals.order(difference, 0.0))


def test_precision_is_raised_until_the_answer_is_decided() -> None:
    """1 + 2^-400 differs from 1 only beyond the first working precision."""
    tried = []

    def evaluate(prec: int) -> int | None:
        tried.append(prec)
        tiny = powers.power(reals.from_float(2), reals.from_float(-400), prec)
        one = reals.divide(reals.from_float(3), reals.from_float(3), prec)
        return reals.order(reals.add(one, tiny, prec), reals.from_float(1))

    assert reals.decided(evaluate) == 1
    assert len(tried) == 2


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [(4.0, 0.5, 2.0), (2.25, 1.5, 3.375), (81.0, 0.25, 3.0), (81.0, -0.75, 1 / 27), (0.5, -3.0, 8.0)],
)
def test_exact_powers_are_exact(x: float, y: float, expected: float) -> None:
    power = powers.power(reals.from_float(x), reals.from_float(y), PREC)
    assert isinstance(power, Interval)
    assert reals.round_to(power, BINARY64) == expected


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.1, 20, "1.0000000000000000555e-1"),
        (-1234.5, 40, "-1.2345e3"),
        (5e-324, 5, "4.9407e-324"),
        (math.inf, 5, "Infinity"),
        (-math.inf, 5, "-Infinity"),
        (math.nan, 5, "NaN"),
        (-0.0, 5, "-0.0"),
        (9.9999, 2, "1.0e1"),
        (0.125, 2, "1.2e-1"),
        (0.375, 2, "3.8e-1"),
    ],
)
def test_decimals(value: float, digits: int, text: str) -> None:
    assert to_decimal(reals.from_float(value), digits) == text


@given(finite.filter(bool), st.integers(1, 60))
def test_decimals_are_those_of_the_decimal_module(x: float, digits: int) -> None:
    ours = to_decimal(reals.from_float(x), digits)
    assert Decimal(ours) == Context(prec=digits).plus(Decimal(x))


@given(st.integers(1, 1 << 160), st.integers(2049, 6000), st.sampled_from([-1, 1]), st.integers(1, 60))
def test_decimals_of_large_and_small_numbers(man: int, exponent: int, sign: int, digits: int) -> None:
    """Beyond 2^2048 they come from an enclosure, else from a division of integers."""
    number = Fraction(man) * Fraction(2) ** (sign * exponent)
    point = libmp.from_man_exp(man, sign * exponent)
    context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
    expected = context.divide(Decimal(number.numerator), Decimal(number.denominator))
    assert Decimal(to_decimal(Interval(point, point), digits)) == expected


@pytest.mark.parametrize(("factor", "text"), [(5**2000, "1.2e3000"), (3 * 5**2000, "3.8e3000")])
def test_ties_of_large_numbers(factor: int, text: str) -> None:
    """1.25e3000 and 3.75e3000 to two digits."""
    point = libmp.from_man_exp(factor * 5**1001, 2998)
    assert to_decimal(Interval(point, point), 2) == text


def test_decimals_of_powers_beyond_writing_out() -> None:
    huge = powers.power(reals.from_float(2), reals.from_float(2**31), 200)
    # 2^31 * log10(2) = 646456993.24...
    assert to_decimal(huge, 3).endswith("e646456993")


@given(st.floats(-1e6, 1e6), st.integers(-1000, 1000).map(float))
def test_remainder_is_javas(x: float, y: float) -> None:
    assume(y != 0)
    ours = reals.remainder(reals.from_float(x), reals.from_float(y))
    assert reals.round_to(ours, BINARY64) == math.fmod(x, y)


def test_a_root_less_itself_is_zero() -> None:
    root = reals.square_root(2.0, 60)
    assert reals.subtract(root, root, 60) == 0.0
    assert reals.is_nan(reals.subtract(math.inf, math.inf, 60))
