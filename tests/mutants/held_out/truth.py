"""The truth about the held-out set, as ``truth.toml`` states it, and how names are judged by it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import permutations
from pathlib import Path

from mutants.held_out.pairs import MISTAKES_OF

FILE = Path(__file__).with_name("truth.toml")

#: A set of misreadings, by id.
Ids = frozenset[str]


@dataclass(frozen=True)
class Truth:
    """The misreadings that an entry has."""

    #: The sets that say all of what is wrong, each in words of its own.
    whole: tuple[Ids, ...] = ()
    #: The misreadings that say something of what is wrong, and nothing that is not so.
    parts: Ids = frozenset()

    @property
    def known(self) -> Ids:
        """Return the misreadings that are true of the entry, or of a part of it."""
        return self.parts.union(*self.whole)


class Naming(Enum):
    """The relation of the names that a diagnosis gives to the truth."""

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
    #: The misreadings that are named where none of the true ones is.
    false_names: Ids
    #: Whether the first name is true, of several that do not explain everything.
    nearest_is_right: bool


def read(file: Path = FILE) -> Mapping[str, Truth]:
    """Return the truth by entry. Raises ``ValueError`` for what is no list of sets, or no list of parts.

    What is true of one mistake of a pair is true of a part of the pair.
    """
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    parts = data.get("parts", {})
    for name, sets in data["entries"].items():
        if not all(_is_list_of_ids(ids) and ids for ids in sets):
            raise ValueError(f"{file.name}: {name} must be a list of lists of ids, none of them empty")
    for name, ids in parts.items():
        if not _is_list_of_ids(ids):
            raise ValueError(f"{file.name}: the parts of {name} must be a list of ids")
    stated = {
        name: Truth(tuple(map(frozenset, sets)), frozenset(parts.get(name, ())))
        for name, sets in data["entries"].items()
    }
    return {name: _with_parts_of_pair(name, truth, stated) for name, truth in stated.items()}


def _is_list_of_ids(ids: object) -> bool:
    return isinstance(ids, list) and all(isinstance(id_, str) for id_ in ids)


def _with_parts_of_pair(name: str, truth: Truth, stated: Mapping[str, Truth]) -> Truth:
    singles = MISTAKES_OF[name][:2] if name in MISTAKES_OF else ()
    return replace(truth, parts=truth.parts.union(*(stated[one].known for one in singles if one in stated)))


def judge(named: Sequence[Ids], is_complete: bool, truth: Truth | None) -> Judgement:
    """Return how names stand to the truth.

    ``named`` has an entry for each reading that is named: the ids of which one is meant, in order of weight. Names that
    are said to be complete are false if they are true of a part alone. ``truth`` is None if it is not stated.
    """
    if truth is None:
        return Judgement(Naming.NOT_JUDGED, frozenset(), False)
    known = frozenset[str]().union(*truth.whole) if is_complete else truth.known
    false: Ids = frozenset().union(*(ids for ids in named if not ids & known))
    return Judgement(_naming(named, truth, known), false, bool(named) and not is_complete and bool(named[0] & known))


def _naming(named: Sequence[Ids], truth: Truth, known: Ids) -> Naming:
    if not named:
        return Naming.UNNAMED if truth.whole else Naming.RIGHTLY_UNNAMED
    if any(_mean(named, ids) for ids in truth.whole):
        return Naming.RIGHTLY
    return Naming.PARTLY if any(ids & known for ids in named) else Naming.FALSELY


def _mean(named: Sequence[Ids], true: Ids) -> bool:
    """Return whether one of each, all different, are the true ones."""
    return len(named) == len(true) and any(
        all(id_ in ids for id_, ids in zip(order, named, strict=True)) for order in permutations(true)
    )
