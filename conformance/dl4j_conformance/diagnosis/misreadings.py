"""Diagnosis: the misreadings of DL4J that explain together what a backend gets wrong.

A misreading that a passing case kills is out of the question, unless another makes up for it there. The others are
named if no failing case refutes them, and if they explain, together, most of those that go wrong in the same place:
certainly if they explain all cases that kill them, else probably. What is refuted, or explains fewer cases, is a hint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dl4j_conformance.diagnosis.failures import Failures, conflict, simplicity
from dl4j_conformance.diagnosis.first_divergence import Divergence, first_divergence
from dl4j_conformance.diagnosis.search import LEAST_SHARE, Ids, Search, without_idle
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_oracle.misreadings import AnyMisreading, Misreading, by_id, catalogue

#: The least share of the cases that go wrong where those do that show a misreading, that are explained.
#: Chosen on misreadings that were left out of the catalogue: they should not be named by others.
_LEAST_COVERED = 2 / 3


@dataclass(frozen=True)
class NamedReading:
    """One of the misreadings that a backend has, and what speaks for it."""

    misreading: AnyMisreading
    #: Misreadings that could stand in its place: they explain the same cases, and nothing contradicts them.
    alternatives: tuple[AnyMisreading, ...]
    #: The ids of the failing cases that kill it and are explained, by it and the others named.
    cases: tuple[str, ...]
    #: How many cases that ran kill it.
    discriminating: int
    #: The lowest level at which a case kills it.
    level: Level

    @property
    def is_certain(self) -> bool:
        """Return whether every case that can show it shows it."""
        return len(self.cases) == self.discriminating


@dataclass(frozen=True)
class Diagnosis:
    """The misreadings that explain the failures of a backend together, in order of weight."""

    readings: tuple[NamedReading, ...]
    #: How many of the ``failing`` cases they explain.
    explained: int
    failing: int
    #: How many more of them differ by rounding alone.
    rounding: int = 0
    #: The ids of the other failing cases.
    unexplained: tuple[str, ...] = ()
    #: The first thing that is wrong in a small case that stays unexplained.
    divergence: Divergence | None = None
    #: Misreadings that explain some of the unexplained cases, and that others contradict.
    hints: tuple[NamedReading, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Return whether every failure is explained, and nothing is missing that the readings would get wrong."""
        return bool(self.readings) and not self.unexplained and all(reading.is_certain for reading in self.readings)


#: The kills of each case that ran, by misreading.
KillsByCase = Mapping[str, Mapping[str, Kill]]


def diagnose(differing: Sequence[DifferingCase], kills: KillsByCase, claimed: Level = Level.BIT_EXACT) -> Diagnosis:
    """Return the misreadings that explain why cases fail the ``claimed`` level, as at least one of ``differing`` does.

    The others pass it: what explains the failures must not contradict them.
    """
    failures = Failures(differing, kills, claimed)
    search = Search(failures)
    found = search.among(failures.grave, frozenset())
    # Rounding alone tells little: all cases have to agree.
    found = search.among(failures.slight, found, least=1.0)
    found = _held(failures, found)
    found, hints = _convincing(failures, found)
    explained = {case for case in failures.failing if failures.explains(found, case)}
    unexplained = tuple(case for case in failures.grave if case not in explained)
    rest = [failures.failing[case] for case in unexplained]
    if not found:
        rest = rest or list(failures.failing.values())
    return Diagnosis(
        _in_order_of_weight(failures, found),
        len(explained),
        len(failures.failing),
        len(failures.failing) - len(explained) - len(unexplained),
        unexplained,
        _plainest(rest) if rest else None,
        tuple(_named(failures, found | hints, id_) for id_ in sorted(hints)),
    )


def _held(failures: Failures, found: Ids) -> Ids:
    """Return those of ``found`` that are needed and hold in enough of the cases that show them."""
    while found:
        named = {id_: _named(failures, found, id_) for id_ in found}
        weak = {id_ for id_, reading in named.items() if not _holds(reading)}
        if not weak and failures.contradicts(found):
            weak = {id_ for id_ in found if failures.contradicts({id_})}
        if not weak:
            return without_idle(found, [*failures.failing, *failures.passing], failures.agree)
        found -= weak
    return found


def _holds(reading: NamedReading) -> bool:
    if reading.level is Level.BIT_EXACT:
        return reading.is_certain
    return len(reading.cases) >= LEAST_SHARE * reading.discriminating > 0


