"""The weaker arithmetic that a backend could declare, if that alone explains what fails level bounded.

The weaker the arithmetic, the wider its enclosures. So if those of all declarations together do not hold the outputs of
a case, none does alone, and a wrong formula is found out at its first case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf

from dl4j_backends.interface import Accuracy
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.enclosure_check import bounds
from dl4j_conformance.judging.level import Level

#: Fields of an accuracy, and values for them.
Changes = Mapping[str, float | str | bool]

#: What is tried, the smallest errors first; then pairs of these, in the same order.
_SINGLES: Sequence[Changes] = (
    {"scalar_square_root_ulps": 1.0},
    {"power_ulps": 4.0},
    {"exponential_ulps": 4.0},
    {"power_ulps": 64.0},
    {"exponential_ulps": 64.0},
    {"reciprocal_batch_size": True},
    {"square_root_ulps": 1.0},
    {"division_ulps": 1.0},
    {"square_root_ulps": 3.0},
    {"division_ulps": 3.0},
    {"flush_to_zero": True},
    {"scalars": "float32"},
)
#: How many of the cases that are farthest off, and how many of the others, have to pass under all of them together.
_FEW = 16


@dataclass(frozen=True)
class Proposal:
    """A declaration under which all cases pass level bounded."""

    #: The fields of the accuracy that are to be declared.
    changes: Changes
    #: How many cases fail level bounded without it.
    cases: int

    @property
    def words(self) -> str:
        """The fields as they are declared, such as ``scalars=float32``."""
        return ", ".join(f"{name}={_word(value)}" for name, value in self.changes.items())


def propose(failing: Sequence[DifferingCase]) -> Proposal | None:
    """Return the smallest declaration under which the cases that fail level bounded pass it; None if there is none.

    ``failing`` may hold cases that pass level bounded: they are left out. The outputs have to lie in enclosures that
    claim something about each of them.
    """
    cases = [differing for differing in failing if differing.is_grave]
    if not cases or any(case.fails(Level.STRUCTURE) for case in cases):
        return None
    cases.sort(key=_deviation, reverse=True)
    if not all(_passes(case, _UNITED) for case in (*cases[:_FEW], *cases[_FEW :: -(-len(cases) // _FEW)])):
        return None
    for changes in (*_SINGLES, *_pairs()):
        refuting = next((number for number, case in enumerate(cases) if not _passes(case, changes)), None)
        if refuting is None:
            return Proposal(changes, len(cases))
        # What refutes one declaration is likely to refute the next.
        cases.insert(0, cases.pop(refuting))
    return None


def _passes(differing: DifferingCase, changes: Changes) -> bool:
    """Return whether every value lies inside of its enclosure under these declarations, and some enclosures claim."""
    if differing.outcome is None:
        return False
    accuracy = _weakened(differing.declaration.accuracy, changes)
    capabilities = differing.declaration.capabilities
    found = bounds(differing.case, differing.outcome, capabilities, accuracy=accuracy)
    return not found.escapes and found.unclaimed < found.compared


def _deviation(differing: DifferingCase) -> float:
    """Return the largest distance in ulps of a value outside of its enclosure; a NaN is farthest."""
    ulps = [difference.ulps for difference in differing.striking]
    return max(inf if distance is None else distance for distance in ulps)


def _weakened(accuracy: Accuracy, changes: Changes) -> Accuracy:
    """Return an accuracy with changes, as far as they are weaker than what is declared."""
    weaker = {name: value for name, value in changes.items() if _is_weaker(value, getattr(accuracy, name))}
    return replace(accuracy, **weaker)  # type: ignore[arg-type]


def _is_weaker(value: float | str | bool, declared: float | str | bool) -> bool:
    if isinstance(value, str) or isinstance(declared, str):
        return True
    return value > declared


def _pairs() -> list[Changes]:
    return [{**first, **second} for first, second in combinations(_SINGLES, 2) if not first.keys() & second.keys()]


def _united() -> Changes:
    """Return all changes at once; of two for one field the later, which is the weaker."""
    return {name: value for changes in _SINGLES for name, value in changes.items()}


_UNITED = _united()


def _word(value: float | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else value
