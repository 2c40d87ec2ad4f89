"""The backend ``dl4j``: a stdio adapter that is built here, one process per type."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dl4j_backends.bits import from_hex, hex_of
from dl4j_backends.dl4j import build
from dl4j_backends.interface import Network, Platform
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.session import StdioSession
from dl4j_backends.stdio.wire import Message


class Dl4jBackend:
    """DL4J 0.8.0's own ``MultiLayerUpdater``, ND4J with ``threads`` threads.

    ND4J has one type per process, so there are two processes, each started when its type is first used.
    Raises :class:`BackendUnavailableError` if the adapter can neither be found nor built.
    """

    def __init__(self, threads: int = 1) -> None:
        single = StdioBackend(command(build.built(), threads))
        self._by_type = {"float32": single, "float64": single.another()}
        self.handshake = single.handshake
        self.name = single.name
        self.capabilities = single.capabilities
        self.platform = Platform(self._versions(), threads, self._power, self._exponential)

    def open(self, network: Network) -> StdioSession:
        """A session in the process of the network's type."""
        return self._by_type[network.dtype].open(network)

    def close(self) -> None:
        """End both processes."""
        for backend in self._by_type.values():
            backend.close()

    def _versions(self) -> Mapping[str, str]:
        return self._by_type["float32"].ask({"op": "environment"}, lambda reply: dict(reply["environment"]))

    def _power(self, x: float, y: float) -> float:
        return self._java_math("pow", x, y)

    def _exponential(self, x: float) -> float:
        return self._java_math("exp", x)

    def _java_math(self, function: str, *arguments: float) -> float:
        request = {"op": "java_math", "function": function, "arguments": hex_of(np.array(arguments, "float64"))}
        return self._by_type["float32"].ask(request, _read_double)


def command(folder: Path, threads: int) -> Sequence[str]:
    """What runs the adapter that was built in ``folder``."""
    class_path = os.pathsep.join([str(folder / "classes"), str(folder / "lib" / "*")])
    return [build.java(), "-Xmx512m", "-cp", class_path, "dl4jconformance.Main", str(threads)]


def _read_double(reply: Message) -> float:
    return float(from_hex([reply["value"]], "float64")[0])
