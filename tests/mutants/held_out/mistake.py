"""The entries of the held-out set: single mistakes, and pairs of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mutants.held_out.port import Port

#: The arrays of state that an updater changes before its update. A changed gradient shows there first.
STATE_ARRAYS = frozenset({"m", "v", "h", "c", "msg", "msdx"})
#: What shows a changed gradient first: SGD and NONE have no state.
GRADIENT = STATE_ARRAYS | {"update"}


@dataclass(frozen=True)
class Mistake:
    """One mistake: what is different, in words and as parts, and where it shows."""

    sentence: str
    changes: tuple[type[Any], ...]
    #: The parts of an observation that can differ.
    outputs: frozenset[str]
    #: The intermediates that a first divergence may name.
    first: frozenset[str]
    #: The ids of cases that show it: one of a single mistake.
    shown_by: tuple[str, ...]
    #: Whether it is the right formula up to the order and the precision of rounding.
    is_rounding: bool = False

    @cached_property
    def backend(self) -> Port:
        return Port(*self.changes)


#: Mistakes by name.
Mistakes = Mapping[str, Mistake]


def mistake(sentence: str, *changes: type[Any], outputs: str, first: str | frozenset[str], shown_by: str) -> Mistake:
    """Return a mistake; ``outputs`` and ``first`` are names with commas between them."""
    return Mistake(sentence, changes, _names(outputs), _names(first), (shown_by,))


def rounding(sentence: str, *changes: type[Any], outputs: str, first: str | frozenset[str], shown_by: str) -> Mistake:
    """Return a mistake that changes the rounding alone."""
    return Mistake(sentence, changes, _names(outputs), _names(first), (shown_by,), is_rounding=True)


def both(one: Mistake, other: Mistake, shown_by: tuple[str, ...]) -> Mistake:
    """Return two mistakes as one port has them."""
    return Mistake(
        f"{one.sentence} {other.sentence}",
        (*one.changes, *other.changes),
        one.outputs | other.outputs,
        one.first | other.first,
        shown_by,
        one.is_rounding and other.is_rounding,
    )


def _names(names: str | frozenset[str]) -> frozenset[str]:
    return names if isinstance(names, frozenset) else frozenset(names.split(", "))
