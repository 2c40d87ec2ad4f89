"""Files that the attacked commands read: small fixtures, a failure of `fuzz`, a recording, a trace, a report."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

import dl4j_fixtures
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cli.main import cli
from dl4j_conformance.running.fuzzing import recorded
from dl4j_conformance.vectors import golden

#: The module's folder, for backends that are found by their module.
TESTS = Path(__file__).resolve().parents[1]
RECORDER = "python:robustness.recorder:Recorder"

#: Names of the files.
FIXTURES, FAILURE, RECORDING, TRACE = "fixtures", "failure.jsonl", "recording.jsonl.gz", "trace.jsonl.gz"
REPORT, BASELINE = "report.jsonl", "baseline.toml"

#: Cases without their types: every operation of a session, and subnormal numbers.
_CHOSEN = {
    "sgd-first-step",
    "adam-first-step",
    "sgd-settings",
    "sgd-subnormal",
    "step-sgd",
    "set-state-adam",
    "clone-adam",
    "clone-then-set-rate",
    "step-default-nesterovs",
    "restore-center-loss-sgd",
    "layer-average-of-equals-sgd",
    "freeze-output-layer-sgd",
    "equal-rate-other-sgd",
}
_MISREADING = "misreading:adam-epsilon-inside-root"
_FOUND = "momentum-schedule-float32"
_STEPS = 4


def fixtures(folder: Path) -> None:
    """Write a small folder of fixtures, their recordings among them."""
    where = folder / FIXTURES
    rows = dl4j_fixtures.kills()
    with patch.object(golden, "topics", _chosen):
        files = golden.all_files(
            where, lambda topic: None, lambda cases: {case.id: rows[case.id] for case in cases}, golden.every_reach
        )
    dl4j_fixtures.write(files, where)
    done = CliRunner().invoke(cli, ["record", RECORDER, "--into", str(where), *in_process("record")])
    if done.exit_code or dl4j_fixtures.verify(where):
        raise AssertionError(done.output, dl4j_fixtures.verify(where))


def read_files(folder: Path) -> None:
    """Write the small fixtures, and the files that other commands read."""
    fixtures(folder)
    (folder / FAILURE).write_text(failure())
    (folder / RECORDING).write_bytes(gzip.compress(_lines(dl4j_fixtures.recordings()[0], 2), mtime=0))
    (folder / TRACE).write_bytes(gzip.compress(_lines(dl4j_fixtures.traces()[0], _STEPS), mtime=0))
    report(folder)


def report(folder: Path) -> None:
    """Write the report of a backend that fails some of the small fixtures, and its baseline."""
    arguments = ("run", _MISREADING, "--folder", str(folder / FIXTURES), "--report", str(folder / REPORT))
    if (done := CliRunner().invoke(cli, arguments)).exit_code != 1:
        raise AssertionError(done.output)
    arguments = ("baseline", "update", str(folder / REPORT), "--baseline", str(folder / BASELINE))
    if (done := CliRunner().invoke(cli, arguments)).exit_code:
        raise AssertionError(done.output)


def in_process(command: str) -> tuple[str, ...]:
    """Return the option that keeps a Python backend in the process of a command, if the command has it."""
    found = cli.get_command(None, command)  # type: ignore[arg-type]
    names = {name for parameter in found.params for name in parameter.opts} if found else set()
    return ("--in-process",) if "--in-process" in names else ()


@cache
def failure() -> str:
    """Return a file as `fuzz --save` writes it."""
    (case,) = (case for cases in topics().values() for case in cases if case.id == _FOUND)
    return json.dumps(recorded(replace(case, id="found-float32"))) + "\n"


def _chosen() -> dict[str, tuple[Case, ...]]:
    chosen = {
        topic: tuple(case for case in cases if case.id.rpartition("-")[0] in _CHOSEN)
        for topic, cases in topics().items()
    }
    return {topic: cases for topic, cases in chosen.items() if cases}


def _lines(path: Path, most: int) -> bytes:
    with gzip.open(path, "rb") as lines:
        return b"".join([next(lines) for _ in range(most)])


def environment() -> dict[str, str]:
    """Return the variables by which processes find the modules of the tests."""
    path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
