"""Diagnosis: the misreading of DL4J that explains what a backend gets wrong, found by the kill matrix.

A misreading explains a backend completely if the backend fails just the cases that kill the misreading, and does in
each of them what the misreading does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from dl4j_conformance.diagnosis.first_divergence import Divergence, first_divergence
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.enclosure_check import bounds
from dl4j_conformance.judging.kill_matrix import Kill, outcome_of
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.reading import Outputs
from dl4j_oracle.misreadings import Misreading, by_id, together

#: Failing cases, spread over all, on which every misreading that they can kill is tried if none explains all.
_SAMPLE = 120

#: Misreadings that explain the most of the sample: pairs of them are tried, and the nearest is one of them.
_CANDIDATES = 8


@dataclass(frozen=True)
class Diagnosis:
    """The misreadings that explain the failures of a backend, and how well they do."""

    #: Each of them alone does what the backend does in the ``matched`` cases.
    readings: tuple[Misreading, ...]
    #: The lowest level at which a case kills the reading.
    level: Level | None
    matched: int
    #: How many of the cases that ran kill the reading.
    discriminating: int
    #: How many of the ``failing`` cases the reading explains.
    explained: int
    failing: int
    #: How many more of them differ by rounding alone.
    rounding: int = 0
    #: What is wrong first, if something stays unexplained.
    divergence: Divergence | None = None

    @property
    def is_complete(self) -> bool:
        """Return whether every failure is explained, and nothing is missing that the reading would get wrong."""
        return (
            bool(self.readings)
            and self.matched == self.discriminating
            and self.explained + self.rounding == self.failing
        )


#: The kills of each case that ran, by misreading.
KillsByCase = Mapping[str, Mapping[str, Kill]]


def diagnose(failing: Sequence[DifferingCase], kills: KillsByCase, claimed: Level = Level.BIT_EXACT) -> Diagnosis:
    """Return one misreading that explains everything, else one that does but for rounding, else two, else the nearest.

    ``failing`` are the cases that fail the ``claimed`` level, at least one.
    """
    rows = _rows(kills, claimed)
    by_case = {differing.case.id: differing for differing in failing}
    return (
        _one(by_case, rows)
        or _one_but_for_rounding(by_case, rows)
        or _two(by_case, rows, partial := _partial(failing, kills))
        or _nearest(by_case, rows, partial)
    )


_Cases = Mapping[str, DifferingCase]
_Rows = Mapping[str, Mapping[str, Level]]


def _rows(kills: KillsByCase, claimed: Level) -> _Rows:
    """Return the cases that kill each misreading at the claimed level or a lower one."""
    rows: dict[str, dict[str, Level]] = {}
    for case, row in kills.items():
        for id_, kill in row.items():
            if claimed in kill.level.fails:
                rows.setdefault(id_, {})[case] = kill.level
    return rows


def _one(failing: _Cases, rows: _Rows) -> Diagnosis | None:
    candidates = [id_ for id_, row in rows.items() if row.keys() == failing.keys()]
    found = [id_ for id_ in candidates if all(_explains(by_id(id_), differing) for differing in failing.values())]
    if not found:
        return None
    n = len(failing)
    return Diagnosis(tuple(map(by_id, found)), _level(rows[found[0]]), n, n, n, n)


def _one_but_for_rounding(failing: _Cases, rows: _Rows) -> Diagnosis | None:
    grave = {id_: differing for id_, differing in failing.items() if differing.is_grave}
    found: list[str] = []
    for id_, row in rows.items():
        plain = {case for case, level in row.items() if level is not Level.BIT_EXACT}
        if grave and plain and plain <= grave.keys() <= row.keys():
            misreading = by_id(id_)
            if all(_explains(misreading, differing) for differing in grave.values()):
                found.append(id_)
    if not found:
        return None
    n = sum(case in grave for case in rows[found[0]])
    rounding = len(failing) - len(grave)
    return Diagnosis(tuple(map(by_id, found)), _level(rows[found[0]]), n, n, n, len(failing), rounding)


def _two(failing: _Cases, rows: _Rows, partial: Sequence[str]) -> Diagnosis | None:
    for first, second in combinations(partial, 2):
        if by_id(first).conflicts_with(by_id(second)):
            continue
        if rows[first].keys() | rows[second].keys() == failing.keys():
            both = together((by_id(first), by_id(second)))
            if all(_explains(both, differing) for differing in failing.values()):
                n = len(failing)
                level = min(_level(rows[first]), _level(rows[second]), key=tuple(Level).index)
                return Diagnosis((both,), level, n, n, n, n)
    return None


def _partial(failing: Sequence[DifferingCase], kills: KillsByCase) -> list[str]:
    """Return the misreadings that explain most of a sample of the failing cases, best first."""
    counts: dict[str, int] = {}
    for differing in failing[:: -(-len(failing) // _SAMPLE)]:
        for id_, kill in kills.get(differing.case.id, {}).items():
            if differing.is_grave != (kill.level is Level.BIT_EXACT) and _explains(by_id(id_), differing):
                counts[id_] = counts.get(id_, 0) + 1
    return sorted(counts, key=lambda id_: -counts[id_])[:_CANDIDATES]


def _nearest(failing: _Cases, rows: _Rows, partial: Sequence[str]) -> Diagnosis:
    explained: dict[str, set[str]] = {
        id_: {case for case in rows.get(id_, {}) if case in failing and _explains(by_id(id_), failing[case])}
        for id_ in partial
    }
    every = list(failing.values())
    best = max(explained, key=lambda id_: len(explained[id_]), default=None)
    if best is None or not explained[best]:
        return Diagnosis((), None, 0, 0, 0, len(failing), divergence=_plainest(every))
    n = len(explained[best])
    rest = [differing for case, differing in failing.items() if case not in explained[best]]
    divergence = _plainest(rest or every)
    return Diagnosis((by_id(best),), _level(rows[best]), n, len(rows[best]), n, len(failing), divergence=divergence)


def _plainest(failing: Sequence[DifferingCase]) -> Divergence | None:
    """Return the first divergence of the smallest case, a grave one if there is one."""

    def size(entry: DifferingCase) -> tuple[bool, int, int, int]:
        network = entry.case.network
        return not entry.is_grave, len(network.layers), len(entry.case.script), sum(map(len, network.params.values()))

    return first_divergence(min(failing, key=size))


def _level(row: Mapping[str, Level]) -> Level:
    """Return the lowest level at which the cases of a row kill."""
    return min(row.values(), key=tuple(Level).index)


def _explains(misreading: Misreading, differing: DifferingCase) -> bool:
    """Return whether the misreading has the backend's bits, or its structure and enclosures that hold its values."""
    case, got, declaration = differing.case, differing.outcome, differing.declaration
    reading = outcome_of(misreading, case)
    if got is None or reading is None:
        # Where a misreading makes no sense, what follows it breaks down.
        return got is None and reading is None
    found = differences(case, reading, got, declaration.capabilities)
    if not found:
        return True
    if any(difference.is_structural for difference in found) or not differing.is_grave:
        return False
    if not Outputs.of(case, got, declaration.capabilities).are_nearer_to(reading):
        return False
    held = bounds(case, got, declaration.capabilities, misreading.rules, declaration.accuracy)
    return not held.escapes and held.unclaimed == 0 and held.compared > 0
