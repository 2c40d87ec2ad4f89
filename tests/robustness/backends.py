"""The campaign `backends`: adapters and Python backends that are right but for one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random

from robustness import adapters, ports
from robustness.attempt import Attempt
from robustness.campaign import Campaign


@cache
def _every() -> tuple[Callable[[Path, str], Attempt], ...]:
    """Return all of them in an order in which any first few are a fair sample."""
    found: dict[str, Callable[[Path, str], Attempt]] = {}
    for op, fault in adapters.names():
        found[f"adapter {op} {fault}"] = partial(_adapter, op=op, fault=fault)
    for name, change, codes in ports.changes():
        found[f"port {name}"] = partial(_port, name=name, change=change, codes=codes)
    return tuple(found[name] for name in sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest()))


def _adapter(material: Path, seed: str, *, op: str, fault: str) -> Attempt:
    return adapters.attempt(material, op, fault, seed)


def _port(material: Path, seed: str, *, name: str, change: dict[str, str], codes: tuple[int, ...]) -> Attempt:
    return ports.attempt(material, name, change, codes)


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number; after the last one they begin anew, with other odd values."""
    every = _every()
    return every[number % len(every)](material, str(random.random()))


#: A third of them.
CAMPAIGN = Campaign("backends", 600, draw)
