"""Declared deviations: cases of which a port's maintainer says that they fail, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from dl4j_conformance.cases.case import Case


class Kind(StrEnum):
    """The reason for a deviation, in a word."""

    NOT_IMPLEMENTED = "not-implemented"
    BY_DESIGN = "by-design"
    UPSTREAM = "upstream"
    BUG = "bug"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Selector:
    """Cases, by one or several of their properties. A selected case has one of the named of each that is not empty."""

    #: Ids, or patterns of ids such as ``adam-*``.
    case: tuple[str, ...] = ()
    clause: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    #: Capabilities that a case asks for.
    needs: tuple[str, ...] = ()

    def has(self, case: Case, topic: str) -> bool:
        """Return whether ``case``, which is of ``topic``, is selected."""
        return (
            (not self.case or any(matches(case.id, pattern) for pattern in self.case))
            and (not self.clause or not set(self.clause).isdisjoint(case.clauses))
            and (not self.topic or topic in self.topic)
            and (not self.needs or not case.required_capabilities.isdisjoint(self.needs))
        )


def matches(id_: str, pattern: str) -> bool:
    """Return whether ``pattern`` is the id, or a pattern that it has."""
    return id_ == pattern or fnmatchcase(id_, pattern)


@dataclass(frozen=True)
class Deviation:
    """Cases that are declared to fail, or not to run."""

    #: The file and the line, such as ``deviations.toml:3``.
    place: str
    #: Without one, the cases are those that can show a misreading.
    selector: Selector
    kind: Kind
    reason: str
    #: Misreadings that explain each of the cases, all of them together. Empty if nothing is said of that.
    misreadings: frozenset[str] = frozenset()
    issue: str = ""
    #: The last day on which it may stand there.
    expires: date | None = None

    def __str__(self) -> str:
        """Return the place, the kind and the reason, as a report names it."""
        return f"{self.place}: {self.kind}: {self.reason}" + (f" ({self.issue})" if self.issue else "")
