"""What the real DL4J made of the fixtures: all are recorded, the oracle expects nothing else, and it is judged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_backends.interface import Backend, Network, Observation, Platform
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, model_of
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_fixtures import hashing


def test_the_oracle_expects_what_the_real_dl4j_printed_for_every_fixture() -> None:
    """One thread, so that nothing but the rules and ND4J's order of summation decides the bits."""
    found = fixtures(Selection())
    assert found
    for fixture in found:
        assert fixture.recorded is not None, fixture.case.id
        capabilities = OracleBackend.capabilities
        assert differences(fixture.case, fixture.recorded, fixture.expected, capabilities) == (), fixture.case.id
    versions = {tuple(sorted(recording.versions.items())) for recording in dl4j_fixtures.recorded().values()}
    assert len(versions) == 1
    assert {("deeplearning4j-nn", "0.8.0"), ("nd4j-native", "0.8.0"), ("threads", "1")} <= set(versions.pop())


def test_a_bit_that_the_real_dl4j_did_not_print_fails_level_recorded_alone() -> None:
    (fixture,) = fixtures(Selection(glob="adam-first-step-float64"))
    assert fixture.recorded is not None
    (step,) = fixture.recorded.steps
    assert step.updates is not None
    changed = {**step.updates, "0_b": np.nextafter(step.updates["0_b"], np.inf)}
    other = replace(fixture, recorded=replace(fixture.recorded, steps=(replace(step, updates=changed),)))
    result = next(run([NumpyBackend()], [other], no_row, Level.RECORDED))
    assert result.fails(Level.RECORDED)
    assert not result.fails(Level.BIT_EXACT)
    assert result.status is Status.FAILED
    assert next(run([NumpyBackend()], [other], no_row)).status is Status.PASSED


def test_without_a_recording_a_case_is_not_run_at_that_level() -> None:
    (fixture,) = fixtures(Selection(glob="adam-first-step-float32"))
    summary = Summary("numpy")
    summary.add(next(run([NumpyBackend()], [replace(fixture, recorded=None)], no_row)))
    assert summary.table["ADAM", "float32", Level.RECORDED].not_run == 1
    assert summary.table["ADAM", "float32", Level.BIT_EXACT].passed == 1


def test_outcomes_survive_as_bits() -> None:
    for fixture in fixtures(Selection(glob="*-float32")):
        read = outcome.from_json(json.loads(json.dumps(outcome.bits(fixture.expected))), fixture.case.dtype)
        assert outcome.to_json(read) == outcome.to_json(fixture.expected)


@pytest.mark.parametrize("content", ["[]", '{"format_version": 1}', '{"format_version": 2}', "{"])
def test_broken_recordings_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "x.json").write_text(content)
    with pytest.raises(dl4j_fixtures.FixtureError, match=r"x\.json"):
        dl4j_fixtures.recorded(tmp_path)


class _Impostor:
    """A backend that says what it runs on, and takes a learning rate of 1 for the truth."""

    name = "impostor"
    capabilities = OracleBackend.capabilities
    platform = Platform({"deeplearning4j-nn": "0.0"}, 1, pow, np.exp)

    def open(self, network: Network) -> Any:
        return OracleBackend().open(replace(network, conf={**network.conf, "learning_rate": 1.0}))


def test_record_stores_what_the_backend_does_and_says_where_the_oracle_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    dl4j_fixtures.write({name: dl4j_fixtures.read(dl4j_fixtures.DATA / name) for name in dl4j_fixtures.names()}, folder)
    monkeypatch.setattr("dl4j_conformance.cli.record.resolve", lambda address: _Impostor())
    result = CliRunner().invoke(cli, ["record", "impostor", "--into", str(folder)])
    assert result.exit_code == 1
    assert (
        "clip-sum-not-mean-clipelementwiseabsolutevalue-float64: differs from the oracle, first at step 0"
        in result.stdout
    )
    (fixture,) = fixtures(Selection(glob="clip-sum-not-mean-clipelementwiseabsolutevalue-float64"), folder)
    assert fixture.recorded is not None
    assert differences(fixture.case, fixture.recorded, observe(_Impostor(), fixture.case), frozenset()) == ()


def test_only_a_backend_that_says_what_it_runs_on_is_recorded(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["record", "numpy", "--into", str(tmp_path)])
    assert result.exit_code == 2
    assert "only the real DL4J is recorded" in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_model_follows_the_platform() -> None:
    """Another Math.pow, another learning rate; two threads, another norm."""

    class Elsewhere:
        name = "elsewhere"
        capabilities = OracleBackend.capabilities
        platform = Platform({}, 2, lambda x, y: np.nextafter(x**y, 2.0), np.exp)

        def open(self, network: Network) -> Any:
            raise NotImplementedError

    conf = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    normalization = {"gradient_normalization": "RenormalizeL2PerLayer"}
    weights = np.zeros(64), np.zeros(1)
    layers = [{"n_in": 64, "n_out": 1, **normalization}]
    network = Network("float64", conf, layers, dict(zip(("0_W", "0_b"), weights, strict=True)))
    gradients = {"0_W": np.random.default_rng(2).standard_normal(64), "0_b": np.ones(1)}

    def seen(backend: Backend) -> Observation:
        opened = backend.open(network)
        return opened.update({key: array.copy() for key, array in gradients.items()}, 1, 1)

    usual, other = seen(OracleBackend()), seen(model_of(Elsewhere()))
    assert usual.learning_rates["0_W"] == 0.05
    assert other.learning_rates["0_W"] == 0.1 * np.nextafter(0.5, 2.0)
    assert seen(model_of(NumpyBackend())).learning_rates == usual.learning_rates


def test_the_order_of_gradients_is_a_part_of_what_is_asked() -> None:
    def asked(*orders: str) -> str:
        first, second, third = (dict.fromkeys(order, 1) for order in orders)
        further = [{"gradients": third}]
        operation = {"op": "iterate", "gradients": first, "search": {"gradients": second}, "further": further}
        return hashing.asked({"dtype": "float32", "network": {}, "script": [{"op": "clone"}, operation]})

    assert (
        len({asked("ab", "ab", "ab"), asked("ba", "ab", "ab"), asked("ab", "ba", "ab"), asked("ab", "ab", "ba")}) == 4
    )
    assert asked("ba", "ab", "ab") == asked("ba", "ab", "ab")
