"""``explain``: every intermediate of every fixture, and where a backend goes wrong first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dl4j_backends.interface import ALL_CAPABILITIES, INTERMEDIATES, Network, Observation
from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.cli.main import cli
from dl4j_conformance.diagnosis.explanation import explain
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import OracleSession, description, given_state
from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.network.traced_updater import TracedUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules
from dl4j_oracle.updaters import Call, Memory
from golden_fixtures import every_fixture, fixtures_by_id
from sampling import sample


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fixtures_are_explained_up_to_their_expected_bits(dtype: str) -> None:
    """What the fixture expects is found among the intermediates, and every value lies in its enclosure."""
    for fixture in sample([found for found in every_fixture() if found.case.dtype == dtype], 12):
        explanation = explain(fixture.case, digits=5, got=fixture.expected)
        assert (explanation.error and explanation.error.kind) == (
            fixture.expected.failure and fixture.expected.failure.kind
        )
        for step, expected in zip(explanation.steps, fixture.expected.steps, strict=True):
            assert (step.error and step.error.kind) == (expected.failure and expected.failure.kind)
            compared = [found for found in step.intermediates if found.backend is not None]
            assert not any(found.differing for found in compared), fixture.case.id
            arrays = [hex_of(found.backend) for found in compared if found.backend is not None]
            assert all(hex_of(array) in arrays for array in (expected.updates or {}).values()), fixture.case.id
            for found in step.intermediates:
                assert found.exact is None or len(found.exact) == len(found.ieee)
                assert found.enclosure is None or found.enclosure.contains(found.ieee).all(), fixture.case.id


def test_rows_have_the_names_of_the_rules() -> None:
    output = invoke("all-stages-adam-float64").stdout
    for name in ("norm", "normalized[0]", "lr", "m[0]", "v[0]", "alphat", "update[0]", "with_l2[0]", "divided[0]"):
        assert f" {name} " in output, name
    assert "LAYER-1 Order of one layer's update" in output


def test_known_values() -> None:
    """Adam's first step, from the semantics: alphat is lr * sqrt(1 - 0.999) / (1 - 0.9) = 0.003162277660168381."""
    output = invoke("adam-first-step-float64").stdout
    assert "0_W  alphat " in output
    assert "0.003162277660168381 " in output


class _Exposing(OracleBackend):
    """The oracle under some rules, with its intermediates."""

    capabilities = ALL_CAPABILITIES | {INTERMEDIATES}

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._own = rules

    def open(self, network: Network) -> OracleSession:
        session = super().open(network)
        beside = TracedUpdater(description(network), IeeeArithmetic(network.dtype), self._own, given_state(network))
        update = session.update

        def with_intermediates(gradients: Mapping[str, np.ndarray], iteration: int, batch_size: int) -> Observation:
            beside.update({key: array.tolist() for key, array in gradients.items()}, iteration, batch_size)
            found = {}
            for named in beside.intermediates:
                value = named.node.value
                if isinstance(value, IeeeArray | IeeeScalar):
                    found[f"{named.owner}.{named.name}"] = value.values if isinstance(value, IeeeArray) else value.value
            seen = update(gradients, iteration, batch_size)
            return replace(seen, intermediates=found)

        session.update = with_intermediates  # type: ignore[method-assign]
        return session


def _misread_alphat(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """As DL4J but for alphat, which is not corrected."""
    m = memory.view["m"] * call.settings.adam_mean_decay + gradient * (1 - call.settings.adam_mean_decay)
    v = memory.view["v"] * call.settings.adam_var_decay + gradient * gradient * (1 - call.settings.adam_var_decay)
    alphat = call.learning_rate * (1 - call.settings.adam_var_decay)
    return m * alphat / (v.sqrt() + call.settings.epsilon), replace(memory, view={"m": m, "v": v})


exposing = _Exposing(DL4J_0_8_0)
misreading_alphat = _Exposing(replace(DL4J_0_8_0, adam=dataclasses.replace(updaters.ADAM, step=_misread_alphat)))


def test_a_backend_that_gives_intermediates_is_right_at_each_of_them() -> None:
    result = invoke("adam-first-step-float32", "python:test_explain_command:exposing")
    assert result.exit_code == 0, result.output
    assert "every value has the bits of the evaluation model" in result.output


def test_the_first_wrong_intermediate_is_named() -> None:
    """m and v are right, alphat is wrong, and with it everything after."""
    result = invoke("adam-first-step-float32", "python:test_explain_command:misreading_alphat")
    assert result.exit_code == 1
    assert "goes wrong first in step 0, 0_W, alphat[0]" in result.output


def test_run_names_it_too() -> None:
    """The verdict on a wrong backend that gives its intermediates is as precise, though no known reading fits."""
    address = "python:test_explain_command:misreading_alphat"
    result = CliRunner().invoke(cli, ["run", address, "--case", "adam-three-steps-float32"])
    assert result.exit_code == 1
    assert "step 0, key 0_W: alphat" in result.output


def test_what_rounding_explains_is_not_called_wrong_before_what_it_does_not() -> None:
    """A value of other bits inside of its enclosure comes before the wrong one, and is passed over."""
    case = fixtures_by_id()["adam-three-steps-float32"].case
    got = observe(exposing, case)
    step = got.steps[0]
    nudged = {"0_W.m": np.nextafter(step.intermediates["0_W.m"], np.float32(9)), "0_W.alphat": np.array([0.5])}
    got = replace(got, steps=(replace(step, intermediates={**step.intermediates, **nudged}), *got.steps[1:]))
    wrong = explain(case, got=got).first_wrong
    assert wrong
    assert (wrong.step, wrong.intermediate.name, wrong.by_rounding) == (0, "alphat", False)
    only_nudged = replace(got, steps=(replace(step, intermediates={"0_W.m": nudged["0_W.m"]}), *got.steps[1:]))
    wrong = explain(case, got=only_nudged).first_wrong
    assert wrong
    assert (wrong.step, wrong.intermediate.name, wrong.by_rounding) == (0, "m", True)


@pytest.mark.parametrize(
    ("backend", "case", "words"),
    [
        ("adam_epsilon_inside_root", "adam-first-step-float32", "goes wrong first in step 0, 0_W, divided[0]"),
        ("nesterovs_attached", "nesterovs-settings-float64", "goes wrong first in step 0, 0_W, state v[0]"),
        ("adagrad_from_zero", "adagrad-first-step-float64", "goes wrong first in step 0, 0_W, h[0]"),
        ("closed_form_decay", "exponential-sgd-float64", "0_W, lr[0]"),
        ("custom_accepted", "custom-alone-float32", "construction: DL4J throws UnsupportedOperationException"),
    ],
)
def test_a_black_box_is_wrong_first_where_it_shows(backend: str, case: str, words: str) -> None:
    if case not in fixtures_by_id():
        pytest.fail(f"no case {case}")
    result = invoke(case, f"python:mutants.wrong_backends:{backend}")
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("no-such-case",), 2, "there is no case"),
        (("adam-first-step-float32", "nonesuch"), 2, "unknown backend"),
        (("adam-first-step-float32", "python:no_such_module:X"), 3, "not run"),
        (("adam-first-step-float32", "python:mutants.wrong_backends:crash"), 3, "not run"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], code: int, words: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == code
    assert words in result.output
    assert "Traceback" not in result.output
