"""Tallies: the findings of a shard, or of many. Their merging is associative and commutative.

Whatever the order in which shards come, and however they are grouped, the merged tally is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, order=True)
class Place:
    """The place of a value: a point of the grid, the gradient's bit pattern, and the array that it stands in."""

    point: int
    pattern: int
    #: ``0_W`` for the update, ``state m`` and so on for the state, or the key of a scalar.
    array: str


@dataclass(frozen=True)
class Worst:
    """The largest of some measure, and where it is first."""

    measure: float
    place: Place

    @staticmethod
    def of(one: Worst | None, other: Worst | None) -> Worst | None:
        """Return the larger; of equal ones the one whose place comes first."""
        if one is None or other is None:
            return one or other
        return min(one, other, key=lambda worst: (-worst.measure, worst.place))


@dataclass(frozen=True)
class Offence:
    """A value that fails the claimed level. Values are bit patterns in hex."""

    place: Place
    expected: str
    got: str
    #: The distance in values of the type; None unless both are finite.
    ulps: int | None
    #: The enclosure, if the value lies outside of it; else empty.
    allowed: str


@dataclass(frozen=True)
class Stratum:
    """The figures of the patterns of one sign and exponent."""

    patterns: int = 0
    #: How many values have other bits than the evaluation model's, and how many lie outside of their enclosures.
    different: int = 0
    outside: int = 0
    #: The largest distance from the evaluation model in ulps, and the largest share of the enclosure: 1 is its edge.
    ulps: int = 0
    share: float = 0.0

    def merged(self, other: Stratum) -> Stratum:
        """Return the stratum of both."""
        return Stratum(
            self.patterns + other.patterns,
            self.different + other.different,
            self.outside + other.outside,
            max(self.ulps, other.ulps),
            max(self.share, other.share),
        )


@dataclass(frozen=True)
class Tally:
    """Counts, the worst values, the first offences, and figures by stratum (sign and exponent)."""

    patterns: int = 0
    #: How many values were checked: of the update and of the state.
    values: int = 0
    different: int = 0
    outside: int = 0
    #: Of how many values nothing is claimed.
    unclaimed: int = 0
    #: What differs beside the bits of values, such as a shape or an exception: the first of it, and how much.
    structural: int = 0
    first_structural: tuple[str, ...] = ()
    worst_ulps: Worst | None = None
    worst_share: Worst | None = None
    offences: tuple[Offence, ...] = ()
    strata: Mapping[int, Stratum] = field(default_factory=dict)

    def merged(self, other: Tally, shown: int) -> Tally:
        """Return the tally of both, with the first ``shown`` offences."""
        strata = dict(self.strata)
        for number, stratum in other.strata.items():
            strata[number] = strata.get(number, Stratum()).merged(stratum)
        return Tally(
            self.patterns + other.patterns,
            self.values + other.values,
            self.different + other.different,
            self.outside + other.outside,
            self.unclaimed + other.unclaimed,
            self.structural + other.structural,
            tuple(sorted({*self.first_structural, *other.first_structural}))[:shown],
            Worst.of(self.worst_ulps, other.worst_ulps),
            Worst.of(self.worst_share, other.worst_share),
            tuple(sorted((*self.offences, *other.offences), key=lambda offence: offence.place))[:shown],
            strata,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the tally as JSON data."""
        strata = {f"{number}": asdict(self.strata[number]) for number in sorted(self.strata)}
        return {**asdict(self), "strata": strata}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read back :meth:`to_json`. Raise ``TypeError``, ``KeyError`` or ``ValueError`` for anything else."""
        return cls(
            **{
                **data,
                "first_structural": tuple(data["first_structural"]),
                "worst_ulps": _worst(data["worst_ulps"]),
                "worst_share": _worst(data["worst_share"]),
                "offences": tuple(
                    Offence(**{**offence, "place": Place(**offence["place"])}) for offence in data["offences"]
                ),
                "strata": {int(number): Stratum(**stratum) for number, stratum in data["strata"].items()},
            }
        )


def _worst(data: Mapping[str, Any] | None) -> Worst | None:
    return None if data is None else Worst(data["measure"], Place(**data["place"]))
