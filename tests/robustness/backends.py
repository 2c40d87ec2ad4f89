"""The campaign `backends`: adapters and Python backends that are right but for one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from random import Random

from robustness import adapters, ports
from robustness.attempt import Attempt
from robustness.campaign import Campaign
from robustness.verdicts import OTHERS, Command

_Draw = Callable[[Path, str], Attempt]
_DrawOther = Callable[[Path, str, Command], Attempt]


#: Of so many attempts one is made with another command than `run`.
_OTHER = 5


@cache
def _every() -> tuple[tuple[_Draw, _DrawOther], ...]:
    """Return all of them in an order in which any first few are a fair sample."""
    found: dict[str, tuple[_Draw, _DrawOther]] = {}
    for op, fault in adapters.names():
        found[f"adapter {op} {fault}"] = (
            partial(_adapter, op=op, fault=fault),
            partial(_other_adapter, op=op, fault=fault),
        )
    for name, change, codes in ports.changes():
        found[f"port {name}"] = (
            partial(_port, name=name, change=change, codes=codes),
            partial(_other_port, name=name, change=change),
        )
    return tuple(found[name] for name in sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest()))


def _adapter(material: Path, seed: str, *, op: str, fault: str) -> Attempt:
    return adapters.attempt(material, op, fault, seed)


def _other_adapter(material: Path, seed: str, command: Command, *, op: str, fault: str) -> Attempt:
    return adapters.other_attempt(material, op, fault, seed, command)


def _port(material: Path, seed: str, *, name: str, change: Mapping[str, str], codes: tuple[int, ...]) -> Attempt:
    return ports.attempt(material, name, change, codes)


def _other_port(material: Path, seed: str, command: Command, *, name: str, change: Mapping[str, str]) -> Attempt:
    return ports.other_attempt(material, name, change, command)


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number; after the last one they begin anew, with other odd values."""
    every = _every()
    run, other = every[number % len(every)]
    seed = str(random.random())
    if number % _OTHER == _OTHER - 1:
        return other(material, seed, OTHERS[number // _OTHER % len(OTHERS)])
    return run(material, seed)


#: A third of them.
CAMPAIGN = Campaign("backends", 600, draw)
