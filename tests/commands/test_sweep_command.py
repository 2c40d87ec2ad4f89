"""``sweep``: every pattern is judged, a single wrong one is found, and what was obtained is never lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, STATE_IN, Floats, Network, Observation
from dl4j_backends.numpy import NumpyBackend, on_numpy
from dl4j_backends.signals import Stopped
from dl4j_conformance.cases.values import ordinal, same_bits
from dl4j_conformance.cli.main import cli
from dl4j_conformance.sweep import report as sweep_report
from dl4j_conformance.sweep.judge import swept
from dl4j_conformance.sweep.patterns import Patterns, PatternsError, ordinals, patterns_of, strata_of, stratum
from dl4j_conformance.sweep.plan import Plan
from dl4j_conformance.sweep.tally import Tally
from mutants.wrong_patterns import PATTERNS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, where checkpoints go."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ("sweep", *arguments))


def around(pattern: int, length: int = 1 << 9) -> str:
    """Return the range of ``length`` patterns that has ``pattern`` in it, not at its border."""
    first = pattern - pattern % length
    return f"{first:#x}:{first + length:#x}"


@pytest.mark.parametrize("updater", PATTERNS)
def test_a_backend_that_is_wrong_for_one_pattern_is_caught(updater: str) -> None:
    address, pattern = f"python:mutants.wrong_patterns:{updater}", PATTERNS[updater]
    arguments = ("--in-process", "--updater", updater, "--range", around(pattern), "--shard-size", "300")
    found = invoke(address, *arguments, "--report", "found.json")
    assert found.exit_code == 1, found.output
    assert f"FAILS bit-exact: update of gradient 0x{pattern:08x}" in found.stdout
    report = json.loads(Path("found.json").read_text())
    Draft202012Validator(sweep_report.schema()).validate(report)
    assert report["patterns"] == 512
    assert report["different"] == len(report["offences"]) == 1
    assert [offence["swept"]["bits"] for offence in report["offences"]] == [f"{pattern:08x}"]
    assert invoke("numpy", *arguments).exit_code == 0


def test_every_kind_of_number_is_judged() -> None:
    for span in ("0x0:0x80", "0x7f7fff80:0x7f800080", "0x80000000:0x80000080", "0xffffff80:0x100000000"):
        found = invoke("numpy", "--updater", "ADAM", "--range", span)
        assert found.exit_code == 0, found.output
        assert "0 with other bits, 0 outside of their enclosures" in found.stdout


def test_a_grid_of_states_and_weights() -> None:
    arguments = ("--updater", "ADAM", "--range", "0x3f800000:0x3f800040", "--iteration", "3", "--config", "l2=0.01")
    grid = ("--state", "m=0,0.1,NaN", "--state", "v=0,0x00000001", "--weights", "-1,2")
    found = invoke("numpy", *arguments, *grid, "--report", "grid.json")
    assert found.exit_code == 0, found.output
    report = json.loads(Path("grid.json").read_text())
    Draft202012Validator(sweep_report.schema()).validate(report)
    assert report["patterns"] == 3 * 2 * 2 * 64
    assert report["values"] == 3 * report["patterns"]
    missing = invoke("numpy", *arguments, "--state", "m=0")
    assert missing.exit_code == 2
    assert "ADAM has the state arrays m, v: give each of them" in missing.output


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_is_stratified_and_deterministic(dtype: str) -> None:
    strata = strata_of(dtype)
    patterns = Patterns(dtype, 0, 5 * strata + 3, seed=4)
    bits = patterns.bits(0, patterns.count)
    assert np.array_equal(bits, np.concatenate([patterns.bits(0, 777), patterns.bits(777, patterns.count)]))
    counts = np.bincount(stratum(bits, dtype), minlength=strata)
    assert len(counts) == strata
    assert counts.tolist() == [6] * 3 + [5] * (strata - 3)
    values = bits.view(dtype)
    assert np.isinf(values).sum() == 2
    assert {0.0, np.finfo(dtype).max, np.finfo(dtype).tiny} <= set(values.tolist())
    assert not np.array_equal(bits, Patterns(dtype, 0, patterns.count, seed=5).bits(0, patterns.count))
    with pytest.raises(PatternsError):
        Patterns(dtype, 0, 2 * strata - 1, seed=0)


def test_all_patterns_of_float32_are_every_pattern_once() -> None:
    patterns = Patterns("float32", 0, patterns_of("float32"))
    plan = Plan("float32", {}, {"updater": "SGD"}, patterns, {}, np.zeros(1, np.float32))
    assert plan.shards == 4096
    ends = [(plan.bits(plan.shard(n))[0], plan.bits(plan.shard(n))[-1]) for n in (0, 1, 4095)]
    assert ends == [(0, (1 << 20) - 1), (1 << 20, (1 << 21) - 1), (0xFFF00000, 0xFFFFFFFF)]


def test_float64_needs_a_sample_or_a_range() -> None:
    assert "add --sample N or --range FROM:TO" in invoke("numpy", "--updater", "SGD", "--type", "float64").output
    found = invoke("numpy", "--updater", "RMSPROP", "--type", "float64", "--sample", "8192")
    assert found.exit_code == 0, found.output
    assert "conforms at level bit-exact for each sampled gradient" in found.stdout
    assert "np." not in found.stdout


def test_ordinals_are_those_of_single_values() -> None:
    for dtype in ("float32", "float64"):
        array = np.array([0.0, -0.0, 1.5, -1.5, np.inf, -np.inf, 5e-324], dtype)
        assert ordinals(array).tolist() == [ordinal(value, dtype) for value in array]
    nans = np.array([0x7FC00000, 0xFFC00001], np.uint32).view(np.float32)
    assert same_bits(nans, nans[::-1]).all()
    assert not same_bits(np.zeros(1, np.float32), -np.zeros(1, np.float32)).any()


def test_merging_is_associative_whatever_the_order() -> None:
    patterns = Patterns("float32", 0x3F800000, 256)
    plan = Plan("float32", {}, {"updater": "ADAM"}, patterns, {}, np.zeros(1, np.float32), shard_size=64)
    plan.check()
    port = _Rough()
    a, b, c, d = (swept(port, CORRECTLY_ROUNDED, plan, plan.shard(n)) for n in range(4))
    left = a.merged(b, 20).merged(c, 20).merged(d, 20)
    assert left == d.merged(b, 20).merged(c.merged(a, 20), 20)
    assert Tally.from_json(json.loads(json.dumps(left.to_json()))) == left
    assert left.different == left.patterns == 256
    assert len(left.offences) == 20
    assert left.worst_ulps
    assert left.worst_ulps.measure >= 1


def test_an_interrupted_sweep_goes_on_and_ends_as_an_uninterrupted_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("numpy", "--updater", "ADAM", "--range", "0x3f800000:0x3f800200", "--shard-size", "64")
    assert invoke(*arguments, "--report", "whole.json").exit_code == 0
    assert not list(folder.glob("dl4j-sweep-*")), "a complete sweep leaves no folder of its own making"
    opened = NumpyBackend.open
    calls = 0

    def interrupting(self: NumpyBackend, network: Network) -> EngineSession:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise Stopped(signal.SIGINT)
        return opened(self, network)

    monkeypatch.setattr(NumpyBackend, "open", interrupting)
    stopped = invoke(*arguments, "--report", "part.json")
    assert stopped.exit_code == 130, stopped.output
    assert "has 3 of 8 shards; the same command goes on" in stopped.stdout
    assert json.loads(Path("part.json").read_text())["complete"] is False
    assert invoke(*arguments, "--report", "again.json").exit_code == 0
    assert calls == 4 + 5
    assert Path("again.json").read_bytes() == Path("whole.json").read_bytes()


def test_a_damaged_checkpoint_is_named_and_done_again(folder: Path) -> None:
    arguments = ("numpy", "--updater", "SGD", "--range", "0x3f800000:0x3f800200", "--shard-size", "64")
    arguments = (*arguments, "--checkpoint", "kept")
    assert invoke(*arguments, "--report", "whole.json").exit_code == 0
    files = sorted((folder / "kept" / "shards").iterdir())
    files[1].write_text(files[1].read_text().replace('"patterns":64', '"patterns":63', 1))
    files[2].write_text(files[3].read_text())
    files[4].write_text("[" * 100_000)
    files[5].write_text('{"sha256": 1}')
    again = invoke(*arguments, "--report", "again.json")
    assert again.exit_code == 0, again.output
    assert again.stderr.count("is damaged") == 4
    assert f"{Path('kept', 'shards', '00000002.json')}: is damaged: shard 2 is done again" in again.stderr
    assert Path("again.json").read_bytes() == Path("whole.json").read_bytes()


def test_the_folder_of_another_sweep_is_refused(folder: Path) -> None:
    arguments = ("--updater", "SGD", "--range", "0x3f800000:0x3f800040", "--checkpoint", "kept")
    assert invoke("numpy", *arguments).exit_code == 0
    for other in (("oracle",), ("numpy", "--config", "learning_rate=0.2"), ("numpy", "--level", "bounded")):
        refused = invoke(*other, *arguments)
        assert refused.exit_code == 5
        assert "belongs to another sweep" in refused.output
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").touch()
    refused = invoke("numpy", *arguments[:-1], "mine")
    assert refused.exit_code == 5
    assert "is no checkpoint of a sweep" in refused.output
    (folder / "kept" / "sweep.json").write_text("{")
    assert "is damaged" in invoke("numpy", *arguments).output


def test_what_differs_beside_values_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("numpy", "--updater", "SGD", "--range", "0x3f800000:0x3f800040", "--level", "bounded")
    update = EngineSession.update

    def shorter(self: Any, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        seen = update(self, gradients, iteration, batch_size)
        return Observation({"0_W": (seen.updates or {})["0_W"][:-1]}, None, seen.learning_rates, seen.momentum)

    monkeypatch.setattr(EngineSession, "update", shorter)
    found = invoke(*arguments)
    assert found.exit_code == 1, found.output
    assert "DIFFERS: 0_W: expected 64 values, got 63 values" in found.stdout


def test_a_backend_that_crashes_or_cannot_take_a_state_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("--updater", "ADAM", "--range", "0x3f800000:0x3f800040", "--shard-size", "32")
    monkeypatch.setattr(NumpyBackend, "capabilities", ALL_CAPABILITIES - {STATE_IN})
    refused = invoke("numpy", *arguments, "--state", "m=0", "--state", "v=0")
    assert refused.exit_code == 3
    assert "it does not declare state_in" in refused.output

    def crash(*_: object) -> None:
        raise ZeroDivisionError("somewhere")

    monkeypatch.setattr(EngineSession, "update", crash)
    crashed = invoke("numpy", *arguments)
    assert crashed.exit_code == 3, crashed.output
    assert "NOT JUDGED: shard 1 of 2: ZeroDivisionError: somewhere" in crashed.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--range", "0x1"), "is not FROM:TO in hex"),
        (("--range", "0x2:0x1"), "must be a range within"),
        (("--range", "0x0:0x100000001"), "must be a range within"),
        (("--sample", "5"), "two for each sign and exponent"),
        (("--sample", "5000", "--range", "0x0:0x1"), "exclude each other"),
        (("--config", "l3=1"), "'l3' is not a setting"),
        (("--config", "l2=x"), "--config: "),
        (("--state", "m"), "is not NAME=V,V,..."),
        (("--plot", "x.gif"), "the name ends in .png or .svg"),
    ],
)
def test_mistakes_of_usage(arguments: tuple[str, ...], said: str) -> None:
    result = invoke("numpy", "--updater", "SGD", *arguments)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.output.split())


def test_the_plot_shows_both_signs() -> None:
    pytest.importorskip("matplotlib")
    found = invoke("numpy", "--updater", "ADAM", "--sample", "1024", "--plot", "drawn.svg")
    assert found.exit_code == 0, found.output
    drawing = Path("drawn.svg").read_text()
    assert 'id="line positive"' in drawing
    assert 'id="line negative"' in drawing


class _Rough(NumpyBackend):
    """A port whose updates are all one ulp away."""

    def open(self, network: Network) -> EngineSession:
        session = EngineSession(network, on_numpy)
        update = session.update

        def rough(gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
            seen = update(gradients, iteration, batch_size)
            (seen.updates or {})["0_W"].view(np.uint32)[:] += 1
            return seen

        session.update = rough  # type: ignore[method-assign]
        return session


def test_the_learning_rate_is_swept_with_a_policy() -> None:
    policy = ("lr_policy=Inverse", "lr_policy_decay_rate=0.5", "lr_policy_power=0.75")
    config = [word for setting in policy for word in ("--config", setting)]
    arguments = ("--updater", "SGD", "--over", "learning_rate", *config, "--iteration", "3")
    span = ("--range", "0x3fb9999999999900:0x3fb9999999999a00", "--shard-size", "100", "--gradient", "0.5")
    found = invoke("numpy", *arguments, *span, "--report", "rates.json")
    assert found.exit_code == 0, found.output
    assert "numpy conforms at level bit-exact for each learning_rate of the range" in found.stdout
    report = json.loads(Path("rates.json").read_text())
    Draft202012Validator(sweep_report.schema()).validate(report)
    assert report["patterns"] == 256
    assert report["values"] == 2 * 256, "the update, and the rate after the policy"
    wrong = invoke("misreading:inverse-one-later", *arguments, *span)
    assert wrong.exit_code == 1
    assert "FAILS bit-exact: learning rate of learning_rate 0x3fb9999999999900" in wrong.stdout
    needed = invoke("numpy", *arguments)
    assert "add --sample N or --range FROM:TO" in needed.output


def test_a_setting_is_swept_with_states_and_fails_where_it_is_misread() -> None:
    arguments = ("--updater", "ADAM", "--over", "epsilon", "--state", "m=0.1", "--state", "v=0.01")
    span = ("--range", "0x3e45798ee2308c00:0x3e45798ee2308c40")
    found = invoke("numpy", *arguments, *span, "--report", "epsilon.json")
    assert found.exit_code == 0, found.output
    assert json.loads(Path("epsilon.json").read_text())["values"] == 4 * 64
    wrong = invoke(
        "python:mutants.wrong_backends:adam_late", "--in-process", *arguments, *span, "--report", "wrong.json"
    )
    assert wrong.exit_code == 1, wrong.output
    assert "FAILS bit-exact: update of epsilon 0x3e45798ee2308c00" in wrong.stdout
    report = json.loads(Path("wrong.json").read_text())
    Draft202012Validator(sweep_report.schema()).validate(report)
    assert report["different"] == 64
    assert len(report["offences"]) == 20


def test_a_signal_from_outside_ends_it_with_what_was_found(folder: Path) -> None:
    words = ("numpy", "--updater", "SGD", "--range", "0x3f800000:0x40000000", "--shard-size", "4096")
    program = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()", "sweep", *words]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    end = time.monotonic() + 60
    while not list(folder.glob("dl4j-sweep-*/shards/0*")):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert errors == ""
    assert "stopped early (SIGTERM)" in said
    assert "of 2048 shards; the same command goes on" in said
