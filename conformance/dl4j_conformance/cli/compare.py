"""``dl4j-conformance compare``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from dl4j_backends import strict_json
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.report import read, readable
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.reporting.comparison import compared
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.text import terminal

_file = PathType(path_type=Path)


@click.command("compare")
@click.argument("old", type=_file)
@click.argument("new", type=_file)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--verbose", "-v", is_flag=True, help="Print the ids of all cases, if they are many.")
def command(old: Path, new: Path, style: str, verbose: bool) -> ExitCode:
    """Show what changed from the report OLD to the report NEW: of two versions of a port, or of two ports.

    Reports are written by `run --report`. If they have several backends, those of the same address are compared.
    Exits with 1 if a case is newly failing, reaches less or is not run any more, or if values are farther off than in
    the same cases before.
    """
    with readable():
        found = [compared(*pair) for pair in _pairs(read(old), read(new))]
        if style == "json":
            write_document(strict_json.indented([comparison.json for comparison in found]))
        else:
            rest = "" if verbose else shlex.join(["dl4j-conformance", "compare", str(old), str(new), "--verbose"])
            for number, comparison in enumerate(found):
                if number:
                    say("")
                for line in comparison.lines(terminal().width, rest):
                    say(line)
    return ExitCode.DOES_NOT_CONFORM if any(comparison.regressions for comparison in found) else ExitCode.CONFORMS


def _pairs(old: Sequence[Report], new: Sequence[Report]) -> list[tuple[Report, Report]]:
    """Return the reports that belong together; raises :class:`click.UsageError` if one of ``old`` stays alone."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    left = list(new)
    return [(report, _taken(report.header.backend, left)) for report in old]


def _taken(address: str, left: list[Report]) -> Report:
    """Return the first report on the backend at ``address``, and take it out: a backend may have run twice."""
    for number, report in enumerate(left):
        if report.header.backend == address:
            return left.pop(number)
    raise click.UsageError(f"NEW has no backend {address}, which OLD has, or has it less often")
