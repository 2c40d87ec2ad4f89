"""Running a case on a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields, replace
from operator import index
from typing import Any, TypeVar

import numpy as np

from dl4j_backends import floating_point_mode, interface, signals
from dl4j_backends.crash import BackendCrashError, described
from dl4j_backends.interface import (
    AnySession,
    Backend,
    BackendUnavailableError,
    Dl4jException,
    Failure,
    Network,
    Observation,
    UnsupportedError,
)
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.moving import MovingSession, before
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.script import perform

T = TypeVar("T")


#: Elements from which on an array's memory matters.
_LONG = 1_000_000
_FLOATS = (np.dtype("float32"), np.dtype("float64"))


class Observing:
    """A live session of ``backend`` on ``network``, and ``outcome``, what was seen of it so far.

    What the backend does to this thread's floating-point mode is undone after every call, and noted in the outcome.

    Raises :class:`interface.UnsupportedError`, :class:`interface.BackendUnavailableError` and
    :class:`AdapterFault` as the backend does, and :class:`BackendCrashError` for anything else it raises.
    """

    def __init__(self, backend: Backend, network: Network) -> None:
        self._keeps_state = interface.STATE_OUT in backend.capabilities
        self._networks: Networks[AnySession[Floats, float]] | None = None
        self._backend = backend
        self._changed_mode = False
        self._constructed = Outcome()
        self._steps: list[Observation] = []
        with self._backend_runs():
            try:
                self._networks = Networks(_session(backend, network))
                state = _copy(self._networks.current.state()) if self._keeps_state else None
                self._constructed = Outcome(initial_state=state)
            except Dl4jException as error:
                self._constructed = Outcome(failure=Failure(error.kind, error.message))

    @property
    def outcome(self) -> Outcome:
        """The outcome so far: the construction, and every operation that was performed."""
        return replace(self._constructed, steps=tuple(self._steps), changed_mode=self._changed_mode)

    def perform(self, operation: Operation) -> None:
        """Add what can be seen after an operation to the outcome, unless the construction failed."""
        if self._networks and self._constructed.failure is None:
            with self._backend_runs():
                self._steps.append(copied(perform(self._networks, operation, reads_state=self._keeps_state)))

    def close(self) -> None:
        """Release every session."""
        if self._networks:
            with self._backend_runs():
                for session in self._networks.all:
                    session.close()

    @contextmanager
    def _backend_runs(self) -> Iterator[None]:
        try:
            with contained():
                yield
        finally:
            self._changed_mode |= floating_point_mode.restore() or getattr(self._backend, "changed_mode", False)


def _session(backend: Backend, network: Network) -> AnySession[Floats, float]:
    """Open a network; a session that moves its parameters is told them before each update."""
    capabilities = backend.capabilities
    if interface.MOVES_PARAMS not in capabilities:
        return backend.open(plain_copy(network))
    if interface.SET_PARAMS not in capabilities:
        raise interface.BackendUnavailableError(f"{interface.MOVES_PARAMS} needs {interface.SET_PARAMS}")
    params = before(network)
    return MovingSession(backend.open(plain_copy(replace(network, params=params))), params)


def plain_copy(network: Network) -> Network:
    """Return a copy that shares nothing with ``network``; several times faster than ``deepcopy``."""
    return Network(**{field.name: _copied_value(getattr(network, field.name)) for field in fields(Network)})


def _copied_value(value: Any) -> Any:
    match value:
        case str() | int() | float() | None:
            return value
        case np.ndarray():
            return value.copy()
        case Mapping():
            return {key: _copied_value(entry) for key, entry in value.items()}
        case list() | tuple():
            return type(value)(_copied_value(entry) for entry in value)
        case _:
            return deepcopy(value)


def observe(backend: Backend, case: Case) -> Outcome:
    """Return what ``backend`` makes of ``case``; raises as :class:`Observing` does."""
    observing = Observing(backend, case.network)
    try:
        for operation in case.script:
            observing.perform(operation)
    finally:
        observing.close()
    return observing.outcome


@contextmanager
def contained() -> Iterator[None]:
    """Turn whatever a backend raises into an end of its case, not of the run: it is somebody's code under test."""
    try:
        yield
    except (UnsupportedError, BackendUnavailableError, AdapterFault, BackendCrashError, Dl4jException):
        raise
    except (*signals.INTERRUPTIONS, GeneratorExit):  # not the backend's
        raise
    except BaseException as error:
        raise BackendCrashError(described(error)) from error


def copied(seen: Observation) -> Observation:
    """Return what a backend shows in values of our own, which it cannot change later.

    Arrays keep their shapes and dtypes. Raises :class:`TypeError` for a count or an answer of another type.
    """
    shown = dict(vars(seen))
    del seen
    # Nobody else keeps them: long arrays are released as soon as they are copied.
    for name, copies in (("updates", _copies), ("state", _copy), ("params", _copies), ("heard", _copies)):
        shown[name] = copies(shown.pop(name))
    done, count = shown["iteration_done"], shown["iteration_count"]
    shown |= {
        "learning_rates": {key: float(rate) for key, rate in shown["learning_rates"].items()},
        "momentum": {key: float(momentum) for key, momentum in shown["momentum"].items()},
        "intermediates": {key: np.array(values, ndmin=1) for key, values in shown["intermediates"].items()},
        "iteration_done": None if done is None else index(done),
        "iteration_count": None if count is None else index(count),
    }
    return Observation(**shown)


def _copies(arrays: Mapping[str, Floats] | None) -> dict[str, Floats] | None:
    return None if arrays is None else {key: _copy(array) for key, array in arrays.items()}


def _copy(array: T) -> T:
    """Return a plain copy of an array. Anything else is no array, and is judged as such."""
    if not isinstance(array, np.ndarray):
        return array
    if array.size >= _LONG and array.dtype in _FLOATS and not np.any(array.view(f"u{array.itemsize}")):
        # Of zeros, such as a fresh state, the system makes pages when they are written to.
        return np.zeros(array.shape, array.dtype)  # type: ignore[return-value]
    return np.array(array)  # type: ignore[return-value]
