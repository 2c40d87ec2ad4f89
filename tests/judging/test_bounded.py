"""Enclosures hold every right implementation, whatever its arithmetic, and leave the wrong ones outside."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import other_arithmetics
from agreement.other_arithmetics import ArithmeticBackend
from dl4j_backends.interface import ALL_CAPABILITIES, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.enclosure_check import bounds
from dl4j_oracle.arithmetic import interval_operations, intervals
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.forks import paths
from dl4j_oracle.arithmetic.ieee import IeeeScalar
from dl4j_oracle.arithmetic.intervals import Interval, points
from golden_fixtures import every_fixture, fixtures_by_id
from mutants.wrong_backends import WRONG
from sampling import sample


def test_every_fixture_lies_inside() -> None:
    compared = unclaimed = 0
    for fixture in sample(every_fixture(), 8):
        found = bounds(fixture.case, fixture.expected, ALL_CAPABILITIES)
        assert found.escapes == (), fixture.case.id
        compared, unclaimed = compared + found.compared, unclaimed + found.unclaimed
    assert compared > 5_000
    assert unclaimed < compared / 500


@settings(max_examples=60)
@given(cases())
def test_the_evaluation_model_lies_inside(case: Case) -> None:
    assert bounds(case, observe(OracleBackend(), case), ALL_CAPABILITIES).escapes == ()


@settings(max_examples=40)
@given(cases())
def test_fused_multiply_add_lies_inside(case: Case) -> None:
    assert bounds(case, observe(other_arithmetics.fused, case), ALL_CAPABILITIES).escapes == ()


@settings(max_examples=40)
@given(cases(dtype="float32"))
def test_float64_inside_float32_lies_inside(case: Case) -> None:
    assert bounds(case, observe(other_arithmetics.wide, case), ALL_CAPABILITIES).escapes == ()


@settings(max_examples=40)
@given(cases(dtype="float32"), st.sampled_from((other_arithmetics.faithful, other_arithmetics.flushing)))
def test_declared_weaker_arithmetic_lies_inside(case: Case, backend: ArithmeticBackend) -> None:
    got = observe(backend, case)
    assert bounds(case, got, ALL_CAPABILITIES, accuracy=backend.accuracy).escapes == ()


@settings(max_examples=40)
@given(cases(), st.integers(0, 1 << 16))
def test_any_order_of_summation_lies_inside(case: Case, seed: int) -> None:
    def shuffled(squares: np.ndarray, offset: int) -> Any:
        order = np.random.default_rng(seed).permutation(len(squares))
        return np.add.accumulate(squares[order])[-1]

    got = observe(OracleBackend(norm_order=shuffled), case)
    assert bounds(case, got, ALL_CAPABILITIES).escapes == ()


#: Wrong only in rounding, or where wider intermediates would be right too: bits alone tell them from DL4J.
BITS_ONLY = {
    "one_norm_for_all",
    "l1_before_l2",
    "sequential_norms",
    "lanes_too_late",
    "lanes_too_long",
    "pairwise_norms",
}
#: Wrong in what has no values: errors, keys, crashes, shapes.
STRUCTURAL = {
    "custom_accepted",
    "no_validation",
    "split_at_last_underscore",
    "float64_results",
    "missing_update",
    "short_state",
    "crash",
    "exit",
    "nothing",
    "words",
}


@pytest.mark.parametrize("name", sorted(set(WRONG) - STRUCTURAL))
def test_wrong_readings_escape_and_wrong_roundings_do_not(name: str) -> None:
    wrong = WRONG[name]
    escaped = []
    for fixture in every_fixture():
        if not fixture.case.required_capabilities <= wrong.backend.capabilities:
            continue
        got = observe(wrong.backend, fixture.case)
        if not differences(fixture.case, fixture.expected, got, wrong.backend.capabilities):
            continue  # the expected bits lie inside, see above
        found = bounds(fixture.case, got, wrong.backend.capabilities)
        if found.escapes:
            escaped.append(fixture.case.id)
            if name not in BITS_ONLY:
                return
    assert not escaped, f"{wrong.sentence} {escaped[:5]}"
    assert name in BITS_ONLY, f"{wrong.sentence} No case tells it from DL4J beyond rounding."


def test_a_relative_error_of_a_hundred_thousandth_escapes() -> None:
    fixture = fixtures_by_id()["adam-first-step-float32"]
    steps = tuple(
        dataclasses.replace(step, updates={k: a * np.float32(1 + 1e-5) for k, a in (step.updates or {}).items()})
        for step in fixture.expected.steps
    )
    found = bounds(fixture.case, dataclasses.replace(fixture.expected, steps=steps), ALL_CAPABILITIES)
    assert found.escapes


_values = st.one_of(st.sampled_from((0.0, -0.0, 5e-324, 1e-160, 1e154, 1.7e308, np.inf, -np.inf, np.nan)), st.floats())


@given(_values, _values, st.sampled_from(("float32", "float64")))
def test_each_operation_on_known_values_holds_its_rounded_result(x: float, y: float, dtype: str) -> None:
    kind = np.dtype(dtype).type
    with np.errstate(all="ignore"):
        a, b = np.array([kind(x)]), np.array([kind(y)])
        model = error_model(dtype).map(intervals.outer)
        for enclosed, result in (
            (interval_operations.add(points(a), points(b), model.addition), a + b),
            (interval_operations.multiply(points(a), points(b), model.multiplication), a * b),
            (interval_operations.divide(points(a), points(b), model.division), a / b),
            (interval_operations.square_root(points(a), model.square_root), np.sqrt(a)),
        ):
            assert enclosed.contains(result).all(), (x, y, enclosed, result)


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4), st.sampled_from(("float32", "float64")))
def test_operations_are_monotone_in_their_intervals(ends: list[float], dtype: str) -> None:
    """A value inside its interval gives a result inside the result's."""
    model = error_model(dtype).map(intervals.outer)
    (a, b), (c, d) = sorted(ends[:2]), sorted(ends[2:])
    kind = np.dtype(dtype).type
    x, y = kind((a + b) / 2), kind((c + d) / 2)
    none = np.zeros(1, np.bool_)
    left = intervals.Intervals(np.array([min(a, float(x))]), np.array([max(b, float(x))]), none)
    right = intervals.Intervals(np.array([min(c, float(y))]), np.array([max(d, float(y))]), none)
    with np.errstate(all="ignore"):
        for enclosed, result in (
            (interval_operations.add(left, right, model.addition), x + y),
            (interval_operations.multiply(left, right, model.multiplication), x * y),
            (interval_operations.divide(left, right, model.division), x / y),
        ):
            assert enclosed.contains(np.array([result])).all()


