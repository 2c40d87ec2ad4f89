"""The backend ``dl4j``: a stdio adapter that is built here, with one process per type."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dl4j_backends import workload
from dl4j_backends.dl4j import build
from dl4j_backends.dl4j.java_platform import platform_of
from dl4j_backends.interface import Network, Platform
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.session import StdioSession
from dl4j_backends.stdio.wire import Handshake

#: The first network of a process waits for ND4J's native library, on a busy machine for many seconds.
PATIENCE = 60.0


class Dl4jBackend(StdioBackend):
    """DL4J 0.8.0's own ``MultiLayerUpdater``, ND4J with ``threads`` threads.

    ND4J has one type per process: this adapter's computes in float32, and a second one in float64. Each starts
    when it is first used. Raises :class:`BackendUnavailableError` if the adapter can neither be found nor built.
    """

    def __init__(
        self,
        threads: int = 1,
        options: WireOptions = WireOptions(),  # noqa: B008 - frozen
        connection: ReplayingConnection[Handshake] | None = None,
    ) -> None:
        super().__init__(connection or _connected(threads, options))
        self._threads = threads
        self._float64 = StdioBackend(self.connection.another())
        # Faults of both processes in the order of time.
        self._float64.connection.recovered = self.connection.recovered

    def another(self) -> Dl4jBackend:
        """Return a second instance, with processes of its own."""
        return Dl4jBackend(self._threads, connection=self.connection.another())

    def open(self, network: Network) -> StdioSession:
        """Open a session in the process of the network's type."""
        return self._float64.open(network) if network.dtype == "float64" else super().open(network)

    def prepare(self, updater: str, size: int, dtype: str) -> StdioSession:
        """Open a session for `bench` on ``size`` weights, which stay zeros and are not sent. The JVM times it."""
        return self.open(replace(workload.network(updater, size, dtype), params={}))

    def close(self) -> AdapterFault | None:
        """End both processes; return the first fault."""
        faults = [super().close(), self._float64.close()]
        return next((fault for fault in faults if fault), None)

    @cached_property
    def platform(self) -> Platform:
        """The platform it runs on, as the adapter says."""
        return platform_of(self.connection, self._threads)


def _connected(threads: int, options: WireOptions) -> ReplayingConnection[Handshake]:
    patient = replace(options, timeout=max(options.timeout, PATIENCE))
    return ReplayingConnection(command(build.built(), threads), STDIO, patient)


def command(folder: Path, threads: int) -> Sequence[str]:
    """Return the command that runs the adapter built in ``folder``, with ``threads`` threads of ND4J."""
    class_path = os.pathsep.join([str(folder / "classes"), str(folder / "lib" / "*")])
    return [build.java(), "-Xmx512m", "-cp", class_path, "dl4jconformance.Main", str(threads)]
