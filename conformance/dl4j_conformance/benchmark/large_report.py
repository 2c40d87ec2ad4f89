"""A report with very many results, to see the memory of commands that read it.

``python -m dl4j_conformance.benchmark.large_report SOURCE TARGET`` repeats the results of a report of one backend,
each time with other ids. Then ``/usr/bin/time -v`` shows what a command takes that reads TARGET.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dl4j_backends.bounded_json import Size
from dl4j_conformance.reporting.report_file import ReportFile
from dl4j_conformance.vectors.json_lines import numbered_lines
from dl4j_fixtures import destination

_MOST = Size(256 << 20, 8_000_000, 8_000_000, 4_000_000)


def repeat(source: Path, target: Path, number: int) -> None:
    """Write a report with ``number`` results, which are those of ``source`` again and again; raise ``OSError``."""
    header, *results, footer = (data for _, _, data in numbered_lines(source, _MOST))
    footer.pop("sha256")
    with ReportFile(destination(target)) as file:
        file.write({**header, "cases": number})
        for index in range(number):
            again, place = divmod(index, len(results))
            file.write(_numbered(results[place], again))
        file.seal(footer)
    if file.error:
        raise file.error


def _numbered(result: dict[str, Any], again: int) -> dict[str, Any]:
    return {**result, "case": f"{result['case']}-{again}"}


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--results", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="So many results.")
def command(source: Path, target: Path, results: int) -> None:
    """Write TARGET, a report with many results: those of the report SOURCE, which has one backend."""
    repeat(source, target, results)


if __name__ == "__main__":
    command()
