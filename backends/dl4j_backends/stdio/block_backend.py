"""``stdio:COMMAND`` as a backend of DL4J 0.9.1 and 1.0.0-M2.1."""

from __future__ import annotations

import weakref

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockNetwork
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio import block_wire, wire
from dl4j_backends.stdio.backend import ProcessBackend
from dl4j_backends.stdio.block_session import StdioBlockSession
from dl4j_backends.stdio.connection import ReplayingConnection
from dl4j_backends.stdio.wire import Handshake


class StdioBlockBackend(ProcessBackend[Handshake]):
    """The backend that an adapter is, by the ``handshake`` of its ``connection``.

    Raises :class:`BackendUnavailableError` if it implements none of :data:`BLOCK_VERSIONS`. A session is closed when
    nobody holds it any more, before the next one is opened.
    """

    def __init__(self, connection: ReplayingConnection[Handshake]) -> None:
        super().__init__(connection)
        self.handshake = connection.handshake
        self.name = f"{self.handshake.name} {self.handshake.version}".strip()
        self.versions = self.handshake.versions
        self._dropped: list[tuple[int, int]] = []
        if not self.versions & set(BLOCK_VERSIONS):
            self.close()
            raise BackendUnavailableError(
                f"{self.name} implements DL4J 0.8.0 alone: its reply to hello names no other version (`dl4j`)"
            )

    def open(self, network: BlockNetwork) -> StdioBlockSession:
        """Open a session; a version that the adapter does not name is unsupported without asking."""
        if network.version not in self.versions:
            raise UnsupportedError(f"DL4J {network.version} (not in the adapter's `dl4j`)")
        if network.dtype not in self.handshake.types:
            raise UnsupportedError(f"{network.dtype} (not in the adapter's `types`)")
        self._close_dropped()
        number = self.connection.new_number()
        self.connection.ask(block_wire.open_network(number, network, self.handshake.arrays), wire.read_nothing)
        self.connection.adopt(number)
        session = StdioBlockSession(self.connection, number, network)
        weakref.finalize(session, self._dropped.append, (self.connection.era, number)).atexit = False
        return session

    def _close_dropped(self) -> None:
        while self._dropped:
            era, number = self._dropped.pop()
            if not self.connection.ended(era) and era == self.connection.era:
                self.connection.ask(wire.request("close", number), wire.read_nothing)
                self.connection.forget(number)
