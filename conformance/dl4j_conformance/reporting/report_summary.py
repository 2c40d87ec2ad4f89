"""The summary of a report: a table, the failing cases by topic, the diagnosis; the verdict comes last."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.listed_cases import are_many, listed
from dl4j_conformance.reporting.phrases import cases
from dl4j_conformance.reporting.records import Cell
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import deviating, explanation, failing, not_run

#: The widths of the columns: updater, type, one for each level.
_UPDATER, _TYPE, _LEVEL = 10, 8, 12


def summary(report: Report, width: int = 80, showing_all: str = "") -> Iterator[str]:
    """Yield the lines.

    Many ids are folded by topic, in lines of ``width``, if a command is given for ``showing_all`` of them.
    """
    header, footer = report.header, report.footer
    suite = header.versions.get("dl4j-conformance", "?")
    yield f"{header.backend}: held to level {header.claimed} by dl4j-conformance {suite}"
    yield ""
    yield from _table(report)
    yield ""
    if topics := {result.case: result.topic for result in failing(report)}:
        yield f"failed: {cases(len(topics))}"
        yield from listed(list(topics), topics, width, all_of_them=not showing_all)
        if showing_all and are_many(topics):
            yield f"  all of them: {showing_all}"
        yield ""
    if footer.diagnosis:
        yield from explanation(footer.diagnosis)
    yield from not_run(report)
    yield from deviating(report)
    yield from (f"too few cases ran: {line}" for line in footer.below_floor)
    yield from (f"fault: {fault.name} in {fault.case or 'no case'}: {fault.detail}" for fault in footer.faults)
    if footer.unavailable:
        yield f"unavailable: {footer.unavailable}"
    yield footer.verdict


def _table(report: Report) -> Iterator[str]:
    if rows := table(report):
        yield "updater".ljust(_UPDATER) + "type".ljust(_TYPE) + "".join(str(level).rjust(_LEVEL) for level in Level)
    for (updater, dtype), cells in rows.items():
        numbers = "".join(in_cell(cells.get(level)).rjust(_LEVEL) for level in Level)
        yield updater.ljust(_UPDATER) + dtype.ljust(_TYPE) + numbers


def table(report: Report) -> dict[tuple[str, str], dict[Level, Cell]]:
    """Return the counts of every level, by updater and type."""
    found: dict[tuple[str, str], dict[Level, Cell]] = {}
    for cell in report.footer.table:
        found.setdefault((cell.updater, cell.dtype), {})[cell.level] = cell
    return found


def in_cell(cell: Cell | None) -> str:
    """Return how many of the cases that ran passed, such as ``12/14``; a dash if none ran."""
    return f"{cell.passed}/{cell.passed + cell.failed}" if cell and (cell.passed or cell.failed) else "-"
