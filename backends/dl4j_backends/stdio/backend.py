"""Backends whose sessions are in another process, and ``stdio:COMMAND``, the backend that an adapter is."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self

from dl4j_backends.interface import Network, UnsupportedError
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.connection import H, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.session import StdioSession
from dl4j_backends.stdio.wire import Handshake


class ProcessBackend(Generic[H]):
    """A backend in processes of its own.

    Sessions raise :class:`AdapterFault` where the process breaks the protocol; it is then ended with all sessions on
    it, and a new one serves the next session.
    """

    def __init__(self, connection: ReplayingConnection[H]) -> None:
        self.connection = connection

    @property
    def recovered(self) -> Sequence[AdapterFault]:
        """The deaths after which a replay went on."""
        return self.connection.recovered

    def another(self) -> Self:
        """Return a second instance, with a process of its own that starts when it is used; restarts are shared."""
        return type(self)(self.connection.another())

    def close(self) -> AdapterFault | None:
        """End the process in good order; return the fault if it does not end so."""
        return self.connection.close()


class StdioBackend(ProcessBackend[Handshake]):
    """The backend that an adapter is, by the ``handshake`` of its ``connection``."""

    def __init__(self, connection: ReplayingConnection[Handshake]) -> None:
        super().__init__(connection)
        self.handshake = connection.handshake
        self.name = f"{self.handshake.name} {self.handshake.version}".strip()
        self.capabilities = self.handshake.capabilities
        self.accuracy = self.handshake.accuracy

    def open(self, network: Network) -> StdioSession:
        """Open a session; what the handshake does not declare is unsupported without asking."""
        self._check_declared(network)
        number = self.connection.new_number()
        self.connection.ask(wire.open_network(number, network, self.handshake.arrays), wire.read_nothing)
        self.connection.adopt(number)
        return StdioSession(self.connection, number, network.dtype)

    def _check_declared(self, network: Network) -> None:
        if network.dtype not in self.handshake.types:
            raise UnsupportedError(f"{network.dtype} (not in the adapter's `types`)")
        for layer in network.layers:
            updater = _updater(layer, network.conf)
            # CUSTOM is no updater: DL4J refuses it, and so must every port.
            if layer.get("type") != "activation" and updater not in {*self.handshake.updaters, "CUSTOM"}:
                raise UnsupportedError(f"{updater} (not in the adapter's `updaters`)")


def split_command(command: str) -> list[str]:
    """Return the words of a command; raises ValueError for an open quotation. No shell reads it."""
    if sys.platform == "win32":
        return [word.strip('"') for word in shlex.split(command, posix=False)]
    return shlex.split(command)


def _updater(layer: Mapping[str, Any], conf: Mapping[str, Any]) -> str:
    return str(layer.get("updater") or conf.get("updater") or "SGD")
