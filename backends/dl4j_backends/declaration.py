"""Declared capabilities, checked where a backend enters: a misspelt one would hide the cases that it unlocks."""

from __future__ import annotations

from collections.abc import Collection, Set
from difflib import get_close_matches
from typing import Any

from dl4j_backends.interface import CAPABILITIES, BackendUnavailableError

_KNOWN = tuple(capability.name for capability in CAPABILITIES)


def unknown(names: Collection[str], known: Collection[str]) -> str | None:
    """Return a sentence about the first of ``names``, in their order, that is not ``known``; None if all are."""
    for name in sorted(names):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            return f"{name!r} is unknown; {hint}"
    return None


def check_capabilities(declared: Any) -> None:
    """Raise :class:`BackendUnavailableError` unless ``declared`` is a set of names of capabilities."""
    if not isinstance(declared, Set):
        raise BackendUnavailableError(
            f"its capabilities must be a frozenset of names, not {type(declared).__name__} ({_short(declared)})"
        )
    for name in declared:
        if not isinstance(name, str):
            raise BackendUnavailableError(
                f"its capabilities must be names (str); one is {type(name).__name__} ({_short(name)})"
            )
    if problem := unknown(declared, _KNOWN):
        raise BackendUnavailableError(f"its capabilities: {problem}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
