"""The product of two vectors: the order of its sum, against the jars, and its enclosures, for every order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl4j_backends.numpy.nd4j import NumpyNd4j
from dl4j_oracle.arithmetic import intervals
from dl4j_oracle.arithmetic.dot_order import open_blas
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic
from dl4j_oracle.arithmetic.exactly_enclosed_scalar import ExactlyEnclosedScalar
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.interface import Array, Scalar

#: ``BlasWrapper.dot`` of 1, 1/2, 1/3, ... with itself, on DL4J 0.8.0's jars.
_SEEN = {
    "float32": {
        3: "3fae38e4",
        7: "3fc18291",
        8: "3fc38291",
        9: "3fc5171c",
        16: "3fcacbde",
        23: "3fcd1b07",
        31: "3fce7d0a",
        40: "3fcf6428",
    },
    "float64": {
        3: "3ff5c71c71c71c72",
        5: "3ff76af37c048d16",
        8: "3ff870521b131048",
        9: "3ff8a2e37d0cbe1c",
        16: "3ff9597bc02ad5c6",
        23: "3ff9a360db8ba241",
        31: "3ff9cfa10d41ea96",
        40: "3ff9ec84ef0a7fe3",
    },
}


@pytest.mark.parametrize(("dtype", "length"), [(dtype, length) for dtype in _SEEN for length in _SEEN[dtype]])
def test_order_of_the_jars(dtype: str, length: int) -> None:
    x = 1 / np.arange(1, length + 1).astype(dtype)
    total = open_blas(x * x)
    assert total.tobytes()[::-1].hex() == _SEEN[dtype][length]
    assert NumpyNd4j(dtype).dot(x, x) == total


def _values(seed: int, length: int, dtype: str) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.normal(size=length) * 10.0 ** random.integers(-3, 4, length)).astype(dtype)


@given(st.integers(1, 40), st.sampled_from(("float32", "float64")), st.integers(0, 1 << 30))
def test_enclosures_hold_every_order(length: int, dtype: str, seed: int) -> None:
    x, y = _values(seed, length, dtype), _values(seed + 1, length, dtype)
    order = np.random.default_rng(seed + 2).permutation(length)
    sums = [open_blas(x * y), np.add.accumulate((x * y)[order])[-1], np.sum(x * y), np.dot(x, y)]
    for arithmetic in _enclosing(dtype):
        found = arithmetic.array(x).dot(arithmetic.array(y))
        assert all(_holds(found, float(total)) for total in sums)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_enclosures_of_what_overflows_hold_everything(dtype: str) -> None:
    largest = np.array([np.finfo(dtype).max, 1.0, np.finfo(dtype).max], dtype)
    for arithmetic in _enclosing(dtype):
        found = arithmetic.array(largest).dot(arithmetic.array(largest * np.array([1, 1, -1], dtype)))
        assert all(_holds(found, value) for value in (-np.inf, 0.0, np.inf, np.nan))


@pytest.mark.parametrize(
    ("values", "total"),
    [((0.0, -0.0), 0.0), ((0.0, 2.0), 4.0), ((-0.0, -3.0), 9.0), ((np.inf, 0.0), np.inf), ((np.inf, -np.inf), np.inf)],
)
def test_zeros_and_infinities(values: tuple[float, ...], total: float) -> None:
    for arithmetic in _enclosing("float32"):
        array: Array = arithmetic.array(values)
        assert _holds(array.dot(array), total)
        assert _holds(array.dot(arithmetic.array((0.0, 0.0))), np.nan if np.isinf(total) else 0.0)
        assert _holds((array - array).dot(array), np.nan if np.isinf(total) else 0.0)


@pytest.mark.parametrize(
    ("values", "largest"), [((1.0, -3.0, 2.0), 3.0), ((1.0, np.nan, 2.0), 2.0), ((np.nan, 1.0), np.nan)]
)
def test_a_nan_is_the_largest_magnitude_only_in_the_first_place(values: tuple[float, ...], largest: float) -> None:
    assert IeeeArithmetic("float32").array(values).largest_magnitude().value == pytest.approx(largest, nan_ok=True)
    for arithmetic in _enclosing("float32"):
        found = arithmetic.array(values).largest_magnitude()
        assert _holds(found, largest)


@pytest.mark.parametrize("values", [(1.5, -0.0), (np.inf, 1.0), (np.nan, 2.0)])
def test_a_difference_of_an_array_and_itself(values: tuple[float, ...]) -> None:
    for arithmetic in _enclosing("float64"):
        array: Array = arithmetic.array(values)
        assert [arithmetic.slice(array - array, i, i + 1).item().is_nan() for i in range(2)] == [
            not np.isfinite(value) for value in values
        ]


def _holds(found: Scalar, value: float) -> bool:
    match found:
        case EnclosedScalar():
            return bool(intervals.repeat(found.value, 1).contains(np.array([value]))[0])
        case ExactlyEnclosedScalar():
            return found.value.contains(value)
    raise TypeError(f"no enclosure: {found!r}")


def _enclosing(dtype: str) -> list[EnclosureArithmetic | ExactEnclosureArithmetic]:
    model = error_model(dtype)
    return [EnclosureArithmetic(model), ExactEnclosureArithmetic(model, 200)]
