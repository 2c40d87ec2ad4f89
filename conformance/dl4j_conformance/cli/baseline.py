"""``dl4j-conformance baseline``."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path
from signal import Signals

import click

from dl4j_backends import signals
from dl4j_conformance.cli import run
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode, NotWrittenError, UnreadableError
from dl4j_conformance.cli.options import OUTPUT
from dl4j_conformance.cli.path_type import PathType, is_same
from dl4j_conformance.cli.report import read, readable
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.reporting.baseline import BaselineError, read_baseline, render
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.standing import Group, changes, extent, in_words, standing
from dl4j_fixtures import Destination, destination

_DEFAULT = "dl4j-baseline.toml"

#: Regressions that are named.
_SHOWN = 20


@click.group("baseline")
def command() -> None:
    """Write down how a backend stands, and see whether it falls behind that.

    A baseline is a text file for the repository of a port: the level that each case reaches, and the largest distance
    of values, by updater, type and level.

    BACKEND is run; or give the REPORT of a run (`run BACKEND --report REPORT.jsonl`).
    """


_source = click.argument("source", metavar="BACKEND|REPORT.jsonl")


@command.command("update")
@_source
@click.option("--baseline", "place", type=OUTPUT, default=_DEFAULT, show_default=True, help="The file to write.")
@click.pass_context
def update(context: click.Context, source: str, place: Destination) -> None:
    """Write the baseline anew."""
    if os.path.exists(source) and is_same(Path(source), place.path):
        raise click.UsageError(f"{source} is the report, and --baseline too: the baseline is a file of its own")
    report = _report(context, source)
    with readable():
        found, text = standing(report.results), render(report)
    if not found.cases:
        raise CouldNotRunError(f"{report.header.backend}: nothing ran: there is no baseline of that")
    try:
        place.write(text.encode())
    except OSError as error:
        raise NotWrittenError(f"--baseline {place.path}: {error.strerror}") from error
    say(f"{place.path}: {len(found.cases)} cases of {report.header.backend}")
    for group, worst in sorted(found.worst.items()):
        say(f"  {group.words}: {worst.cases}, {in_words(worst)}")


@command.command("check")
@_source
@click.option(
    "--baseline",
    "path",
    type=PathType(path_type=Path),
    default=_DEFAULT,
    show_default=True,
    help="The file to read.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name every regression, if they are many.")
@click.pass_context
def check(context: click.Context, source: str, path: Path, verbose: bool) -> ExitCode:
    """Exit with 1 if a case reaches less than the baseline says or is not run, or if values are farther off.

    Each regression is named with the line of the baseline.
    """
    try:
        baseline = read_baseline(path)
    except BaselineError as error:
        raise UnreadableError(str(error)) from error
    report = _report(context, source)
    with readable():
        found = changes(baseline.standing, report.results, report.header.claimed)
    worse = [change for change in found if change.kind.is_regression]
    for change in worse[: None if verbose else _SHOWN]:
        name = change.subject.words if isinstance(change.subject, Group) else change.subject
        line = baseline.lines.get(change.subject)
        where = f"{path}:{line}" if line else f"{path}"
        say(f"{where}: {change.kind}: {name}: {change.after}; the baseline has: {change.before}")
    if len(worse) > _SHOWN and not verbose:
        again = shlex.join(["dl4j-conformance", "baseline", "check", source, "--baseline", str(path), "--verbose"])
        say(f"all of them: {again}")
    if worse and report.header.platform != baseline.about.platform:
        say(f"the baseline is of another platform: {baseline.about.platform}", err=True)
    anew = "; `dl4j-conformance baseline update` writes down what changed" if len(found) > len(worse) else ""
    say(f"{report.header.backend}: {extent(found)}{anew}")
    return ExitCode.DOES_NOT_CONFORM if worse else ExitCode.CONFORMS


def _report(context: click.Context, source: str) -> Report:
    """Return the report in a file, or of a run; raises :class:`click.ClickException` if it is not of a whole run."""
    if source.endswith((".jsonl", ".jsonl.gz")):
        reports = read(Path(source))
    else:
        with tempfile.TemporaryDirectory(prefix="dl4j-baseline-") as folder:
            file = destination(Path(folder, "report.jsonl"))
            context.invoke(run.command, backends=(source,), report=file)
            reports = read(file.path)
            by = reports[0].footer.stopped_by
            if by and by in Signals.__members__:
                raise signals.Stopped(Signals[by])
    if len(reports) > 1:
        raise click.UsageError(f"{source} has {len(reports)} backends, and a baseline is of one")
    (report,) = reports
    footer = report.footer
    if footer.stopped_by or footer.unavailable:
        why = f"stopped by {footer.stopped_by}" if footer.stopped_by else footer.unavailable
        raise CouldNotRunError(f"{report.header.backend} did not run to the end ({why}): there is no baseline of that")
    return report
