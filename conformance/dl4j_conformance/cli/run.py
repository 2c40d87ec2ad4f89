"""``dl4j-conformance run``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import dl4j_fixtures
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError, accuracy_of
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.main import BELOW_FLOOR, CONFORMS, COULD_NOT_RUN, DOES_NOT_CONFORM, UnreadableError
from dl4j_conformance.cli.options import BACKEND_HELP, level_option, timeout_option, updater_option
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.comparison import Level
from dl4j_conformance.reporting import report
from dl4j_conformance.reporting.report import ReportFile
from dl4j_conformance.running import runner
from dl4j_conformance.running.runner import Fixture, Result, Rows, Selection, Status, Summary


@click.command("run", epilog=BACKEND_HELP)
@click.argument("backends", nargs=-1, required=True, metavar="BACKEND...")
@click.option("--case", "glob", metavar="GLOB", help="Only cases whose id matches, such as 'adam-*-float32'.")
@updater_option
@click.option(
    "--format",
    "style",
    type=click.Choice(["pretty", "json", "markdown"]),
    default="pretty",
    show_default=True,
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(dir_okay=False, path_type=Path),
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
    help="Drive N processes of each backend at once. Only for stdio:COMMAND.",
)
@timeout_option
@click.option("--strict-wire", is_flag=True, help="Hold every message to and from an adapter against its JSON Schema.")
def command(
    backends: Sequence[str],
    glob: str | None,
    updater: str | None,
    style: str,
    report_path: Path | None,
    claimed: str,
    max_fail: int | None,
    jobs: int,
    timeout: float,
    strict_wire: bool,
) -> None:
    """Judge each BACKEND by the golden fixtures: a table of updater x type x level.

    \b
    Examples:
      dl4j-conformance run numpy
      dl4j-conformance run python:my_port:Backend --case 'torchstep-*' --max-fail 1
      dl4j-conformance run python:my_port:Backend --level bounded
      dl4j-conformance run 'stdio:node adapter.js' --jobs 2 --timeout 5
      dl4j-conformance run numpy --format markdown --report results.jsonl
    """
    selection = Selection(glob, updater.upper() if updater else None)
    try:
        selected = runner.fixtures(selection)
        rows = runner.stored_rows()
        floors = dl4j_fixtures.manifest()["floors"]
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(f"{error}\n`dl4j-conformance fixtures verify` lists everything.") from error
    if not selected:
        raise click.UsageError("no case matches; `dl4j-conformance list cases` shows them all")
    summaries, codes = [], []
    options = WireOptions(timeout=timeout, strict=strict_wire)
    with ExitStack() as stack:
        resolved = {address: _resolve(address, options, jobs, stack) for address in backends}
        file = _open_report(stack, report_path) if report_path else None
        for address in backends:
            summary = _run(
                address,
                resolved[address],
                selected,
                rows,
                Level(claimed),
                max_fail,
                file,
                show_progress=style != "json",
            )
            code = _exit_code(summary, floors if selection.is_everything else {})
            if file:
                file.write({"type": "footer", **report.summary(summary, code)})
            summaries.append(summary)
            codes.append(code)
            _show(summary, style)
    # The first that is not 0, where a failure counts more than what could not be run.
    exit_code = next((code for code in (DOES_NOT_CONFORM, COULD_NOT_RUN, BELOW_FLOOR) if code in codes), CONFORMS)
    if style == "json":
        documents = [report.summary(s, code) for s, code in zip(summaries, codes, strict=True)]
        click.echo(json.dumps({"exit_code": exit_code, "backends": documents}, indent=1))
    sys.exit(exit_code)


def _resolve(
    address: str, options: WireOptions, jobs: int, stack: ExitStack
) -> Sequence[Backend] | BackendUnavailableError:
    """The backend's instances, made once, or why there are none here.

    A malformed address ends the command before anything runs. ``stack`` ends what was started.
    """
    try:
        backend = resolve(address, options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        return error
    stack.callback(runner.end, backend)
    if jobs == 1:
        return [backend]
    if not isinstance(backend, StdioBackend):
        raise click.UsageError(
            f"--jobs drives several processes, and {address} has none of its own: run it without --jobs"
        )
    twins = [backend.another() for _ in range(jobs - 1)]
    for twin in twins:
        stack.callback(runner.end, twin)
    return [backend, *twins]


def _run(
    address: str,
    backends: Sequence[Backend] | BackendUnavailableError,
    selected: Sequence[Fixture],
    rows: Rows,
    claimed: Level,
    max_fail: int | None,
    file: ReportFile | None,
    *,
    show_progress: bool,
) -> Summary:
    summary = Summary(address)
    if file:
        file.write(report.header(address))
    try:
        if isinstance(backends, BackendUnavailableError):
            raise backends
        summary.accuracy = accuracy_of(backends[0])
    except BackendUnavailableError as error:
        summary.unavailable = str(error)
        return summary
    results = runner.run(backends, selected, rows, claimed)
    for result in _with_progress(results, address, len(selected), show_progress):
        summary.add(result)
        if file:
            file.write(report.result(result))
        if max_fail and summary.total.failed >= max_fail:
            summary.stopped = True
            break
    for backend in backends:
        summary.faults += runner.end(backend)
    summary.diagnose(claimed)
    return summary


def _with_progress(results: Iterator[Result], name: str, total: int, show: bool) -> Iterator[Result]:
    """A bar on a terminal; elsewhere one line that says what is being done."""
    console = Console(stderr=True)
    if not show or not console.is_terminal:
        if show:
            click.echo(f"{name}: {total} cases", err=True)
        yield from results
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        failed = 0
        task = progress.add_task(name, total=total)
        for result in results:
            failed += result.status is Status.FAILED
            progress.update(task, advance=1, description=f"{name} ({failed} failed)" if failed else name)
            yield result


def _exit_code(summary: Summary, floors: dict[str, dict[str, int]]) -> int:
    if summary.total.failed:
        return DOES_NOT_CONFORM
    if not summary.is_complete:
        return COULD_NOT_RUN
    missing = summary.short_of(floors)
    for line in missing:
        click.echo(f"below the floor: {line}", err=True)
    return BELOW_FLOOR if missing or not summary.total.passed else CONFORMS


def _show(summary: Summary, style: str) -> None:
    match style:
        case "pretty":
            report.print_pretty(summary, Console())
        case "markdown":
            click.echo(report.markdown(summary))


def _open_report(stack: ExitStack, path: Path) -> ReportFile:
    try:
        return stack.enter_context(ReportFile(path))
    except OSError as error:
        raise click.UsageError(f"--report {path}: {error.strerror}") from error
