"""The example ports have the bits of the evaluation model, in all that they declare."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dl4j_backends.stdio.backend import StdioBackend
from dl4j_conformance import runner
from dl4j_conformance.judge import Level
from dl4j_conformance.kills import no_row
from dl4j_conformance.runner import Selection, Status
from toolchains import required

PORTS = Path(__file__).parents[2] / "backends" / "ports"


def _javascript(folder: Path) -> Sequence[str]:
    return [required("node"), str(PORTS / "javascript" / "adapter.js")]


def _c(folder: Path) -> Sequence[str]:
    required("cc")
    make = [required("make"), "-s", "-C", str(PORTS / "c"), f"BUILD={folder}"]
    subprocess.run(make, check=True)  # noqa: S603 - the port's own Makefile
    return [str(folder / "adapter")]


@pytest.mark.parametrize("command", [_javascript, _c])
def test_every_fixture_that_it_declares(command: Callable[[Path], Sequence[str]], tmp_path: Path) -> None:
    backend = StdioBackend(command(tmp_path))
    try:
        results = list(runner.run([backend], runner.fixtures(Selection()), no_row, Level.RECORDED))
    finally:
        assert runner.end(backend) == []
    assert [r.case.id for r in results if r.status is Status.FAILED] == []
    assert {r.reason for r in results if r.status is Status.NOT_RUN} == {"the backend does not declare clone"}
