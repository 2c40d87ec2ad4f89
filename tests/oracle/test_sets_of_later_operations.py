"""The operations that only later versions have, on sets: what they give of members lies in what they give of sets."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic, ExactlyEnclosedArray
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.arithmetic.long_arrays import LONG
from dl4j_oracle.arithmetic.reals import from_float

#: Sets as two ends and whether NaN is in them: known values, certain NaN, and intervals.
_SETS = (
    *((x, x, False) for x in (0.0, 1.0, -2.0, math.inf, -math.inf)),
    *((math.inf, -math.inf, True), (-1.0, 2.0, False), (-1.0, 2.0, True), (0.5, 0.75, True), (-math.inf, 1.0, False)),
)
PAIRS = list(product(_SETS, repeat=2))


def _members(low: float, high: float, nan: bool) -> list[float]:
    if low > high:
        return [math.nan]
    inside = [low, high, *(x for x in (-0.5, 0.0, 0.6, 1.0) if low < x < high)]
    return [*inside, math.nan] if nan else inside


def _float64(low: float, high: float, nan: bool) -> Intervals:
    return Intervals(np.array([low]), np.array([high]), np.array([nan]))


def _larger(x: float, y: float) -> float:
    arithmetic = IeeeArithmetic("float64")
    return float(arithmetic.array([x]).larger(arithmetic.array([y])).values[0])


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_larger(x: tuple[float, float, bool], y: tuple[float, float, bool]) -> None:
    model = error_model("float64")
    rough = EnclosureArithmetic(model)
    found = EnclosedArray(_float64(*x), rough).larger(EnclosedArray(_float64(*y), rough)).intervals
    exact = ExactEnclosureArithmetic(model, 100)
    sets = [
        ExactlyEnclosedArray((ExactInterval(from_float(low), from_float(high), nan),), exact)
        for low, high, nan in (x, y)
    ]
    (exactly,) = sets[0].larger(sets[1]).values
    results = [_larger(*members) for members in product(_members(*x), _members(*y))]
    for result in results:
        assert found.contains(np.array([result])).all()
        assert exactly.contains(result)
    # The ends are taken, and NaN is in the set only if it can come out.
    numbers = [result for result in results if not math.isnan(result)]
    if numbers:
        assert (found.low[0], found.high[0]) == (min(numbers), max(numbers))
    assert bool(found.nan[0]) == any(map(math.isnan, results))


def test_nothing_stays_nothing() -> None:
    rough = EnclosureArithmetic(error_model("float64"))
    nothing, something = (EnclosedArray(_float64(*ends, False), rough) for ends in ((math.inf, -math.inf), (1.0, 2.0)))
    assert nothing.larger(something).intervals.is_nothing.all()
    assert something.larger(nothing).intervals.is_nothing.all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sum_in_double_and_magnitudes_lie_in_their_sets(dtype: str) -> None:
    values = np.array([0.0, 1e-33, 1e-32, 3e-31, 1.0, math.inf, math.nan, -1e-32, 1e-45], dtype)
    model = error_model(dtype)
    ieee, rough, exact = IeeeArithmetic(dtype), EnclosureArithmetic(model), ExactEnclosureArithmetic(model, 200)
    for operation in (lambda a: a.array(values).add_in_double(a.scalar(1e-32)), lambda a: a.array(values).magnitude()):
        expected = operation(ieee).values
        assert operation(rough).intervals.contains(expected).all()
        assert all(x.contains(float(y)) for x, y in zip(operation(exact).values, expected, strict=True))
        assert expected.dtype == dtype


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, a: x.larger(a.full(len(x), a.scalar(0.25))),
        lambda x, a: x.magnitude(),
        lambda x, a: x.add_in_double(a.scalar(1e-32)),
    ],
)
def test_long_arrays_give_the_same_sets(operation: Any) -> None:
    values = np.linspace(-1, 1, LONG + 1)
    rough = EnclosureArithmetic(error_model("float64"))
    long, short = (operation(rough.array(part), rough).intervals for part in (values, values[:100]))
    np.testing.assert_array_equal(long.part(slice(100)), short)
    assert len(long.low) == LONG + 1
