"""``fuzz``: finds nothing in what is right, and a small case in what is wrong, which ``replay`` reproduces."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping
from pathlib import Path
from signal import Signals

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, LEARNING_RATES, Floats, Network, Observation
from dl4j_backends.numpy import NumpyBackend, on_numpy
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.drawn.operations import ODD_KEYS, odd_keys
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve
from dl4j_conformance.judging.enclosure_check import nearness
from dl4j_conformance.running.fuzzing import fuzz


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_an_odd_key_is_no_parameter_of_the_network() -> None:
    """It comes with an array of its own length, which DL4J could not add to the parameter's state."""
    assert "0_vb" in ODD_KEYS
    with pytest.raises(NoSuchExample):
        find(odd_keys({"0_W": 3, "0_b": 1, "0_vb": 3}), lambda key: key == "0_vb", settings=settings(database=None))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_nothing_is_found_in_the_numpy_backend(seed: str, tmp_path: Path) -> None:
    result = invoke("fuzz", "numpy", "--examples", "150", "--seed", seed, "--save", str(tmp_path / "x.jsonl"))
    assert result.exit_code == 0, result.output
    assert "numpy: no difference in" in result.stdout
    assert re.search(r"^100 % of \d{4,} values are bit-identical", result.stdout, re.M)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "reading", "updater"),
    [("adam_late", "adam-t-from-zero", "ADAM"), ("rmsprop_from_zero", "rmsprop-from-zero", "RMSPROP")],
)
def test_a_mistake_is_found_shrunk_named_and_reproduced(name: str, reading: str, updater: str, tmp_path: Path) -> None:
    saved = tmp_path / "failure.jsonl"
    address = f"python:mutants.wrong_backends:{name}"
    result = invoke("fuzz", address, "--examples", "300", "--updater", updater, "--save", str(saved))
    assert result.exit_code == 1
    assert reading in result.stdout
    assert f"reproduce: dl4j-conformance replay {saved} {address}" in result.stdout
    assert "layer 2" not in result.stdout
    again = invoke("replay", str(saved), address)
    assert again.exit_code == 1
    assert invoke("replay", str(saved), "oracle", "numpy").exit_code == 0


def test_rounding_is_not_a_failure_of_level_bounded(tmp_path: Path) -> None:
    result = invoke(
        *("fuzz", "python:mutants.wrong_backends:sequential_norms", "--examples", "100", "--level", "bounded"),
        *("--save", str(tmp_path / "x.jsonl")),
    )
    assert result.exit_code == 0, result.output


