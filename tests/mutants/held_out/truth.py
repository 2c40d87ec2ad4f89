"""The truth about the held-out set, as ``truth.toml`` states it, and how names are judged by it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from pathlib import Path

FILE = Path(__file__).with_name("truth.toml")

#: A set of misreadings, by id.
Ids = frozenset[str]


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


def read(file: Path = FILE) -> Mapping[str, Collection[Ids]]:
    """Return the sets of misreadings that are true, by entry. Raises ``ValueError`` for what is no list of sets."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["entries"]
    for name, sets in entries.items():
        if not all(isinstance(ids, list) and ids and all(isinstance(id_, str) for id_ in ids) for ids in sets):
            raise ValueError(f"{file.name}: {name} must be a list of lists of ids, none of them empty")
    return {name: [frozenset(ids) for ids in sets] for name, sets in entries.items()}


def judge(named: Sequence[Ids], is_complete: bool, true: Collection[Ids] | None) -> Judgement:
    """Return how names stand to the truth.

    ``named`` has an entry for each reading that is named: the ids of which one is meant, in order of weight. ``true``
    is None if the truth is not stated.
    """
    if true is None:
        return Judgement(Naming.NOT_JUDGED, frozenset(), False)
    known: Ids = frozenset().union(*true)
    false: Ids = frozenset().union(*(ids for ids in named if not ids & known))
    return Judgement(_naming(named, true, known), false, bool(named) and not is_complete and bool(named[0] & known))


def _naming(named: Sequence[Ids], true: Collection[Ids], known: Ids) -> Naming:
    if not named:
        return Naming.UNNAMED if true else Naming.RIGHTLY_UNNAMED
    if any(_mean(named, ids) for ids in true):
        return Naming.RIGHTLY
    return Naming.PARTLY if any(ids & known for ids in named) else Naming.FALSELY


def _mean(named: Sequence[Ids], true: Ids) -> bool:
    """Return whether one of each, all different, are the true ones."""
    return len(named) == len(true) and any(
        all(id_ in ids for id_, ids in zip(order, named, strict=True)) for order in permutations(true)
    )
