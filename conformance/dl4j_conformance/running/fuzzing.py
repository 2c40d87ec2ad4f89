"""Fuzzing: networks and sessions drawn by Hypothesis, judged by the evaluation model, and shrunk when they fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from signal import Signals
from typing import Any

import dl4j_fixtures
from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.running.campaign import Campaign, Drawing
from dl4j_conformance.running.finds import Find
from dl4j_conformance.running.turns import LONGEST_TURN, take_turns


@dataclass(frozen=True, eq=False)
class Fuzzed:
    """The findings of a campaign."""

    #: The failing cases that were found and shrunk.
    finds: Sequence[Find]
    #: How many cases were judged.
    judged: int
    #: How many were not run.
    not_run: int
    #: How many of those judged have an update that was compared, and no difference.
    updated: int = 0
    #: How many values were compared in cases that did not fail.
    values: int = 0
    #: How many of them have the bits of the evaluation model.
    identical: int = 0
    #: The result that ended the campaign, if the backend became unavailable or its adapter broke the protocol.
    broken: Result | None = None
    #: The signal that ended the campaign early.
    stopped_by: Signals | None = None
    #: Whether the backend changed the floating-point mode of the thread, or of its process.
    changed_mode: bool = False

    @property
    def failed(self) -> int:
        """Return how many cases failed."""
        return sum(find.count for find in self.finds)


def fuzz(
    backend: Backend,
    examples: int,
    seed: int,
    *,
    claimed: Level = Level.BIT_EXACT,
    updater: str | None = None,
    network: Network | None = None,
    until: float = math.inf,
    keep_going: bool = False,
    progress: Callable[[int], object] = lambda judged: None,
) -> Fuzzed:
    """Draw up to ``examples`` cases, until a time of the monotonic clock; the same seed draws the same cases.

    Half of them are whole networks with their scripts, half are live sessions. The first that fails is shrunk and ends
    the campaign; to ``keep_going`` means to look for others that are not like it. ``progress`` is called with the
    number of cases judged so far. With a ``network`` all cases are on that one.
    """
    can = backend.capabilities
    drawing = Drawing.of_one(network, can) if network else Drawing.of_any(updater, can)
    campaign = Campaign(backend, Declaration.of(backend), claimed, drawing, until, keep_going, progress)
    stopped_by = take_turns(
        campaign,
        (campaign.whole_networks, campaign.live_sessions),
        examples,
        seed,
        keep_going=keep_going,
        longest=min(LONGEST_TURN, (examples + 1) // 2),
        # At level bit-exact the first value that differs fails, and equal bits cost no enclosure: nothing to climb.
        climbing=claimed is Level.BOUNDED,
    )
    counts = campaign.counts
    return Fuzzed(
        campaign.finds,
        counts[Status.PASSED] + counts[Status.FAILED],
        counts[Status.NOT_RUN],
        campaign.updated,
        campaign.values,
        campaign.identical,
        campaign.broken,
        stopped_by,
        changed_mode=campaign.changed_mode,
    )


def recorded(case: Case, prefix: str = "fuzz") -> dict[str, Any]:
    """Return a case and what is expected of it, as ``replay`` reads it; in the id a hash follows ``prefix``."""
    data = case_module.to_json(case)
    network = data.pop("network")
    named = f"{prefix}-{dl4j_fixtures.canonical_hash({**data, **network})[:8]}"
    return {"case": {**data, **network, "id": named}, "dl4j": outcome.to_json(observe(OracleBackend(), case))}
