"""``dl4j-conformance run``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from signal import Signals
from typing import Any

import click
from rich.console import Console

import dl4j_fixtures
from dl4j_backends import signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cli.declared_deviations import (
    SkeletonFile,
    deviations_option,
    write_deviations_option,
)
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.network_option import network_option
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    OUTPUT,
    dl4j_option,
    grouped,
    in_process_option,
    level_option,
    timeout_option,
    updater_option,
)
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.run_options import Adapters, Output, Request, commands_of
from dl4j_conformance.cli.run_plan import Plan, fixtures_readable, planned
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.deviations.check import Check
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.live import announced, followed
from dl4j_conformance.reporting.machine import Reported
from dl4j_conformance.reporting.recorder import Recorder
from dl4j_conformance.reporting.report_file import ReportFile
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import Detail, markdown, print_pretty, terminal
from dl4j_oracle.clauses import VERSIONS


@click.command("run", epilog=BACKEND_HELP)
@click.argument("backends", nargs=-1, required=True, metavar="BACKEND...")
@click.option("--case", "glob", metavar="GLOB", help="Only cases whose id matches, such as 'adam-*-float32'.")
@updater_option
@dl4j_option
@network_option("Judge by cases drawn on this network, in place of the fixtures")
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
@deviations_option
@write_deviations_option
@click.option("--max-fail", type=click.IntRange(min=1), metavar="N", help="Stop after N failing cases.")
@click.option("-x", "first_only", is_flag=True, help="Stop after the first failing case.")
@click.option("--quiet", "-q", is_flag=True, help="Print the verdict alone.")
@click.option("--verbose", "-v", is_flag=True, help="Print every failing case, and all ids.")
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
@grouped(request=Request, adapters=Adapters, output=Output)
def command(backends: Sequence[str], request: Request, adapters: Adapters, output: Output) -> ExitCode:
    """Judge each BACKEND by the golden fixtures: a table of updater x type x level.

    With --dl4j they are the fixtures of that version. A backend of another version is asked in its own words, where it
    has some, and is told which version it follows; `numpy:dl4j=V` and `oracle:dl4j=V` are such backends.

    While it runs, stderr shows the first failures as they happen, and on a terminal the table as it fills up. With
    --format json stderr stays empty.

    \b
    Examples:
      dl4j-conformance run numpy
      dl4j-conformance run python:my_port:Backend --case 'torchstep-*' --max-fail 1
      dl4j-conformance run python:my_port:Backend --level bounded
      dl4j-conformance run 'stdio:node adapter.js' --jobs 2 --timeout 5
      dl4j-conformance run numpy --format markdown --report results.jsonl
      dl4j-conformance run python:my_port:Backend --write-deviations deviations.toml
      dl4j-conformance run python:my_port:Backend --deviations deviations.toml
      dl4j-conformance run python:my_port:Backend --network model.zip
      dl4j-conformance run numpy --dl4j 1.0.0-M2.1
      dl4j-conformance run numpy:dl4j=0.8.0 --dl4j 1.0.0-M2.1 --quiet
    """
    style, report, detail = output.style, output.report, output.detail
    if output.skeleton_file and len(backends) > 1:
        raise click.UsageError("--write-deviations is for one backend: each has deviations of its own")
    plan = _planned(request, output, adapters)
    codes: list[ExitCode] = []
    documents: list[Mapping[str, Any]] = []
    follow = _unfollowed if style == "json" or detail is Detail.QUIET else followed
    is_lost = False
    with signals.held(), ExitStack() as stack:
        with signals.released():
            resolved = {address: _resolve(address, request.version, adapters, stack) for address in backends}
            file = stack.enter_context(ReportFile(report)) if report else None
        for part, address in enumerate(backends, 1):
            commands = commands_of(address, request, adapters)
            of_version = _of_version(request.version)
            updaters = of_version.get("updaters", UPDATERS)
            reported = Reported(address, plan.claimed, plan.inventory.topics, commands, updaters)
            recorder = Recorder(reported, file, part, len(backends))
            summary = Summary(address, topics=plan.inventory.topics, commands=commands, **of_version)
            with fixtures_readable():
                _run(summary, resolved[address], plan, recorder, follow)
            code = _exit_code(summary)
            recorder.end(summary, code)
            codes.append(code)
            documents += [reported.summary(summary, code)] if style == "json" else []
            _show(summary, style, detail)
            if output.skeleton_file:
                skeleton = SkeletonFile(output.skeleton_file, plan.selected, plan.inventory.topics, plan.claimed)
                is_lost = skeleton.write(summary)
        exit_code = next((code for code in _WORST_FIRST if code in codes), ExitCode.CONFORMS)
        if style == "json":
            write_document(strict_json.indented({"exit_code": exit_code, "backends": documents}))
        # Everything is judged and shown: a signal that comes now changes nothing.
        signals.last_step()
    if report and file and file.error:
        say(f"--report {report.path}: {file.error.strerror}", err=True)
        return exit_code or ExitCode.NOT_WRITTEN
    return ExitCode.NOT_WRITTEN if is_lost and not exit_code else exit_code


_OF_SIGNALS = (ExitCode.TERMINATED, ExitCode.INTERRUPTED, ExitCode.HUNG_UP)

#: A failure counts more than what could not be run, and a signal most.
_WORST_FIRST = (*_OF_SIGNALS, ExitCode.DOES_NOT_CONFORM, ExitCode.COULD_NOT_RUN, ExitCode.BELOW_FLOOR)

_Results = Generator[Result, None, None]
#: Yields the results, and shows on the console how far the run is.
_Follow = Callable[[_Results, Summary, int, Console], _Results]


def _planned(request: Request, output: Output, adapters: Adapters) -> Plan:
    """Return the plan of a request. Raises as :func:`planned` does."""
    if request.version == VERSIONS[0]:
        return planned(request)
    if adapters.jobs > 1:
        raise click.UsageError(f"--jobs is of DL4J 0.8.0: there is none for {request.version} yet")
    # Imported where it is asked for: most runs are of 0.8.0, and begin earlier without it.
    from dl4j_conformance.cli.block_run_plan import planned_blocks

    return planned_blocks(request, output)


def _of_version(version: str) -> dict[str, Any]:
    """Return what a summary of a later version has beside others."""
    if version == VERSIONS[0]:
        return {}
    from dl4j_conformance.cases.block_case import UPDATER_CLASSES

    return {"version": version, "updaters": UPDATER_CLASSES}


def _load(address: str, version: str, adapters: Adapters) -> Any:
    if version == VERSIONS[0]:
        return resolve(address, adapters.wire_options)
    from dl4j_conformance.cli.block_run_plan import resolved

    return resolved(address, version, adapters.wire_options)


def _resolve(
    address: str, version: str, adapters: Adapters, stack: ExitStack
) -> Sequence[Backend] | BackendUnavailableError:
    """Return the backend's instances, made once, or why there are none here.

    A malformed address ends the command before anything runs. ``stack`` ends what was started.
    """
    try:
        backend: Backend = _load(address, version, adapters)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        return error
    # A backend of another version is inside of one that puts networks into its words.
    stack.callback(end, getattr(backend, "inner", backend))
    if adapters.jobs == 1:
        return [backend]
    # Imported when it is asked for: psutil would delay the first line of every run.
    from dl4j_backends.stdio.backend import ProcessBackend

    if not isinstance(backend, ProcessBackend):
        raise click.UsageError(
            f"--jobs drives several processes, and {address} has none of its own: run it without --jobs"
        )
    twins = [backend.another() for _ in range(adapters.jobs - 1)]
    for twin in twins:
        stack.callback(end, twin)
    return [backend, *twins]


def _run(
    summary: Summary,
    backends: Sequence[Backend] | BackendUnavailableError,
    plan: Plan,
    recorder: Recorder,
    follow: _Follow,
) -> None:
    """Judge a backend and add it all up in ``summary``."""
    try:
        if isinstance(backends, BackendUnavailableError):
            raise backends
        declared = plan.declaration(backends[0])
    except BackendUnavailableError as error:
        summary.unavailable = str(error)
        recorder.begin(plan.selected, plan.inventory, None, None)
        return
    summary.accuracy = declared.accuracy
    recorder.begin(plan.selected, plan.inventory, str(backends[0].name), declared)
    console = terminal(err=True)
    check = Check(plan.expected, plan.claimed, datetime.now().astimezone().date())
    judged = check.of(plan.results(backends))
    results = follow(judged, summary, len(plan.selected), console)
    try:
        with signals.released(), closing(results):
            for result in results:
                with signals.held():
                    summary.add(result)
                    recorder.add(result)
                signals.check()
                if plan.max_fail and len(summary.unexpected) >= plan.max_fail:
                    summary.stopped_by = plan.stopping_option
                    break
    except signals.INTERRUPTIONS as error:
        summary.stopped_by = signals.cause(error).name
    for backend in backends:
        summary.faults += end(getattr(backend, "inner", backend))
    if summary.failures and summary.stopped_by not in Signals.__members__:
        _diagnose(summary, plan, console)
    is_over = not summary.stopped_by and plan.is_whole
    summary.breaches = check.breaches(summary.diagnosis, is_over=is_over)
    if not summary.stopped_by:
        summary.below_floor = summary.short_of(plan.floors, plan.claimed)


def _diagnose(summary: Summary, plan: Plan, console: Console) -> None:
    """Look for the misreadings that explain the failures, until a signal comes."""
    number = len(summary.failures)
    what = f"looking for misreadings that explain {number} failing case{'s' if number > 1 else ''} ..."
    try:
        with signals.released(), announced(what, console):
            plan.diagnose(summary)
    except signals.INTERRUPTIONS as error:
        summary.stopped_by = signals.cause(error).name


def _unfollowed(results: _Results, summary: Summary, total: int, console: Console) -> _Results:
    return results


def _exit_code(summary: Summary) -> ExitCode:
    if summary.stopped_by in Signals.__members__:
        return ExitCode.of(Signals[summary.stopped_by])
    if summary.unexpected or summary.breaches:
        return ExitCode.DOES_NOT_CONFORM
    if not summary.is_complete:
        return ExitCode.COULD_NOT_RUN
    for line in summary.below_floor:
        say(f"below the floor: {line}", err=True)
    return ExitCode.CONFORMS if summary.conforms else ExitCode.BELOW_FLOOR


def _show(summary: Summary, style: str, detail: Detail) -> None:
    match style:
        case "pretty":
            print_pretty(summary, terminal(), detail)
        case "markdown":
            write_document(markdown(summary))
