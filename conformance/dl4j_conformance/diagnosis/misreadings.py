"""Diagnosis: which misreading of DL4J explains what a backend gets wrong, judged by the kill matrix.

A misreading explains a backend completely if the backend fails just the cases that exclude the misreading, and in each
of them does what the misreading does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats, decimal_at, hex_of
from dl4j_conformance.diagnosis.explanation import explain
from dl4j_conformance.diagnosis.first_divergence import Divergence, first_divergence
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference, Level, differences
from dl4j_conformance.judging.enclosure_check import bounds
from dl4j_conformance.judging.kill_matrix import Kill, misread
from dl4j_conformance.judging.reading import Outputs
from dl4j_oracle.misreadings import Misreading, by_id

#: Failing cases, spread over all, of which every misreading that they tell apart is tried when none explains all.
_SAMPLE = 120

#: Misreadings that explain the most of the sample: pairs of them are tried, and the nearest is one of them.
_CANDIDATES = 8


@dataclass(frozen=True, eq=False)
class Observed:
    """A failing case: what is expected of it, what the backend made of it, and where that differs.

    ``outcome`` is None if the backend crashed.
    """

    case: Case
    expected: Outcome
    outcome: Outcome | None
    capabilities: frozenset[str]
    differences: tuple[Difference, ...] = ()
    accuracy: Accuracy = CORRECTLY_ROUNDED

    @cached_property
    def is_grave(self) -> bool:
        """Whether more than rounding is wrong."""
        return any(difference.level is not Level.BIT_EXACT for difference in self.differences)

    @cached_property
    def divergence(self) -> Divergence | None:
        """What is wrong first; where more than rounding is, what of that.

        A backend that gives its intermediates is wrong first at one of them, if their shapes and keys are right.
        """
        found = [d for d in self.differences if d.level is not Level.BIT_EXACT] or self.differences
        if self.outcome is None:
            return Divergence(self.case.id, CONSTRUCTION, "", None, "crash", found[0].expected, found[0].got)
        has_structure = all(d.level is not Level.STRUCTURE for d in found)
        if has_structure and any(step.intermediates for step in self.outcome.steps):
            return _of_intermediates(self.case, self.outcome)
        return first_divergence(self.case, self.expected, self.outcome, self.capabilities, found)


def _of_intermediates(case: Case, got: Outcome) -> Divergence | None:
    wrong = explain(case, got=got).first_wrong
    if wrong is None or wrong.intermediate.backend is None:
        return None
    found, index = wrong.intermediate, wrong.index
    place = index if len(found.ieee) > 1 else None
    expected, seen = _value(found.ieee, index), _value(wrong.intermediate.backend, index)
    return Divergence(case.id, wrong.step, found.owner, place, found.name, expected, seen)


def _value(array: Floats, index: int) -> str:
    if index >= len(array):
        return f"{len(array)} values"
    return f"{hex_of(array[index : index + 1])[0]} {decimal_at(array, index)}"


@dataclass(frozen=True)
class Diagnosis:
    """``readings`` (each alone) do what the backend does in ``matched`` of the ``discriminating`` cases that ran.

    Discriminating are the cases that exclude the reading; ``level`` is the plainest at which one does. Of the
    ``failing`` cases ``explained`` are explained, and ``rounding`` more differ by rounding alone. ``divergence`` is
    given where something stays unexplained.
    """

    readings: tuple[Misreading, ...]
    level: Level | None
    matched: int
    discriminating: int
    explained: int
    failing: int
    rounding: int = 0
    divergence: Divergence | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every failure is explained, and nothing is missing that the reading would get wrong."""
        return (
            bool(self.readings)
            and self.matched == self.discriminating
            and self.explained + self.rounding == self.failing
        )


#: Of each case that ran what it tells apart, by misreading.
ToldApart = Mapping[str, Mapping[str, Kill]]


def diagnose(failing: Sequence[Observed], told_apart: ToldApart, claimed: Level = Level.BIT_EXACT) -> Diagnosis:
    """One misreading that explains everything, else one that does but for rounding, else two, else the nearest."""
    rows = _rows(told_apart, claimed)
    by_case = {observed.case.id: observed for observed in failing}
    return (
        _one(by_case, rows)
        or _one_but_for_rounding(by_case, rows)
        or _two(by_case, rows, partial := _partial(failing, told_apart))
        or _nearest(by_case, rows, partial)
    )


_Cases = Mapping[str, Observed]
_Rows = Mapping[str, Mapping[str, Level]]


