"""Reports as a table of comma-separated values (RFC 4180): one line for each result."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from dl4j_backends import plain_text
from dl4j_conformance.reporting.records import Result
from dl4j_conformance.reporting.report_file import Report

_COLUMNS = (
    *("backend", "case", "topic", "type", "updaters", "clauses", "status", "fails", "values", "identical"),
    *("ulps", "nearness", "differences", "reason", "deviation"),
)
#: Spreadsheets take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@")


def table(reports: Sequence[Report]) -> Iterator[str]:
    """Yield the lines of all backends, after one with the names of the columns."""
    yield _line(_COLUMNS)
    for report in reports:
        backend = _cell(report.header.backend)
        yield from (_line([backend, *_row(result)]) for result in report.results)


def _line(cells: Sequence[str | int | float | None]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _row(result: Result) -> list[str | int | float | None]:
    distances = [reached.ulps for reached in result.reached if reached.ulps is not None]
    return [
        _cell(result.case),
        _cell(result.topic),
        result.dtype,
        _cell(" ".join(result.updaters)),
        _cell(" ".join(result.clauses)),
        result.status,
        result.fails,
        result.values,
        result.identical,
        max(distances, default=None),
        result.nearness,
        result.differences,
        _cell(result.reason),
        _cell(result.deviation or ""),
    ]


def _cell(text: str) -> str:
    plain = plain_text.line(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain
