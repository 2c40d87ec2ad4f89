"""The recordings of DL4J 0.9.1 and 1.0.0-M2.1 are reproduced bit for bit, and ``replay`` says so or why not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import resolve_blocks
from dl4j_conformance.vectors.block_recording import read_block_recordings
from dl4j_conformance.vectors.json_lines import UnreadableFileError

SAMPLES = {version: dl4j_fixtures.recordings(version)[0] for version in ("0.9.1", "1.0.0-M2.1")}
ADDRESSES = ("oracle", "numpy")
STEPS = {"0.9.1": 955, "1.0.0-M2.1": 858}


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["replay", *arguments])


@pytest.mark.parametrize("version", SAMPLES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_replay(version: str, address: str) -> None:
    result = replay(str(SAMPLES[version]), address)
    assert result.exit_code == 0, result.output
    assert f"{address}: 60 of 60 recorded networks reproduced ({STEPS[version]} steps)" in result.stdout


@pytest.mark.parametrize(("version", "refused"), [("0.9.1", 4), ("1.0.0-M2.1", 3)])
@pytest.mark.parametrize("address", ADDRESSES)
def test_replay_of_special_settings(version: str, refused: int, address: str) -> None:
    """Networks that DL4J refuses to build, decay rates of 0 and 1, rates of zero, policies that never share a block."""
    (special,) = (path for path in dl4j_fixtures.recordings(version) if "special" in path.name)
    result = replay(str(special), address)
    assert result.exit_code == 0, result.output
    assert sum(recording.failure is not None for recording in read_block_recordings(special)) == refused


def test_messages_are_those_that_dl4j_wrote() -> None:
    found = set()
    for recording in read_block_recordings(SAMPLES["1.0.0-M2.1"]):
        session = resolve_blocks("oracle").open(recording.network)
        for step, recorded in zip(recording.steps, recording.recorded, strict=True):
            assert session.update(step).failure == recorded.failure
            found.add(recorded.failure and recorded.failure.message)
    assert found == {None, "Op [clipbyvalue] execution failed"}


def _record(version: str, wanted: Callable[[Any], bool] = lambda _: True) -> dict[str, Any]:
    with gzip.open(SAMPLES[version], "rt") as lines:
        return next(record for line in lines if wanted(record := json.loads(line)))


def _file(folder: Path, *records: Any) -> Path:
    path = folder / "some.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_each_line_has_its_version(tmp_path: Path) -> None:
    result = replay(str(_file(tmp_path, _record("0.9.1"), _record("1.0.0-M2.1"))), "oracle")
    assert "oracle: 2 of 2 recorded networks reproduced" in result.stdout


def _flip(bits: list[str], index: int) -> None:
    bits[index] = f"{int(bits[index], 16) ^ 1:0{len(bits[index])}x}"


def _has_state(record: Any) -> bool:
    return "initial_state" in record["dl4j"]


def _is_external(record: Any) -> bool:
    return record["case"].get("gradient") is not None


def _is_refused(record: Any) -> bool:
    return any("error" in step for step in record["dl4j"]["steps"])


@pytest.mark.parametrize(
    ("version", "wanted", "change", "message"),
    [
        ("0.9.1", _has_state, lambda d: _flip(d["steps"][2]["updates"]["0_W"], 0), "step 2, 0_W[0]: expected"),
        ("0.9.1", _has_state, lambda d: _flip(d["steps"][2]["updates"]["0_W"], 0), "; rounding explains all values"),
        ("0.9.1", _has_state, lambda d: _flip(d["steps"][1]["state"], 1), "step 1, state[1]: expected"),
        ("0.9.1", _has_state, lambda d: _flip(d["initial_state"], 0), "at the construction, state[0]: expected"),
        ("0.9.1", _has_state, lambda d: d["steps"][1].pop("state"), "step 1, state: expected nothing, got"),
        (
            "0.9.1",
            _is_external,
            lambda d: _flip(d["steps"][0]["own_gradients_after"]["0_W"], 0),
            "step 0, own_gradients.0_W[0]: expected",
        ),
        (
            "0.9.1",
            _has_state,
            lambda d: d["steps"][0]["learning_rates"].update({"0_W": "3ff0000000000000"}),
            "step 0, learning_rates.0_W: expected 3ff0000000000000 1.0, got",
        ),
        (
            "0.9.1",
            _has_state,
            lambda d: d["steps"][0]["momentum"].update({"0": "3ff0000000000000"}),
            "step 0, momentum.0: expected 3ff0000000000000 1.0, got nothing",
        ),
        (
            "0.9.1",
            _has_state,
            lambda d: d["steps"][0]["updater_learning_rates"].append(None),
            "step 0, updater_learning_rates: expected for",
        ),
        ("0.9.1", _has_state, lambda d: d["blocks"][0].update(updater="Sgd"), "at the construction, blocks: expected"),
        (
            "0.9.1",
            _has_state,
            lambda d: d["steps"][0].update(error="java.lang.IllegalStateException", message="no"),
            "step 0, error: expected IllegalStateException: no, got no error",
        ),
        (
            "1.0.0-M2.1",
            _is_refused,
            lambda d: d["steps"][0].pop("error"),
            "step 0, error: expected no error, got Runtime",
        ),
        (
            "1.0.0-M2.1",
            _has_state,
            lambda d: d.update(error="java.lang.IllegalArgumentException", message="no"),
            "at the construction, error: expected IllegalArgumentException: no, got no error",
        ),
    ],
)
def test_a_difference_is_found(
    tmp_path: Path, version: str, wanted: Callable[[Any], bool], change: Any, message: str
) -> None:
    record = _record(version, wanted)
    change(record["dl4j"])
    result = replay(str(_file(tmp_path, record)), "oracle")
    assert result.exit_code == 1
    assert message in result.stdout
    assert "oracle: 0 of 1 recorded networks reproduced" in result.stdout


def test_refused_networks_need_neither_parameters_nor_steps(tmp_path: Path) -> None:
    case = {"id": "refused", "dtype": "float", "conf": {"lr_policy": "Step"}, "layers": [{"n_in": 1, "n_out": 1}]}
    failure = {"error": "java.lang.IllegalStateException", "message": "learning rate policy decay rate"}
    path = _file(tmp_path, {"version": "0.9.1", "case": case, "dl4j": {"id": "refused", **failure}})
    assert replay(str(path)).exit_code == 0


def _step(record: Any) -> Any:
    return record["case"]["steps"][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(version="1.0.0-beta7"), "version: must be one of 0.9.1, 1.0.0-M2.1, not '1.0.0-beta7'"),
        (lambda r: r.update(versions="x"), "record.versions: unknown key; did you mean 'version'"),
        (lambda r: r.pop("dl4j"), "record.dl4j: missing"),
        (lambda r: r["case"].pop("layers"), "case.layers: missing"),
        (lambda r: r["case"].update(seed=1), "case.seed: unknown key"),
        (lambda r: r["case"].update(dtype="half"), "case.dtype: must be one of float, double"),
        (lambda r: r["case"].update(gradient="both"), "case.gradient: must be one of flat, map"),
        (lambda r: r["case"]["conf"].update(l3=0.1), "case.conf.l3: unknown key"),
        (lambda r: r["case"]["layers"][0].update(updater="ADAMW"), "case.layers[0].updater: must be one of SGD"),
        (lambda r: r["case"]["layers"][0].update(n_out=99), "case.params.0_W: has"),
        (lambda r: r["case"]["params"].update({"0_W": ["zz"]}), "case.params.0_W: "),
        (lambda r: _step(r).pop("iteration"), "case.steps[1].iteration: missing"),
        (lambda r: _step(r).update(iteration=0.5), "case.steps[1].iteration: must be an integer"),
        (lambda r: _step(r).update(iteration=2**31 - 1), "case.steps[1].iteration: must be an integer from"),
        (lambda r: _step(r).update(epoch=1), "case.steps[1].epoch: unknown key"),
        (lambda r: _step(r).update(own_gradients={}), "case.steps[1].own_gradients: unknown key"),
        (lambda r: _step(r)["gradients"].pop("0_W"), "case.steps[1].gradients.0_W: missing"),
        (lambda r: _step(r)["gradients"].update({"9_W": []}), "case.steps[1].gradients.9_W: no such parameter"),
        (lambda r: r["dl4j"]["steps"].pop(), "dl4j.steps: has"),
        (lambda r: r["dl4j"]["steps"][0].update(rates=1), "dl4j.steps[0].rates: unknown key"),
        (lambda r: r["dl4j"]["steps"][0].update(momentum=1), "dl4j.steps[0].momentum: must be an object"),
        (lambda r: r["dl4j"]["blocks"][0].pop("params"), "dl4j.blocks[0].params: missing"),
    ],
)
def test_unreadable_recordings(tmp_path: Path, change: Any, message: str) -> None:
    record = _record("0.9.1")
    change(record)
    path = _file(tmp_path, record)
    result = replay(str(path))
    assert result.exit_code == 5, result.output
    assert f"{path}:1: " in result.stderr.replace("\n", " ")
    assert message in " ".join(result.stderr.split())


def test_a_line_of_0_8_0_among_later_ones_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, _record("0.9.1"), {"case": {}, "dl4j": {}})
    with pytest.raises(UnreadableFileError, match=r":2: record\.version: missing"):
        list(read_block_recordings(path))


def test_other_backends_say_what_they_implement() -> None:
    result = replay(str(SAMPLES["0.9.1"]), "misreading:adam-epsilon-inside-root")
    assert result.exit_code == 3
    assert "adam-epsilon-inside-root implements DL4J 0.8.0 alone" in " ".join(result.stderr.split())
    assert replay(str(SAMPLES["0.9.1"]), "unheard-of").exit_code == 2


def test_plots_are_of_traces(tmp_path: Path) -> None:
    result = replay(str(SAMPLES["0.9.1"]), "--plot", str(tmp_path / "x.svg"))
    assert result.exit_code == 2
    assert "recording of networks" in result.stderr


def test_the_settings_of_another_version_are_unknown(tmp_path: Path) -> None:
    result = replay(str(_file(tmp_path, {**_record("0.9.1"), "version": "1.0.0-M2.1"})))
    assert result.exit_code == 5
    assert "case.conf.use_regularization: unknown key" in result.stderr


def test_a_version_may_be_asked_for() -> None:
    assert replay(str(SAMPLES["0.9.1"]), "--dl4j", "0.9.1").exit_code == 0
    for file, version in ((SAMPLES["0.9.1"], "1.0.0-M2.1"), (dl4j_fixtures.recordings()[0], "0.9.1")):
        result = replay(str(file), "--dl4j", version)
        assert result.exit_code == 5
        assert f"not of {version}" in result.stderr
