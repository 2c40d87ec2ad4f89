"""``dl4j-conformance run``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from signal import Signals
from typing import Any

import click
from rich.console import Console

import dl4j_fixtures
from dl4j_backends import signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_backends.stdio.backend import ProcessBackend
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.exit_code import ExitCode, UnreadableError
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    OUTPUT,
    Connection,
    grouped,
    in_process_option,
    level_option,
    timeout_option,
    updater_option,
)
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Rows
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.live import announced, followed
from dl4j_conformance.reporting.machine import Reported
from dl4j_conformance.reporting.report_file import ReportFile
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import markdown, print_pretty
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import (
    Floors,
    Inventory,
    Selection,
    fixtures,
    floors,
    inventory,
    stored_rows,
)
from dl4j_fixtures import Destination
from dl4j_oracle.suggestion import did_you_mean


@dataclass(frozen=True)
class _Request:
    """The options that say which fixtures are run, and what the backends claim."""

    glob: str | None
    updater: str | None
    folder: Path
    claimed: str
    max_fail: int | None

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options by which a case of these fixtures is run again."""
        return () if self.folder == dl4j_fixtures.DATA else ("--folder", str(self.folder))

    @property
    def selection(self) -> Selection:
        """Return the selected cases."""
        return Selection(self.glob, self.updater.upper() if self.updater else None)


@dataclass(frozen=True)
class _Adapters(Connection):
    """The options of backends in processes of their own, several of which may run at once."""

    jobs: int
    strict_wire: bool

    @property
    def wire_options(self) -> WireOptions:
        """Return them as the backends take them."""
        return replace(super().wire_options, strict=self.strict_wire)


@click.command("run", epilog=BACKEND_HELP)
@click.argument("backends", nargs=-1, required=True, metavar="BACKEND...")
@click.option("--case", "glob", metavar="GLOB", help="Only cases whose id matches, such as 'adam-*-float32'.")
@updater_option
@click.option(
    "--folder",
    type=PathType(file_okay=False, path_type=Path),
    default=dl4j_fixtures.DATA,
    help="The fixtures' folder.  [default: the installed one]",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["pretty", "json", "markdown"]),
    default="pretty",
    show_default=True,
)
@click.option(
    "--report",
    "report",
    type=OUTPUT,
    metavar="FILE.jsonl",
    help="Write every result there, as JSON lines.",
)
@level_option
@click.option("--max-fail", type=click.IntRange(min=1), metavar="N", help="Stop after N failing cases.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1, max=256),
    default=1,
    metavar="N",
    help="Drive N processes of each backend at once. Only for backends that have processes: stdio, python, dl4j.",
)
@timeout_option
@click.option("--strict-wire", is_flag=True, help="Hold every message to and from an adapter against its JSON Schema.")
@in_process_option
@grouped(request=_Request, adapters=_Adapters)
def command(
    backends: Sequence[str], style: str, report: Destination | None, request: _Request, adapters: _Adapters
) -> ExitCode:
    """Judge each BACKEND by the golden fixtures: a table of updater x type x level.

    While it runs, stderr shows the first failures as they happen, and on a terminal the table as it fills up. With
    --format json stderr stays empty.

    \b
    Examples:
      dl4j-conformance run numpy
      dl4j-conformance run python:my_port:Backend --case 'torchstep-*' --max-fail 1
      dl4j-conformance run python:my_port:Backend --level bounded
      dl4j-conformance run 'stdio:node adapter.js' --jobs 2 --timeout 5
      dl4j-conformance run numpy --format markdown --report results.jsonl
    """
    plan = _plan(request)
    codes: list[ExitCode] = []
    documents: list[Mapping[str, Any]] = []
    follow = _unfollowed if style == "json" else followed
    with signals.held(), ExitStack() as stack:
        with signals.released():
            resolved = {address: _resolve(address, adapters, stack) for address in backends}
            file = stack.enter_context(ReportFile(report)) if report else None
        for part, address in enumerate(backends, 1):
            reported = Reported(address, plan.claimed, plan.inventory.topics, request.options)
            recorder = _Recorder(reported, file, part, len(backends))
            summary = _run(address, resolved[address], plan, recorder, follow)
            code = _exit_code(summary)
            recorder.end(summary, code)
            codes.append(code)
            documents += [reported.summary(summary, code)] if style == "json" else []
            _show(summary, style)
        exit_code = next((code for code in _WORST_FIRST if code in codes), ExitCode.CONFORMS)
        if style == "json":
            write_document(strict_json.indented({"exit_code": exit_code, "backends": documents}))
        # Everything is judged and shown: a signal that comes now changes nothing.
        signals.last_step()
    if report and file and file.error:
        say(f"--report {report.path}: {file.error.strerror}", err=True)
        return exit_code or ExitCode.NOT_WRITTEN
    return exit_code


_OF_SIGNALS = (ExitCode.TERMINATED, ExitCode.INTERRUPTED, ExitCode.HUNG_UP)

#: A failure counts more than what could not be run, and a signal most.
_WORST_FIRST = (*_OF_SIGNALS, ExitCode.DOES_NOT_CONFORM, ExitCode.COULD_NOT_RUN, ExitCode.BELOW_FLOOR)

_Results = Generator[Result, None, None]
#: Yields the results, and shows on the console how far the run is.
_Follow = Callable[[_Results, Summary, int, Console], _Results]


