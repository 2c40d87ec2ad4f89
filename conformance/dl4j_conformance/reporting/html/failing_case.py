"""A failing case on the page: its findings, plots, intermediates, and the commands that show it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.commands import Commands
from dl4j_conformance.reporting.html import plots
from dl4j_conformance.reporting.html.intermediates import Intermediates, intermediates
from dl4j_conformance.reporting.records import Named, Result
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import place, side
from dl4j_oracle.clauses import Clause, clauses

#: Failing cases of a topic that are shown in full, and of a backend; those of them whose intermediates are shown.
_OF_A_TOPIC, _OF_A_BACKEND, _WITH_INTERMEDIATES = 5, 80, 40


@dataclass(frozen=True)
class Row:
    """A finding: its place, what was expected, what came, how far it is off, and what is allowed."""

    level: str
    place: str
    expected: str
    got: str
    distance: str
    allowed: str


@dataclass(frozen=True)
class FailingCase:
    """A failing case that is shown in full, under an ``anchor``."""

    anchor: str
    result: Result
    rows: tuple[Row, ...]
    bars: tuple[plots.Bar, ...]
    #: None for a case of one operation.
    drift: plots.Drift | None
    misreadings: tuple[Named, ...]
    clauses: tuple[Clause, ...]
    #: None if they are left out, or the fixtures of the report are not those installed.
    intermediates: Intermediates | None
    explain: str | None


def failed_cells(result: Result) -> Iterator[tuple[str, str, Level]]:
    """Yield the cells of the matrix in which a case fails: updater, type and level."""
    for part in result.reached:
        above = tuple(Level)[tuple(Level).index(part.level) + 1 :] if part.level else Level
        yield from (
            (part.updater, result.dtype, level) for level in above if level is not Level.RECORDED or result.is_recorded
        )


def chosen(report: Report) -> list[Result]:
    """Return the failing cases that are shown in full, at most 80.

    They are those that the diagnosis names, one for each cell of the matrix, and the first of each topic.
    """
    diagnosis = report.footer.diagnosis
    readings = (*diagnosis.readings, *diagnosis.hints) if diagnosis else ()
    named = {reading.cases[0] for reading in readings if reading.cases}
    if diagnosis and diagnosis.first_divergence:
        named.add(diagnosis.first_divergence.case)
    failing = [result for result in report.results if result.status is Status.FAILED]
    firsts = {cell: result.case for result in reversed(failing) for cell in failed_cells(result)}
    named |= set(firsts.values())
    seen: Counter[str] = Counter()
    found = []
    for result in failing:
        seen[result.topic] += 1
        if seen[result.topic] <= _OF_A_TOPIC or result.case in named:
            found.append(result)
    return sorted(found, key=lambda result: result.case not in named)[:_OF_A_BACKEND]


def failing_cases(
    report: Report, results: Sequence[Result], fixtures: Mapping[str, Fixture], prefix: str
) -> list[FailingCase]:
    """Return ``results`` with all that is shown of them, in order of their topics; anchors begin with ``prefix``."""
    ordered = sorted(results, key=lambda result: result.topic)
    explained = {result.case for result in _one_of_each_first(ordered)[:_WITH_INTERMEDIATES]}
    return [
        _failing_case(
            report, result, fixtures.get(result.case) if result.case in explained else None, f"{prefix}-{number}"
        )
        for number, result in enumerate(ordered, 1)
    ]


def _one_of_each_first(results: Sequence[Result]) -> list[Result]:
    """Return the first of each topic, then the second of each, and so on."""
    places: dict[str, int] = {}
    ranks = []
    for result in results:
        places[result.topic] = places.get(result.topic, -1) + 1
        ranks.append(places[result.topic])
    return [results[number] for number in sorted(range(len(results)), key=ranks.__getitem__)]


def _failing_case(report: Report, result: Result, fixture: Fixture | None, anchor: str) -> FailingCase:
    diagnosis = report.footer.diagnosis
    known = {clause.id: clause for clause in clauses()}
    return FailingCase(
        anchor,
        result,
        tuple(_rows(result)),
        plots.bars([(place(found), found.ulps) for found in result.findings if found.index is not None]),
        plots.drift(result.drift) if len(result.drift) > 1 else None,
        tuple(one for one in diagnosis.readings if result.case in one.cases) if diagnosis else (),
        tuple(known[id_] for id_ in result.clauses if id_ in known),
        intermediates(fixture, result, report.header.capabilities or ()) if fixture else None,
        Commands(report.header.backend).explain(result.case) if result.reproduce else None,
    )


def _rows(result: Result) -> Iterator[Row]:
    for found in result.findings:
        distance = "" if found.ulps is None else plots.in_short(found.ulps)
        yield Row(found.level, place(found), side(found.expected), side(found.got), distance, found.allowed)
