"""Fuzzing: networks and sessions drawn by Hypothesis, judged by the evaluation model, and shrunk when they fail."""

from __future__ import annotations

import math
import os
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from signal import Signals
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, HypothesisDeprecationWarning

import dl4j_fixtures
from dl4j_backends import signals
from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.running.campaign import Campaign, DifferenceFoundError, Drawing, TurnOver
from dl4j_conformance.running.finds import Find
from dl4j_conformance.running.live_session import Stop

#: Whole networks and live sessions take turns, each so many examples long at most.
_LONGEST_TURN = 500
_STEPS_OF_A_SESSION = 10


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
    stopped_by: Signals | None = None
    # At level bit-exact the first value that differs fails, and equal bits cost no enclosure: nothing to climb.
    climbing = (Phase.target,) if claimed is Level.BOUNDED else ()
    seeds = random.Random(seed)  # noqa: S311 - it has to be reproducible
    turn = min(_LONGEST_TURN, (examples + 1) // 2)
    plain = hypothesis.settings(
        stateful_step_count=_STEPS_OF_A_SESSION,
        phases=(Phase.generate, *climbing, Phase.shrink),
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    try:
        with signals.released(), nothing_stored(), nothing_learnt(), warnings.catch_warnings():
            # Hypothesis takes it for ours if another thread uses `random`, as Dask does on a worker.
            warnings.filterwarnings("ignore", "Do not use the `random` module", HypothesisDeprecationWarning)
            modes = cycle((campaign.whole_networks, campaign.live_sessions))
            drawn = 0
            while drawn < examples and (keep_going or not campaign.finds):
                configured = hypothesis.settings(plain, max_examples=min(turn, examples - drawn))
                campaign.left = configured.max_examples
                # What is found is kept by the campaign, also if it does not fail every time.
                with suppress(TurnOver, DifferenceFoundError, Flaky):
                    next(modes)(configured, seeds.getrandbits(64))
                drawn += configured.max_examples - (campaign.left if campaign.hunted else 0)
                campaign.end_hunt()
    except Stop:
        pass  # the time is up, or the campaign says why
    except signals.INTERRUPTIONS as error:
        stopped_by = signals.cause(error)
    campaign.end_hunt()
    # Hypothesis may make something else of what a signal has raised.
    stopped_by = stopped_by or signals.came()
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


@contextmanager
def nothing_stored() -> Iterator[None]:
    """Keep Hypothesis from writing what it knows of Python's modules into the current folder.

    It does without where it cannot write, and nobody can write below the null device.
    """
    set_hypothesis_home_dir(os.devnull)
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


@contextmanager
def nothing_learnt() -> Iterator[None]:
    """Keep Hypothesis from drawing constants of the modules that happen to be loaded.

    A seed would draw other cases in another process, such as a worker's. There is no setting for it.
    """
    try:
        from hypothesis.internal.conjecture import providers

        names, name = vars(providers), "_get_local_constants"
        found, names[name] = names[name], names["Constants"]
    except (ImportError, KeyError):  # older versions draw none
        yield
        return
    try:
        yield
    finally:
        names[name] = found


def recorded(case: Case, prefix: str = "fuzz") -> dict[str, Any]:
    """Return a case and what is expected of it, as ``replay`` reads it; in the id a hash follows ``prefix``."""
    data = case_module.to_json(case)
    network = data.pop("network")
    named = f"{prefix}-{dl4j_fixtures.canonical_hash({**data, **network})[:8]}"
    return {"case": {**data, **network, "id": named}, "dl4j": outcome.to_json(observe(OracleBackend(), case))}
