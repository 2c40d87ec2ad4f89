"""Fuzzing: networks and sessions drawn by Hypothesis, judged by the evaluation model, and shrunk when they fail."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from signal import Signals
from typing import Any, NoReturn

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, target
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

import dl4j_fixtures
from dl4j_backends import signals
from dl4j_backends.interface import Backend
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, model_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.enclosure_check import nearness
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status, judge
from dl4j_conformance.running.live_session import LiveSession, Stop
from dl4j_conformance.running.run import Attempt

#: Whole networks and live sessions take turns, each so many examples long at most.
_LONGEST_TURN = 500
_STEPS_OF_A_SESSION = 10


class _DifferenceFoundError(Exception):
    """The example fails: Hypothesis shrinks it."""


class _TurnOver(Stop):
    """The end of a turn: all its examples were drawn."""


@dataclass(frozen=True, eq=False)
class Fuzzed:
    """The findings of a campaign."""

    #: The smallest failing case, if there is one.
    failure: Result | None
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


def fuzz(
    backend: Backend,
    examples: int,
    seed: int,
    *,
    claimed: Level = Level.BIT_EXACT,
    updater: str | None = None,
    until: float = math.inf,
    progress: Callable[[int], object] = lambda judged: None,
) -> Fuzzed:
    """Draw up to ``examples`` cases, until a time of the monotonic clock; the same seed draws the same cases.

    Half of them are whole networks with their scripts, half are live sessions. ``progress`` is called with the
    number of cases judged so far.
    """
    campaign = _Campaign(backend, claimed, updater, until, progress)
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
        with signals.released():
            for number, start in enumerate(range(0, examples, turn)):
                configured = hypothesis.settings(plain, max_examples=min(turn, examples - start))
                mode = campaign.live_sessions if number % 2 else campaign.whole_networks
                campaign.left = configured.max_examples
                with suppress(_TurnOver):
                    mode(configured, seeds.getrandbits(64))
    except (_DifferenceFoundError, Flaky):
        pass  # kept by the campaign, also if it does not fail every time
    except Stop:
        pass  # the time is up, or the campaign says why
    except signals.INTERRUPTIONS as error:
        stopped_by = signals.cause(error)
    # Hypothesis may make something else of what a signal has raised.
    stopped_by = stopped_by or signals.came()
    counts = campaign.counts
    failing = campaign.failure
    return Fuzzed(
        campaign.judge(failing, kills.row(failing.fixture.case)) if failing else None,
        counts[Status.PASSED] + bool(failing),
        counts[Status.NOT_RUN],
        campaign.updated,
        campaign.values,
        campaign.identical,
        campaign.broken,
        stopped_by,
        changed_mode=campaign.changed_mode,
    )


@dataclass
class _Campaign:
    """Both ways of drawing cases, and what they found so far."""

    backend: Backend
    claimed: Level
    updater: str | None
    until: float
    progress: Callable[[int], object]
    failure: Attempt | None = None
    broken: Result | None = None
    changed_mode: bool = False
    updated: int = 0
    values: int = 0
    identical: int = 0
    #: How many examples this turn may still have: Hypothesis draws some more than it is told.
    left: int = 0
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))

    def whole_networks(self, configured: hypothesis.settings, seed: int) -> None:
        """Draw networks, each with a script that is drawn before anything is run."""
        self.check_time()
        oracle = model_of(self.backend)

        @hypothesis.seed(seed)
        @configured
        @given(cases(updater=self.updater, capabilities=self.backend.capabilities))
        def network(case: Case) -> None:
            self.check_time()
            fixture = Fixture(case, observe(oracle, case))
            self.end_of_example(self.judged(Attempt.of(self.backend, fixture)))

        network()

    def live_sessions(self, configured: hypothesis.settings, seed: int) -> None:
        """Draw live sessions, which are state machines."""

        @hypothesis.seed(seed)
        def session() -> LiveSession:
            self.check_time()
            return LiveSession(self.backend, self.updater, self.judged, self.end_of_example)

        run_state_machine_as_test(session, settings=configured)  # type: ignore[arg-type]

    def judged(self, attempt: Attempt) -> Result:
        """Return the result at the claimed level. Keep the smallest failure, and raise what Hypothesis has to see."""
        if not isinstance(attempt.got, Outcome):
            self.check_time()  # an adapter that was not waited for has done nothing wrong
        # Any difference fails level bit-exact: while Hypothesis shrinks, no enclosure is needed.
        if self.claimed is Level.BIT_EXACT and attempt.differs(self.backend.capabilities):
            self.fail(attempt)
        # The kills of a drawn case are computed if the level depends on them.
        result = self.judge(attempt, kills.row(attempt.fixture.case) if self.claimed is Level.READING else {})
        if result.is_broken:
            self.broken = result
            raise Stop
        if result.status is Status.FAILED:
            self.fail(attempt)
        self.check_time()
        return result

    def judge(self, attempt: Attempt, row: kills.Row) -> Result:
        """Return the verdict on an attempt; ``row`` are the kills of its case."""
        declaration = Declaration.of(self.backend)
        visible = kills.visible(row, declaration.capabilities)
        return judge(attempt.fixture, attempt.got, declaration, visible, self.claimed)

    def fail(self, attempt: Attempt) -> NoReturn:
        """Keep the attempt if it is the smallest that failed, and tell Hypothesis that it fails."""
        if self.failure is None or _size(attempt.fixture.case) <= _size(self.failure.fixture.case):
            self.failure = attempt
        self.check_time()
        raise _DifferenceFoundError

    def check_time(self) -> None:
        """Raise :class:`Stop` if the time is up, :class:`signals.Stopped` if a signal came."""
        signals.check()
        if time.monotonic() > self.until:
            raise Stop

    def end_of_example(self, result: Result) -> None:
        """Count the result, and lead Hypothesis to values near the edges of their enclosures."""
        with signals.held():
            self.counts[result.status] += 1
            self.changed_mode |= result.changed_mode
            self.updated += result.values > 0 and any(_updates(operation) for operation in result.case.script)
            self.values += result.values
            self.identical += result.identical
        self.progress(sum(self.counts.values()))
        seen = result.differing
        if self.claimed is Level.BOUNDED and seen and seen.outcome and result.status is Status.PASSED:
            near = nearness(seen.case, seen.outcome, seen.declaration.capabilities)
            target(near, label="nearness to the edge of an enclosure")
        if self.failure is None:
            self.left -= 1
            if not self.left:
                raise _TurnOver


def _updates(operation: Operation) -> bool:
    return isinstance(operation, Update | Iterate)


def _size(case: Case) -> tuple[int, int]:
    """Return how many operations a case has, and how many characters when it is written down."""
    return len(case.script), len(str(case_module.to_json(case)))


def recorded(failure: Result) -> dict[str, Any]:
    """Return the failing case and what is expected of it, in the form that ``replay`` reads."""
    data = case_module.to_json(failure.case)
    network = data.pop("network")
    named = f"fuzz-{dl4j_fixtures.canonical_hash({**data, **network})[:8]}"
    return {"case": {**data, **network, "id": named}, "dl4j": outcome.to_json(observe(OracleBackend(), failure.case))}
