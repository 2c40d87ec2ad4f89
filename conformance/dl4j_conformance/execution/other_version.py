"""A backend of another version of DL4J, asked for networks of this one: they are put into the other version's words.

That shows which version a port follows. What the other version has no words for is unsupported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dl4j_backends import interface
from dl4j_backends.block_interface import (
    BlockBackend,
    BlockNetwork,
    BlockObservation,
    BlockPlace,
    BlockSession,
    BlockStep,
)
from dl4j_backends.interface import Backend, Dl4jException, Failure, Floats, Network, Session, UnsupportedError
from dl4j_conformance.cases.plain_network import described, plain
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.native_updaters import UPDATERS_1_0_0_M2_1


def in_words_of(network: BlockNetwork, version: str) -> BlockNetwork:
    """Return a network in the words of another version. Raises UnsupportedError where that has none."""
    if network.version == version:
        return network
    conf, layers = described(plain(network.version, network.conf, network.layers), version)
    return replace(network, version=version, conf=conf, layers=layers)


class BlocksOfOtherVersion:
    """A block backend that updates every network as one of its own ``version``."""

    def __init__(self, backend: BlockBackend, version: str) -> None:
        self.name = f"{backend.name} (DL4J {version})"
        self.inner, self.implemented = backend, version

    def open(self, network: BlockNetwork) -> BlockSession:
        """Return a session. Raises UnsupportedError, and Dl4jException where the build throws."""
        return self.inner.open(in_words_of(network, self.implemented))


class Backend080:
    """A backend of 0.8.0, which updates parameter by parameter, as one whose blocks are its parameters."""

    implemented = "0.8.0"

    def __init__(self, backend: Backend) -> None:
        self.name = f"{backend.name} (DL4J 0.8.0)"
        self.inner = backend

    def open(self, network: BlockNetwork) -> BlockSession:
        """Return a session. Raises UnsupportedError, and Dl4jException where the build throws."""
        if network.gradient != "own":
            raise UnsupportedError("0.8.0 has no external gradients beside those of a network's own")
        given = plain(network.version, network.conf, network.layers)
        conf, layers = described(given, "0.8.0")
        translated = Network(network.dtype, conf, layers, network.params)
        return open_080(self.inner, translated, [layer.updater for layer in given.layers], network.version)


def open_080(backend: Backend, network: Network, updaters: Sequence[str], version: str) -> BlockSession:
    """Return a session of 0.8.0 that shows what it does in the form of ``version``.

    ``updaters`` are the classes of the layers' updaters. Raises as the backend does.
    """
    capabilities = backend.capabilities
    is_view = interface.GRADIENT_VIEW in capabilities
    session = backend.open(replace(network, gradient_view=is_view))
    return _Session080(session, network.params, updaters, version, shows_state=interface.STATE_OUT in capabilities)


class _Session080:
    """A session of 0.8.0, whose observations are brought into the form of the network's version."""

    def __init__(
        self,
        session: Session,
        params: Mapping[str, Floats],
        updaters: Sequence[str],
        version: str,
        *,
        shows_state: bool,
    ) -> None:
        self._session, self._params, self._updaters = session, params, updaters
        self._version, self._shows_state = version, shows_state

    def blocks(self) -> Sequence[BlockPlace]:
        """Return a block for each parameter."""
        places = []
        start = state = 0
        for key, array in self._params.items():
            updater = self._updaters[int(key.partition("_")[0])]
            length = len(array) * len(UPDATERS_1_0_0_M2_1[UpdaterClass(updater)].state)
            places.append(BlockPlace((key,), updater, start, start + len(array), state, state + length))
            start, state = start + len(array), state + length
        return places

    def state(self) -> Floats | None:
        """Return the state view; None if there is none."""
        return self._session.state() if self._shows_state else None

    def update(self, step: BlockStep) -> BlockObservation:
        """Update once."""
        failure, updates = None, step.gradients
        rates: Mapping[str, float] = {}
        momenta: Mapping[str, float] = {}
        try:
            seen = self._session.update(dict(step.gradients), step.iteration, step.batch_size)
            updates, rates, momenta, failure = seen.updates or {}, seen.learning_rates, seen.momentum, seen.failure
        except Dl4jException as error:
            failure = Failure(error.kind, error.message)
        if self._version == "0.9.1":
            of_updaters = [rates.get(f"{i}_W") for i in range(len(self._updaters))]
            return BlockObservation(updates, self.state(), rates, momenta, of_updaters, failure=failure)
        of_blocks = [rates.get(key) for key in self._params]
        of_layers = [momenta.get(key.partition("_")[0]) for key in self._params]
        return BlockObservation(updates, self.state(), of_blocks, of_layers, failure=failure)
