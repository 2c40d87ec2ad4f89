"""A session of a backend as a state machine for Hypothesis, in lock-step with the oracle.

It writes down what it does as the script of a case, so that a failure is a case like any other.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.strategies import SearchStrategy

from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.operations import DRAWN, FIRST_ITERATIONS, LEAPS, Drawn, draw_update
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.execution.ending import ENDINGS, Ending
from dl4j_conformance.execution.observe import Observing
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.growing_check import GrowingCheck
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.running.run import Attempt


class LiveSession(RuleBasedStateMachine):
    """A state machine on one of ``networks``. ``judged`` judges every attempt, ``ended`` is told the last result.

    What ``judged`` raises ends the session. Once the session has failed, or DL4J or the backend refuses the network,
    nothing more is done.
    """

    def __init__(
        self,
        backend: Backend,
        networks: SearchStrategy[Network],
        judged: Callable[[Attempt], Result],
        ended: Callable[[Result], object],
    ) -> None:
        super().__init__()
        self.backend = backend
        self._drawn_networks, self._judged, self._ended = networks, judged, ended
        self._script: tuple[Operation, ...] = ()
        self._oracle: Observing | None = None
        self._observing: Observing | None = None
        self._result: Result | None = None
        self._is_over = False
        self._networks = 1
        self._so_far = GrowingCheck()

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        """Open the network, and choose its first iteration."""
        self._network: Network = data.draw(self._drawn_networks)
        self._iteration: int = data.draw(FIRST_ITERATIONS)
        self._oracle = Observing(model_of(self.backend), self._network)
        try:
            self._observing = Observing(self.backend, self._network)
        except ENDINGS as error:
            self._give_up(error)
            return
        self._judge()

    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        """Update all sessions by the same gradients."""
        self._perform(draw_update(data.draw, self._network, self._iteration))
        self._iteration += data.draw(LEAPS)

    def can_go_on_with(self, drawn: Drawn) -> bool:
        """Return whether an operation can follow."""
        return drawn.can_follow(self._network, self._networks, self.backend.capabilities)

    def go_on_with(self, drawn: Drawn, data: st.DataObject) -> None:
        """Draw an operation, and do it."""
        self._perform(drawn.draw(data.draw, self._network, self._networks))
        self._networks += drawn.kind.adds_network

    def teardown(self) -> None:
        """Close the session."""
        try:
            if self._observing:
                self._observing.close()
        except ENDINGS as error:
            self._give_up(error)
        if self._result:
            self._ended(self._result)

    def _perform(self, operation: Operation) -> None:
        if self._is_over or not (self._oracle and self._observing) or self._oracle.outcome.failure:
            return
        self._script = (*self._script, operation)
        self._oracle.perform(operation)
        try:
            self._observing.perform(operation)
        except ENDINGS as error:
            self._give_up(error)
            return
        self._judge()

    def _judge(self) -> None:
        assert self._observing  # noqa: S101 - it was opened
        self._tell(self._observing.outcome)

    def _give_up(self, error: Ending) -> None:
        self._is_over = True
        self._tell(error)

    def _tell(self, got: Outcome | Ending) -> None:
        assert self._oracle  # noqa: S101 - it was opened
        fixture = Fixture(self._case(), self._oracle.outcome, so_far=self._so_far)
        self._result = self._judged(Attempt.made(fixture, got))
        self._is_over |= self._result.status is Status.FAILED

    def _case(self) -> Case:
        return Case("drawn", self._network, self._script, provenance="hypothesis")


def _rule(drawn: Drawn) -> Callable[..., None]:
    """Return the rule of one operation. Hypothesis takes turns between rules whose preconditions hold."""

    def go_on(session: LiveSession, data: st.DataObject) -> None:
        session.go_on_with(drawn, data)

    return rule(data=st.data())(precondition(lambda session: session.can_go_on_with(drawn))(go_on))


for one in DRAWN.values():
    setattr(LiveSession, one.kind.op, _rule(one))
