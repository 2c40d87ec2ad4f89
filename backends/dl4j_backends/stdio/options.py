"""How strictly and how patiently an adapter is treated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WireOptions:
    """``timeout`` is for each reply, in seconds. ``strict`` holds every message against the JSON Schemas.

    ``restarts`` is how often a backend's processes are started again before the rest is not run.
    """

    timeout: float = 10.0
    strict: bool = False
    restarts: int = 10

    @property
    def handshake_timeout(self) -> float:
        """Longer, since programs are loaded and compiled before they can answer."""
        return 6 * self.timeout
