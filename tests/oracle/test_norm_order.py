"""ND4J's orders of summation against plain loops, written from the description in clause ARITH-5."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl4j_oracle.arithmetic.norm_order import nd4j_order, sequential
from dl4j_oracle.clauses import specification_folder


def _loop(values: list[np.floating]) -> np.floating:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _described(squares: np.ndarray, offset: int, threads: int) -> np.floating:
    n, x = len(squares), list(squares)
    if n >= 32:
        k = min(threads, n // 32)
        size = n // k
        chunks = [x[i * size : (i + 1) * size] for i in range(k)]
        return _loop([_loop([*chunks[0], *x[k * size :]]), *map(_loop, chunks[1:])])
    if squares.dtype == np.float32 and n > 22:
        first = {0: 0, 1: 3, 2: 2, 3: 1}[offset % 4]
        m = n - (n - first) % 4
        lane = [_loop(x[first + i : m : 4]) for i in range(4)]
        return _loop([*x[:first], (lane[0] + lane[2]) + (lane[1] + lane[3]), *x[m:]])
    if squares.dtype == np.float64 and n > 21:
        first = offset % 2
        vectors = (n - first) // 2
        grouped = 4 * ((vectors - 1) // 4)
        lanes = []
        for lane_number in (0, 1):
            y = x[first + lane_number : first + 2 * vectors : 2]
            groups = [((y[i] + y[i + 1]) + y[i + 2]) + y[i + 3] for i in range(0, grouped, 4)]
            lanes.append(_loop([*groups, *y[grouped:]]))
        return _loop([*x[:first], lanes[1] + lanes[0], *x[first + 2 * vectors :]])
    return _loop(x)


@given(
    st.integers(1, 140),
    st.sampled_from(("float32", "float64")),
    st.integers(0, 9),
    st.integers(1, 4),
    st.integers(0, 1 << 30),
)
def test_orders(length: int, dtype: str, offset: int, threads: int, seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(0, 3, length).astype(dtype)
    expected = _described(values, offset, threads)
    assert nd4j_order(threads)(values, offset).tobytes() == expected.tobytes()


def test_the_order_is_observable() -> None:
    values = np.array([1.0, *([2.0**-24] * 31)], "float32")
    assert sequential(values[:8]) == 1.0
    assert nd4j_order(1)(values[:24], 0) > 1.0
    assert sequential(values[:24]) == 1.0


def test_threads_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        nd4j_order(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_program_of_the_page_has_the_order_of_the_oracle(dtype: str) -> None:
    page = (specification_folder() / "9-arithmetic.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(# norm_order\.py\n.*?)```", page, re.DOTALL)
    assert found
    program: dict[str, Any] = {}
    exec(found[1], program)  # noqa: S102 - a page of this project
    numbers = np.random.default_rng(14)
    for length in (*range(1, 68), 99, 127, 131, 160, 1000):
        for offset, threads in ((0, 1), (1, 2), (2, 3), (3, 4)):
            x = numbers.lognormal(0, 3, length).astype(dtype)
            assert program["sum_of_squares"](x, offset, threads) == nd4j_order(threads)(x * x, offset)


def test_the_first_thread_adds_what_is_left_over() -> None:
    # Three chunks of 33 squares and two left over, which are lost when they meet the 1 one by one.
    tiny = 2.0**-24
    values = np.array([1.0, *[0.0] * 98, tiny, tiny], "float32")
    assert nd4j_order(3)(values, 0) == 1.0
    assert nd4j_order(3)(values[::-1], 0) == 1.0 + 2 * tiny
