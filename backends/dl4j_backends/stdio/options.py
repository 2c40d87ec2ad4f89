"""Options of the connection to another process."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

#: How long an adapter may take to end when the time is up, in seconds.
GRACE = 0.5


@dataclass(frozen=True)
class WireOptions:
    """Options of the connection to an adapter, or to the process of a Python backend."""

    #: Seconds that a reply may take.
    timeout: float = 10.0
    #: Whether every message is held against its JSON Schema.
    strict: bool = False
    #: Times that a backend's processes are started again before the rest is not run.
    restarts: int = 10
    #: Whether Python backends run in this process, for debugging: then nothing here protects from what they do.
    in_process: bool = False
    #: The time of the monotonic clock after which no reply is waited for.
    until: float = math.inf

    @property
    def handshake_timeout(self) -> float:
        """Seconds that the first reply may take: more, since a program may be loaded and compiled first."""
        return 6 * self.timeout

    def for_a_reply(self, timeout: float) -> float:
        """Return the smaller of ``timeout`` and the seconds that are left."""
        return min(timeout, max(0.0, self.until - time.monotonic()))

    def to_end(self, timeout: float) -> float:
        """Return the smaller of ``timeout`` and the seconds that are left, with those of grace."""
        return min(timeout, max(0.0, self.until + GRACE - time.monotonic()))
