"""Diagnosis: which misreading of DL4J explains what a backend gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy
from dl4j_conformance.bounded import bounds
from dl4j_conformance.case import Case
from dl4j_conformance.judge import Level, differences
from dl4j_conformance.observe import BackendCrashError, observe
from dl4j_conformance.oracle_backend import OracleBackend
from dl4j_conformance.outcome import Outcome
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.misreadings import Misreading, catalogue

#: Failing cases that a diagnosis looks at, spread over all of them.
MOST_CASES = 60

#: Of these every misreading is tried when none explains everything.
_FEW_CASES = 12

#: Misreadings that explain some of the failures, of which pairs are tried.
_MOST_CANDIDATES = 6


@dataclass(frozen=True, eq=False)
class Observed:
    """A failing case: what is expected of it, and what the backend made of it."""

    case: Case
    expected: Outcome
    outcome: Outcome
    capabilities: frozenset[str]
    accuracy: Accuracy = CORRECTLY_ROUNDED

    @cached_property
    def leaves_its_bounds(self) -> bool:
        """Whether more than rounding is wrong."""
        return bool(bounds(self.case, self.outcome, self.capabilities, accuracy=self.accuracy).escapes)


@dataclass(frozen=True)
class Diagnosis:
    """The readings that explain the failures: ``explained`` of the ``looked_at`` cases. None explains all if empty."""

    readings: tuple[Misreading, ...]
    explained: int
    looked_at: int

    @property
    def is_complete(self) -> bool:
        """Whether every failure that was looked at is explained."""
        return bool(self.readings) and self.explained == self.looked_at


def diagnose(failing: Sequence[Observed]) -> Diagnosis:
    """The misreading that explains every failing case, else a pair that does, else what explains most."""
    if not failing:
        return Diagnosis((), 0, 0)
    chosen = _spread(failing, MOST_CASES)
    whole = tuple(m for m in catalogue() if all(_explains(m, observed) for observed in chosen))
    if whole:
        return Diagnosis(whole, len(chosen), len(chosen))
    few = _spread(failing, _FEW_CASES)
    counts = {m: sum(_explains(m, observed) for observed in few) for m in catalogue()}
    partial = sorted((m for m in counts if counts[m]), key=lambda m: -counts[m])[:_MOST_CANDIDATES]
    for first, second in combinations(partial, 2):
        both = first.and_also(second)
        if all(_explains(both, observed) for observed in chosen):
            return Diagnosis((both,), len(chosen), len(chosen))
    best = tuple(partial[:1])
    return Diagnosis(best, counts[best[0]] if best else 0, len(few))


def _spread(failing: Sequence[Observed], most: int) -> Sequence[Observed]:
    return failing[:: -(-len(failing) // most)]


def _explains(misreading: Misreading, observed: Observed) -> bool:
    """Whether the misreading has the backend's bits, or at least its structure and enclosures that hold its values."""
    case, got, capabilities = observed.case, observed.outcome, observed.capabilities
    try:
        reading = observe(OracleBackend(misreading.rules), case)
    except (BackendCrashError, ConfigurationError):
        return False
    found = differences(case, reading, got, capabilities)
    if not found:
        return True
    if any(difference.level is Level.STRUCTURE for difference in found) or not observed.leaves_its_bounds:
        return False
    if not differences(case, observed.expected, reading, capabilities):
        return False  # here the misreading is none
    held = bounds(case, got, capabilities, misreading.rules, observed.accuracy)
    return not held.escapes and held.unclaimed == 0 and held.compared > 0
