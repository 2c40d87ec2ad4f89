"""How strictly and how patiently an adapter is treated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WireOptions:
    """Deadlines in seconds; ``strict`` holds every message against the JSON Schemas.

    ``restarts`` is how often a backend's processes are started again before the rest is not run.
    """

    reply_timeout: float = 10.0
    handshake_timeout: float = 60.0
    strict: bool = False
    restarts: int = 10
