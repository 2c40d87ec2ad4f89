"""A backend that says what it runs on, as the real DL4J does: what `record` stores, without a JVM."""

from __future__ import annotations

import math
import os

from dl4j_backends.interface import Platform
from dl4j_backends.numpy import NumpyBackend


class Recorder(NumpyBackend):
    """NumPy's backend with a platform, of another version if the environment says so."""

    @property
    def platform(self) -> Platform:
        """The facts that are recorded."""
        return Platform({"port": os.environ.get("ROBUSTNESS_PORT", "1")}, 1, math.pow, math.exp)
