"""Enclosures hold every right implementation, whatever its arithmetic, and leave the wrong ones outside."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl4j_backends.interface import ALL_CAPABILITIES, Network, Observation
from dl4j_conformance import runner
from dl4j_conformance.bounded import bounds
from dl4j_conformance.case import Case
from dl4j_conformance.observe import observe
from dl4j_conformance.oracle_backend import OracleBackend
from dl4j_conformance.outcome import Outcome
from dl4j_conformance.runner import Selection
from dl4j_conformance.strategies import cases
from dl4j_oracle import intervals
from dl4j_oracle.arithmetic import Array, Operation, Scalar
from dl4j_oracle.enclosure import EnclosedScalar
from dl4j_oracle.forks import Forks, paths
from dl4j_oracle.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.intervals import MODELS, Intervals, points
from dl4j_oracle.multi_layer_updater import INITIALIZE, Description, MultiLayerUpdater
from wrong_backends import WRONG

FIXTURES = runner.fixtures(Selection())


class FusingArray(IeeeArray):
    """Contracts ``a*b + c`` into one rounding wherever it can (through float64 for float32)."""

    factors: tuple[np.ndarray, Any] | None = None

    def with_scalar(self, operation: Operation, scalar: Scalar) -> IeeeArray:
        return self._remember(operation, super().with_scalar(operation, scalar), self.arithmetic.rounded(scalar))

    def with_array(self, operation: Operation, other: Array) -> IeeeArray:
        assert isinstance(other, FusingArray)
        if operation in (Operation.ADD, Operation.SUB) and other.factors is not None and self.values.dtype == "float32":
            sign = 1 if operation is Operation.ADD else -1
            with np.errstate(all="ignore"):
                product = other.factors[0].astype("float64") * np.float64(1) * other.factors[1]
                return FusingArray((self.values.astype("float64") + sign * product).astype("float32"), self.arithmetic)
        return self._remember(operation, super().with_array(operation, other), other.values)

    def _new(self, values: np.ndarray) -> IeeeArray:
        return FusingArray(values, self.arithmetic)

    def _remember(self, operation: Operation, result: IeeeArray, factor: Any) -> IeeeArray:
        if operation is Operation.MUL:
            wide = factor.astype("float64") if isinstance(factor, np.ndarray) else np.float64(factor)
            object.__setattr__(result, "factors", (self.values, wide))
        return result


@dataclasses.dataclass(frozen=True)
class FusingArithmetic(IeeeArithmetic):
    def array(self, values: Any) -> IeeeArray:
        return FusingArray(np.array(values, self.dtype), self)

    def full(self, length: int, value: Scalar) -> IeeeArray:
        return FusingArray(super().full(length, value).values, self)

    def join(self, arrays: Any) -> IeeeArray:
        return FusingArray(super().join(arrays).values, self)

    def slice(self, array: Array, start: int, stop: int) -> IeeeArray:
        return FusingArray(super().slice(array, start, stop).values, self)


def _run(case: Case, arithmetic: IeeeArithmetic, rounded_to: str) -> Outcome:
    """The oracle in another arithmetic, its observations rounded to the case's type."""

    class Session:
        def __init__(self, network: Network) -> None:
            description = Description(
                network.conf, network.layers, {key: array.tolist() for key, array in network.params.items()}
            )
            state = None if network.state is None else network.state.tolist()
            self.updater = MultiLayerUpdater(description, arithmetic, state=state if network.has_state else INITIALIZE)

        def state(self) -> np.ndarray | None:
            state = self.updater.state
            return None if state is None else _rounded(state, rounded_to)

        def update(self, gradients: Mapping[str, np.ndarray], iteration: int, batch_size: int) -> Observation:
            given = {key: self.updater.arithmetic.array(array.tolist()) for key, array in gradients.items()}
            updates = self.updater.update(given, iteration, batch_size)
            return Observation({key: _rounded(array, rounded_to) for key, array in updates.items()}, self.state())

        def set_state(self, state: np.ndarray) -> None:
            self.updater.set_state(state.tolist())

        def set_learning_rate(self, key: str, learning_rate: float) -> None:
            self.updater.set_learning_rate(key, learning_rate)

        def close(self) -> None:
            pass

    class Backend:
        name = "other arithmetic"
        capabilities = frozenset({"state_out", "state_in", "set_learning_rate"})
        open = staticmethod(Session)

    return observe(Backend(), case)  # type: ignore[arg-type]


def _rounded(array: Array, dtype: str) -> np.ndarray:
    assert isinstance(array, IeeeArray)
    with np.errstate(all="ignore"):
        return array.values.astype(dtype)


