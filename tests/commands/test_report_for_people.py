"""The report of ``run`` for people: the verdict last, every failing id, 80 columns, commands that can be pasted."""

from __future__ import annotations

import io
import re
import shlex
from functools import cache

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result as Verdict
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.commands import Commands
from dl4j_conformance.reporting.failing_cases import failing_cases
from dl4j_conformance.reporting.summary import Summary, Tally
from dl4j_conformance.reporting.text import Detail, counts, print_pretty, terminal
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures, inventory

ADDRESS = "misreading:adam-no-correction"
WRONG = ("run", ADDRESS, "--case", "adam-*-step*")


def invoke(*arguments: str, env: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(cli, arguments, env=env)
    assert "Traceback" not in result.output
    return result


@cache
def many() -> Summary:
    """Return a summary with more than twenty failing cases, of several topics."""
    summary = Summary(
        ADDRESS, topics=inventory().topics, commands=Commands(ADDRESS, selection=("--case", "*-adam-float32"))
    )
    for result in run([resolve(ADDRESS)], fixtures(Selection("*[ey]-adam-float32")), no_row):
        summary.add(result)
    assert len(summary.unexpected) > 20
    return summary


def printed(found: Summary, detail: Detail = Detail.USUAL, width: int = 80) -> list[str]:
    shown = io.StringIO()
    print_pretty(found, Console(file=shown, width=width), detail)
    return shown.getvalue().splitlines()


def test_the_verdict_is_the_last_line_and_the_table_stands_below_the_failures() -> None:
    lines = invoke(*WRONG).stdout.splitlines()
    assert lines[-1] == f"{ADDRESS} does not conform: 0 of 4 cases passed, 4 failed, 0 not run"
    at = [next(n for n, line in enumerate(lines) if re.match(word, line)) for word in ("FAILED", "failed:", "updater ")]
    assert at == sorted(at)


def test_a_few_failing_ids_are_all_listed() -> None:
    lines = invoke(*WRONG).stdout.splitlines()
    at = lines.index("failed: 4 cases")
    assert lines[at + 1 : at + 5] == [
        f"  adam-{name}-{dtype}" for dtype in ("float32", "float64") for name in ("first-step", "three-steps")
    ]


def test_many_failing_ids_are_folded_by_topic_and_a_command_shows_all() -> None:
    found = many()
    folded = list(failing_cases(found, 80))
    assert folded[0] == f"failed: {len(found.unexpected)} cases"
    assert folded[-1] == f"  all of them: dl4j-conformance run {ADDRESS} --case '*-adam-float32' --verbose"
    counts = [int(found_[1]) for line in folded if (found_ := re.match(r"  [a-z-]+ \((\d+)\): [a-z]", line))]
    assert (len(counts), sum(counts)) == (len(folded) - 2, len(found.unexpected))
    assert max(map(len, folded[:-1])) <= 80
    whole = " ".join(failing_cases(found, 80, all_of_them=True))
    assert {failure.case.id for failure in found.unexpected} <= set(re.findall(r"[a-z0-9-]+", whole))


def test_quiet_prints_the_verdict_alone() -> None:
    result = invoke(*WRONG, "--quiet")
    assert result.output == f"{ADDRESS} does not conform: 0 of 4 cases passed, 4 failed, 0 not run\n"
    assert result.exit_code == 1
    assert printed(many(), Detail.QUIET) == printed(many())[-1:]


def test_verbose_prints_every_failing_case() -> None:
    usual, verbose = (
        [line for line in printed(many(), detail) if line.startswith("FAILED")]
        for detail in (Detail.USUAL, Detail.VERBOSE)
    )
    assert (len(usual), len(verbose)) == (5, len(many().unexpected))


def test_quiet_and_verbose_contradict_each_other() -> None:
    assert invoke(*WRONG, "-q", "-v").exit_code == 2


@pytest.mark.parametrize("stop", [("-x",), ("--max-fail", "1")])
def test_the_summary_is_printed_if_the_run_stops(stop: tuple[str, ...]) -> None:
    result = invoke(*WRONG, *stop)
    assert result.exit_code == 1
    assert result.stdout.endswith(
        f"{ADDRESS} does not conform: 0 of 1 cases passed, 1 failed, 0 not run, stopped early ({stop[0]})\n"
    )
    assert "failed: 1 case\n  adam-first-step-float32\n" in result.stdout


def test_the_table_fits_into_80_columns_and_cuts_nothing() -> None:
    """Also with cases that were not run, in a column of their own."""
    found = Summary("numpy", topics=inventory().topics)
    result = next(run([resolve("numpy")], fixtures(Selection("adam-first-step-float32")), no_row))
    for status in (result.status, type(result.status).NOT_RUN):
        for _ in range(999):
            found.add(type(result)(result.case, status, is_recorded=True))
    lines = printed(found)
    head = next(line for line in lines if line.startswith("updater"))
    assert head.split() == "updater type structure reading bounded bit-exact recorded not run".split()
    (row,) = (line for line in lines if line.startswith("ADAM "))
    assert row.split() == ["ADAM", "float32", *["999/999"] * 5, "999"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [20, 40, 60])
def test_where_the_table_does_not_fit_the_counts_are_a_list(width: int) -> None:
    lines = printed(many(), width=width)
    text = " ".join(" ".join(lines).split())
    assert re.search(r"ADAM float32: structure \d+/\d+, reading \d+/\d+, bounded \d+/\d+, bit-exact \d+/", text), text
    assert "…" not in text


@pytest.mark.parametrize("width", [40, 80])
def test_the_table_can_be_drawn_while_a_result_is_added(width: int) -> None:
    """A terminal's table is drawn by another thread, which may find the first levels of a row alone."""
    found = Summary("numpy", table={("ADAM", "float32", Level.STRUCTURE): Tally(passed=1)})
    shown = io.StringIO()
    console = Console(file=shown, width=width)
    console.print(counts(found, console))
    assert "1/1" in shown.getvalue()


def test_a_narrow_list_names_what_was_not_run() -> None:
    found = Summary("numpy", topics=inventory().topics)
    for fixture in fixtures(Selection("adam-first-step-float*")):
        found.add(Verdict(fixture.case, Status.NOT_RUN))
    text = " ".join(" ".join(printed(found, width=40)).split())
    assert "ADAM float64: structure -, reading -, bounded -, bit-exact -, recorded -, 1 not run" in text


def test_commands_can_be_pasted() -> None:
    address = "stdio:node 'my port'/adapter.js --name \"x\" $HOME"
    commands = Commands(address, ("--timeout", "3"), ("--level", "bounded"), ("--case", "adam-*"))
    assert shlex.split(commands.again("a-float32")) == [
        *("dl4j-conformance", "run", address, "--timeout", "3", "--level", "bounded", "--case", "a-float32")
    ]
    assert shlex.split(commands.explain("a-float32") or "") == [
        *("dl4j-conformance", "explain", "a-float32", address, "--timeout", "3")
    ]
    assert shlex.split(commands.all_failures())[-3:] == ["--case", "adam-*", "--verbose"]
    assert Commands(address, are_installed=False).explain("a") is None


def test_the_printed_command_runs_the_plainest_failing_case_again() -> None:
    shown = invoke(*WRONG, "--level", "bounded", "--timeout", "7").stdout
    (line,) = (line for line in shown.splitlines() if line.startswith("reproduce: "))
    program, *arguments = shlex.split(line.removeprefix("reproduce: "))
    assert (program, arguments[-2:]) == ("dl4j-conformance", ["--case", "adam-first-step-float32"])
    assert arguments[2:-2] == ["--timeout", "7", "--level", "bounded"]
    assert invoke(*arguments).stdout.splitlines()[-1].endswith("0 of 1 cases passed, 1 failed, 0 not run")


def test_a_port_that_conforms_has_nothing_to_reproduce() -> None:
    result = invoke("run", "numpy", "--case", "adam-*-step*")
    assert "reproduce" not in result.stdout
    assert "failed:" not in result.stdout


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_output_is_plain_in_ci_and_without_colour(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert _escapes(terminal())
    monkeypatch.setenv(variable, "true")
    assert not _escapes(terminal())


def _escapes(console: Console) -> bool:
    with console.capture() as captured:
        print_pretty(many(), console)
    return "\x1b[" in captured.get()


def test_a_terminal_breaks_lines_between_words_and_a_log_does_not() -> None:
    shown = io.StringIO()
    print_pretty(many(), Console(file=shown, width=60, force_terminal=True, color_system=None))
    on_terminal = shown.getvalue()
    assert max(len(line) for line in on_terminal.splitlines() if "FAILED" in line) <= 60
    assert any(len(line) > 80 for line in printed(many()) if "FAILED" in line)
    (command,) = (line for line in on_terminal.splitlines() if line.startswith("reproduce: "))
    assert command == next(line for line in printed(many()) if line.startswith("reproduce: "))
