"""The truth about the held-out set, as ``truth.toml`` states it, and how names are judged by it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FILE = Path(__file__).with_name("truth.toml")

#: A set of misreadings, by id.
Ids = frozenset[str]


class Naming(Enum):
    """How the names that a diagnosis gives stand to the truth."""

    RIGHTLY = "rightly"
    PARTLY = "partly rightly"
    FALSELY = "falsely"
    UNNAMED = "unnamed"
    RIGHTLY_UNNAMED = "rightly unnamed"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Judgement:
    """What is right about a diagnosis."""

    naming: Naming
    #: The named misreadings that are not true.
    false_names: Ids
    nearest_is_right: bool


def read(file: Path = FILE) -> Mapping[str, Collection[Ids]]:
    """Return the sets of misreadings that are true, by entry. Raises ``ValueError`` for what is no list of sets."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["entries"]
    for name, sets in entries.items():
        if not all(isinstance(ids, list) and ids and all(isinstance(id_, str) for id_ in ids) for ids in sets):
            raise ValueError(f"{file.name}: {name} must be a list of lists of ids, none of them empty")
    return {name: [frozenset(ids) for ids in sets] for name, sets in entries.items()}


def judge(named: Collection[Ids], nearest: Ids, true: Collection[Ids] | None) -> Judgement:
    """Return how names stand to the truth.

    ``named`` are sets of misreadings, each of which explains the entry by itself; none if it is unnamed. ``true`` is
    None if the truth is not stated.
    """
    if true is None:
        return Judgement(Naming.NOT_JUDGED, frozenset(), False)
    said, known = frozenset().union(*named), frozenset().union(*true)
    return Judgement(_naming(named, said, true, known), said - known, bool(nearest & known))


def _naming(named: Collection[Ids], said: Ids, true: Collection[Ids], known: Ids) -> Naming:
    if not named:
        return Naming.UNNAMED if true else Naming.RIGHTLY_UNNAMED
    if all(ids in true for ids in named):
        return Naming.RIGHTLY
    return Naming.PARTLY if said & known else Naming.FALSELY
