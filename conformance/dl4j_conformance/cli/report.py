"""``dl4j-conformance report``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from dl4j_conformance.cli.exit_code import CouldNotRunError, NotWrittenError, UnreadableError
from dl4j_conformance.cli.options import OUTPUT
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.reporting.badge import badge
from dl4j_conformance.reporting.junit import junit
from dl4j_conformance.reporting.report_file import Report, read_report
from dl4j_conformance.reporting.report_markdown import markdown
from dl4j_conformance.reporting.report_summary import summary
from dl4j_conformance.reporting.result_table import table
from dl4j_conformance.reporting.text import terminal
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_fixtures import Destination

#: Results that a document with all of them may have: one of more than that nobody opens, and it is made in memory.
_MOST_IN_A_DOCUMENT = 100_000


def read(path: Path) -> tuple[Report, ...]:
    """Return the reports in a file; raises :class:`UnreadableError`."""
    with readable():
        return read_report(path)


@contextmanager
def readable() -> Iterator[None]:
    """Raise :class:`UnreadableError` for a report that cannot be read, also where its many results are read again."""
    try:
        yield
    except UnreadableFileError as error:
        raise UnreadableError(str(error)) from error


def _all_of(paths: Sequence[Path]) -> tuple[Report, ...]:
    return tuple(report for path in paths for report in read(path))


_files = partial(click.argument, nargs=-1, required=True, metavar="FILE...", type=PathType(path_type=Path))
_reports = _files("reports", callback=lambda context, parameter, paths: _all_of(paths))


@click.group("report")
def command() -> None:
    """Show reports of `run --report FILE` in another form, on stdout or in a file.

    A file that was cut off or changed is refused. The exit code does not depend on the verdicts.
    """


@command.command("summary")
@_files("files")
@click.option("--verbose", "-v", is_flag=True, help="Print the ids of all failing cases, if they are many.")
def show_summary(files: Sequence[Path], verbose: bool) -> None:
    """Print a table for each backend, the failing cases, the diagnosis and the verdict."""
    again = shlex.join(["dl4j-conformance", "report", "summary", *map(str, files), "--verbose"])
    with readable():
        for number, report in enumerate(_all_of(files)):
            if number:
                say("")
            for line in summary(report, terminal().width, "" if verbose else again):
                say(line)


@command.command("markdown")
@_reports
def show_markdown(reports: Sequence[Report]) -> None:
    """Print a page for a pull request or a job summary: the verdict first, the details folded."""
    with readable():
        write_document("\n".join(map(markdown, reports)), newline=False)


@command.command("junit")
@_reports
def show_junit(reports: Sequence[Report]) -> None:
    """Print JUnit XML: a suite for each updater and topic, and one for the verdict."""
    _refuse_too_many(reports, "JUnit XML")
    write_document(junit(reports), newline=False)


@command.command("csv")
@_reports
def show_csv(reports: Sequence[Report]) -> None:
    """Print comma-separated values: one line for each result."""
    with readable():
        for line in table(reports):
            write_document(line, newline=False)


@command.command("badge")
@_reports
@click.option("--format", "style", type=click.Choice(["json", "svg"]), default="json", show_default=True)
def show_badge(reports: Sequence[Report], style: str) -> None:
    """Print the verdict as a badge: JSON for an endpoint badge of shields.io, or a picture.

    Of several backends it says how many conform.
    """
    with readable():
        found = badge(reports)
    write_document(found.endpoint if style == "json" else found.svg)


@command.command("html")
@_reports
@click.option("--output", type=OUTPUT, metavar="PATH", help="Where the page is written.  [default: stdout]")
def show_html(reports: Sequence[Report], output: Destination | None) -> None:
    """Write a page for a browser: one file, which needs no network. Needs the extra `html`.

    It has the verdict, the matrix, topics and deviations, the diagnosis, and each kind of failing case with its
    intermediates. Several backends stand side by side, with clusters of identical bits.
    """
    _refuse_too_many(reports, "a page")
    page = _renderer()(reports)
    if output is None:
        write_document(page, newline=False)
        return
    try:
        output.write(page.encode())
    except OSError as error:
        raise NotWrittenError(f"--output {output.path}: {error.strerror}") from error


def _refuse_too_many(reports: Sequence[Report], document: str) -> None:
    """Raise :class:`CouldNotRunError` for more results than a document of all of them may have."""
    if (number := sum(len(report.results) for report in reports)) > _MOST_IN_A_DOCUMENT:
        raise CouldNotRunError(
            f"{number:,} results are too many for {document}, which may have {_MOST_IN_A_DOCUMENT:,}:"
            " `report summary`, `report markdown` and `report csv` take any number"
        )


def _renderer() -> Callable[[Sequence[Report]], str]:
    """Return the function that renders the page; raises :class:`CouldNotRunError` without Jinja2."""
    try:
        from dl4j_conformance.reporting.html.page import page
    except ModuleNotFoundError as error:
        if error.name not in ("jinja2", "markupsafe"):
            raise
        raise CouldNotRunError("report html: Jinja2 is not installed: pip install 'dl4j-conformance[html]'") from error
    return page
