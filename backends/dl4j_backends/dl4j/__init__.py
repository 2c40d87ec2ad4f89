"""The real DL4J, version by version: ``backends/jvm`` behind the stdio protocol, built on first use (``build``)."""

from __future__ import annotations

from dl4j_backends.dl4j.backend import Dl4jBackend
from dl4j_backends.dl4j.block_backend import Dl4jBlockBackend

__all__ = ["Dl4jBackend", "Dl4jBlockBackend"]
