"""``sweep`` on Dask: scheduler and workers are processes, which are killed, and nothing that was obtained is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.machines import COMMAND, Machines, until
from dl4j_conformance.cli.main import cli
from toolchains import required_module

SHARDS = 16
SWEPT = ("--updater", "ADAM", "--range", "0x3f800000:0x3f800200", "--shard-size", str(512 // SHARDS), "--in-process")
SLOW = ("python:mutants.slow_ports:Slow", *SWEPT)


@pytest.fixture(autouse=True)
def _dask() -> None:
    required_module("distributed", "cluster")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    found = Machines(tmp_path)
    yield found
    found.end()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return the report of a sweep in one process, without a cluster."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["sweep", *SLOW, "--report", "alone.json"])
    assert result.exit_code == 0, result.output
    return (tmp_path / "alone.json").read_bytes()


def test_a_worker_is_killed_and_another_joins_late(machines: Machines, alone: bytes) -> None:
    _, address = machines.scheduler()
    first = machines.worker(address)
    sweep = machines.start(
        *COMMAND, "sweep", *SLOW, "--checkpoint", "kept", "--report", "found.json", "--scheduler", address
    )
    until(lambda: machines.finished() >= 2)
    late = machines.worker(address)
    until(lambda: late.pid in machines.ports())
    first.kill()
    assert machines.finished() < SHARDS
    said, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 0, errors
    assert errors == ""
    assert "conforms at level bit-exact for each gradient of the range" in said
    assert (machines.folder / "found.json").read_bytes() == alone
    assert machines.ports() == {sweep.pid, first.pid, late.pid}, "one backend for each process"


def test_the_scheduler_is_lost_and_the_sweep_goes_on_without(machines: Machines, alone: bytes) -> None:
    scheduler, address = machines.scheduler()
    machines.worker(address)
    words = (*SLOW, "--checkpoint", "kept", "--report", "found.json")
    sweep = machines.start(*COMMAND, "sweep", *words, "--scheduler", address)
    until(lambda: machines.finished() >= 2)
    scheduler.kill()
    said, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 3, errors
    assert f"the scheduler at {address} is lost" in errors
    assert "Traceback" not in errors
    finished = machines.finished()
    assert 2 <= finished < SHARDS
    assert f"kept: kept has {finished} of {SHARDS} shards; the same command goes on" in said
    assert json.loads((machines.folder / "found.json").read_text())["complete"] is False
    result = CliRunner().invoke(cli, ["sweep", *words])
    assert result.exit_code == 0, result.output
    assert (machines.folder / "found.json").read_bytes() == alone


def test_a_shard_that_kills_its_worker_ends_as_a_named_failure(machines: Machines) -> None:
    """The others are judged all the same, by workers of this machine."""
    spans = ("--updater", "SGD", "--range", "0x3f9fffc0:0x3fa00040", "--shard-size", "32", "--in-process")
    words = ("python:mutants.slow_ports:Deadly", *spans, "--jobs", "2", "--report", "found.json")
    sweep = machines.start(*COMMAND, "sweep", *words, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
    said, errors = sweep.communicate(timeout=120)
    assert sweep.returncode == 3, errors
    assert errors == ""
    assert "NOT JUDGED: shard 2 of 4: killed its worker 2 times" in said
    report = json.loads((machines.folder / "found.json").read_text())
    assert report["patterns"] == 96
    assert [failed["shard"] for failed in report["failed_shards"]] == [2]


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dl4j_conformance.sharding.cluster._CONNECT", 0.5)
    result = CliRunner().invoke(cli, ["sweep", "numpy", *SWEPT, "--scheduler", "tcp://127.0.0.1:9"])
    assert result.exit_code == 3, result.output
    assert "no scheduler answers at tcp://127.0.0.1:9" in result.stderr


def test_without_the_extra_one_job_works_and_two_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "dl4j_conformance.sharding.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    missing = ModuleNotFoundError("No module named 'distributed'", name="distributed")

    def absent(name: str, *arguments: object, **named: object) -> object:
        if name == "distributed":
            raise missing
        return found(name, *arguments, **named)

    found = __import__
    monkeypatch.setattr("builtins.__import__", absent)
    words = ["sweep", "numpy", "--updater", "SGD", "--range", "0x0:0x40"]
    assert CliRunner().invoke(cli, [*words, "--jobs", "1"]).exit_code == 0
    result = CliRunner().invoke(cli, [*words, "--jobs", "2"])
    assert result.exit_code == 3
    assert "--jobs 2: distributed is not installed: pip install 'dl4j-conformance[cluster]'" in result.output
    both = CliRunner().invoke(cli, [*words, "--jobs", "2", "--scheduler", "tcp://x"])
    assert both.exit_code == 2