def test_every_fixture_lies_inside() -> None:
    compared = unclaimed = 0
    for fixture in FIXTURES:
        found = bounds(fixture.case, fixture.expected, ALL_CAPABILITIES)
        assert found.escapes == (), fixture.case.id
        compared, unclaimed = compared + found.compared, unclaimed + found.unclaimed
    assert compared > 30_000
    assert unclaimed < compared / 1000


@settings(max_examples=150)
@given(cases())
def test_the_evaluation_model_lies_inside(case: Case) -> None:
    assert bounds(case, observe(OracleBackend(), case), ALL_CAPABILITIES).escapes == ()


@settings(max_examples=100)
@given(cases(dtype="float32"))
def test_fused_multiply_add_lies_inside(case: Case) -> None:
    case = _without_failures(case)
    got = _run(case, FusingArithmetic("float32"), "float32")
    assert bounds(case, got, ALL_CAPABILITIES - {"learning_rates"}).escapes == ()


@settings(max_examples=100)
@given(cases(dtype="float32"))
def test_float64_inside_float32_lies_inside(case: Case) -> None:
    case = _without_failures(case)
    got = _run(case, IeeeArithmetic("float64"), "float32")
    assert bounds(case, got, ALL_CAPABILITIES - {"learning_rates"}).escapes == ()


@settings(max_examples=100)
@given(cases(), st.integers(0, 1 << 16))
def test_any_order_of_summation_lies_inside(case: Case, seed: int) -> None:
    def shuffled(squares: np.ndarray) -> Any:
        order = np.random.default_rng(seed).permutation(len(squares))
        return np.add.accumulate(squares[order])[-1]

    got = observe(OracleBackend(norm_order=shuffled), case)
    assert bounds(case, got, ALL_CAPABILITIES).escapes == ()


def _without_failures(case: Case) -> Case:
    """The script up to the first operation that throws: the sessions of this test know no DL4J exceptions."""
    seen = observe(OracleBackend(), case)
    good = next((i for i, step in enumerate(seen.steps) if step.failure), len(seen.steps))
    return dataclasses.replace(case, script=case.script[:good])


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
    for fixture in FIXTURES:
        if not fixture.case.required_capabilities <= wrong.backend.capabilities:
            continue
        got = observe(wrong.backend, fixture.case)
        found = bounds(fixture.case, got, wrong.backend.capabilities)
        if found.escapes:
            escaped.append(fixture.case.id)
            if name not in BITS_ONLY:
                return
    assert not escaped, f"{wrong.sentence} {escaped[:5]}"
    assert name in BITS_ONLY, f"{wrong.sentence} No case tells it from DL4J beyond rounding."


def test_a_relative_error_of_a_hundred_thousandth_escapes() -> None:
    fixture = next(f for f in FIXTURES if f.case.id == "adam-first-step-float32")
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
        model = MODELS[dtype]
        for enclosed, result in (
            (intervals.add(points(a), points(b), model), a + b),
            (intervals.multiply(points(a), points(b), model), a * b),
            (intervals.divide(points(a), points(b), model), a / b),
            (intervals.square_root(points(a), model), np.sqrt(a)),
        ):
            assert enclosed.contains(result).all(), (x, y, enclosed, result)


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4), st.sampled_from(("float32", "float64")))
def test_operations_are_monotone_in_their_intervals(ends: list[float], dtype: str) -> None:
    """A value inside its interval gives a result inside the result's."""
    model = MODELS[dtype]
    (a, b), (c, d) = sorted(ends[:2]), sorted(ends[2:])
    kind = np.dtype(dtype).type
    x, y = kind((a + b) / 2), kind((c + d) / 2)
    none = np.zeros(1, np.bool_)
    left = intervals.Intervals(np.array([min(a, float(x))]), np.array([max(b, float(x))]), none)
    right = intervals.Intervals(np.array([min(c, float(y))]), np.array([max(d, float(y))]), none)
    with np.errstate(all="ignore"):
        for enclosed, result in (
            (intervals.add(left, right, model), x + y),
            (intervals.multiply(left, right, model), x * y),
            (intervals.divide(left, right, model), x / y),
        ):
            assert enclosed.contains(np.array([result])).all()


def test_scalars_are_forked_and_united() -> None:
    """A norm that rounding may put on either side of its threshold: both outcomes are allowed."""
    fixture = next(f for f in FIXTURES if f.case.id == "clip-per-layer-at-threshold-float32")
    assert bounds(fixture.case, fixture.expected, ALL_CAPABILITIES).escapes == ()
    scalar = IeeeScalar(1.0)
    assert not scalar > 1.0
    forks = Forks()
    about_one = EnclosedScalar(Intervals(np.array([0.9]), np.array([1.1]), np.array([False])), forks)
    assert sorted(paths(forks, lambda: about_one > 1.0)) == [False, True]
    assert list(paths(forks, lambda: about_one > 2.0)) == [False]
