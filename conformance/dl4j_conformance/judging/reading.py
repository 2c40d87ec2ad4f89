"""Level reading: DL4J's rule explains the outputs of a case up to rounding, and no misreading explains them better.

The first part is a check against enclosures: those of DL4J's rule in arithmetic with about half the digits
(:mod:`~dl4j_conformance.judging.rounding`). The second is a vote for each misreading that the case can kill. Only
values count that the misreading puts outside of DL4J's enclosure. Such a value speaks for DL4J if it is nearer to
DL4J's enclosure than to the misreading's value and its error is smaller than the misreading's; it speaks for the
misreading the other way round. If neither holds it is silent: its error is as large as what it should show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ldexp

import numpy as np

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome, value
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.enclosure_check import Place, pairs
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.interval_distance import distance, shares, widths
from dl4j_conformance.judging.kill_matrix import Kill, enclosed, outcome_of
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.outer_check import Standing, has_escapes, standing
from dl4j_conformance.judging.rounding import bounded_model, reading_model
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.intervals import Doubles, Intervals, everything, join, points
from dl4j_oracle.misreadings import Misreading, by_id

#: So many suspects are tried for the very bits of the outputs.
_TRIED = 3


@dataclass(frozen=True)
class Evidence:
    """The misreadings, by id, for and against which the outputs of a case speak, and the verdict at level reading."""

    #: The misreadings that explain the outputs at least as well as DL4J's rule does.
    favoured: frozenset[str] = frozenset()
    #: Those that the outputs speak against, so that they may kill them.
    against: frozenset[str] = frozenset()
    #: Those whose values are so far off that every value which tells the two apart speaks for DL4J.
    far: frozenset[str] = frozenset()
    #: The rounding at which a misreading must not give the outputs if they are to kill it.
    model: ErrorModel[ErrorBound] | None = None
    #: Whether the case fails level reading.
    fails_reading: bool = False


def weigh(
    case: Case,
    got: Outcome,
    declaration: Declaration,
    places: Collection[Place],
    kills: Mapping[str, Kill],
    suspects: Sequence[str] = (),
) -> Evidence:
    """Return the evidence of a case of which the values at ``places`` leave their enclosures.

    A value outside of its enclosure at the rounding of level reading ends the search before it begins. ``suspects`` are
    looked at first, and the first misreading that explains the outputs better ends it.
    """
    capabilities, model = declaration.capabilities, reading_model(case.dtype, declaration.accuracy)
    coarse = standing(case, got, capabilities, model, places)
    if coarse is Standing.OUTSIDE:
        return Evidence(fails_reading=True)
    outputs = Outputs.of(case, got, capabilities)
    rounding = outputs.beside(enclosed(case, model=model))
    far = frozenset(id_ for id_ in _candidates(kills) if outputs.are_far_from(kills[id_]))
    contradicted = set(far)
    silent: set[str] = set()
    against: set[str] = set()
    near = [id_ for id_ in _candidates(kills) if id_ not in far]
    for id_ in sorted(near, key=lambda id_: suspects.index(id_) if id_ in suspects else len(suspects)):
        other = outcome_of(by_id(id_), case)
        if other is None:
            continue
        votes = outputs.votes(other, rounding)
        if votes.favour_it or (votes.may_favour_it and _explains(by_id(id_), case, got, declaration, other)):
            return Evidence(frozenset({id_}), fails_reading=True)
        (contradicted if votes.for_dl4j else silent).add(id_)
        if votes.for_dl4j_beyond:
            against.add(id_)
    # Where nothing is claimed at that rounding, the outputs have to speak for DL4J in another way.
    says_too_little = coarse is Standing.NO_CLAIM and len(contradicted) < max(1, len(silent))
    return Evidence(against=frozenset(against), far=far, model=model, fails_reading=says_too_little)


def twin(
    case: Case, got: Outcome, declaration: Declaration, kills: Mapping[str, Kill], suspects: Sequence[str]
) -> str | None:
    """Return the one of ``suspects`` that has the bits of the outputs, if these leave their enclosures.

    A kill at level bounded says that they do. In weaker arithmetic it does not say so: then it is None.
    """
    if declaration.is_weak:
        return None
    for id_ in suspects[:_TRIED]:
        if id_ in kills and kills[id_].level is Level.BOUNDED:
            other = outcome_of(by_id(id_), case)
            if other is not None and not differences(case, other, got, declaration.capabilities):
                return id_
    return None


def _explains(misreading: Misreading, case: Case, got: Outcome, declaration: Declaration, other: Outcome) -> bool:
    """Return whether a misreading explains at level bounded what DL4J's rule explains at level reading alone.

    ``other`` is its outcome. A misreading that the declared arithmetic allows to DL4J itself explains nothing.
    """
    capabilities, model = declaration.capabilities, bounded_model(case.dtype, declaration.accuracy)
    if has_escapes(case, got, capabilities, model, misreading.rules):
        return False
    return not declaration.is_weak or has_escapes(case, other, capabilities, model)


def under_declaration(case: Case, declaration: Declaration, kills: Mapping[str, Kill]) -> Evidence:
    """Return the evidence of outputs that only the arithmetic allows that the backend declares."""
    return Evidence(against=frozenset(_candidates(kills)), model=bounded_model(case.dtype, declaration.accuracy))


def killed(
    evidence: Evidence, case: Case, got: Outcome, capabilities: frozenset[str], settled: Collection[str]
) -> frozenset[str]:
    """Return the misreadings whose own rules cannot give the outputs; those that are ``settled`` are left out."""
    model = evidence.model
    if model is None:
        return frozenset()
    against = evidence.against.difference(settled)
    if far := evidence.far.difference(settled):
        outputs = Outputs.of(case, got, capabilities)
        rounding = outputs.beside(enclosed(case, model=model))
        against |= {id_ for id_ in far if outputs.speak_against(outcome_of(by_id(id_), case), rounding)}
    return frozenset(id_ for id_ in sorted(against) if has_escapes(case, got, capabilities, model, by_id(id_).rules))


def _candidates(kills: Mapping[str, Kill]) -> list[str]:
    return [id_ for id_, kill in kills.items() if kill.level is Level.BOUNDED]


@dataclass(frozen=True)
class Votes:
    """The numbers of values that speak for DL4J and for a misreading.

    Those *beyond* are values on which the two differ by more than the rounding of level reading.
    """

    for_dl4j: int = 0
    for_it: int = 0
    for_dl4j_beyond: int = 0
    for_it_beyond: int = 0

    @property
    def favour_it(self) -> bool:
        """Return whether the misreading explains the outputs at least as well as DL4J's rule, beyond rounding."""
        return 0 < self.for_it_beyond >= self.for_dl4j_beyond

    @property
    def may_favour_it(self) -> bool:
        """Return whether it does so within the rounding, where chance may have a part."""
        return 0 < self.for_it >= self.for_dl4j


