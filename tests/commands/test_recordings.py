"""The recorded runs of the real DL4J are reproduced bit for bit, and ``replay`` says so or why not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.interface import Backend
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.vectors.recording import read_recording

(SAMPLE,) = dl4j_fixtures.recordings()


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["replay", *arguments])


@pytest.mark.parametrize("backend", [OracleBackend(), NumpyBackend()], ids=["oracle", "numpy"])
def test_every_update_state_rate_and_momentum_of_the_real_dl4j(backend: Backend) -> None:
    networks = steps = 0
    for case, recorded in read_recording(SAMPLE):
        assert differences(case, recorded, observe(backend, case), backend.capabilities) == (), case.id
        networks, steps = networks + 1, steps + len(recorded.steps)
    assert (networks, steps) == (60, 899)


def test_replay_of_both() -> None:
    result = replay(str(SAMPLE), "oracle", "numpy")
    assert result.exit_code == 0
    assert "oracle: 60 of 60 recorded networks reproduced (899 steps)" in result.stdout
    assert "numpy: 60 of 60 recorded networks reproduced (899 steps)" in result.stdout


def _first_record() -> dict[str, Any]:
    with gzip.open(SAMPLE, "rt") as lines:
        return dict(json.loads(next(lines)))


def test_a_difference_is_found(tmp_path: Path) -> None:
    record = _first_record()
    bits = record["dl4j"]["steps"][2]["updates"]["0_W"]
    bits[3] = f"{int(bits[3], 16) ^ 1:08x}"
    path = tmp_path / "changed.jsonl"
    path.write_text(json.dumps(record))
    result = replay(str(path))
    assert result.exit_code == 1
    assert "step 2, 0_W[3]: bit-exact" in result.stdout
    assert "(1 ulp)" in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("dl4j"), "'dl4j' is missing"),
        (lambda r: r["case"].pop("layers"), "'layers' is missing"),
        (lambda r: r["case"].update(dtype="half"), "dtype must be one of"),
        (lambda r: r["case"]["params"].update({"0_W": ["zz"]}), "not 8 lower-case hex digits"),
        (lambda r: r["case"]["steps"][0].update(iteration=2**31), "must be an integer from"),
        (lambda r: r["case"]["steps"][0].update(iteration="1"), "must be an integer from"),
        (lambda r: r["case"].update(vertices=["a", "a"]), "vertices: must be"),
        (lambda r: r["case"].update(bare=True, vertices=["a"]), "one layer, and no vertices"),
        (lambda r: r["case"].update(steps=[1]), ""),
        (lambda r: r["dl4j"].update(steps="x"), ""),
    ],
)
def test_unreadable_recordings(tmp_path: Path, change: Any, message: str) -> None:
    record = _first_record()
    change(record)
    path = tmp_path / "broken.jsonl"
    path.write_text("\n" + json.dumps(record) + "\n")
    result = replay(str(path))
    assert result.exit_code == 5
    assert f"{path}:2" in result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("content", [b"", b"not json\n", b"\xff\xff\xff", b"[]\n", b"null\n"])
def test_files_that_are_no_recordings(tmp_path: Path, content: bytes) -> None:
    for name in ("file.jsonl", "file.jsonl.gz"):
        path = tmp_path / name
        path.write_bytes(content)
        result = replay(str(path))
        assert result.exit_code == 5
        assert str(path) in result.stderr
        assert "Traceback" not in result.output


def test_a_network_that_does_not_fit_together_is_an_unreadable_recording(tmp_path: Path) -> None:
    record = _first_record()
    record["case"]["layers"][0]["updater"] = "ADAMAX"
    path = tmp_path / "unknown.jsonl"
    path.write_text(json.dumps(record))
    result = replay(str(path))
    assert result.exit_code == 5
    assert "updater: must be one of SGD" in result.stderr
