"""Wrong ports that go wrong for the gradient of a single bit pattern, one for each updater.

``python:mutants.wrong_patterns:ADAM`` is the address of one of them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, SET_PARAMS, Floats, Network, Observation
from dl4j_backends.numpy import on_numpy
from dl4j_oracle.updaters import UPDATERS

_SEED = 17


def _pattern(updater: str) -> int:
    """Return the pattern of a number that is no NaN and of no extreme size, whose update has bits to be wrong in."""
    chosen = random.Random(f"{_SEED} {updater}")  # noqa: S311
    return (chosen.getrandbits(1) << 31) | (chosen.randrange(100, 140) << 23) | chosen.getrandbits(23)


#: The pattern that each of these ports gets wrong, by updater.
PATTERNS = {str(updater): _pattern(str(updater)) for updater in UPDATERS}


class _Session(EngineSession):
    pattern: int

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        places = np.flatnonzero(gradients["0_W"].view(np.uint32) == self.pattern)
        seen = super().update(gradients, iteration, batch_size)
        if seen.updates is not None:
            seen.updates["0_W"].view(np.uint32)[places] ^= 64
        return seen


class _Port:
    capabilities = ALL_CAPABILITIES | {SET_PARAMS}
    pattern: int

    def __init__(self) -> None:
        self.name = f"wrong for {self.pattern:#010x}"

    def open(self, network: Network) -> EngineSession:
        session = _Session(network, on_numpy)
        session.pattern = self.pattern
        return session


for _updater, _wrong in PATTERNS.items():
    globals()[_updater] = type(_updater, (_Port,), {"pattern": _wrong})
