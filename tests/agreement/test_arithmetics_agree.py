"""Exact, ieee and the NumPy backend against each other, on whole networks that Hypothesis draws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dl4j_backends.interface import Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.drawn.values import edge_values, numbers
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.vectors import golden
from dl4j_oracle.arithmetic.rounding import FORMATS, nearest
from dl4j_oracle.errors import UndecidedError


@settings(max_examples=250)
@given(cases())
def test_numpy_has_the_bits_of_the_evaluation_model(case: Case) -> None:
    expected, got = observe(OracleBackend(), case), observe(NumpyBackend(), case)
    assert differences(case, expected, got, NumpyBackend.capabilities) == ()


def _refused(case: Case) -> Case:
    """Return the case with a CUSTOM updater in its first layer, which DL4J refuses to construct."""
    first, *others = case.network.layers
    return replace(case, network=replace(case.network, layers=({**first, "updater": "CUSTOM"}, *others)))


@settings(max_examples=60)
@given(cases(max_layers=2, max_steps=3) | cases(max_layers=2, max_steps=1).map(_refused))
def test_exact_and_ieee_throw_alike(case: Case) -> None:
    """The control flow does not depend on the arithmetic: same errors, same keys, same shapes."""
    seen = observe(OracleBackend(), case)
    try:
        exact = golden.exact_steps(case, 5)
    except UndecidedError:
        assume(False)
    assert len(exact) == len(seen.steps)
    assert bool(exact) is not bool(seen.failure), "a network that cannot be constructed has no steps"
    for step, precise in zip(seen.steps, exact, strict=False):
        if step.failure:
            assert precise.state is None
            assert not precise.updates
        elif step.updates is not None:
            assert {k: len(a) for k, a in step.updates.items()} == {k: len(a) for k, a in precise.updates.items()}


def _one_update(dtype: str, layer: dict[str, Any], gradient: list[float], batch_size: int) -> tuple[Case, Outcome]:
    params = {"0_W": np.ones(len(gradient), dtype), "0_b": np.ones(1, dtype)}
    network = Network(dtype, {}, ({"n_in": len(gradient), "n_out": 1, **layer},), params)
    case = Case("single", network, (Update({"0_W": np.array(gradient, dtype)}, 0, batch_size),))
    return case, observe(OracleBackend(), case)


def _rounded(decimal: str, dtype: str) -> float:
    """The exact value, written to many digits, rounded once."""
    named = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    if decimal in named:
        return named[decimal]
    mantissa, _, exponent = decimal.partition("e")
    digits = mantissa.replace(".", "").lstrip("-")
    power = int(exponent or 0) - len(mantissa.partition(".")[2])
    # digits * 10^power to 4000 bits, far beyond any midpoint of doubles.
    scaled = int(digits) * 10**power << 4000 if power >= 0 else (int(digits) << 4000) // 10**-power
    return nearest(mantissa.startswith("-"), scaled, -4000, FORMATS[dtype])


@given(st.data(), st.sampled_from(("float32", "float64")), st.integers(1, 1000))
def test_one_operation_is_the_exact_result_rounded_once(data: st.DataObject, dtype: str, batch_size: int) -> None:
    """NONE with a division, and SGD with a rate that the type holds: a single rounding each."""
    gradient = data.draw(st.lists(edge_values(dtype), min_size=2, max_size=4))
    rate = abs(data.draw(numbers(dtype, -20, 4)))
    for layer, divisor in (({"updater": "NONE"}, batch_size), ({"updater": "SGD", "learning_rate": rate}, 1)):
        case, seen = _one_update(dtype, layer, gradient, divisor)
        (exact,) = golden.exact_steps(case, 1200)
        updates = seen.steps[0].updates
        assert updates is not None
        for got, truth in zip(updates["0_W"], exact.updates["0_W"], strict=True):
            assert repr(float(got)) == repr(_rounded(truth, dtype))


@given(st.data(), st.sampled_from(("float32", "float64")))
def test_dyadic_networks_are_computed_without_error(data: st.DataObject, dtype: str) -> None:
    """Small integers and powers of two: no operation rounds, so both arithmetics give the same numbers."""
    small = st.integers(-64, 64).map(float)
    gradient = data.draw(st.lists(small, min_size=2, max_size=5))
    layer = {
        "n_in": len(gradient),
        "n_out": 1,
        "updater": data.draw(st.sampled_from(("SGD", "NONE", "NESTEROVS"))),
        "learning_rate": 0.25,
        "momentum": 0.5,
        "l1": 0.5,
        "l2": 0.125,
        "gradient_normalization": data.draw(st.sampled_from(("None", "ClipElementWiseAbsoluteValue"))),
        "gradient_normalization_threshold": 16.0,
    }
    params = {"0_W": np.array(data.draw(st.lists(small, min_size=len(gradient), max_size=len(gradient))), dtype)}
    network = Network(
        dtype,
        {"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        (layer,),
        params | {"0_b": np.zeros(1, dtype)},
    )
    script = tuple(Update({"0_W": np.array(gradient, dtype) + t}, t, 4) for t in range(3))
    case = Case("dyadic", network, script)
    seen, exact = observe(OracleBackend(), case), golden.exact_steps(case, 30)
    for step, precise in zip(seen.steps, exact, strict=True):
        assert step.updates is not None
        assert [float(x) for x in step.updates["0_W"]] == [float(x) for x in precise.updates["0_W"]]


@settings(max_examples=80)
@given(st.data(), st.sampled_from(("ADAGRAD", "RMSPROP", "ADADELTA")), st.integers(1, 4))
def test_updates_without_cancellation_keep_highams_bound(data: st.DataObject, updater: str, steps: int) -> None:
    """Only products, quotients, roots and sums of positive numbers: the relative error is at most gamma_k.

    k roundings, 8 per step for the averages and 12 for the update (Higham, Accuracy and Stability, section 3.1).
    """
    dtype = data.draw(st.sampled_from(("float32", "float64")))
    unit_roundoff = 2.0**-24 if dtype == "float32" else 2.0**-53
    length = 3
    params = {"0_W": np.zeros(length, dtype), "0_b": np.zeros(1, dtype)}
    layer = {"n_in": length, "n_out": 1, "updater": updater, "learning_rate": 0.01, "rho": 0.95}
    values = st.lists(numbers(dtype, -10, 10), min_size=length, max_size=length)
    script = tuple(Update({"0_W": np.array(data.draw(values), dtype)}, t, 1) for t in range(steps))
    case = Case("bounded", Network(dtype, {}, (layer,), params), script)
    seen, exact = observe(OracleBackend(), case), golden.exact_steps(case, 40)
    for number, (step, precise) in enumerate(zip(seen.steps, exact, strict=True)):
        k = 8 * (number + 1) + 12
        gamma = k * unit_roundoff / (1 - k * unit_roundoff)
        # AdaDelta's updates feed its next ones: errors add up over the steps.
        bound = gamma * (number + 1)
        assert step.updates is not None
        for got, truth in zip(step.updates["0_W"], precise.updates["0_W"], strict=True):
            assert abs(float(got) - float(truth)) <= bound * abs(float(truth))
