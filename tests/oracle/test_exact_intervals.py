"""One operation, three readings: what is inside float64's inner interval is in the exact one, and that in the outer."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl4j_oracle.arithmetic import exact_intervals, intervals, reals
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic, ExactlyEnclosedArray
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval
from dl4j_oracle.arithmetic.exactly_enclosed_scalar import ExactlyEnclosedScalar
from dl4j_oracle.arithmetic.interface import Operation
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.errors import UndecidedError

_ATOMS = (0.0, -0.0, 5e-324, 1e-323, 2.3e-308, 1e-160, 1e-45, 1.2e-38, 0.5, 1.0, 1 + 2**-52, 3.0, 1e19, 1e154)
_EDGES = (3.4028234663852886e38, 3.5e38, 1.7976931348623157e308, math.inf)
_ends = st.one_of(
    st.sampled_from([sign * x for x in (*_ATOMS, *_EDGES) for sign in (1, -1)]),
    st.floats(-10, 10),
    st.floats(allow_nan=False),
)
_MODELS = {
    "float32": error_model("float32"),
    "float64": error_model("float64"),
    "weak float32": error_model("float32", division_ulps=1.0, square_root_ulps=3.0, flush_to_zero=True),
    "weak float64": error_model("float64", division_ulps=2.5, square_root_ulps=1.0, flush_to_zero=True),
    "coarse float32": error_model("float32", digits=11),
    "coarse float64": error_model("float64", digits=24, scalars="float32"),
    "float32 scalars": error_model("float32", scalars="float32"),
    "weak scalars": error_model("float64", power_ulps=3.0, exponential_ulps=7.0, scalar_square_root_ulps=2.0),
}


@st.composite
def _sets(draw: st.DrawFn) -> tuple[float, float, bool]:
    """Ends of an interval, often equal or neighbours, and whether NaN belongs to it."""
    low, kind = draw(_ends), draw(st.sampled_from(("point", "near", "wide")))
    high = {"point": low, "near": math.nextafter(low, math.inf), "wide": draw(_ends)}[kind]
    if low > high:
        low, high = high, low
    return low, high, kind != "point" and draw(st.integers(0, 9)) == 0


def _float64(sets: list[tuple[float, float, bool]]) -> Intervals:
    low, high, nan = zip(*sets, strict=True)
    return Intervals(np.array(low), np.array(high), np.array(nan))


def _exact(given: tuple[float, float, bool]) -> ExactInterval:
    low, high, nan = given
    if low == high and not nan:
        return exact_intervals.point(low)
    return ExactInterval(reals.from_float(low), reals.from_float(high), nan)


def _ordered(inner: Intervals, exact: list[ExactInterval], outer: Intervals, what: Any) -> None:
    for i, middle in enumerate(exact):
        assert bool(outer.nan[i]) or not middle.nan, (what, middle, outer)
        assert middle.nan or not inner.nan[i], (what, inner, middle)
        if not middle.is_nan:
            assert reals.order(reals.from_float(float(outer.low[i])), middle.low) != 1, (what, middle, outer)
            assert reals.order(middle.high, reals.from_float(float(outer.high[i]))) != 1, (what, middle, outer)
        if inner.low[i] <= inner.high[i]:
            assert reals.order(middle.low, reals.from_float(float(inner.low[i]))) != 1, (what, inner, middle)
            assert reals.order(reals.from_float(float(inner.high[i])), middle.high) != 1, (what, inner, middle)


def _three(
    model: ErrorModel[ErrorBound], prec: int
) -> tuple[EnclosureArithmetic, ExactEnclosureArithmetic, EnclosureArithmetic]:
    return (
        EnclosureArithmetic(model, intervals.inner),
        ExactEnclosureArithmetic(model, prec),
        EnclosureArithmetic(model, intervals.outer),
    )


def _check_array(
    model: ErrorModel[ErrorBound],
    operate: Callable[[Any, Any], Any],
    left: list[tuple[float, float, bool]],
    right: list[tuple[float, float, bool]],
) -> None:
    def evaluate(prec: int) -> None:
        small, middle, large = _three(model, prec)
        arrays = [(EnclosedArray(_float64(left), a), EnclosedArray(_float64(right), a)) for a in (small, large)]
        found = [operate(*pair).intervals for pair in arrays]
        x = ExactlyEnclosedArray(tuple(map(_exact, left)), middle)
        y = ExactlyEnclosedArray(tuple(map(_exact, right)), middle)
        _ordered(found[0], list(operate(x, y).values), found[1], (left, right))

    reals.decided(evaluate)


@settings(max_examples=400)
@given(
    st.lists(_sets(), min_size=3, max_size=3),
    st.lists(_sets(), min_size=3, max_size=3),
    st.sampled_from(sorted(_MODELS)),
    st.sampled_from([*Operation, "square", "root", "sign"]),
)
def test_operations_on_arrays(left: list[Any], right: list[Any], model: str, operation: Any) -> None:
    def operate(x: Any, y: Any) -> Any:
        match operation:
            case "square":
                return x * x
            case "root":
                return x.sqrt()
            case "sign":
                return x.sign()
        return x.with_array(operation, y)

    _check_array(_MODELS[model], operate, left, right)


def test_zero_of_either_sign_divides_as_plus_zero() -> None:
    for divisor in ((0.0, -0.0, True), (0.0, -0.0, False)):
        _check_array(_MODELS["float32"], lambda x, y: x / y, [(0.0, 5e-324, True)] * 2, [divisor] * 2)


def _check_scalar(operate: Callable[[Any, Any], Any], left: Any, right: Any, model: str = "float32") -> None:
    def evaluate(prec: int) -> None:
        small, middle, large = _three(_MODELS[model], prec)
        found = [
            operate(*(EnclosedScalar.held(_float64([x]).only, a.bounds.scalars, a.forks) for x in (left, right))).value
            for a in (small, large)
        ]
        bounds = middle.bounds.scalars
        exact = operate(*(ExactlyEnclosedScalar.held(_exact(x), bounds, middle.forks) for x in (left, right)))
        inner, outer = (intervals.repeat(one, 1) for one in found)
        _ordered(inner, [exact.value], outer, (left, right))

    reals.decided(evaluate)


_SCALARS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "sqrt": lambda x, y: x.sqrt(),
    "1 - x": lambda x, y: 1 - x,
    "floor": lambda x, y: x.floor(),
}


@settings(max_examples=400)
@given(_sets(), _sets(), st.sampled_from(sorted(_SCALARS)), st.sampled_from(sorted(_MODELS)))
def test_operations_on_scalars(left: Any, right: Any, name: str, model: str) -> None:
    _check_scalar(_SCALARS[name], left, right, model)


@settings(max_examples=200)
@given(_sets(), st.sampled_from(sorted(_MODELS)), st.sampled_from((Operation.MUL, Operation.RDIV)))
def test_scalars_that_meet_arrays(scalar: Any, model: str, operation: Operation) -> None:
    def operate(x: Any, y: Any) -> Any:
        return x.with_scalar(operation, y.item())

    _check_array(_MODELS[model], operate, [(1.0, 1.0, False)], [scalar])


@settings(max_examples=300)
@given(
    _sets(),
    st.one_of(
        st.floats(-800, 800), st.sampled_from((0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.0, 1000.0, math.inf, -math.inf))
    ),
    st.booleans(),
    st.sampled_from(sorted(_MODELS)),
)
def test_powers(base: Any, exponent: float, swapped: bool, model: str) -> None:
    known = (exponent, exponent, False)
    if swapped:
        low, high, nan = base
        bounded = (max(low, -900.0), min(max(high, -900.0), 900.0), nan)
        base, known = known, (min(bounded[:2]), max(bounded[:2]), nan)
        try:
            _check_scalar(lambda x, y: x.pow(y), base, known, model)
        except UndecidedError:
            pytest.skip("the exact arithmetic takes exponents that are known")
        return
    _check_scalar(lambda x, y: x.pow(y), base, known, model)


@settings(max_examples=200)
@given(_sets(), _sets(), st.sampled_from(sorted(_MODELS)))
def test_powers_of_two_intervals(base: Any, exponent: Any, model: str) -> None:
    low, high, nan = exponent
    low, high = (min(max(end, -900.0), 900.0) for end in (low, high))
    with contextlib.suppress(UndecidedError):
        _check_scalar(lambda x, y: x.pow(y), base, (low, high, nan), model)


@given(
    st.one_of(_sets(), st.tuples(st.floats(-800, 800), st.just(0.0), st.just(False))), st.sampled_from(sorted(_MODELS))
)
def test_exponentials(exponent: Any, model: str) -> None:
    low, high, nan = exponent
    _check_scalar(lambda x, y: x.exp(), (max(low, -2000.0), max(high, low, -2000.0), nan), (0.0, 0.0, False), model)


@settings(max_examples=300)
@given(st.lists(_sets(), min_size=1, max_size=40), st.sampled_from(sorted(_MODELS)))
def test_norms(values: list[Any], model: str) -> None:
    def evaluate(prec: int) -> None:
        small, middle, large = _three(_MODELS[model], prec)
        inner, outer = (EnclosedArray(_float64(values), a).norm2().value for a in (small, large))
        exact = ExactlyEnclosedArray(tuple(map(_exact, values)), middle).norm2()
        _ordered(intervals.repeat(inner, 1), [exact.value], intervals.repeat(outer, 1), values)

    reals.decided(evaluate)


@given(_sets(), _ends, st.sampled_from(sorted(_MODELS)), st.sampled_from(("clip_above", "clip_below")))
def test_clipping_and_scalars_that_meet_arrays(element: Any, threshold: float, model: str, name: str) -> None:
    def evaluate(prec: int) -> None:
        small, middle, large = _three(_MODELS[model], prec)
        inner, outer = (
            getattr(EnclosedArray(_float64([element]), a), name)(a.scalar(threshold)).intervals for a in (small, large)
        )
        exact = getattr(ExactlyEnclosedArray((_exact(element),), middle), name)(middle.scalar(threshold))
        _ordered(inner, list(exact.values), outer, (element, threshold))

    reals.decided(evaluate)


def test_of_nothing_nothing_comes() -> None:
    """The number in the place of NaN need not be decided: the rest of a trajectory goes on."""
    arithmetic = EnclosureArithmetic(_MODELS["float32"], intervals.inner)
    nothing = EnclosedArray(intervals.repeat(intervals.NOTHING, 1), arithmetic)
    assert EnclosedArray.own(arithmetic.array([1.0, math.nan]) * nothing).intervals.is_nothing.all()
