"""Running a case on a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from dl4j_backends import interface
from dl4j_backends.interface import Backend, Dl4jException, Network, Observation, Search, Session
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    Iterate,
    Operation,
    ReadState,
    Restore,
    SetLearningRate,
    SetState,
    Switch,
    Update,
)
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.networks import Networks
from dl4j_conformance.execution.outcome import Failure, Outcome, Step


class BackendCrashError(Exception):
    """The backend raised something that is no DL4J exception."""


class Observing:
    """A live session of ``backend`` on ``network``, and ``outcome``, what was seen of it so far.

    Raises :class:`interface.UnsupportedError`, :class:`interface.BackendUnavailableError` and
    :class:`AdapterFault` as the backend does, and :class:`BackendCrashError` for anything else it raises.
    """

    def __init__(self, backend: Backend, network: Network) -> None:
        self._keeps_state = interface.STATE_OUT in backend.capabilities
        self._networks: Networks[Session] | None = None
        with _crashes_reported():
            try:
                self._networks = Networks(backend.open(_copy(network)))
                self.outcome = Outcome(initial_state=self._state())
            except Dl4jException as error:
                self.outcome = Outcome(failure=Failure(error.kind, error.message))

    def perform(self, operation: Operation) -> None:
        """Add a step to the outcome, unless the construction failed."""
        if self.outcome.failure is None:
            with _crashes_reported():
                self.outcome = replace(self.outcome, steps=(*self.outcome.steps, self._step(operation)))

    def close(self) -> None:
        """Release every session."""
        if self._networks:
            with _crashes_reported():
                for session in {id(session): session for session in self._networks.all}.values():
                    session.close()

    def _state(self) -> Floats | None:
        assert self._networks  # noqa: S101 - it was opened
        return self._networks.current.state() if self._keeps_state else None

    def _step(self, operation: Operation) -> Step:
        assert self._networks  # noqa: S101 - it was opened
        session = self._networks.current
        try:
            match operation:
                case Update(gradients, iteration, batch_size):
                    return seen_step(session.update(_copies(gradients), iteration, batch_size))
                case Iterate(gradients, score, batch_size, None):
                    return seen_step(session.iterate(_copies(gradients), score, batch_size))
                case Iterate(gradients, score, batch_size, Search(length, gradients_after, score_after)):
                    after = Search(length, _copies(gradients_after), score_after)
                    return seen_step(session.iterate(_copies(gradients), score, batch_size, after))
                case ReadState():
                    # Twice: the state that is seen after an operation must not be the only read.
                    session.state()
                case SetState(state):
                    session.set_state(state.copy())
                case SetLearningRate(key, learning_rate):
                    session.set_learning_rate(key, learning_rate)
                case Compare(number):
                    equal, same_hash = session.compare(self._networks.all[number])
                    return Step(state=self._state(), equal=equal, same_hash=same_hash)
                case Clone():
                    self._networks.go_on_with(lambda network: network.clone())
                case Restore(with_updater):
                    self._networks.go_on_with(lambda network: network.restore(with_updater))
                case Switch(number):
                    self._networks.switch(number)
                case Freeze(layer):
                    session.freeze(layer)
                case CloneUpdater():
                    session.clone_updater()
                case Average(numbers, combined):
                    session.average([self._networks.all[number] for number in numbers], combined)
        except Dl4jException as error:
            return Step(failure=Failure(error.kind, error.message))
        return Step(state=self._state())


def observe(backend: Backend, case: Case) -> Outcome:
    """What ``backend`` makes of ``case``; raises as :class:`Observing` does."""
    observing = Observing(backend, case.network)
    try:
        for operation in case.script:
            observing.perform(operation)
    finally:
        observing.close()
    return observing.outcome


@contextmanager
def _crashes_reported() -> Iterator[None]:
    """The backend is somebody's code under test: whatever it raises ends its case and not the run."""
    try:
        yield
    except (interface.UnsupportedError, interface.BackendUnavailableError, AdapterFault):
        raise
    except (Exception, SystemExit) as error:
        raise BackendCrashError(f"{type(error).__name__}: {error}") from error


def _copy(network: Network) -> Network:
    """A network that the backend may write to."""
    params = {key: array.copy() for key, array in network.params.items()}
    return replace(network, params=params, state=None if network.state is None else network.state.copy())


def _copies(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    return {key: array.copy() for key, array in arrays.items()}


def seen_step(seen: Observation) -> Step:
    """What a backend shows of an update or an iteration, copied."""
    return Step(
        updates=_copies(seen.updates),
        state=seen.state,
        learning_rates={key: float(rate) for key, rate in seen.learning_rates.items()},
        momentum={key: float(momentum) for key, momentum in seen.momentum.items()},
        intermediates={key: np.array(values, ndmin=1) for key, values in seen.intermediates.items()},
        params=_copies(seen.params),
        heard=_copies(seen.heard),
        iteration_done=seen.iteration_done,
        iteration_count=seen.iteration_count,
    )
