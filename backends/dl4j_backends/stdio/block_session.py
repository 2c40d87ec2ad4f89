"""A session over the wire on a network of DL4J 0.9.1 or 1.0.0-M2.1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockPlace, BlockStep
from dl4j_backends.interface import Floats
from dl4j_backends.stdio import block_wire, wire
from dl4j_backends.stdio.connection import ReplayingConnection
from dl4j_backends.stdio.wire import Handshake, Message

T = TypeVar("T")


class StdioBlockSession:
    """A network that an adapter has open under ``number``."""

    def __init__(self, connection: ReplayingConnection[Handshake], number: int, network: BlockNetwork) -> None:
        self._connection, self._number, self._era = connection, number, connection.era
        self._network, self._arrays = network, connection.handshake.arrays

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""
        return self._ask(block_wire.read_blocks, {"op": "blocks", "session": self._number})

    def state(self) -> Floats | None:
        """Return the state view (1-D, of the network's dtype); None if there is none."""
        read = partial(wire.read_state, dtype=self._network.dtype, form=self._arrays)
        return self._ask(read, wire.request("state", self._number, self._arrays))

    def update(self, step: BlockStep) -> BlockObservation:
        """Update once. An exception of DL4J is part of what is seen."""
        read = partial(block_wire.read_seen, network=self._network, form=self._arrays)
        return self._ask(read, block_wire.update(self._number, step, self._arrays))

    def _ask(self, read: Callable[[Message], T], request: Message) -> T:
        """Return what ``read`` makes of the reply. Raises the fault of a process that has ended."""
        if error := self._connection.ended(self._era):
            raise error
        return self._connection.ask(request, read)
