"""Wrong ports whose every word is hostile."""

from __future__ import annotations

from collections.abc import Mapping

from hostile import HOSTILE

from dl4j_backends.interface import ALL_CAPABILITIES, Dl4jException, Floats, Network, Observation, UnsupportedError
from dl4j_backends.numpy import NumpyBackend


class _Port:
    name = HOSTILE
    capabilities = ALL_CAPABILITIES - {"intermediates"}

    def open(self, network: Network) -> object:
        return _Session(NumpyBackend().open(network))


class _Session:
    def __init__(self, session: object) -> None:
        self._session = session

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)


class Refusing(_Port):
    def open(self, network: Network) -> object:
        raise UnsupportedError(HOSTILE)


class Throwing(_Port):
    def open(self, network: Network) -> object:
        raise Dl4jException(HOSTILE, HOSTILE)


class Crashing(_Port):
    def open(self, network: Network) -> object:
        raise RuntimeError(HOSTILE)


class Renaming(_Port):
    def open(self, network: Network) -> object:
        return _Renamed(NumpyBackend().open(network))


class _Renamed(_Session):
    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        return Observation(updates={HOSTILE: next(iter(gradients.values()))})


class Absent:
    def __init__(self) -> None:
        raise RuntimeError(HOSTILE)