def _rows(told_apart: ToldApart, claimed: Level) -> _Rows:
    """The cases that exclude each misreading at the claimed level or before."""
    rows: dict[str, dict[str, Level]] = {}
    for case, row in told_apart.items():
        for id_, kill in row.items():
            if claimed in kill.level.fails:
                rows.setdefault(id_, {})[case] = kill.level
    return rows


def _one(failing: _Cases, rows: _Rows) -> Diagnosis | None:
    candidates = [id_ for id_, row in rows.items() if row.keys() == failing.keys()]
    found = [id_ for id_ in candidates if all(_explains(by_id(id_), observed) for observed in failing.values())]
    if not found:
        return None
    n = len(failing)
    return Diagnosis(tuple(map(by_id, found)), _level(rows[found[0]]), n, n, n, n)


def _one_but_for_rounding(failing: _Cases, rows: _Rows) -> Diagnosis | None:
    grave = {id_: observed for id_, observed in failing.items() if observed.is_grave}
    found: list[str] = []
    for id_, row in rows.items():
        plain = {case for case, level in row.items() if level is not Level.BIT_EXACT}
        if grave and plain and plain <= grave.keys() <= row.keys():
            misreading = by_id(id_)
            if all(_explains(misreading, observed) for observed in grave.values()):
                found.append(id_)
    if not found:
        return None
    n = sum(case in grave for case in rows[found[0]])
    rounding = len(failing) - len(grave)
    return Diagnosis(tuple(map(by_id, found)), _level(rows[found[0]]), n, n, n, len(failing), rounding)


def _two(failing: _Cases, rows: _Rows, partial: Sequence[str]) -> Diagnosis | None:
    for first, second in combinations(partial, 2):
        if rows[first].keys() | rows[second].keys() == failing.keys():
            both = by_id(first).and_also(by_id(second))
            if all(_explains(both, observed) for observed in failing.values()):
                n = len(failing)
                level = min(_level(rows[first]), _level(rows[second]), key=tuple(Level).index)
                return Diagnosis((both,), level, n, n, n, n)
    return None


def _partial(failing: Sequence[Observed], told_apart: ToldApart) -> list[str]:
    """The misreadings that explain most of a sample of the failing cases, best first."""
    counts: dict[str, int] = {}
    for observed in failing[:: -(-len(failing) // _SAMPLE)]:
        for id_, kill in told_apart.get(observed.case.id, {}).items():
            if observed.is_grave != (kill.level is Level.BIT_EXACT) and _explains(by_id(id_), observed):
                counts[id_] = counts.get(id_, 0) + 1
    return sorted(counts, key=lambda id_: -counts[id_])[:_CANDIDATES]


def _nearest(failing: _Cases, rows: _Rows, partial: Sequence[str]) -> Diagnosis:
    best = Diagnosis((), None, 0, 0, 0, len(failing), divergence=_plainest(list(failing.values())))
    for id_ in partial:
        row = rows.get(id_, {})
        explained = {case for case in row if case in failing and _explains(by_id(id_), failing[case])}
        if len(explained) > best.explained:
            rest = [observed for case, observed in failing.items() if case not in explained]
            best = Diagnosis(
                (by_id(id_),),
                _level(row),
                len(explained),
                len(row),
                len(explained),
                len(failing),
                divergence=_plainest(rest or list(failing.values())),
            )
    return best


def _plainest(observed: Sequence[Observed]) -> Divergence | None:
    """The first divergence of the smallest case, a grave one if there is one."""

    def size(entry: Observed) -> tuple[bool, int, int, int]:
        network = entry.case.network
        return not entry.is_grave, len(network.layers), len(entry.case.script), sum(map(len, network.params.values()))

    return min(observed, key=size).divergence


def _level(row: Mapping[str, Level]) -> Level:
    """The plainest level at which the cases of a row exclude."""
    return min(row.values(), key=tuple(Level).index)


def _explains(misreading: Misreading, observed: Observed) -> bool:
    """Whether the misreading has the backend's bits, or its structure and enclosures that hold its values."""
    case, got, capabilities = observed.case, observed.outcome, observed.capabilities
    reading = misread(case, misreading)
    if got is None or reading is None:
        # Where a misreading makes no sense, what follows it breaks down.
        return got is None and reading is None
    found = differences(case, reading, got, capabilities)
    if not found:
        return True
    if any(difference.level is Level.STRUCTURE for difference in found) or not observed.is_grave:
        return False
    if not Outputs.of(case, got, capabilities).are_nearer_to(reading):
        return False
    held = bounds(case, got, capabilities, misreading.rules, observed.accuracy)
    return not held.escapes and held.unclaimed == 0 and held.compared > 0
