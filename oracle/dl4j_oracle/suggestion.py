"""Suggestions for words that are not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches


def did_you_mean(
    word: str, known: Iterable[str], otherwise: str, most: int = 1, written: Callable[[str], str] = repr
) -> str:
    """Return ``did you mean 'ADAM'?`` with the known words most like ``word``, at most ``most``; else ``otherwise``."""
    near = get_close_matches(word, list(known), most)
    return f"did you mean {', '.join(map(written, near))}?" if near else otherwise