@dataclass(frozen=True)
class _Plan:
    """The fixtures and the claim by which every backend is judged."""

    selected: Sequence[Fixture]
    inventory: Inventory
    rows: Rows
    floors: Floors
    claimed: Level
    max_fail: int | None


def _plan(request: _Request) -> _Plan:
    selection, folder = request.selection, request.folder
    try:
        selected = fixtures(selection, folder)
        described = inventory(folder)
        rows = stored_rows(folder)
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(f"{error}\n`dl4j-conformance fixtures verify` lists everything.") from error
    if not selected:
        hint = _meant(request, folder)
        raise click.UsageError(f"no case matches; {hint}")
    claimed = Level(request.claimed)
    promised = floors(selection, selected, recorded=claimed is Level.RECORDED)
    return _Plan(selected, described, rows, promised, claimed, request.max_fail)


def _meant(request: _Request, folder: Path) -> str:
    """Return the ids that are most like the pattern that matches none."""
    ids = dl4j_fixtures.ids(folder)
    return did_you_mean(
        (request.glob or "").strip("*"), ids, "`dl4j-conformance list cases` shows them all", most=3, written=str
    )


@dataclass(frozen=True)
class _Recorder:
    """Writes the lines of one backend into the report, if there is one."""

    reported: Reported
    file: ReportFile | None
    part: int
    parts: int

    def begin(self, plan: _Plan, name: str | None, declared: Declaration | None) -> None:
        """Write the header; ``declared`` is None if the backend is unavailable."""
        if self.file:
            cases, fixtures = len(plan.selected), plan.inventory.hash
            self.file.write(self.reported.header(self.part, self.parts, cases, fixtures, name, declared))

    def add(self, result: Result) -> None:
        """Write one result."""
        if self.file:
            self.file.write(self.reported.result(result))

    def end(self, summary: Summary, code: ExitCode) -> None:
        """Write the footer."""
        if self.file:
            self.file.seal(self.reported.footer(summary, code))


def _resolve(address: str, adapters: _Adapters, stack: ExitStack) -> Sequence[Backend] | BackendUnavailableError:
    """Return the backend's instances, made once, or why there are none here.

    A malformed address ends the command before anything runs. ``stack`` ends what was started.
    """
    try:
        backend = resolve(address, adapters.wire_options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        return error
    stack.callback(end, backend)
    if adapters.jobs == 1:
        return [backend]
    if not isinstance(backend, ProcessBackend):
        raise click.UsageError(
            f"--jobs drives several processes, and {address} has none of its own: run it without --jobs"
        )
    twins = [backend.another() for _ in range(adapters.jobs - 1)]
    for twin in twins:
        stack.callback(end, twin)
    return [backend, *twins]


def _run(
    address: str,
    backends: Sequence[Backend] | BackendUnavailableError,
    plan: _Plan,
    recorder: _Recorder,
    follow: _Follow,
) -> Summary:
    summary = Summary(address)
    try:
        if isinstance(backends, BackendUnavailableError):
            raise backends
        declared = Declaration.of(backends[0])
    except BackendUnavailableError as error:
        summary.unavailable = str(error)
        recorder.begin(plan, None, None)
        return summary
    summary.accuracy = declared.accuracy
    recorder.begin(plan, str(backends[0].name), declared)
    console = Console(stderr=True)
    results = follow(run(backends, plan.selected, plan.rows, plan.claimed), summary, len(plan.selected), console)
    try:
        with signals.released(), closing(results):
            for result in results:
                with signals.held():
                    summary.add(result)
                    recorder.add(result)
                signals.check()
                if plan.max_fail and summary.total.failed >= plan.max_fail:
                    summary.stopped_by = "--max-fail"
                    break
    except signals.INTERRUPTIONS as error:
        summary.stopped_by = signals.cause(error).name
    for backend in backends:
        summary.faults += end(backend)
    if summary.failures and summary.stopped_by not in Signals.__members__:
        _diagnose(summary, plan.claimed, console)
    if not summary.stopped_by:
        summary.below_floor = summary.short_of(plan.floors, plan.claimed)
    return summary


def _diagnose(summary: Summary, claimed: Level, console: Console) -> None:
    """Look for the misreadings that explain the failures, until a signal comes."""
    number = len(summary.failures)
    what = f"looking for misreadings that explain {number} failing case{'s' if number > 1 else ''} ..."
    try:
        with signals.released(), announced(what, console):
            summary.diagnose(claimed)
    except signals.INTERRUPTIONS as error:
        summary.stopped_by = signals.cause(error).name


def _unfollowed(results: _Results, summary: Summary, total: int, console: Console) -> _Results:
    return results


def _exit_code(summary: Summary) -> ExitCode:
    if summary.stopped_by in Signals.__members__:
        return ExitCode.of(Signals[summary.stopped_by])
    if summary.total.failed:
        return ExitCode.DOES_NOT_CONFORM
    if not summary.is_complete:
        return ExitCode.COULD_NOT_RUN
    for line in summary.below_floor:
        say(f"below the floor: {line}", err=True)
    return ExitCode.CONFORMS if summary.conforms else ExitCode.BELOW_FLOOR


def _show(summary: Summary, style: str) -> None:
    match style:
        case "pretty":
            print_pretty(summary, Console())
        case "markdown":
            write_document(markdown(summary))