def test_the_time_limit_ends_it(tmp_path: Path) -> None:
    result = invoke("fuzz", "numpy", "--examples", "1000000", "--time", "1s", "--save", str(tmp_path / "x.jsonl"))
    assert result.exit_code == 0
    assert "no difference in" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonesuch",), 2),
        (("numpy", "--examples", "0"), 2),
        (("numpy", "--time", "0s"), 2),
        (("numpy", "--time", "5d"), 2),
        (("python:no_such_module:X",), 3),
        (("python:mutants.wrong_backends:crash", "--save", "/no/such/folder/x.jsonl"), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    result = invoke("fuzz", *arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("name", "updater"),
    [
        ("aliasing", "RMSPROP"),
        ("same_clone", "RMSPROP"),
        ("keeps_velocity", "NESTEROVS"),
        ("resetting_read", "RMSPROP"),
        ("any_length", "RMSPROP"),
        ("leaking_rate", "SGD"),
    ],
)
def test_what_only_a_live_session_shows_is_found_and_shrunk(name: str, updater: str) -> None:
    """Three to five operations are needed; how near shrinking comes to that depends on what was drawn."""
    backend = resolve(f"python:mutants.wrong_sessions:{name}", WireOptions(in_process=True))
    found = fuzz(backend, 2000, 1, updater=updater)
    assert found.finds
    assert len(found.finds[0].result.case.script) <= 7
    assert len(found.finds[0].result.case.network.layers) <= 2
    assert all(finding.difference.key != "crash" for finding in found.finds[0].result.findings)


def test_a_failure_is_saved_under_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dl4j-fuzz-failure-00000000.jsonl").write_text("an earlier one")
    wrong = "misreading:sgd-negated"
    result = invoke("fuzz", wrong, "--examples", "100", "--updater", "SGD")
    assert result.exit_code == 1
    (saved,) = re.findall(
        r"^reproduce: dl4j-conformance replay (dl4j-fuzz-failure-[0-9a-f]{8}\.jsonl) ", result.stdout, re.M
    )
    assert (tmp_path / "dl4j-fuzz-failure-00000000.jsonl").read_text() == "an earlier one"
    assert invoke("replay", saved, wrong).exit_code == 1
    assert invoke("replay", saved, "numpy").exit_code == 0


def test_what_is_not_declared_is_not_asked() -> None:
    class Plain(NumpyBackend):
        capabilities = frozenset({LEARNING_RATES})

        def open(self, network: Network) -> EngineSession:
            assert not network.has_state
            session = super().open(network)
            for method in ("set_state", "set_learning_rate", "clone"):
                setattr(session, method, None)
            return session

    found = fuzz(Plain(), 40, 1)
    assert not found.finds
    assert found.judged >= 40
    assert found.not_run == 0


def test_ctrl_c_keeps_what_was_found() -> None:
    def interrupted(judged: int) -> None:
        if judged == 10:
            raise KeyboardInterrupt

    found = fuzz(resolve("numpy"), 100, 1, progress=interrupted)
    assert found.stopped_by is Signals.SIGINT
    assert found.judged == 10


def test_values_near_the_edge_of_their_enclosure_are_seen_as_such() -> None:
    case = next(c for c in topics()["updaters"] if c.id == "adam-first-step-float32")
    right = observe(OracleBackend(), case)
    off = [
        dataclasses.replace(s, updates={k: np.nextafter(a, np.float32(9)) for k, a in s.updates.items()})
        for s in right.steps
        if s.updates
    ]
    farther = dataclasses.replace(right, steps=tuple(off))
    assert 0 <= nearness(case, right, ALL_CAPABILITIES) < 1
    assert nearness(case, farther, ALL_CAPABILITIES) > nearness(case, right, ALL_CAPABILITIES)


def test_the_time_limit_ends_shrinking_too() -> None:
    began = time.monotonic()
    backend = resolve("python:mutants.wrong_backends:adam_late", WireOptions(in_process=True))
    found = fuzz(backend, 10000, 1, updater="ADAM", until=began + 3)
    assert time.monotonic() - began < 20
    assert found.finds


class _Faulty(EngineSession):
    """Breaks the protocol at iterations other than 0."""

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        if iteration:
            raise AdapterFault("timed-out", "no reply to update")
        return super().update(gradients, iteration, batch_size)


class FaultyBackend(NumpyBackend):
    def open(self, network: Network) -> EngineSession:
        return _Faulty(network, on_numpy)


@pytest.mark.parametrize(("skipped", "mode"), [("live_sessions", "network"), ("whole_networks", "session")])
def test_a_fault_ends_it_and_what_was_judged_is_kept(skipped: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"dl4j_conformance.running.campaign.Campaign.{skipped}", lambda *arguments: None)
    found = fuzz(FaultyBackend(), examples=400, seed=1)
    assert found.broken
    assert found.broken.fault
    assert found.broken.fault.name == "timed-out"
    assert not found.finds
    assert found.judged < 400
    monkeypatch.setattr("dl4j_conformance.cli.shards.resolve", lambda *_: FaultyBackend())
    result = invoke("fuzz", mode, "--examples", "400", "--seed", "1")
    assert result.exit_code == 3
    assert "timed-out" in result.stderr
