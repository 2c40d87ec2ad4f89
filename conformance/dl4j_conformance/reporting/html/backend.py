"""A backend on the page: its verdict, the matrix, its topics and deviations, the diagnosis, its failing cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.html import plots
from dl4j_conformance.reporting.html.failing_case import FailingCase, chosen, failed_cells, failing_cases
from dl4j_conformance.reporting.html.intermediates import fixtures_of
from dl4j_conformance.reporting.records import Cell, Result
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_summary import in_cell, table


@dataclass(frozen=True)
class MatrixCell:
    """A cell of the matrix: how many of the cases that ran passed, in words, and a case that did not."""

    words: str
    #: ``passed``, ``failed`` or ``idle``, if none ran.
    state: str
    anchor: str | None


@dataclass(frozen=True)
class MatrixRow:
    """An updater and a type: a cell for each level."""

    updater: str
    dtype: str
    cells: tuple[MatrixCell, ...]
    not_run: int


@dataclass(frozen=True)
class Topic:
    """The numbers of cases of a topic, and the ids of those that failed."""

    name: str
    passed: int
    failed: int
    deviating: int
    not_run: int
    anchor: str | None
    failing: tuple[Result, ...]


@dataclass(frozen=True)
class Deviation:
    """A declared deviation that was seen, and the ids of its cases."""

    words: str
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Backend:
    """All that the page shows of a backend; ``anchor`` is unique among those of a page."""

    anchor: str
    #: The address, numbered if there are several backends: two may be versions of one port.
    label: str
    report: Report
    #: ``good``, ``bad`` or ``open``, if the run ended without a verdict.
    tone: str
    matrix: tuple[MatrixRow, ...]
    topics: tuple[Topic, ...]
    deviations: tuple[Deviation, ...]
    strip: plots.Strip | None
    failing: tuple[FailingCase, ...]
    #: The anchors of the cases that are shown in full, by id.
    anchors: Mapping[str, str]

    @property
    def name(self) -> str:
        """The label, and the name that the backend gives itself."""
        header = self.report.header
        return self.label if header.name in (None, header.backend) else f"{self.label} ({header.name})"


def backend(report: Report, number: int, *, is_alone: bool) -> Backend:
    """Return backend ``number`` of a page, with its failing cases."""
    prefix = f"backend-{number}"
    results = chosen(report)
    shown = failing_cases(report, results, fixtures_of(report, {result.case for result in results}), f"{prefix}-case")
    anchors = {case.result.case: case.anchor for case in shown}
    return Backend(
        prefix,
        report.header.backend if is_alone else f"{number}. {report.header.backend}",
        report,
        {0: "good", 1: "bad"}.get(report.footer.exit_code, "open"),
        _matrix(report, shown),
        _topics(report, f"{prefix}-topic"),
        _deviations(report.results),
        _strip(report.results),
        tuple(shown),
        anchors,
    )


def _matrix(report: Report, shown: Sequence[FailingCase]) -> tuple[MatrixRow, ...]:
    rows = []
    for (updater, dtype), cells in table(report).items():
        row = tuple(_cell(cells.get(level), _failing_at(shown, updater, dtype, level)) for level in Level)
        structure = cells.get(Level.STRUCTURE)
        rows.append(MatrixRow(updater, dtype, row, structure.not_run if structure else 0))
    return tuple(rows)


def _cell(cell: Cell | None, anchor: str | None) -> MatrixCell:
    if cell is None or not (cell.passed or cell.failed):
        return MatrixCell("none ran", "idle", None)
    return MatrixCell(in_cell(cell), "failed" if cell.failed else "passed", anchor if cell.failed else None)


def _failing_at(shown: Sequence[FailingCase], updater: str, dtype: str, level: Level) -> str | None:
    """Return the anchor of a case whose layers with ``updater`` fail ``level``."""
    cell = updater, dtype, level
    return next((case.anchor for case in shown if cell in failed_cells(case.result)), None)


def _topics(report: Report, prefix: str) -> tuple[Topic, ...]:
    grouped: dict[str, list[Result]] = {}
    for result in report.results:
        grouped.setdefault(result.topic, []).append(result)
    return tuple(_topic(name, grouped[name], f"{prefix}-{number}") for number, name in enumerate(sorted(grouped), 1))


def _topic(name: str, results: Sequence[Result], anchor: str) -> Topic:
    failing = tuple(result for result in results if result.status is Status.FAILED and not result.deviation)
    numbers = Counter(result.status for result in results if not result.deviation)
    deviating = sum(result.deviation is not None for result in results)
    return Topic(
        name,
        numbers[Status.PASSED],
        len(failing),
        deviating,
        numbers[Status.NOT_RUN],
        anchor if failing else None,
        failing,
    )


def _deviations(results: Sequence[Result]) -> tuple[Deviation, ...]:
    found: dict[str, list[str]] = {}
    for result in results:
        if result.deviation:
            found.setdefault(result.deviation, []).append(result.case)
    return tuple(Deviation(words, tuple(cases)) for words, cases in found.items())


def _strip(results: Sequence[Result]) -> plots.Strip | None:
    """Return the largest distances of the cases that differ, by updater and type; None if no value differs."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for result in results:
        for part in result.reached:
            if part.ulps:
                label = f"{part.updater} {result.dtype}"
                groups.setdefault(label, []).append((part.ulps, result.case))
    return plots.strip(dict(sorted(groups.items()))) if groups else None
