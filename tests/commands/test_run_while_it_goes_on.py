"""``run`` while it goes on: first failures as they happen, a table that fills up, and signals at any time."""

from __future__ import annotations

import io
import re
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from commands.pseudo_terminal import OnTerminal
from dl4j_backends import signals
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.reporting.live import announced, followed
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures

WRONG = ("run", "misreading:adam-t-from-zero", "--case", "adam-*-float32", "--max-fail", "6")
FIRST = "FAILED adam-first-step-float32: step 0, 0_W[0]: reading: expected 3c23d705 0.009999995, got 3307d198"


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_the_first_five_failures_are_lines_on_stderr() -> None:
    result = invoke(*WRONG)
    assert result.exit_code == 1
    head, *failures = result.stderr.splitlines()
    assert re.fullmatch(r"misreading:adam-t-from-zero: \d\d cases", head)
    assert len(failures) == 5
    assert failures[0].startswith(FIRST)
    assert all(re.fullmatch(r"FAILED adam-\S+: .+: expected .+, got .+", line) for line in failures)
    assert "misreading:adam-t-from-zero: updater x type x level\n" in result.stdout


def test_fewer_failures_are_fewer_lines() -> None:
    result = invoke(*WRONG, "--case", "adam-first-step-float32")
    assert len(result.stderr.splitlines()) == 2
    assert invoke("run", "numpy", "--case", "adam-first-step-float32").stderr == "numpy: 1 case\n"


@pytest.mark.parametrize("style", ["markdown", "json"])
def test_documents_on_stdout_stay_what_they_are(style: str) -> None:
    result = invoke(*WRONG, "--format", style)
    assert "FAILED adam-first-step-float32:" not in result.stdout
    assert (FIRST in result.stderr) == (style == "markdown")
    assert bool(result.stderr) == (style == "markdown")


def test_a_failure_is_printed_before_the_next_case_runs() -> None:
    shown = io.StringIO()
    selected = fixtures(Selection("adam-*-float32"))
    backend = resolve("misreading:adam-t-from-zero")
    summary = Summary("wrong")
    console = Console(file=shown, width=200)
    results = followed(run([backend], selected, no_row), summary, len(selected), console)
    next(results)
    assert shown.getvalue().splitlines()[0] == f"wrong: {len(selected)} cases"
    assert shown.getvalue().splitlines()[1].startswith("FAILED adam-")
    results.close()


def test_names_of_backends_are_no_mark_up() -> None:
    shown = io.StringIO()
    selected = fixtures(Selection("sgd-first-step-*"))
    summary = Summary("[red]\x1b[2J")
    console = Console(file=shown, force_terminal=True, width=100)
    for result in followed(run([resolve("misreading:sgd-negated")], selected, no_row), summary, 2, console):
        summary.add(result)
    assert r"[red]\x1b[2J (1 failed)" in shown.getvalue()


def test_a_terminal_shows_the_table_and_the_failures_until_a_signal_ends_it(tmp_path: Path) -> None:
    with OnTerminal(tmp_path, "run", "python:hostile_python:slow_and_wrong", "--report", "report.jsonl") as command:
        seen = re.compile(r"SGD +float32 .*\((?:[6-9]|\d\d) failed\)", re.DOTALL)
        command.wait_until(lambda screen: seen.search(screen) is not None)
        assert re.search("FAILED .*updater", command.screen, re.DOTALL)
        command.process.send_signal(signal.SIGTERM)
        out, code = command.end()
        assert code == 143
        assert re.search(r"does not conform: .* stopped early \(SIGTERM\)", out)
        assert "updater x type x level" in out
        assert "stopped early" not in command.screen
        assert len(re.findall(r"FAILED \S+: ", command.screen)) == 5
        assert (tmp_path / "report.jsonl").read_text().count('"type":"result"') >= 5


def test_a_terminal_says_what_takes_long() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    with announced("looking for [it] ...", console, patience=0.01):
        time.sleep(0.2)
    assert "looking for [it] ..." in shown.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_said_of_what_is_short_or_to_a_log(is_terminal: bool) -> None:
    shown = io.StringIO()
    with announced("looking ...", Console(file=shown, force_terminal=is_terminal), patience=60 * is_terminal):
        time.sleep(0.01)
    assert "looking" not in shown.getvalue()


def test_the_diagnosis_ends_by_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cases are judged and shown; there is no diagnosis."""

    def interrupted(*_: object) -> None:
        signals.check()
        raise KeyboardInterrupt

    monkeypatch.setattr("dl4j_conformance.reporting.summary.diagnose", interrupted)
    result = invoke(*WRONG)
    assert result.exit_code == 130
    assert re.search(r"does not conform: \d of \d+ cases passed, .* stopped early \(SIGINT\)", result.stdout)
    assert "FAILED adam-first-step-float32 (" in result.stdout
