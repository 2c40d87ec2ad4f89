"""Levels of conformance, and findings: differences, each at the lowest level that it fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dl4j_conformance.judging.comparison import Difference


class Level(StrEnum):
    """A claim about a backend. Each level claims more than the one before."""

    STRUCTURE = "structure"
    READING = "reading"
    BOUNDED = "bounded"
    BIT_EXACT = "bit-exact"
    RECORDED = "recorded"

    @property
    def fails(self) -> tuple[Level, ...]:
        """Return the levels that a finding at this level fails: this one and all that claim more."""
        return _FAILS[self]


_LEVELS = tuple(Level)
_FAILS = {level: _LEVELS[number:] for number, level in enumerate(_LEVELS)}


@dataclass(frozen=True)
class Finding:
    """A difference and the lowest ``level`` that it fails.

    ``allowed`` is, in words, the enclosure of a value that lies outside of it, else empty.
    """

    difference: Difference
    level: Level
    allowed: str = ""