def _convincing(failures: Failures, found: Ids) -> tuple[Ids, Ids]:
    """Return those of ``found`` that are named, as no case refutes them and they cover their places, and the others."""
    open_ = [case for case in failures.grave if not failures.explains(found, case)]
    named = frozenset(id_ for id_ in found if not _is_refuted(failures, found, id_))
    while weak := named - _covering(failures, named, open_):
        named -= weak
    return named, found - named


def _is_refuted(failures: Failures, found: Ids, id_: str) -> bool:
    """Return whether a case refutes one of ``found``, in a layer whose updater has no other mistake.

    A case with special values refutes none that other cases show too: ports treat these in ways of their own.
    """
    showing = _showing(failures, id_)
    differing = [case for case in showing if not failures.explains(found, case)]
    if not all(map(failures.is_special, showing)):
        differing = [case for case in differing if not failures.is_special(case)]
    updaters = (updater for case in differing for updater in failures.refuting(id_, found, case))
    return not all(_is_wrong_besides(failures, found, showing, updater) for updater in updaters)


def _covering(failures: Failures, named: Ids, open_: Sequence[str]) -> Ids:
    """Return those of ``named`` that explain most of the cases that go wrong where those do that need them.

    What does the same in a few cases by chance leaves others that go wrong in the same place. They are ``open_``: no
    misreading found explains them, named or not.
    """
    explained = [case for case in failures.grave if failures.explains(named, case)]

    def is_covering(id_: str) -> bool:
        showing, without = _showing(failures, id_), named - {id_}
        needing = [case for case in explained if case in showing or not failures.explains(without, case)]
        places = {failures.place(case) for case in needing}
        others = [case for case in open_ if failures.place(case) in places and case not in explained]
        return not showing or 0 < len(needing) >= _LEAST_COVERED * (len(needing) + len(others))

    return frozenset(filter(is_covering, named))


def _showing(failures: Failures, id_: str) -> list[str]:
    """Return the grave cases that kill a misreading."""
    return [case for case in failures.killers(id_) if failures.failing[case].is_grave]


def _is_wrong_besides(failures: Failures, found: Ids, showing: Sequence[str], updater: str) -> bool:
    """Return whether an updater has a mistake of its own, besides one of ``found`` that the cases ``showing`` show.

    Then it is wrong in other cases too, and in all of these.
    """
    cases = failures.with_updater(updater)
    wrong = {case for case in cases if not failures.explains(found, case)}
    return not wrong <= set(showing) and wrong.issuperset(case for case in cases if case in showing)


def _named(failures: Failures, found: Ids, id_: str, alternatives: tuple[Misreading, ...] = ()) -> NamedReading:
    row = failures.rows[id_]
    cases = tuple(case for case in failures.killers(id_) if failures.explains(found, case))
    # Kills by rounding show nothing where the backend rounds in its own way.
    level = min(row.values(), key=tuple(Level).index)
    explained = frozenset(cases)
    discriminating = sum(
        (kill is not Level.BIT_EXACT or level is Level.BIT_EXACT or case in explained) and case not in failures.passing
        for case, kill in row.items()
    )
    return NamedReading(by_id(id_), alternatives, cases, discriminating, level)


def _in_order_of_weight(failures: Failures, found: Ids) -> tuple[NamedReading, ...]:
    named = [_named(failures, found, id_, _alternatives(failures, found, id_)) for id_ in found]
    return tuple(sorted(named, key=lambda reading: (-len(reading.cases), reading.misreading.id)))


def _alternatives(failures: Failures, found: Ids, id_: str) -> tuple[Misreading, ...]:
    """Return the misreadings that could stand in the place of one: in each of its cases they do the same."""
    rest = found - {id_}
    possible = [other for other in catalogue() if other.id not in found and _is_like(failures, other.id, id_, rest)]
    if not possible:
        return ()
    cases = [case for case in failures.killers(id_) if failures.explains(found, case)]
    needed = [case for case in cases if not failures.explains(rest, case)]
    return tuple(
        other
        for other in possible
        if all(other.id in failures.candidates[case] for case in needed)
        and all(failures.explains(rest | {other.id}, case) for case in cases)
        and not failures.contradicts(rest | {other.id})
    )


def _is_like(failures: Failures, other: str, id_: str, rest: Ids) -> bool:
    """Return whether the same cases kill two misreadings, and the ``rest`` can be true with the other one."""
    return failures.killers(other) == failures.killers(id_) and not any(conflict(other, kept) for kept in rest)


def _plainest(failing: Sequence[DifferingCase]) -> Divergence | None:
    """Return the first divergence of the smallest case, a grave one if there is one."""
    return first_divergence(min(failing, key=lambda entry: (not entry.is_grave, *simplicity(entry.case))))
