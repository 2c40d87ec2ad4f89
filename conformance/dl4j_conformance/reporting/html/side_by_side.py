"""Several backends side by side: clusters of identical bits, case by case and over the run, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.comparison import Comparison, compared
from dl4j_conformance.reporting.html.backend import Backend
from dl4j_conformance.reporting.records import Result
from dl4j_conformance.reporting.standing import reached

#: The clusters of those that have the bits of the evaluation model, of those that were not run, and of those that
#: differ in a report that does not say in which bits.
MODEL, IDLE, UNKNOWN = "DL4J", "", "?"
#: Cases of a pattern that are named.
_NAMED = 60
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Cell:
    """One backend in a pattern: its cluster of identical bits, and whether the cases passed."""

    cluster: str
    status: Status


@dataclass(frozen=True)
class Named:
    """A case by its id, with the part of the page about it for each backend that has one."""

    id: str
    anchors: tuple[str | None, ...]
    reached: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """The cases in which every backend has the same cluster and verdict."""

    cells: tuple[Cell, ...]
    number: int
    cases: tuple[Named, ...]

    @property
    def is_uniform(self) -> bool:
        """Return whether all backends that ran the cases have identical bits."""
        return len({cell.cluster for cell in self.cells if cell.status is not Status.NOT_RUN}) < 2


@dataclass(frozen=True)
class SideBySide:
    """The comparison of several backends."""

    backends: tuple[Backend, ...]
    #: Sets of backends that ran the same cases, with identical bits in all of them, by their places on the page. The
    #: place after the last backend stands for DL4J. One that ran nothing is in none.
    clusters: tuple[tuple[int, ...], ...]
    #: By row and column the number of cases with identical bits, and of those that both ran. The last is DL4J.
    pairs: tuple[tuple[tuple[int, int], ...], ...]
    patterns: tuple[Pattern, ...]
    changes: tuple[Comparison, ...]


def side_by_side(backends: Sequence[Backend]) -> SideBySide:
    """Return the comparison of the backends of a page: each is held against the first."""
    by_id = [{result.case: result for result in backend.report.results} for backend in backends]
    ids = list(dict.fromkeys(id_ for results in by_id for id_ in results))
    rows = {id_: _cells([results.get(id_) for results in by_id]) for id_ in ids}
    first, *others = backends
    return SideBySide(
        tuple(backends),
        _clusters(list(rows.values()), len(backends)),
        _pairs(list(rows.values()), len(backends)),
        _patterns(rows, by_id, backends),
        tuple(compared(first.report, other.report) for other in others),
    )


def _cells(results: Sequence[Result | None]) -> tuple[Cell, ...]:
    """Return a cell for each backend; the letters of clusters are given in order of appearance."""
    letters: dict[str, str] = {}
    cells = []
    for result in results:
        if result is None or result.status is Status.NOT_RUN:
            cells.append(Cell(IDLE, Status.NOT_RUN))
        elif result.fails in (None, Level.RECORDED):
            cells.append(Cell(MODEL, result.status))
        elif not result.bits:
            cells.append(Cell(UNKNOWN, result.status))
        else:
            letter = letters.setdefault(result.bits, _letter(len(letters)))
            cells.append(Cell(letter, result.status))
    return tuple(cells)


def _letter(number: int) -> str:
    return _LETTERS[number] if number < len(_LETTERS) else f"A{number}"


def _are_identical(one: str, other: str) -> bool:
    return one == other != UNKNOWN


def _pairs(rows: Sequence[tuple[Cell, ...]], number: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    clusters = [(*(cell.cluster for cell in row), MODEL) for row in rows]
    return tuple(
        tuple(_shared([(row[one], row[other]) for row in clusters]) for other in range(number + 1))
        for one in range(number)
    )


def _shared(pairs: Sequence[tuple[str, str]]) -> tuple[int, int]:
    both = [pair for pair in pairs if IDLE not in pair]
    return sum(_are_identical(*pair) for pair in both), len(both)


def _clusters(rows: Sequence[tuple[Cell, ...]], number: int) -> tuple[tuple[int, ...], ...]:
    found: dict[tuple[str, ...], list[int]] = {}
    for one in range(number):
        column = tuple(row[one].cluster for row in rows)
        # One with unknown bits is alone.
        found.setdefault((*column, str(one)) if UNKNOWN in column else column, []).append(one)
    return tuple(
        (*members, number) if set(column) <= {MODEL, IDLE} else tuple(members)
        for column, members in found.items()
        if set(column) != {IDLE}
    )


def _patterns(
    rows: Mapping[str, tuple[Cell, ...]], by_id: Sequence[Mapping[str, Result]], backends: Sequence[Backend]
) -> tuple[Pattern, ...]:
    found: dict[tuple[Cell, ...], list[str]] = {}
    for id_, cells in rows.items():
        found.setdefault(cells, []).append(id_)
    numbers = Counter({cells: len(ids) for cells, ids in found.items()})
    return tuple(
        Pattern(cells, number, tuple(_named(id_, by_id, backends) for id_ in found[cells][:_NAMED]))
        for cells, number in numbers.most_common()
    )


def _named(id_: str, by_id: Sequence[Mapping[str, Result]], backends: Sequence[Backend]) -> Named:
    return Named(
        id_,
        tuple(backend.anchors.get(id_) for backend in backends),
        tuple(_reached(results.get(id_)) for results in by_id),
    )


def _reached(result: Result | None) -> str:
    return "not run" if result is None or result.status is Status.NOT_RUN else f"reaches {reached(result)}"
