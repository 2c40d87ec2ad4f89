"""Running a case on a backend."""

from __future__ import annotations

from dl4j_backends import interface
from dl4j_backends.interface import Backend, Dl4jException, Session
from dl4j_conformance.case import Case, Operation, SetLearningRate, SetState, Update
from dl4j_conformance.outcome import Failure, Outcome, Step


class BackendCrashError(Exception):
    """The backend raised something that is no DL4J exception."""


def observe(backend: Backend, case: Case) -> Outcome:
    """What ``backend`` makes of ``case``.

    Raises :class:`interface.UnsupportedError` and :class:`interface.BackendUnavailableError` as the backend
    does, and :class:`BackendCrashError` for anything else it raises.
    """
    try:
        session = backend.open(case.network)
    except Dl4jException as error:
        return Outcome(failure=Failure(error.kind, error.message))
    except (interface.UnsupportedError, interface.BackendUnavailableError):
        raise
    except Exception as error:  # the backend is somebody's code under test
        raise BackendCrashError(f"open: {type(error).__name__}: {error}") from error
    try:
        keeps_state = interface.STATE_OUT in backend.capabilities
        initial = session.state() if keeps_state else None
        steps = tuple(_perform(session, operation, keeps_state) for operation in case.script)
    except (interface.UnsupportedError, interface.BackendUnavailableError):
        raise
    except Exception as error:
        raise BackendCrashError(f"{type(error).__name__}: {error}") from error
    finally:
        session.close()
    return Outcome(initial_state=initial, steps=steps)


def _perform(session: Session, operation: Operation, keeps_state: bool) -> Step:
    try:
        match operation:
            case Update(gradients, iteration, batch_size):
                copies = {key: array.copy() for key, array in gradients.items()}
                seen = session.update(copies, iteration, batch_size)
                return Step(
                    updates={key: array.copy() for key, array in seen.updates.items()},
                    state=seen.state,
                    learning_rates=seen.learning_rates,
                    momentum=seen.momentum,
                )
            case SetState(state):
                session.set_state(state.copy())
            case SetLearningRate(key, learning_rate):
                session.set_learning_rate(key, learning_rate)
    except Dl4jException as error:
        return Step(failure=Failure(error.kind, error.message))
    return Step(state=session.state() if keeps_state else None)
