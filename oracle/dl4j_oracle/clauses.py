"""The numbered clauses of the specification, and which rule implements which.

The statements live in ``docs/specification/*.md``, one ``### ID: title`` per clause. A rule cites the clauses
it implements with :func:`clause`; a test holds the two lists against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_HEADING = re.compile(r"^### (?P<id>[A-Z]+-\d+): (?P<title>.+)$")
_FIELD = re.compile(r"^- (?P<name>Formula|Source|Quirk|Since|Until): (?P<text>.+)$")
#: A field's text goes on in lines that are indented by two spaces.
_CONTINUATION = re.compile(r"\n  (?=\S)")
_Rule = TypeVar("_Rule", bound=Callable[..., object])

#: The versions of DL4J that clauses speak of, from the oldest.
VERSIONS = ("0.8.0", "0.9.1", "1.0.0-M2.1")

#: Qualified names of the rules that cite each clause, filled as their modules are imported.
CITATIONS: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Clause:
    """One statement about DL4J. ``formula`` and ``quirk`` may be empty; ``page`` is the file it stands in.

    It holds from the version ``since`` on, and no longer after ``until``.
    """

    id: str
    title: str
    page: str
    statement: str
    formula: str
    source: str
    quirk: str
    since: str = VERSIONS[0]
    until: str = VERSIONS[-1]

    def holds_in(self, version: str) -> bool:
        """Return whether the clause holds in a version. Raises ValueError for one that is not known."""
        return VERSIONS.index(self.since) <= VERSIONS.index(version) <= VERSIONS.index(self.until)


def clause(*ids: str) -> Callable[[_Rule], _Rule]:
    """Mark a rule as the implementation of the clauses ``ids``."""

    def cite(rule: _Rule) -> _Rule:
        for id_ in ids:
            CITATIONS.setdefault(id_, []).append(f"{rule.__module__}.{rule.__qualname__}")
        return rule

    return cite


def specification_folder() -> Path:
    """Return the folder of the pages: beside this module when installed, in ``docs/`` in a checkout."""
    installed = Path(__file__).parent / "specification"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "docs" / "specification"


def every_clause() -> tuple[Clause, ...]:
    """Return the clauses of all versions, in page order."""
    return tuple(found for page in _pages() for found in _clauses_of(page))


def clauses(version: str = VERSIONS[0]) -> tuple[Clause, ...]:
    """Return the clauses that hold in a version of DL4J, in page order."""
    return tuple(found for found in every_clause() if found.holds_in(version))


def _pages() -> list[Path]:
    return sorted(specification_folder().glob("[0-9]*.md"), key=lambda page: int(page.stem.partition("-")[0]))


def _clauses_of(page: Path) -> Iterator[Clause]:
    for block in re.split(r"(?m)^(?=###? )", page.read_text(encoding="utf-8")):
        lines = _CONTINUATION.sub(" ", block.strip()).splitlines()
        heading = _HEADING.match(lines[0]) if lines else None
        if heading is None:
            continue
        fields = {m["name"]: m["text"] for line in lines[1:] if (m := _FIELD.match(line))}
        statement = " ".join(line.strip() for line in lines[1:] if line.strip() and not line.startswith("- "))
        yield Clause(
            id=heading["id"],
            title=heading["title"],
            page=page.stem,
            statement=statement,
            formula=fields.get("Formula", ""),
            source=fields.get("Source", ""),
            quirk=fields.get("Quirk", ""),
            since=fields.get("Since", VERSIONS[0]),
            until=fields.get("Until", VERSIONS[-1]),
        )
