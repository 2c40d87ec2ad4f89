"""The backends ``dl4j:version=0.9.1`` and ``dl4j:version=1.0.0-M2.1``: adapters that are built here, one per type."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dl4j_backends.block_interface import BlockNetwork
from dl4j_backends.dl4j import build
from dl4j_backends.dl4j.backend import PATIENCE
from dl4j_backends.dl4j.java_platform import platform_of
from dl4j_backends.interface import Platform
from dl4j_backends.stdio.block_backend import StdioBlockBackend
from dl4j_backends.stdio.block_session import StdioBlockSession
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.wire import Handshake

#: Native libraries print to stdout, so that replies go to another descriptor. One thread, and the routines of OpenBLAS
#: that round every product and every sum, make the bits the same on every processor.
_SHELL = 'OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=Prescott exec "$@" 3>&1 1>&2'


class Dl4jBlockBackend(StdioBlockBackend):
    """DL4J's own ``MultiLayerUpdater`` of a ``version`` after 0.8.0, ND4J with one thread.

    ND4J 0.9.1 has one type per process: this adapter's computes in float32, and a second one in float64. Each starts
    when it is first used. Raises :class:`BackendUnavailableError` if the adapter can neither be found nor built.
    """

    def __init__(
        self,
        version: str,
        options: WireOptions = WireOptions(),  # noqa: B008 - frozen
        connection: ReplayingConnection[Handshake] | None = None,
    ) -> None:
        super().__init__(connection or _connected(version, options))
        self.version = version
        self._float64 = StdioBlockBackend(self.connection.another())
        # Faults of both processes in the order of time.
        self._float64.connection.recovered = self.connection.recovered

    def another(self) -> Dl4jBlockBackend:
        """Return a second instance, with processes of its own."""
        return Dl4jBlockBackend(self.version, connection=self.connection.another())

    def open(self, network: BlockNetwork) -> StdioBlockSession:
        """Open a session in the process of the network's type."""
        return self._float64.open(network) if network.dtype == "float64" else super().open(network)

    def close(self) -> AdapterFault | None:
        """End both processes; return the first fault."""
        faults = [super().close(), self._float64.close()]
        return next((fault for fault in faults if fault), None)

    @cached_property
    def platform(self) -> Platform:
        """The platform it runs on, as the adapter says."""
        return platform_of(self.connection, 1)


def _connected(version: str, options: WireOptions) -> ReplayingConnection[Handshake]:
    patient = replace(options, timeout=max(options.timeout, PATIENCE))
    return ReplayingConnection(command(build.built(version)), STDIO, patient)


def command(folder: Path) -> Sequence[str]:
    """Return the command that runs the adapter built in ``folder``."""
    class_path = os.pathsep.join([str(folder / "classes"), str(folder / "lib" / "*")])
    java = [build.java(), "-Xmx512m", "-cp", class_path, "dl4jconformance.Main", "1", "/dev/fd/3"]
    return ["sh", "-c", _SHELL, "sh", *java]