def test_scalars_are_forked_and_united() -> None:
    """A norm that rounding may put on either side of its threshold: both outcomes are allowed."""
    fixture = fixtures_by_id()["clip-per-layer-at-threshold-float32"]
    assert bounds(fixture.case, fixture.expected, ALL_CAPABILITIES).escapes == ()
    scalar = IeeeScalar(1.0)
    assert not scalar > 1.0
    arithmetic = EnclosureArithmetic(error_model("float32"))
    forks = arithmetic.forks
    about_one = EnclosedScalar(Interval(0.9, 1.1, False), arithmetic.bounds.scalars, arithmetic.forks)
    assert sorted(paths(forks, lambda: about_one > 1.0)) == [False, True]
    assert list(paths(forks, lambda: about_one > 2.0)) == [False]


def test_a_state_that_is_seen_keeps_long_trajectories_tight() -> None:
    """Some ten ulps after forty steps: rounding can add up to that, but not from the state that was seen before."""
    gradient = np.array([0.7, -0.3], "float32")
    params = {"0_W": np.ones(2, "float32"), "0_b": np.ones(1, "float32")}
    network = Network("float32", {}, ({"updater": "RMSPROP", "n_in": 2, "n_out": 1},), params)
    case = Case("long", network, tuple(Update({"0_W": gradient}, i, 1) for i in range(40)))
    got = observe(OracleBackend(), case)
    assert bounds(case, got, ALL_CAPABILITIES).escapes == ()
    last = got.steps[-1]
    assert last.updates is not None
    off = last.updates["0_W"] * np.float32(1 + 8 * 2.0**-23)
    steps = (*got.steps[:-1], dataclasses.replace(last, updates={"0_W": off}))
    wrong = dataclasses.replace(got, steps=steps)
    assert bounds(case, wrong, ALL_CAPABILITIES).escapes
    assert bounds(case, wrong, ALL_CAPABILITIES - {"state_out"}).escapes == ()


def test_a_certain_value_needs_no_exact_enclosure() -> None:
    """Infinities and NaN, of which the inner enclosure says nothing, and zeros."""
    network = Network(
        "float32",
        {},
        ({"updater": "SGD", "n_in": 2, "n_out": 2},),
        {"0_W": np.ones(4, "float32"), "0_b": np.ones(2, "float32")},
    )
    gradients = {"0_W": np.array([math.inf, -math.inf, math.nan, 0], "float32"), "0_b": np.zeros(2, "float32")}
    case = Case("special", network, (Update(gradients, 0, 1),))
    found = bounds(case, observe(OracleBackend(), case), ALL_CAPABILITIES)
    assert (found.escapes, found.unclaimed, found.exactly) == ((), 0, 0)
    assert found.compared >= 6
