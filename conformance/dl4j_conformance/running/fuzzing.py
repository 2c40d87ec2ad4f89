"""Fuzzing: networks and sessions drawn by Hypothesis, judged by the evaluation model, and shrunk when they fail."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, target
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from dl4j_backends.interface import Backend
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.networks import cases
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, model_of
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.comparison import Level
from dl4j_conformance.judging.enclosure_check import nearness
from dl4j_conformance.running import runner
from dl4j_conformance.running.live_session import LiveSession, Stop
from dl4j_conformance.running.runner import Fixture, Result, Status

#: Whole networks and live sessions take turns, each so many examples long at most.
_LONGEST_TURN = 500
_STEPS_OF_A_SESSION = 10


class _DifferenceFoundError(Exception):
    """The example fails: Hypothesis shrinks it."""


@dataclass(frozen=True, eq=False)
class Fuzzed:
    """What came of it: the smallest failing case, if one was found, and how many cases were judged or not run.

    Of the ``values`` compared in cases that did not fail, ``identical`` have the bits of the evaluation model.

    ``broken`` is the result that ended it, if the backend became unavailable or its adapter broke the protocol;
    ``interrupted``: somebody pressed Ctrl-C.
    """

    failure: Result | None
    judged: int
    not_run: int
    values: int = 0
    identical: int = 0
    broken: Result | None = None
    interrupted: bool = False


def fuzz(
    backend: Backend,
    examples: int,
    seed: int,
    *,
    claimed: Level = Level.BIT_EXACT,
    updater: str | None = None,
    seconds: float | None = None,
    progress: Callable[[int], object] = lambda judged: None,
) -> Fuzzed:
    """Draw up to ``examples`` cases, for at most ``seconds``; the same seed draws the same cases.

    Half of them are whole networks with their scripts, half are live sessions. ``progress`` is called with the
    number of cases judged so far.
    """
    end = time.monotonic() + seconds if seconds else None
    campaign = _Campaign(backend, claimed, updater, end, progress)
    # At level bit-exact the first value that differs fails, and equal bits cost no enclosure: nothing to climb.
    climbing = (Phase.target,) if claimed is Level.BOUNDED else ()
    seeds = random.Random(seed)  # noqa: S311 - it has to be reproducible
    turn = min(_LONGEST_TURN, (examples + 1) // 2)
    try:
        for number, start in enumerate(range(0, examples, turn)):
            configured = hypothesis.settings(
                max_examples=min(turn, examples - start),
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
            mode = campaign.live_sessions if number % 2 else campaign.whole_networks
            mode(configured, seeds.getrandbits(64))
    except (_DifferenceFoundError, Flaky):
        pass  # kept by the campaign, also if it does not fail every time
    except Stop:
        pass  # the time is up, or the campaign says why
    except KeyboardInterrupt:
        campaign.interrupted = True
    counts = campaign.counts
    judged = counts[Status.PASSED]
    failure = campaign.failure
    if failure:
        told_apart = kills.seen(kills.row(failure.case), backend.capabilities)
        failure = runner.place(failure, told_apart, claimed)
    return Fuzzed(
        failure,
        judged + bool(failure),
        counts[Status.NOT_RUN],
        campaign.values,
        campaign.identical,
        campaign.broken,
        interrupted=campaign.interrupted,
    )


@dataclass
class _Campaign:
    """Both ways of drawing, and what they found."""

    backend: Backend
    claimed: Level
    updater: str | None
    end: float | None
    progress: Callable[[int], object]
    failure: Result | None = None
    broken: Result | None = None
    interrupted: bool = False
    values: int = 0
    identical: int = 0
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))

    def whole_networks(self, configured: hypothesis.settings, seed: int) -> None:
        """Networks with a script that is drawn before anything is run."""
        oracle = model_of(self.backend)

        @hypothesis.seed(seed)
        @configured
        @given(cases(updater=self.updater, capabilities=self.backend.capabilities))
        def network(case: Case) -> None:
            result = runner.compare(self.backend, Fixture(case, observe(oracle, case)))
            self.end_of_example(self.judged(result))

        network()

    def live_sessions(self, configured: hypothesis.settings, seed: int) -> None:
        """State machines."""

        @hypothesis.seed(seed)
        def session() -> LiveSession:
            return LiveSession(self.backend, self.updater, self.judged, self.end_of_example)

        run_state_machine_as_test(session, settings=configured)  # type: ignore[arg-type]

    def judged(self, result: Result) -> Result:
        """The result at the claimed level. Keeps the smallest failure, and raises what Hypothesis has to see."""
        if result.is_broken:
            self.broken = result
            raise Stop
        if self.claimed is not Level.BIT_EXACT:
            # What a drawn case tells apart is computed where the level depends on it.
            row = kills.row(result.case) if self.claimed is Level.READING else {}
            result = runner.place(result, kills.seen(row, self.backend.capabilities), self.claimed)
        failed = result.status is Status.FAILED
        if failed and (self.failure is None or _size(result.case) <= _size(self.failure.case)):
            self.failure = result
        if self.end and time.monotonic() > self.end:
            raise Stop
        if failed:
            raise _DifferenceFoundError
        return result

    def end_of_example(self, result: Result) -> None:
        """Count; and lead Hypothesis to where values come near the edges of their enclosures."""
        self.counts[result.status] += 1
        self.values += result.values
        self.identical += result.identical
        self.progress(sum(self.counts.values()))
        seen = result.observed
        if self.claimed is Level.BOUNDED and seen and seen.outcome and result.status is Status.PASSED:
            target(nearness(seen.case, seen.outcome, seen.capabilities), label="nearness to the edge of an enclosure")


def _size(case: Case) -> tuple[int, int]:
    """Operations, and characters of everything written down."""
    return len(case.script), len(str(case_module.to_json(case)))


def recorded(failure: Result) -> dict[str, Any]:
    """The failing case and what is expected of it, in the form that ``replay`` reads."""
    data = case_module.to_json(failure.case)
    network = data.pop("network")
    named = f"fuzz-{case_module.content_hash({**data, **network})[:8]}"
    return {"case": {**data, **network, "id": named}, "dl4j": outcome.to_json(observe(OracleBackend(), failure.case))}
