"""The platform that a real DL4J runs on, as its adapter says: versions, threads, and its JVM's ``Math``."""

from __future__ import annotations

import numpy as np

from dl4j_backends.bits import from_hex, hex_of
from dl4j_backends.interface import Platform
from dl4j_backends.stdio.connection import ReplayingConnection
from dl4j_backends.stdio.wire import Handshake, field


def platform_of(connection: ReplayingConnection[Handshake], threads: int) -> Platform:
    """Return the platform of an adapter whose ND4J uses so many threads; it is asked for each value of ``Math``."""
    versions = connection.ask({"op": "environment"}, lambda reply: field(reply, "environment", dict))

    def java_math(function: str, *arguments: float) -> float:
        request = {"op": "java_math", "function": function, "arguments": hex_of(np.array(arguments, "float64"))}
        return float(connection.ask(request, lambda reply: from_hex([field(reply, "value", str)], "float64"))[0])

    return Platform(versions, threads, lambda x, y: java_math("pow", x, y), lambda x: java_math("exp", x))
