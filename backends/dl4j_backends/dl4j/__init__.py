"""The real DL4J 0.8.0: ``backends/jvm`` behind the stdio protocol, built on first use (``build``)."""

from __future__ import annotations

from dl4j_backends.dl4j.backend import Dl4jBackend

__all__ = ["Dl4jBackend"]
