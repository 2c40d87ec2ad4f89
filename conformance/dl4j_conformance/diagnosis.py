"""Diagnosis: which misreading of DL4J explains what a backend gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

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

#: Misreadings that explain some of the failures, of which pairs are tried.
_MOST_CANDIDATES = 8


@dataclass(frozen=True, eq=False)
class Observed:
    """A failing case, and what the backend made of it."""

    case: Case
    outcome: Outcome
    capabilities: frozenset[str]


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
    chosen = failing[:: max(1, len(failing) // MOST_CASES)][:MOST_CASES]
    counts = {misreading: _explained(misreading, chosen) for misreading in catalogue()}
    whole = tuple(misreading for misreading, count in counts.items() if count == len(chosen))
    if whole:
        return Diagnosis(whole, len(chosen), len(chosen))
    partial = sorted((m for m in counts if counts[m]), key=lambda m: -counts[m])[:_MOST_CANDIDATES]
    for first, second in combinations(partial, 2):
        both = first.and_also(second)
        if _explained(both, chosen) == len(chosen):
            return Diagnosis((both,), len(chosen), len(chosen))
    best = partial[:1]
    return Diagnosis(tuple(best), counts[best[0]] if best else 0, len(chosen))


def _explained(misreading: Misreading, failing: Sequence[Observed]) -> int:
    """How many of the failures the misreading explains; the search stops early where it explains none."""
    count = 0
    for number, observed in enumerate(failing):
        count += _explains(misreading, observed)
        if number == 5 and not count:
            break
    return count


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
    if any(difference.level is Level.STRUCTURE for difference in found):
        return False
    right = bounds(case, got, capabilities)
    if not right.escapes:
        return False
    held = bounds(case, got, capabilities, misreading.rules)
    return not held.escapes and held.unclaimed == 0 and held.compared > 0
