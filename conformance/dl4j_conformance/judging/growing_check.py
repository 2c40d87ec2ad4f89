"""The check of a live session, which is judged after each of its operations: what was checked is not checked again.

Values are held against their enclosures step by step, so that what is known of a script holds of one that goes on
with more operations.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dl4j_backends.interface import Accuracy, Dl4jException
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.enclosure_check import Bounds, EnclosureCheck, Place
from dl4j_oracle.profile import DEFAULT_RULES


@dataclass(frozen=True, eq=False)
class _Question:
    """A question for :class:`Bounds`, as :func:`~dl4j_conformance.judging.enclosure_check.bounds` takes it."""

    case: Case
    got: Outcome
    capabilities: frozenset[str]
    accuracy: Accuracy
    places: frozenset[Place]

    @property
    def steps(self) -> int:
        """Return how many operations are checked."""
        return min(len(self.got.steps), len(self.case.script))

    def goes_on_with(self, other: _Question) -> bool:
        """Return whether ``other`` asks the same, and then about more operations."""
        done = self.steps
        return (
            done <= other.steps
            and self.case.network is other.case.network
            and self.capabilities == other.capabilities
            and self.accuracy == other.accuracy
            and all(x is y for x, y in zip(self.case.script[:done], other.case.script, strict=False))
            and all(x is y for x, y in zip(self.got.steps[:done], other.got.steps, strict=False))
            and self.places == {place for place in other.places if place[0] < done}
        )


class GrowingCheck:
    """The check of a script that grows, with the answer to its last question."""

    def __init__(self) -> None:
        self._known: tuple[_Question, EnclosureCheck] | None = None

    def __reduce__(self) -> tuple[type[GrowingCheck], tuple[()]]:
        # In another process it begins anew.
        return GrowingCheck, ()

    def bounds(
        self,
        case: Case,
        got: Outcome,
        capabilities: frozenset[str],
        accuracy: Accuracy,
        places: Collection[Place],
    ) -> Bounds:
        """Return what :func:`~dl4j_conformance.judging.enclosure_check.bounds` does."""
        question = _Question(case, got, capabilities, accuracy, frozenset(places))
        # A check that is interrupted is of no use.
        known, self._known = self._known, None
        if known and known[0].goes_on_with(question):
            before, check = known
            done = before.steps
            check.go_on(case, question.places)
        else:
            try:
                check, done = EnclosureCheck(case, capabilities, DEFAULT_RULES, accuracy, places), 0
            except Dl4jException:
                return Bounds()
        for number in range(done, question.steps):
            check.step(number, got.steps[number])
        self._known = question, check
        return check.found