@dataclass(frozen=True, eq=False)
class Outputs:
    """The values of an outcome, one after the other, beside DL4J's enclosures."""

    #: Step, key and length of the arrays that the values are from.
    sources: Sequence[tuple[int, str, int]]
    #: DL4J's enclosure of each value.
    enclosure: Intervals
    #: 1-D, float64.
    values: Doubles
    #: The distance of each value from its enclosure: 1-D, float64, 0 inside.
    errors: Doubles

    @classmethod
    def of(cls, case: Case, got: Outcome, capabilities: frozenset[str]) -> Outputs:
        """Return the outputs of ``case`` of which something is claimed."""
        sources: list[tuple[int, str, int]] = []
        parts: list[Intervals] = []
        values: list[Doubles] = [np.empty(0)]
        for number, (enclosure, step) in enumerate(zip(enclosed(case), got.steps, strict=False)):
            if enclosure is None or step.failure:
                continue
            for key, interval, found in pairs(enclosure, step, capabilities):
                sources.append((number, key, len(found)))
                parts.append(interval)
                values.append(found.astype(np.float64))
        joined, flat = join(parts), np.concatenate(values)
        return cls(sources, joined, flat, distance(flat, joined))

    def beside(self, enclosures: Sequence[Mapping[str, Intervals] | None]) -> Intervals:
        """Return other enclosures of the same values (1-D, float64); without any, those that hold everything."""
        parts = []
        for number, key, length in self.sources:
            known = enclosures[number] if number < len(enclosures) else None
            parts.append((known or {}).get(key, everything(length)))
        return join(parts)

    def votes(self, other: Outcome, rounding: Intervals) -> Votes:
        """Return how many values speak for DL4J, and how many for the misreading whose outcome is ``other``.

        ``rounding`` has the enclosures (1-D, float64) at the rounding of level reading.
        """
        theirs = self._beside(other)
        if theirs is None:
            return Votes()
        apart, between = distance(self.values, points(theirs)), distance(theirs, self.enclosure)
        beyond = distance(theirs, rounding) > 0
        for_dl4j = (self.errors < apart) & (self.errors < between)
        for_it = (between > 0) & (apart <= self.errors) & (apart < between)
        return Votes(*(int(votes.sum()) for votes in (for_dl4j, for_it, for_dl4j & beyond, for_it & beyond)))

    def are_far_from(self, kill: Kill) -> bool:
        """Return whether every value that tells a misreading from DL4J's rule is nearer to DL4J's enclosure.

        If it is in its enclosure but for ``e``, and the misreading's at a distance of more than ``2 e``, these two are
        more than ``e`` apart. Twice as much covers roundings of the shares.
        """
        if kill.apart is None:
            return False
        largest = float(np.max(shares(self.errors, self.enclosure), initial=0.0))
        return 4 * largest < ldexp(1.0, kill.apart)

    def speak_against(self, other: Outcome | None, rounding: Intervals) -> bool:
        """Return whether values speak for DL4J and not for a misreading, as :meth:`votes` counts them.

        ``rounding`` has the enclosures (1-D, float64) at the rounding of level reading.
        """
        return other is not None and self.votes(other, rounding).for_dl4j_beyond > 0

    def are_nearer_to(self, other: Outcome) -> bool:
        """Return whether every value outside of DL4J's enclosure is nearer to ``other``, a misreading's outcome.

        It may be farther by the width of DL4J's enclosure: so much rounding may be between ``other`` and the value.
        """
        theirs = self._beside(other)
        if theirs is None:
            return False
        reach = self.errors + widths(self.enclosure, "float64")
        return bool(np.all((self.errors == 0) | (distance(self.values, points(theirs)) <= reach)))

    def _beside(self, other: Outcome) -> Doubles | None:
        """Return the values of another outcome from the same sources (1-D, float64); None if it has not all of them."""
        found: list[Doubles] = [np.empty(0)]
        for number, key, length in self.sources:
            values = value(other.steps[number], key) if number < len(other.steps) else None
            if values is None or len(values) != length:
                return None
            found.append(values.astype(np.float64))
        return np.concatenate(found)
