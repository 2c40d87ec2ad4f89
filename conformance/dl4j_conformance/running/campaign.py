"""A fuzzing campaign: two ways to draw cases, and what was found so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis
from hypothesis import given, target
from hypothesis.stateful import run_state_machine_as_test
from hypothesis.strategies import SearchStrategy

from dl4j_backends import signals
from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.drawn.networks import networks
from dl4j_conformance.cases.drawn.of_network import cases_on, networks_like
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.enclosure_check import nearness
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status, judge
from dl4j_conformance.running.finds import ANY, Find, Symptom, like, with_the_same_bits
from dl4j_conformance.running.live_session import LiveSession
from dl4j_conformance.running.run import Attempt
from dl4j_conformance.running.turns import DifferenceFoundError, Stop, TurnOver

#: So many finds may have one symptom: mistakes that come together are told apart, and no case is shrunk for ever.
_MOST_ALIKE = 3

#: Shrinking one of several finds takes at most one of so many parts of the time that is left, and so many verdicts.
_SHARE_OF_A_HUNT, _LONGEST_HUNT = 4, 1500


@dataclass(frozen=True)
class Drawing:
    """The strategies of a campaign: for whole cases, and for networks of live sessions."""

    cases: SearchStrategy[Case]
    networks: SearchStrategy[Network]

    @classmethod
    def of_any(cls, updater: str | None, capabilities: frozenset[str]) -> Drawing:
        """Return the drawing of networks with an updater, or with any."""
        return cls(cases(updater=updater, capabilities=capabilities), networks(None, updater, 2, capabilities))

    @classmethod
    def of_one(cls, network: Network, capabilities: frozenset[str]) -> Drawing:
        """Return the drawing of one network."""
        return cls(cases_on(network, capabilities), networks_like(network, capabilities))


@dataclass
class Campaign:
    """Both ways of drawing cases, and what they found so far."""

    backend: Backend
    declaration: Declaration
    claimed: Level
    drawn: Drawing
    until: float
    keep_going: bool
    progress: Callable[[int], object]
    finds: list[Find] = field(default_factory=list)
    #: The smallest failure of the turn, which Hypothesis shrinks.
    hunted: Find | None = None
    #: When shrinking it has to end, and how many verdicts it may still take.
    shrunk_until: float = math.inf
    verdicts_left: float = math.inf
    #: The find that the current example belongs to.
    like: Find | None = None
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
        @given(self.drawn.cases)
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
            return LiveSession(self.backend, self.drawn.networks, self.judged, self.end_of_example)

        run_state_machine_as_test(session, settings=configured)  # type: ignore[arg-type]

    def judged(self, attempt: Attempt) -> Result:
        """Return the result at the claimed level. Keep the smallest failure, and raise what Hypothesis has to see."""
        self.verdicts_left -= 1
        if not isinstance(attempt.got, Outcome):
            self.check_time()  # an adapter that was not waited for has done nothing wrong
        # Any difference fails level bit-exact, and most that fail are like an earlier find: that takes no enclosure.
        if self.claimed is Level.BIT_EXACT and attempt.differs(self.backend.capabilities):
            if not self.keep_going:
                self.fail(attempt, ANY)
            self.like = with_the_same_bits(self.finds, attempt, self.declaration)
            if self.like:
                return Result(attempt.fixture.case, Status.FAILED)
        # The kills of a drawn case are computed if the level depends on them.
        row = kills.row(attempt.fixture.case) if self.claimed is Level.READING else {}
        seen = kills.visible(row, self.declaration.capabilities)
        result = judge(attempt.fixture, attempt.got, self.declaration, seen, self.claimed)
        if result.is_broken:
            self.broken = result
            raise Stop
        if result.status is Status.FAILED and result.differing:
            symptom = Symptom.of(result.differing) if self.keep_going else ANY
            self.like = with_the_same_bits(self.finds, attempt, self.declaration) or like(
                self.finds, symptom, result.differing, _MOST_ALIKE
            )
            if self.like is None:
                self.fail(attempt, symptom)
        self.check_time()
        return result

    def fail(self, attempt: Attempt, symptom: Symptom) -> None:
        """Keep the attempt if it is the smallest of what is hunted, and then tell Hypothesis that it fails."""
        if self.hunted is None:
            self.begin_hunt(Find(attempt, self.declaration, self.claimed, symptom))
        hunted = self.hunted
        assert hunted  # noqa: S101 - it has just begun
        if symptom != hunted.symptom:
            return
        if _size(attempt.fixture.case) <= _size(hunted.attempt.fixture.case):
            hunted.attempt = attempt
        self.check_time()
        raise DifferenceFoundError

    def begin_hunt(self, find: Find) -> None:
        """Shrink what was found. To keep going, that takes a part of the time that is left."""
        self.hunted = find
        self.left -= 1
        self.counts[Status.FAILED] += 1
        now = time.monotonic()
        if self.keep_going:
            self.shrunk_until, self.verdicts_left = now + (self.until - now) / _SHARE_OF_A_HUNT, _LONGEST_HUNT

    def end_hunt(self) -> None:
        """Add what was found to the finds."""
        if self.hunted:
            self.finds.append(self.hunted)
            self.hunted = None

    def check_time(self) -> None:
        """Raise :class:`Stop` if the time is up, :class:`signals.Stopped` if a signal came."""
        signals.check()
        now = time.monotonic()
        if now > self.until:
            raise Stop
        if self.hunted and (now > self.shrunk_until or self.verdicts_left < 0):
            raise TurnOver

    def end_of_example(self, result: Result) -> None:
        """Count the result, and lead Hypothesis to values near the edges of their enclosures."""
        if self.hunted:
            return
        with signals.held():
            self.counts[result.status] += 1
            self.changed_mode |= result.changed_mode
            if result.status is Status.FAILED and self.like:
                self.like.count += 1
            else:
                self.updated += result.values > 0 and any(_updates(operation) for operation in result.case.script)
                self.values += result.values
                self.identical += result.identical
        self.progress(sum(self.counts.values()))
        seen = result.differing
        if self.claimed is Level.BOUNDED and seen and seen.outcome and result.status is Status.PASSED:
            near = nearness(seen.case, seen.outcome, seen.declaration.capabilities)
            target(near, label="nearness to the edge of an enclosure")
        self.left -= 1
        if not self.left:
            raise TurnOver


def _updates(operation: Operation) -> bool:
    return isinstance(operation, Update | Iterate)


def _size(case: Case) -> tuple[int, int]:
    """Return how many operations a case has, and how many characters when it is written down."""
    return len(case.script), len(str(case_module.to_json(case)))
