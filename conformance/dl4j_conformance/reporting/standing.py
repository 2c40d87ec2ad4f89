"""The standing of a backend: the level that each case reaches, and how far values are off, in two runs compared.

``compare`` holds one report against another, and ``baseline check`` a report against what was written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.phrases import ulps
from dl4j_conformance.reporting.records import Result

#: The levels that a case may reach, in order. A case that passes every level it has reaches all: not all are recorded.
REACHED = ("nothing", *(str(level) for level in Level if level is not Level.RECORDED), "all")

#: The level that a case reaches, by the lowest that it fails.
_BELOW = dict(zip((*Level, None), REACHED, strict=True))


@dataclass(frozen=True, order=True)
class Group:
    """The values of an updater and a type, in cases whose layers with that updater reach a level and not the next."""

    updater: str
    dtype: str
    reached: str

    @property
    def words(self) -> str:
        """The group, for people."""
        return f"{self.updater} {self.dtype}, cases that reach {self.reached}"


@dataclass(frozen=True)
class Worst:
    """The worst of a group: the largest distance in ulps, and the nearest to the edge of an enclosure, 0 to 1."""

    cases: int = 0
    ulps: int = 0
    #: Of level bounded only.
    nearness: float = 0.0


@dataclass(frozen=True)
class Standing:
    """The level that each case that ran reaches, by id; and the worst values that are not identical."""

    cases: Mapping[str, str] = field(default_factory=dict)
    worst: Mapping[Group, Worst] = field(default_factory=dict)


def reached(result: Result) -> str:
    """Return the level that a case reaches."""
    return _BELOW[result.fails]


def standing(results: Iterable[Result]) -> Standing:
    """Return the standing that these results show."""
    cases: dict[str, str] = {}
    worst: dict[Group, Worst] = {}
    for result in results:
        if result.status is Status.NOT_RUN:
            continue
        cases[result.case] = reached(result)
        for part in result.reached:
            if part.ulps is None:
                continue
            group = Group(part.updater, result.dtype, str(part.level or REACHED[0]))
            near = result.nearness or 0.0 if part.level is Level.BOUNDED else 0.0
            worst[group] = _with(worst.get(group, Worst()), part.ulps, near)
    return Standing(cases, worst)


def _with(found: Worst, distance: int, near: float) -> Worst:
    # As many digits as a baseline has, so that what was written down is what is found again.
    return Worst(found.cases + 1, max(found.ulps, distance), max(found.nearness, round(near, 3)))


class Kind(StrEnum):
    """A kind of change, in the order in which they are shown."""

    NEWLY_FAILING = "newly failing"
    REACHES_LESS = "reaches less"
    NOT_RUN = "not run any more"
    FARTHER_OFF = "farther off"
    NEWLY_PASSING = "newly passing"
    REACHES_MORE = "reaches more"
    RUNS_NOW = "runs now"
    NEARER = "nearer"

    @property
    def is_regression(self) -> bool:
        """Return whether it makes a backend worse."""
        return self in (Kind.NEWLY_FAILING, Kind.REACHES_LESS, Kind.NOT_RUN, Kind.FARTHER_OFF)


@dataclass(frozen=True)
class Change:
    """A change of a case or of a group: how it was and how it is, in words."""

    kind: Kind
    subject: str | Group
    before: str
    after: str


def changes(old: Standing, results: Sequence[Result], claimed: Level) -> list[Change]:
    """Return what is not as it was, in order of kinds. A case fails if it does not reach the ``claimed`` level."""
    ran = {result.case: reached(result) for result in results if result.status is not Status.NOT_RUN}
    found = [*_of_cases(old, ran, claimed), *_of_groups(old, results)]
    return sorted(found, key=lambda change: tuple(Kind).index(change.kind))


def _of_cases(old: Standing, ran: Mapping[str, str], claimed: Level) -> Iterator[Change]:
    for case, before in old.cases.items():
        if case not in ran:
            yield Change(Kind.NOT_RUN, case, before, "not run")
        elif (after := ran[case]) != before:
            yield Change(_kind(before, after, claimed), case, before, after)
    for case, after in ran.items():
        if case not in old.cases:
            yield Change(Kind.RUNS_NOW, case, "not run", after)


def _kind(before: str, after: str, claimed: Level) -> Kind:
    passed, passes = (REACHED.index(level) > tuple(Level).index(claimed) for level in (before, after))
    if REACHED.index(after) < REACHED.index(before):
        return Kind.NEWLY_FAILING if passed and not passes else Kind.REACHES_LESS
    return Kind.NEWLY_PASSING if passes and not passed else Kind.REACHES_MORE


def _of_groups(old: Standing, results: Iterable[Result]) -> Iterator[Change]:
    # A case that reaches more may be the worst of those that it now belongs to: it makes nothing worse.
    same = standing(result for result in results if old.cases.get(result.case) == reached(result)).worst
    for group, after in same.items():
        before = old.worst.get(group, Worst())
        if after.ulps > before.ulps or after.nearness > before.nearness:
            yield Change(Kind.FARTHER_OFF, group, in_words(before), in_words(after))
        elif (after.ulps, after.nearness) != (before.ulps, before.nearness):
            yield Change(Kind.NEARER, group, in_words(before), in_words(after))


def extent(found: Collection[Change]) -> str:
    """Return the numbers of regressions and of other changes, in words."""
    worse = sum(change.kind.is_regression for change in found)
    others = len(found) - worse
    return f"{worse or 'no'} regression{'' if worse == 1 else 's'}, {others} other change{'' if others == 1 else 's'}"


def in_words(found: Worst) -> str:
    """Return the worst of a group, such as ``3 ulps, 0.5 of the enclosure``."""
    return ulps(found.ulps) + (f", {found.nearness:g} of the enclosure" if found.nearness else "")
