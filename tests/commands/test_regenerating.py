"""``fixtures regenerate`` while it goes on: it shows how far it is, and a signal ends it at once, quietly."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from signal import Signals

import psutil
import pytest
from click.testing import CliRunner

from commands.pseudo_terminal import OnTerminal
from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging import kill_matrix
from dl4j_conformance.vectors import golden

#: So many cases that processes compute their rows.
MANY = """
from dl4j_conformance.vectors import golden
some = golden.topics()["keys"] + golden.topics()["state"]
golden.topics = lambda: {"some": some[:40]}
"""


def test_a_log_has_a_line_for_each_tenth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = golden.topics()["keys"][:20]
    monkeypatch.setattr(golden, "topics", lambda: {"keys": some})
    monkeypatch.setattr(kill_matrix, "row", kill_matrix.no_row)
    result = CliRunner().invoke(cli, ["fixtures", "regenerate", "--folder", str(tmp_path)])
    assert result.exit_code == 0
    lines = [f"kill matrix: {done} of 20 cases" for done in range(2, 21, 2)]
    assert result.stderr.splitlines() == ["computing keys", "computing reach", "computing kills", *lines]


def test_the_number_of_cases_that_are_done_is_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill_matrix, "row", kill_matrix.no_row)
    told: list[tuple[int, int]] = []
    cases = golden.topics()["keys"][:3]
    found = kill_matrix.matrix(cases, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert list(found.rows) == [case.id for case in cases]


@pytest.mark.parametrize(
    ("by", "send", "shown"),
    [
        (Signals.SIGINT, os.killpg, r"kill matrix .* \d+/40 "),
        (Signals.SIGTERM, os.kill, r"computing kills"),
    ],
)
def test_a_signal_ends_it_quietly(by: Signals, send: Callable[[int, int], None], shown: str, tmp_path: Path) -> None:
    """Ctrl-C on a terminal reaches the whole group, `kill` this one process."""
    with OnTerminal(tmp_path, "fixtures", "regenerate", "--folder", ".", before=MANY) as command:
        command.wait_until(lambda screen: re.search(shown, screen) is not None)
        started = psutil.Process(command.process.pid).children(recursive=True)
        assert started or "matrix" not in shown
        began = time.monotonic()
        send(command.process.pid, by)
        _, code = command.end()
        assert time.monotonic() - began < 15
        assert code == 128 + by
        assert f"stopped by {by.name}" in command.screen
        assert "Traceback" not in command.screen
        assert psutil.wait_procs(started, timeout=5)[1] == []
        assert list(tmp_path.iterdir()) == []
