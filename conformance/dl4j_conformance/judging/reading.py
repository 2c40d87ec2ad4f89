"""Level reading: what the outputs of a case say for and against the misreadings that the case can kill.

Only values count that a misreading puts outside of DL4J's enclosure. Such a value speaks for DL4J if it is nearer to
DL4J's enclosure than to the misreading's value and its error is smaller than the misreading's; it speaks for the
misreading the other way round. If neither holds it is silent: its error is as large as what it should show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome, value
from dl4j_conformance.judging.enclosure_check import pairs
from dl4j_conformance.judging.interval_distance import distance
from dl4j_conformance.judging.kill_matrix import Kill, enclosed, outcome_of
from dl4j_conformance.judging.level import Level
from dl4j_oracle.arithmetic.intervals import Doubles, Intervals, join, points
from dl4j_oracle.misreadings import by_id


@dataclass(frozen=True)
class Evidence:
    """The misreadings, by id, for and against which the outputs of a case speak."""

    #: The misreadings that the outputs kill.
    killed: frozenset[str]
    #: Those that explain the outputs at least as well as DL4J's rule does.
    favoured: frozenset[str]
    #: Those on which the outputs say nothing.
    silent: frozenset[str] = frozenset()

    @property
    def fails_reading(self) -> bool:
        """Return whether a misreading explains the outputs, or they are too far off to kill even half of them."""
        return bool(self.favoured) or len(self.killed) < len(self.silent)


def weigh(
    case: Case, got: Outcome, kills: Mapping[str, Kill], capabilities: frozenset[str], suspects: Sequence[str] = ()
) -> Evidence | None:
    """Return the evidence of a case whose values leave their enclosures; None if it kills nothing by enclosures.

    ``suspects`` are looked at first, and the first misreading that explains the outputs ends the search.
    """
    candidates = [id_ for id_, kill in kills.items() if kill.level is Level.BOUNDED]
    if not candidates:
        return None
    outputs = Outputs.of(case, got, capabilities)
    killed: set[str] = set()
    silent: set[str] = set()
    for id_ in sorted(candidates, key=lambda id_: suspects.index(id_) if id_ in suspects else len(suspects)):
        other = outcome_of(by_id(id_), case)
        if other is None:
            continue
        for_dl4j, for_misreading = outputs.votes(other)
        if for_misreading and for_misreading >= for_dl4j:
            return Evidence(frozenset(killed), frozenset({id_}))
        (killed if for_dl4j else silent).add(id_)
    return Evidence(frozenset(killed), frozenset(), frozenset(silent))


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

    def votes(self, other: Outcome) -> tuple[int, int]:
        """Return how many values speak for DL4J, and how many for the misreading whose outcome is ``other``."""
        theirs = self._beside(other)
        if theirs is None:
            return 0, 0
        apart, between = distance(self.values, points(theirs)), distance(theirs, self.enclosure)
        for_dl4j = (self.errors < apart) & (self.errors < between)
        for_misreading = (between > 0) & (apart <= self.errors) & (apart < between)
        return int(for_dl4j.sum()), int(for_misreading.sum())

    def are_nearer_to(self, other: Outcome) -> bool:
        """Return whether every value outside of DL4J's enclosure is nearer to ``other``, a misreading's outcome."""
        theirs = self._beside(other)
        if theirs is None:
            return False
        return bool(np.all((self.errors == 0) | (distance(self.values, points(theirs)) < self.errors)))

    def _beside(self, other: Outcome) -> Doubles | None:
        """Return the values of another outcome from the same sources (1-D, float64); None if it has not all of them."""
        found: list[Doubles] = [np.empty(0)]
        for number, key, length in self.sources:
            values = value(other.steps[number], key) if number < len(other.steps) else None
            if values is None or len(values) != length:
                return None
            found.append(values.astype(np.float64))
        return np.concatenate(found)
