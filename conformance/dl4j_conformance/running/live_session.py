"""A session of a backend as a state machine for Hypothesis, in lock-step with the oracle.

It writes down what it does as the script of a case, so that a failure is a case like any other.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from dl4j_backends import interface
from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.networks import (
    FIRST_ITERATIONS,
    can_iterate,
    draw_average,
    draw_iteration,
    draw_rate,
    draw_state,
    draw_update,
    networks,
)
from dl4j_conformance.cases.operations import (
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    Operation,
    ReadState,
    Restore,
    Switch,
    can_freeze,
)
from dl4j_conformance.execution.ending import ENDINGS, Ending
from dl4j_conformance.execution.observe import Observing
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.running.run import Attempt


class Stop(BaseException):
    """The end of all examples: Hypothesis would take an ``Exception`` for a failing one, and shrink on."""


def _needs(capability: str) -> Callable[[LiveSession], bool]:
    return lambda session: capability in session.backend.capabilities


class LiveSession(RuleBasedStateMachine):
    """A state machine on one network. ``judged`` judges every attempt, ``ended`` is told the last result.

    What ``judged`` raises ends the session. Once DL4J or the backend refuses the network, nothing more is done.
    """

    def __init__(
        self,
        backend: Backend,
        updater: str | None,
        judged: Callable[[Attempt], Result],
        ended: Callable[[Result], object],
    ) -> None:
        super().__init__()
        self.backend = backend
        self._updater, self._judged, self._ended = updater, judged, ended
        self._script: tuple[Operation, ...] = ()
        self._oracle: Observing | None = None
        self._observing: Observing | None = None
        self._result: Result | None = None
        self._is_over = False
        self.clones = 0
        self.is_bare = self.can_freeze = self.can_iterate = False

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        """The network and its first iteration."""
        self._network: Network = data.draw(networks(None, self._updater, 2, self.backend.capabilities))
        self.is_bare, self.can_freeze = self._network.is_bare, can_freeze(self._network)
        self.can_iterate = can_iterate(self._network, self.backend.capabilities)
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
        """``MultiLayerUpdater.update``."""
        self._perform(draw_update(data.draw, self._network, self._iteration))
        self._iteration += 1

    @rule(data=st.data())
    @precondition(lambda session: session.can_iterate)
    def iterate(self, data: st.DataObject) -> None:
        """``StochasticGradientDescent.optimize``, or ``LineGradientDescent.optimize``."""
        self._perform(draw_iteration(data.draw, self._network))

    @rule()
    @precondition(_needs(interface.STATE_OUT))
    def read_state(self) -> None:
        """``getStateViewArray``."""
        self._perform(ReadState())

    @rule(data=st.data())
    @precondition(_needs(interface.STATE_IN))
    def set_state(self, data: st.DataObject) -> None:
        """``setStateViewArray``."""
        self._perform(draw_state(data.draw, self._network))

    @rule(data=st.data())
    @precondition(_needs(interface.SET_LEARNING_RATE))
    def set_learning_rate(self, data: st.DataObject) -> None:
        """``setLearningRateByParam``."""
        self._perform(draw_rate(data.draw, self._network))

    @rule()
    @precondition(_needs(interface.CLONE))
    def clone(self) -> None:
        """``MultiLayerNetwork.clone``."""
        self._perform(Clone())
        self.clones += 1

    @rule(with_updater=st.booleans())
    @precondition(lambda session: interface.SERIALIZATION in session.backend.capabilities and not session.is_bare)
    def restore(self, with_updater: bool) -> None:
        """``ModelSerializer``."""
        self._perform(Restore(with_updater))
        self.clones += 1

    @rule(data=st.data())
    @precondition(lambda session: interface.FREEZE in session.backend.capabilities and session.can_freeze)
    def freeze(self, data: st.DataObject) -> None:
        """``new FrozenLayer``."""
        self._perform(Freeze(data.draw(st.integers(0, len(self._network.layers) - 1))))

    @rule()
    @precondition(_needs(interface.AGGREGATION))
    def clone_updater(self) -> None:
        """``Updater.clone``."""
        self._perform(CloneUpdater())

    @rule(data=st.data())
    @precondition(lambda session: interface.AGGREGATION in session.backend.capabilities and session.is_bare)
    def average(self, data: st.DataObject) -> None:
        """``GradientUpdaterAggregator``."""
        self._perform(draw_average(data.draw, self.clones + 1))

    @rule(data=st.data())
    @precondition(lambda session: session.clones > 0)
    def switch(self, data: st.DataObject) -> None:
        """On with another of the networks."""
        self._perform(Switch(data.draw(st.integers(0, self.clones))))

    @rule(data=st.data())
    @precondition(lambda session: session.clones > 0 and interface.EQUALITY in session.backend.capabilities)
    def compare(self, data: st.DataObject) -> None:
        """``equals``."""
        self._perform(Compare(data.draw(st.integers(0, self.clones))))

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
        self._result = self._judged(Attempt(Fixture(self._case(), self._oracle.outcome), got))

    def _case(self) -> Case:
        return Case("drawn", self._network, self._script, provenance="hypothesis")
