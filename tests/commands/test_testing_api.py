"""The public Python API: its strategies draw what they say, and its judge tells wrong ports from right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test

from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance import testing
from dl4j_conformance.testing import (
    UPDATERS,
    BackendUnavailableError,
    Case,
    Level,
    Network,
    Operation,
    ReadState,
    Status,
    UnsupportedError,
    Update,
    assert_conforms,
    backend_at,
    cases,
    expected,
    gradients,
    judge,
    live_sessions,
    networks,
    observe,
    scripts,
)
from golden_fixtures import fixtures_by_id

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
FEW = settings(max_examples=25)

RIGHT = NumpyBackend()


@pytest.fixture(scope="module")
def wrong() -> Iterator[testing.Backend]:
    with backend_at("misreading:adam-epsilon-inside-root") as backend:
        yield backend


def golden(id_: str) -> Case:
    return fixtures_by_id()[id_].case


class Refusing(NumpyBackend):
    def open(self, network: Network) -> object:
        raise UnsupportedError("everything")


class Gone(NumpyBackend):
    def open(self, network: Network) -> object:
        raise BackendUnavailableError("the device has gone")


def test_the_page_has_every_name() -> None:
    named = set(re.findall(r"`(\w+)[`(]", PAGE.read_text(encoding="utf-8").partition("## The names")[2]))
    assert set(testing.__all__) <= named
    assert all(hasattr(testing, name) for name in testing.__all__)


@given(network=networks(dtype="float32", updater="NESTEROVS", max_layers=1, capabilities={"unchained"}))
@FEW
def test_networks_are_as_they_were_asked_for(network: Network) -> None:
    assert isinstance(network, Network)
    assert network.dtype == "float32"
    assert len(network.layers) == 1
    # A layer without an updater has that of its network.
    assert {layer.get("updater", network.conf.get("updater")) for layer in network.layers} == {"NESTEROVS"}
    assert not network.form
    assert not network.has_state
    assert {array.dtype.name for array in network.params.values()} <= {"float32"}


@given(data=st.data())
@FEW
def test_scripts_fit_their_network_and_what_is_declared(data: st.DataObject) -> None:
    network = data.draw(networks(capabilities=()))
    script = data.draw(scripts(network, max_steps=3, capabilities=()))
    assert 1 <= len(script) <= 6
    assert all(isinstance(operation, Operation) and operation.capability is None for operation in script)
    for operation in script:
        if isinstance(operation, Update):
            known = operation.gradients.keys() & network.params.keys()
            assert all(len(operation.gradients[key]) == len(network.params[key]) for key in known)


def test_scripts_have_what_is_declared() -> None:
    network = golden("adam-first-step-float32").network
    declared = scripts(network, capabilities={"clone"})
    assert find(declared, lambda script: any(operation.op == "clone" for operation in script))


@given(case=cases(dtype="float64", max_layers=1, max_steps=1, capabilities=()))
@FEW
def test_cases_need_nothing_that_is_not_declared(case: Case) -> None:
    assert isinstance(case, Case)
    assert case.dtype == "float64"
    assert not case.required_capabilities


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_arrays_of_their_type_with_every_kind_of_value(dtype: str) -> None:
    lengths = set()

    @given(gradient=gradients(dtype))
    @settings(max_examples=50)
    def collect(gradient: np.ndarray) -> None:
        assert gradient.ndim == 1
        assert gradient.dtype == dtype
        lengths.add(len(gradient))

    collect()
    assert len(lengths) > 5
    drawn = gradients(dtype, 5)
    tiny = np.finfo(dtype).smallest_normal
    for has in (np.isnan, np.isinf, lambda values: (values != 0) & (abs(values) < tiny), lambda values: values == 0):
        assert len(find(drawn, lambda values, has=has: bool(np.any(has(values))))) == 5


@pytest.mark.parametrize(
    "wrong_argument",
    [
        lambda: networks(dtype="float16"),
        lambda: networks(updater="adam"),
        lambda: cases(dtype="FLOAT"),
        lambda: gradients("double"),
        lambda: live_sessions(RIGHT, updater="ADAMAX"),
    ],
)
def test_wrong_arguments_are_named_at_once(wrong_argument: object) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        wrong_argument()  # type: ignore[operator]


@given(case=cases(capabilities=RIGHT.capabilities))
@FEW
def test_a_right_backend_conforms(case: Case) -> None:
    assert_conforms(RIGHT, case)
    assert judge(RIGHT, case).status is Status.PASSED


def test_a_wrong_backend_fails_with_the_text_of_run(wrong: testing.Backend) -> None:
    case = golden("adam-first-step-float32")
    result = judge(wrong, case)
    assert result.status is Status.FAILED
    assert result.findings[0].difference.key == "0_W"
    with pytest.raises(AssertionError, match=r"(?s)FAILED adam-first-step-float32 .*expected 3c23d705 0.009999995"):
        assert_conforms(wrong, case)


def test_levels_are_those_of_run(wrong: testing.Backend) -> None:
    """At level reading the kills of the case are computed: without them no misreading could explain it."""
    case = golden("adam-first-step-float32")
    assert judge(wrong, case, Level.STRUCTURE).status is Status.PASSED
    assert judge(wrong, case, Level.READING).status is Status.FAILED
    assert_conforms(wrong, case, Level.STRUCTURE)


def test_a_property_finds_a_mistake(wrong: testing.Backend) -> None:
    found = find(
        cases(updater="ADAM", max_layers=1, max_steps=1, capabilities=()),
        lambda case: judge(wrong, case).status is Status.FAILED,
        settings=settings(max_examples=300, phases=(Phase.generate,)),
    )
    assert found.updaters == ("ADAM",)


def test_what_is_not_supported_is_drawn_anew() -> None:
    case = golden("adam-first-step-float32")
    assert judge(Refusing(), case).status is Status.NOT_RUN
    with pytest.raises(AssertionError, match="adam-first-step-float32 was not run: unsupported: everything"):
        assert_conforms(Refusing(), case)

    @given(st.just(case))
    def a_property(drawn: Case) -> None:
        assert_conforms(Refusing(), drawn)

    with pytest.raises(Unsatisfiable):
        a_property()


def test_a_backend_that_has_gone_is_no_pass() -> None:
    with pytest.raises(AssertionError, match="the device has gone"):
        assert_conforms(Gone(), golden("adam-first-step-float32"))
    with pytest.raises(AssertionError, match="the device has gone"):
        run_state_machine_as_test(live_sessions(Gone()), settings=settings(max_examples=1))


def test_live_sessions_pass_on_a_right_backend_and_fail_on_a_wrong_one(wrong: testing.Backend) -> None:
    few = settings(max_examples=5, stateful_step_count=4)
    run_state_machine_as_test(live_sessions(RIGHT), settings=few)
    more = settings(max_examples=100, stateful_step_count=5, phases=(Phase.generate,))
    with pytest.raises(AssertionError, match=r"FAILED drawn"):
        run_state_machine_as_test(live_sessions(wrong, updater="ADAM"), settings=more)
    # Its structure is right.
    run_state_machine_as_test(live_sessions(wrong, updater="ADAM", level=Level.STRUCTURE), settings=few)


def test_expected_is_the_golden_outcome() -> None:
    fixture = fixtures_by_id()["adam-first-step-float64"]
    found = expected(fixture.case)
    for seen, wanted in zip(found.steps, fixture.expected.steps, strict=True):
        assert seen.updates is not None
        assert wanted.updates is not None
        for key, array in wanted.updates.items():
            np.testing.assert_array_equal(seen.updates[key], array)


def test_a_script_by_hand_is_observed() -> None:
    case = golden("adam-first-step-float64")
    seen = observe(RIGHT, Case("mine", case.network, (*case.script, ReadState())))
    assert len(seen.steps) == len(case.script) + 1


def test_a_process_ends_with_its_block() -> None:
    with backend_at("python:dl4j_backends.numpy:NumpyBackend", timeout=30) as backend:
        assert judge(backend, golden("sgd-first-step-float32")).status is Status.PASSED
        process = backend.connection._conversation  # type: ignore[attr-defined]
        assert process is not None
    assert backend.connection._conversation is None  # type: ignore[attr-defined]


def test_addresses_are_checked() -> None:
    with pytest.raises(ValueError, match="unknown backend"), backend_at("nonesuch"):
        pass
    with pytest.raises(BackendUnavailableError, match="did-not-start"), backend_at("stdio:./no-such-port"):
        pass


def test_updaters_are_all() -> None:
    assert set(UPDATERS) == {"SGD", "ADAM", "ADADELTA", "NESTEROVS", "ADAGRAD", "RMSPROP", "NONE"}
