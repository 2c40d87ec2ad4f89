"""A session over the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from dl4j_backends.interface import Floats, Observation, Search
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.connection import ReplayingConnection
from dl4j_backends.stdio.wire import Handshake, Message
from dl4j_backends.workload import BATCH_SIZE, ITERATION, KEY, Clock

T = TypeVar("T")


class StdioSession:
    """A network that an adapter has open under ``number``."""

    def __init__(self, connection: ReplayingConnection[Handshake], number: int, dtype: str) -> None:
        self._connection, self._number, self._dtype, self._era = connection, number, dtype, connection.era
        self._capabilities, self._arrays = connection.handshake.capabilities, connection.handshake.arrays

    def state(self) -> Floats | None:
        """Return the state view (1-D, of the network's dtype); None if there is none."""
        return self._ask(partial(wire.read_state, dtype=self._dtype, form=self._arrays), "state")

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """Update by gradients, each 1-D and of the network's dtype (``MultiLayerUpdater.update``)."""
        read = partial(wire.read_observation, dtype=self._dtype, capabilities=self._capabilities, form=self._arrays)
        return self._ask(read, "update", iteration=iteration, batch_size=batch_size, gradients=gradients)

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Observation:
        """Run an iteration on gradients, each 1-D and of the network's dtype.

        Source: ``StochasticGradientDescent.optimize`` or ``BaseOptimizer.optimize``.
        """
        read = partial(wire.read_iteration, dtype=self._dtype, capabilities=self._capabilities, form=self._arrays)
        given = {"score": float(score), "batch_size": batch_size, "gradients": gradients}
        return self._ask(read, "iterate", **given, search=search, further=further)

    def set_state(self, state: Floats) -> None:
        """Set the state view to ``state``, 1-D and of the network's dtype (``setStateViewArray``)."""
        self._ask(wire.read_nothing, "set_state", state=state)

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Set all parameters, each 1-D and of the network's dtype, as training changes them."""
        self._send(wire.read_nothing, wire.set_params(self._number, params, self._arrays))

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Set the rate of one parameter (``conf.setLearningRateByParam``)."""
        self._ask(wire.read_nothing, "set_learning_rate", key=key, learning_rate=float(learning_rate))

    def clone(self) -> StdioSession:
        """Return a session of its own on the clone (``MultiLayerNetwork.clone``)."""
        return self._new_session("clone")

    def restore(self, with_updater: bool) -> StdioSession:
        """Return a session of its own on the restored network (``ModelSerializer``)."""
        return self._new_session("restore", with_updater=with_updater)

    def _new_session(self, op: str, **fields: Any) -> StdioSession:
        number = self._connection.new_number()
        self._ask(wire.read_nothing, op, **fields, **{"as": number})
        self._connection.adopt(number)
        return StdioSession(self._connection, number, self._dtype)

    def freeze(self, layer: int) -> None:
        """Put a layer into a ``FrozenLayer``."""
        self._ask(wire.read_nothing, "freeze", layer=layer)

    def end_pretraining(self, layer: int) -> None:
        """Do ``conf().setPretrain(false)`` of a layer."""
        self._ask(wire.read_nothing, "end_pretraining", layer=layer)

    def clone_updater(self) -> None:
        """Go on with the clone of the updater (``Updater.clone``)."""
        self._ask(wire.read_nothing, "clone_updater")

    def clear(self) -> None:
        """Clear the network (``MultiLayerNetwork.clear``)."""
        self._ask(wire.read_nothing, "clear")

    def average(self, others: Sequence[StdioSession], combined: bool) -> None:
        """Go on with the average of updaters (``GradientUpdaterAggregator``)."""
        self._ask(wire.read_nothing, "average", others=[other._number for other in others], combined=combined)

    def compare(self, other: StdioSession) -> tuple[bool, bool]:
        """Return ``equals`` of the two updaters, and whether their hash codes agree."""
        return self._ask(wire.read_comparison, "compare", other=other._number)

    def nanoseconds(self, updates: int, _: Clock) -> Sequence[int]:
        """Return the time of each of ``updates`` by the adapter's clock; asked of the real DL4J alone."""
        fields = {"keys": [KEY], "iteration": ITERATION, "batch_size": BATCH_SIZE, "updates": updates}
        return self._ask(lambda reply: wire.field(reply, "nanoseconds", list), "time", **fields)

    def close(self) -> None:
        """Closes nothing if the adapter has ended: that fault was reported where it happened."""
        if not self._connection.ended(self._era):
            self._ask(wire.read_nothing, "close")
            self._connection.forget(self._number)

    def _ask(self, read: Callable[[Message], T], op: str, **fields: Any) -> T:
        return self._send(read, wire.request(op, self._number, self._arrays, **fields))

    def _send(self, read: Callable[[Message], T], request: Message) -> T:
        """Return what ``read`` makes of the reply. Raises the fault of a process that has ended."""
        if error := self._connection.ended(self._era):
            raise error
        return self._connection.ask(request, read)
