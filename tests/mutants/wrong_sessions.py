"""Backends that are right as long as nobody clones, reads or sets anything while a session is live."""

from __future__ import annotations

from typing import Any

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Dl4jException, Floats, Network
from dl4j_backends.numpy import NumpyBackend, on_numpy


class _Backend(NumpyBackend):
    def __init__(self, session: type[EngineSession]) -> None:
        self._session = session

    def open(self, network: Network) -> EngineSession:
        return self._session(network, on_numpy)


class _Aliasing(EngineSession):
    """A clone writes to the original's state."""

    def clone(self) -> EngineSession:
        twin = super().clone()
        for new, old in zip(twin._layers, self._layers, strict=True):
            for name, updater in new._updaters.items():
                updater.state = old._updaters[name].state
        twin._state = self._state
        return twin


class _SameClone(EngineSession):
    """A clone is the session itself."""

    def clone(self) -> EngineSession:
        return self


class _KeepsVelocity(EngineSession):
    """A clone keeps NESTEROVS' velocity."""

    def clone(self) -> EngineSession:
        twin = super().clone()
        for new, old in zip(twin._layers, self._layers, strict=True):
            for name, updater in new._updaters.items():
                velocity = old._updaters[name].velocity
                updater.velocity = None if velocity is None else velocity.copy()
        return twin


class _ResettingRead(EngineSession):
    """The second read of the state after an update zeroes it."""

    _reads = 0

    def state(self) -> Floats | None:
        seen = super().state()
        self._reads += 1
        if self._reads > 2:
            self._state[:] = 0
        return seen

    def step(self, *arguments: Any) -> None:
        super().step(*arguments)
        self._reads = 0


class _AnyLength(EngineSession):
    """Setting a state of another length is no error."""

    def set_state(self, state: Floats) -> None:
        try:
            super().set_state(state)
        except Dl4jException as error:
            if error.kind == "NullPointerException":
                raise


class _LeakingRate(EngineSession):
    """A rate set from outside reaches the updaters without a policy."""

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        super().set_learning_rate(key, learning_rate)
        layer, name = self._split(key)
        self._known_layer(layer)._updaters[name].learning_rate = learning_rate


aliasing = _Backend(_Aliasing)
same_clone = _Backend(_SameClone)
keeps_velocity = _Backend(_KeepsVelocity)
resetting_read = _Backend(_ResettingRead)
any_length = _Backend(_AnyLength)
leaking_rate = _Backend(_LeakingRate)
