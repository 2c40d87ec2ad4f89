"""A session over the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from dl4j_backends.bits import hex_of
from dl4j_backends.interface import Floats, Observation, Search
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.connection import ReplayingConnection
from dl4j_backends.stdio.wire import Message
from dl4j_backends.workload import BATCH_SIZE, ITERATION, KEY, Clock

T = TypeVar("T")


class StdioSession:
    """A network that an adapter has open under ``number``."""

    def __init__(self, connection: ReplayingConnection, number: int, dtype: str) -> None:
        self._connection, self._number, self._dtype, self._era = connection, number, dtype, connection.era

    def state(self) -> Floats | None:
        """The state view; None if there is none."""
        return self._send(self._request("state"), partial(wire.read_state, dtype=self._dtype))

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """``MultiLayerUpdater.update``."""
        request = wire.update(self._number, gradients, iteration, batch_size)
        capabilities = self._connection.handshake.capabilities
        return self._send(request, partial(wire.read_observation, dtype=self._dtype, capabilities=capabilities))

    def iterate(
        self, gradients: Mapping[str, Floats], score: float, batch_size: int, search: Search | None = None
    ) -> Observation:
        """One iteration of ``StochasticGradientDescent.optimize`` or ``BaseOptimizer.optimize``."""
        request = wire.iterate(self._number, gradients, score, batch_size, search)
        capabilities = self._connection.handshake.capabilities
        return self._send(request, partial(wire.read_iteration, dtype=self._dtype, capabilities=capabilities))

    def set_state(self, state: Floats) -> None:
        """``setStateViewArray``."""
        self._send(self._request("set_state", state=hex_of(state)), wire.read_nothing)

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """``conf.setLearningRateByParam``."""
        self._send(wire.set_learning_rate(self._number, key, learning_rate), wire.read_nothing)

    def clone(self) -> StdioSession:
        """``MultiLayerNetwork.clone()``: an independent session."""
        return self._new_session("clone")

    def restore(self, with_updater: bool) -> StdioSession:
        """``ModelSerializer``: an independent session."""
        return self._new_session("restore", with_updater=with_updater)

    def _new_session(self, op: str, **fields: Any) -> StdioSession:
        number = self._connection.new_number()
        self._send(self._request(op, **fields, **{"as": number}), wire.read_nothing)
        self._connection.adopt(number)
        return StdioSession(self._connection, number, self._dtype)

    def freeze(self, layer: int) -> None:
        """``new FrozenLayer``."""
        self._send(self._request("freeze", layer=layer), wire.read_nothing)

    def clone_updater(self) -> None:
        """``Updater.clone``."""
        self._send(self._request("clone_updater"), wire.read_nothing)

    def average(self, others: Sequence[StdioSession], combined: bool) -> None:
        """``GradientUpdaterAggregator``."""
        numbers = [other._number for other in others]
        self._send(self._request("average", others=numbers, combined=combined), wire.read_nothing)

    def compare(self, other: StdioSession) -> tuple[bool, bool]:
        """``equals`` and ``hashCode`` of the updaters."""
        return self._send(self._request("compare", other=other._number), wire.read_comparison)

    def nanoseconds(self, updates: int, _: Clock) -> Sequence[int]:
        """What each of ``updates`` took by the adapter's clock; asked of the real DL4J alone."""
        fields = {"keys": [KEY], "iteration": ITERATION, "batch_size": BATCH_SIZE, "updates": updates}
        return self._send(self._request("time", **fields), lambda reply: wire.field(reply, "nanoseconds", list))

    def close(self) -> None:
        """Closes nothing if the adapter has ended: that fault was reported where it happened."""
        if not self._connection.ended(self._era):
            self._send(self._request("close"), wire.read_nothing)
            self._connection.forget(self._number)

    def _request(self, op: str, **fields: Any) -> Message:
        return {"op": op, "session": self._number, **fields}

    def _send(self, request: Message, read: Callable[[Message], T]) -> T:
        if error := self._connection.ended(self._era):
            raise error
        return self._connection.ask(request, read)
