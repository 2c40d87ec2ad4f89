"""``dl4j-conformance replay``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_conformance import report, runner
from dl4j_conformance.command_line import (
    COULD_NOT_RUN,
    DOES_NOT_CONFORM,
    UnreadableError,
)
from dl4j_conformance.oracle_backend import resolve
from dl4j_conformance.recording import UnreadableFileError, read_recording
from dl4j_conformance.runner import Fixture, Status, Summary


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
def command(file: Path, backends: Sequence[str]) -> None:
    """Hold each BACKEND (default: the oracle) against FILE, a recording of the real DL4J, bit for bit.

    FILE has one JSON object per line, {"case": input, "dl4j": what DL4J made of it}, and may be gzipped.

    \b
    Example:
      dl4j-conformance replay fixtures/dl4j_fixtures/recordings/dl4j-0.8.0-sample.jsonl.gz oracle numpy
    """
    try:
        recorded = [Fixture(case, outcome) for case, outcome in read_recording(file)]
    except UnreadableFileError as error:
        raise UnreadableError(str(error)) from error
    if not recorded:
        raise UnreadableError(f"{file}: has no cases")
    codes = [_replay(address, recorded) for address in backends or ("oracle",)]
    sys.exit(next((code for code in (DOES_NOT_CONFORM, COULD_NOT_RUN) if code in codes), 0))


def _replay(address: str, recorded: Sequence[Fixture]) -> int:
    summary = Summary(address)
    try:
        backend = resolve(address)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        click.echo(f"not run: {error}", err=True)
        return COULD_NOT_RUN
    _run(backend, recorded, summary)
    report.print_pretty(summary, Console())
    steps = sum(len(fixture.expected.steps) for fixture in recorded)
    click.echo(f"{address}: {summary.total.passed} of {len(recorded)} recorded networks reproduced ({steps} steps)")
    if summary.total.failed:
        return DOES_NOT_CONFORM
    return 0 if summary.is_complete and summary.total.passed else COULD_NOT_RUN


def _run(backend: Backend, recorded: Sequence[Fixture], summary: Summary) -> None:
    try:
        for result in runner.run([backend], recorded):
            summary.add(result)
            if result.status is Status.NOT_RUN:
                click.echo(f"not run: {result.case.id}: {result.reason}", err=True)
    finally:
        summary.faults += runner.end(backend)
