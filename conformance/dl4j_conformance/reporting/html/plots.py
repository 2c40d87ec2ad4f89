"""Plots of distances, as places in a drawing that a template writes as SVG.

A drawing is 360 units wide, so that its text can be read on a phone. Distances are on a logarithmic scale: values lie
``log2(1 + ulps)`` from the origin, so that 0 has a place too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

#: The numbers of ulps that an axis may show.
_TICKS = (0, 1, 10, 1_000, 10**6, 10**9, 10**12, 10**15, 10**18)
#: The least distance of two ticks.
_GAP = 14


@dataclass(frozen=True)
class Tick:
    """A number on an axis, and its place."""

    place: float
    label: str


@dataclass(frozen=True)
class Bar:
    """The distance of one value; ``length`` is None if it has none."""

    label: str
    words: str
    length: float | None


@dataclass(frozen=True)
class Dot:
    """One value in a plot: its place and its words."""

    x: float
    y: float
    words: str
    is_missing: bool = False


@dataclass(frozen=True)
class Drift:
    """The largest distance after each operation; dots that are missing have no distance."""

    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]

    @property
    def line(self) -> str:
        """The points of a line through the dots."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots if not dot.is_missing)


@dataclass(frozen=True)
class Row:
    """The distances of the cases with one updater and type: a dot for each."""

    label: str
    y: float
    dots: tuple[Dot, ...]
    median: int
    largest: int


@dataclass(frozen=True)
class Strip:
    """The distances of many cases, a row for each group."""

    rows: tuple[Row, ...]
    across: tuple[Tick, ...]
    height: float


def bars(distances: Sequence[tuple[str, int | None]]) -> tuple[Bar, ...]:
    """Return a bar for each distance in ulps, by its label; the longest is 110 units long."""
    largest = max((ulps for _, ulps in distances if ulps is not None), default=0)
    return tuple(
        Bar(label, in_short(ulps), None if ulps is None else _on(ulps, largest, 110)) for label, ulps in distances
    )


def drift(distances: Sequence[int | None]) -> Drift:
    """Return the largest distances in ulps after each operation, in a drawing 140 units high."""
    largest = max((ulps for ulps in distances if ulps is not None), default=0)
    steps = max(len(distances) - 1, 1)
    dots = tuple(
        Dot(
            round(60 + 285 * number / steps, 1),
            12 if ulps is None else round(115 - _on(ulps, largest, 95), 1),
            f"step {number}: {in_short(ulps)}",
            is_missing=ulps is None,
        )
        for number, ulps in enumerate(distances)
    )
    every = max(1, math.ceil(steps / 6))
    across = tuple(Tick(dots[number].x, str(number)) for number in range(0, len(dots), every))
    up = tuple(Tick(round(115 - tick.place, 1), tick.label) for tick in _ticks(largest, 95))
    return Drift(dots, across, up)


def strip(groups: Mapping[str, Sequence[tuple[int, str]]]) -> Strip:
    """Return the distances of cases in ulps, with their ids, by the words of their group."""
    largest = max((ulps for cases in groups.values() for ulps, _ in cases), default=0)
    rows = []
    for number, (label, cases) in enumerate(groups.items()):
        y = 16 + 22 * number
        # Spread over the height of the row, so that equal distances do not hide each other.
        dots = tuple(
            Dot(round(110 + _on(ulps, largest, 235), 1), y + (index * 5 + 6) % 13 - 6, f"{id_}: {in_short(ulps)}")
            for index, (ulps, id_) in enumerate(sorted(cases))
        )
        distances = sorted(ulps for ulps, _ in cases)
        rows.append(Row(label, y, dots, distances[len(distances) // 2], distances[-1]))
    across = tuple(Tick(round(110 + tick.place, 1), tick.label) for tick in _ticks(largest, 235))
    return Strip(tuple(rows), across, 22 * len(rows) + 10)


def in_short(ulps: int | None) -> str:
    """Return a distance in words, a large one in powers of ten."""
    if ulps is None:
        return "no distance"
    return "1 ulp" if ulps == 1 else f"{ulps:,} ulps" if ulps < 10**6 else f"{Decimal(ulps):.1e} ulps"


def _on(ulps: int, largest: int, length: float) -> float:
    return round(length * math.log2(1 + max(ulps, 0)) / math.log2(1 + max(largest, 1)), 1)


def _ticks(largest: int, length: float) -> list[Tick]:
    """Return the ticks of an axis, as far as their labels do not run into each other."""
    found: list[Tick] = []
    for ulps in _TICKS:
        place = _on(ulps, largest, length)
        if ulps <= max(largest, 1) and (not found or place - found[-1].place >= _GAP):
            found.append(Tick(place, str(ulps) if ulps < 10**4 else f"1e{len(str(ulps)) - 1}"))
    return found
