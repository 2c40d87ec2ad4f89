"""Backends that move parameters and show no updates: NumPy's, right and wrong in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    LINE_SEARCH,
    MOVES_PARAMS,
    OPTIMIZER,
    SET_PARAMS,
    Floats,
    Network,
    Observation,
)
from dl4j_backends.numpy import NumpyBackend


class MovingSession:
    """A NumPy session that subtracts its updates from parameters of its own."""

    def __init__(self, session: Any, params: Mapping[str, Floats]) -> None:
        self._session = session
        self.params = {key: array.copy() for key, array in params.items()}

    def set_params(self, params: Mapping[str, Floats]) -> None:
        self.params = {key: array.copy() for key, array in params.items()}
        self._session.set_params(params)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        seen = self._session.update(gradients, iteration, batch_size)
        with np.errstate(all="ignore"):
            for key, update in (seen.updates or {}).items():
                self.params[key] = self.step(self.params[key], self.update_of(key, update))
        return replace(seen, updates=None, params={key: self.params[key] for key in seen.updates or {}})

    def update_of(self, key: str, update: Floats) -> Floats:
        return update

    def step(self, param: Floats, update: Floats) -> Floats:
        return param - update

    def clone(self) -> MovingSession:
        return type(self)(self._session.clone(), self.params)

    def restore(self, with_updater: bool) -> MovingSession:
        return type(self)(self._session.restore(with_updater), self.params)

    def average(self, others: Any, combined: bool) -> None:
        self._session.average([other._session for other in others], combined)

    def compare(self, other: Any) -> Any:
        return self._session.compare(other._session)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class Moving:
    """The right port."""

    name = "moving"
    capabilities = (ALL_CAPABILITIES - {OPTIMIZER, LINE_SEARCH}) | {SET_PARAMS, MOVES_PARAMS}
    session: type[MovingSession] = MovingSession

    def open(self, network: Network) -> Any:
        return self.session(NumpyBackend().open(network), network.params)


class _Adding(MovingSession):
    def step(self, param: Floats, update: Floats) -> Floats:
        return param + update


class _OneUlp(MovingSession):
    def update_of(self, key: str, update: Floats) -> Floats:
        return np.nextafter(update, np.array(np.inf, update.dtype))


class _Twice(MovingSession):
    def step(self, param: Floats, update: Floats) -> Floats:
        return param - update - update


class _StillBias(MovingSession):
    def step(self, param: Floats, update: Floats) -> Floats:
        return param


class _Decayed(MovingSession):
    """Weight decay as in AdamW: beside the update."""

    def step(self, param: Floats, update: Floats) -> Floats:
        return np.asarray(param * np.array(0.99, param.dtype)) - update


class _Forgetful(MovingSession):
    """It ignores the parameters that it is told."""

    def set_params(self, params: Mapping[str, Floats]) -> None:
        pass


class _ZeroSign(MovingSession):
    """Updates of -0 become +0."""

    def update_of(self, key: str, update: Floats) -> Floats:
        return update + np.array(0.0, update.dtype)


class _Swapped(MovingSession):
    """It shows another parameter's values."""

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        seen = super().update(gradients, iteration, batch_size)
        return replace(seen, params={key: array[::-1] for key, array in seen.params.items()})


class _Silent(MovingSession):
    """It shows nothing."""

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        return replace(super().update(gradients, iteration, batch_size), params={})


WRONG = (_Adding, _OneUlp, _Twice, _StillBias, _Decayed, _Forgetful, _ZeroSign, _Swapped, _Silent)


def wrong(session: type[MovingSession]) -> Moving:
    """Return the port with wrong sessions."""
    backend = Moving()
    backend.session = session
    return backend
