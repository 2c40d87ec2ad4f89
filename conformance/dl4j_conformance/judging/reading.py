"""Level reading: what the outputs of a case say for and against the misreadings that the case tells apart.

A value *discriminates* a misreading that puts it outside of DL4J's enclosure. It speaks for DL4J if it is nearer to
DL4J's enclosure than to the misreading's value and its error is smaller than the misreading's; it speaks for the
misreading the other way round. Where neither holds it is silent: its error is as large as what it should show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import Level
from dl4j_conformance.judging.enclosure_check import pairs
from dl4j_conformance.judging.interval_distance import distance
from dl4j_conformance.judging.kill_matrix import Kill, enclosed, misread
from dl4j_oracle.arithmetic.intervals import Doubles, Intervals, join, points
from dl4j_oracle.misreadings import by_id


@dataclass(frozen=True)
class Evidence:
    """The misreadings that the outputs exclude, and those that explain them at least as well as DL4J's rule does.

    On the ``silent`` ones the outputs say nothing.
    """

    excluded: frozenset[str]
    favoured: frozenset[str]
    silent: frozenset[str] = frozenset()

    @property
    def fails_reading(self) -> bool:
        """Some misreading explains the outputs, or they are too far from DL4J's to exclude even half of them."""
        return bool(self.favoured) or len(self.excluded) < len(self.silent)


def weigh(
    case: Case, got: Outcome, told_apart: Mapping[str, Kill], capabilities: frozenset[str], suspects: Sequence[str] = ()
) -> Evidence | None:
    """The evidence of a case whose values leave their enclosures; None if it tells nothing apart by enclosures.

    ``suspects`` are looked at first, and the first misreading that explains the outputs ends the search.
    """
    candidates = [id_ for id_, kill in told_apart.items() if kill.level is Level.BOUNDED]
    if not candidates:
        return None
    outputs = Outputs.of(case, got, capabilities)
    excluded: set[str] = set()
    silent: set[str] = set()
    for id_ in sorted(candidates, key=lambda id_: suspects.index(id_) if id_ in suspects else len(suspects)):
        other = misread(case, by_id(id_))
        if other is None:
            continue
        for_dl4j, for_misreading = outputs.votes(other)
        if for_misreading and for_misreading >= for_dl4j:
            return Evidence(frozenset(excluded), frozenset({id_}))
        (excluded if for_dl4j else silent).add(id_)
    return Evidence(frozenset(excluded), frozenset(), frozenset(silent))


@dataclass(frozen=True, eq=False)
class Outputs:
    """Everything that came of a case, one value after the other, beside DL4J's enclosures.

    ``places`` says where the values are from: step, key and how many; ``errors`` are their distances from DL4J's.
    """

    places: Sequence[tuple[int, str, int]]
    enclosure: Intervals
    values: Doubles
    errors: Doubles

    @classmethod
    def of(cls, case: Case, got: Outcome, capabilities: frozenset[str]) -> Outputs:
        """The outputs of ``case`` where something is claimed of them."""
        places: list[tuple[int, str, int]] = []
        parts: list[Intervals] = []
        values: list[Doubles] = [np.empty(0)]
        for number, (enclosure, step) in enumerate(zip(enclosed(case), got.steps, strict=False)):
            if enclosure is None or step.failure:
                continue
            for key, interval, found in pairs(enclosure, step, capabilities):
                places.append((number, key, len(found)))
                parts.append(interval)
                values.append(found.astype(np.float64))
        joined, flat = join(parts), np.concatenate(values)
        return cls(places, joined, flat, distance(flat, joined))

    def votes(self, other: Outcome) -> tuple[int, int]:
        """How many values speak for DL4J, and how many for the misreading whose outcome is ``other``."""
        theirs = self._beside(other)
        if theirs is None:
            return 0, 0
        apart, between = distance(self.values, points(theirs)), distance(theirs, self.enclosure)
        for_dl4j = (self.errors < apart) & (self.errors < between)
        for_misreading = (between > 0) & (apart <= self.errors) & (apart < between)
        return int(for_dl4j.sum()), int(for_misreading.sum())

    def are_nearer_to(self, other: Outcome) -> bool:
        """Whether every value that leaves DL4J's enclosure is nearer to the misreading whose outcome is ``other``."""
        theirs = self._beside(other)
        if theirs is None:
            return False
        return bool(np.all((self.errors == 0) | (distance(self.values, points(theirs)) < self.errors)))

    def _beside(self, other: Outcome) -> Doubles | None:
        """The values of another outcome in the same places; None if it does not have them."""
        found: list[Doubles] = [np.empty(0)]
        for number, key, length in self.places:
            values = other.steps[number].value(key) if number < len(other.steps) else None
            if values is None or len(values) != length:
                return None
            found.append(values.astype(np.float64))
        return np.concatenate(found)
