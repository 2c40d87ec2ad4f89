"""Running a case on a backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dl4j_backends import interface
from dl4j_backends.interface import Backend, Dl4jException, Network, Session
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.case import Case, Operation, SetLearningRate, SetState, Update
from dl4j_conformance.outcome import Failure, Outcome, Step


class BackendCrashError(Exception):
    """The backend raised something that is no DL4J exception."""


def observe(backend: Backend, case: Case) -> Outcome:
    """What ``backend`` makes of ``case``.

    Raises :class:`interface.UnsupportedError`, :class:`interface.BackendUnavailableError` and
    :class:`AdapterFault` as the backend does, and :class:`BackendCrashError` for anything else it raises.
    """
    with _crashes_reported():
        try:
            session = backend.open(_copy(case.network))
        except Dl4jException as error:
            return Outcome(failure=Failure(error.kind, error.message))
        try:
            keeps_state = interface.STATE_OUT in backend.capabilities
            initial = session.state() if keeps_state else None
            steps = tuple(_perform(session, operation, keeps_state) for operation in case.script)
        finally:
            session.close()
    return Outcome(initial_state=initial, steps=steps)


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


def _perform(session: Session, operation: Operation, keeps_state: bool) -> Step:
    try:
        match operation:
            case Update(gradients, iteration, batch_size):
                copies = {key: array.copy() for key, array in gradients.items()}
                seen = session.update(copies, iteration, batch_size)
                return Step(
                    updates={key: array.copy() for key, array in seen.updates.items()},
                    state=seen.state,
                    learning_rates={key: float(rate) for key, rate in seen.learning_rates.items()},
                    momentum={key: float(momentum) for key, momentum in seen.momentum.items()},
                )
            case SetState(state):
                session.set_state(state.copy())
            case SetLearningRate(key, learning_rate):
                session.set_learning_rate(key, learning_rate)
    except Dl4jException as error:
        return Step(failure=Failure(error.kind, error.message))
    return Step(state=session.state() if keeps_state else None)
