"""The comparison of two reports: what changed from the one to the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dl4j_conformance.reporting.listed_cases import are_many, listed
from dl4j_conformance.reporting.phrases import ulps
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.standing import Change, Group, Kind, changes, extent, standing


@dataclass(frozen=True)
class Distance:
    """The largest distance of a value in the cases with an updater and a type, in ulps, in two runs."""

    updater: str
    dtype: str
    before: int
    after: int


@dataclass(frozen=True)
class Comparison:
    """Two reports, and what changed."""

    old: Report
    new: Report
    changes: tuple[Change, ...]

    @property
    def regressions(self) -> int:
        """The number of changes that make the backend worse."""
        return sum(change.kind.is_regression for change in self.changes)

    @property
    def distances(self) -> list[Distance]:
        """The largest distances that are not as they were; new levels of cases have changed them too."""
        old, new = _farthest(self.old), _farthest(self.new)
        pairs = [(key, old.get(key, 0), new.get(key, 0)) for key in sorted(old.keys() | new.keys())]
        return [Distance(*key, before, after) for key, before, after in pairs if before != after]

    @property
    def misreadings(self) -> tuple[list[str], list[str]]:
        """The ids of the misreadings that only the new diagnosis names, and only the old."""
        old, new = (
            {reading.id for reading in report.footer.diagnosis.readings} if report.footer.diagnosis else set()
            for report in (self.old, self.new)
        )
        return sorted(new - old), sorted(old - new)

    def lines(self, width: int, showing_all: str = "") -> Iterator[str]:
        """Yield the comparison for people, in lines of ``width``; the verdict comes last.

        Many ids are folded by topic if a command is given for ``showing_all`` of them. It is named then.
        """
        header = self.new.header
        yield f"{_name(self.old)} -> {_name(self.new)}, at level {header.claimed}"
        if self.old.header.fixtures != header.fixtures:
            yield "the fixtures are not the same"
        for age, footer in (("old", self.old.footer), ("new", self.new.footer)):
            if footer.stopped_by or footer.unavailable:
                yield f"the {age} run did not come to its end: {footer.verdict}"
        topics = {result.case: result.topic for report in (self.old, self.new) for result in report.results}
        for (kind, before, after), subjects in self._shared.items():
            for group in (subject for subject in subjects if isinstance(subject, Group)):
                yield f"{kind}: {group.words}: {after} (before: {before})"
            if ids := _ids(subjects):
                yield f"{kind} ({len(ids)}): {_words(before)} -> {_words(after)}"
                yield from listed(ids, topics, width, all_of_them=not showing_all)
        if showing_all and any(are_many(_ids(subjects)) for subjects in self._shared.values()):
            yield f"all of them: {showing_all}"
        for distance in self.distances:
            far = f"{ulps(distance.before)} -> {ulps(distance.after)}"
            yield f"largest distance, {distance.updater} {distance.dtype}: {far}"
        appeared, gone = self.misreadings
        yield from (f"new misreading: {id_}" for id_ in appeared)
        yield from (f"misreading gone: {id_}" for id_ in gone)
        yield extent(self.changes)

    @property
    def _shared(self) -> dict[tuple[Kind, str, str], list[str | Group]]:
        """Return the subjects of changes that are shown together, by what they have in common."""
        found: dict[tuple[Kind, str, str], list[str | Group]] = {}
        for change in sorted(self.changes, key=_order):
            found.setdefault((change.kind, change.before, change.after), []).append(change.subject)
        return found

    @property
    def json(self) -> dict[str, Any]:
        """The comparison for programs, as ``schemas/comparison.schema.json`` describes it."""
        appeared, gone = self.misreadings
        return {
            "old": self.old.header.backend,
            "new": self.new.header.backend,
            "level": self.new.header.claimed,
            "same_fixtures": self.old.header.fixtures == self.new.header.fixtures,
            "regressions": self.regressions,
            "changes": [_change(change) for change in self.changes],
            "distances": [asdict(distance) for distance in self.distances],
            "misreadings": {"new": appeared, "gone": gone},
        }


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``compare --format json``."""
    path = Path(__file__).parent / "schemas" / "comparison.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def compared(old: Report, new: Report) -> Comparison:
    """Return the comparison of two reports."""
    return Comparison(old, new, tuple(changes(standing(old.results), new.results, new.header.claimed)))


def _farthest(report: Report) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for group, worst in standing(report.results).worst.items():
        key = group.updater, group.dtype
        found[key] = max(found.get(key, 0), worst.ulps)
    return found


def _name(report: Report) -> str:
    name = report.header.name
    return report.header.backend + (f" ({name})" if name and name != report.header.backend else "")


def _order(change: Change) -> tuple[int, str, str]:
    return tuple(Kind).index(change.kind), change.before, change.after


def _ids(subjects: Iterable[str | Group]) -> list[str]:
    return [subject for subject in subjects if isinstance(subject, str)]


def _words(level: str) -> str:
    return level if level == "not run" else f"reaches {level}"


def _change(change: Change) -> dict[str, Any]:
    of_a_group = isinstance(change.subject, Group)
    return {
        "kind": change.kind,
        "regression": change.kind.is_regression,
        "case": None if of_a_group else change.subject,
        "group": asdict(change.subject) if isinstance(change.subject, Group) else None,
        "before": change.before,
        "after": change.after,
    }
