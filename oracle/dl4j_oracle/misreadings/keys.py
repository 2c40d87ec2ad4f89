"""Misreadings of gradient keys such as ``0_W``: where they are split, and how the index is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.keys import SplitKey, java_int, split_at_first_underscore
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose


@dataclass(frozen=True)
class _Reading:
    """The way in which a key is read."""

    #: What stands before the separator, the separator or nothing, and what stands after it.
    split: Callable[[str], tuple[str, str, str]] = lambda key: key.partition("_")
    #: The index, or None if it is no number.
    number: Callable[[str], int | None] = java_int
    #: The layer, from the index and the number of layers.
    layer: Callable[[int, int], int] = lambda index, layers: index

    def rule(self) -> SplitKey:
        """Return the reading as a rule."""

        def split(key: str, layers: int) -> tuple[int, str]:
            prefix, separator, name = self.split(key)
            if not separator:
                return split_at_first_underscore(key, layers)  # which refuses it
            index = self.number(prefix)
            if index is None:
                raise Dl4jError("NumberFormatException", f'For input string: "{prefix}"')
            return split_at_first_underscore(f"{self.layer(index, layers)}_{name}", layers)

        return split


decompose(split_at_first_underscore, _Reading())


@misreading(
    "split-at-last-underscore",
    clauses=("KEY-1",),
    replaces="split_key.split",
    references=("quirk 44", "DL4J 0.9.1"),
)
def _split_at_last_underscore(key: str) -> tuple[str, str, str]:
    """Keys are split at the last underscore."""
    return key.rpartition("_")


@misreading("negative-index-wraps", clauses=("KEY-4",), replaces="split_key.layer")
def _negative_index_wraps(index: int, layers: int) -> int:
    """Negative indices count from the last layer."""
    return index + layers if -layers <= index < 0 else index


@misreading("digits-only", clauses=("KEY-3",), replaces="split_key.number")
def _digits_only(prefix: str) -> int | None:
    """A layer index with a sign is refused."""
    return java_int(prefix) if prefix.isdigit() else None


@misreading("index-by-python", clauses=("KEY-3",), replaces="split_key.number", references=("Python's int()",))
def _index_by_python(prefix: str) -> int | None:
    """A layer index may have blanks around it and digits beyond U+FFFF, as Python reads numbers."""
    try:
        return int(prefix)
    except ValueError:
        return None


@misreading(
    "index-of-leading-digits",
    clauses=("KEY-3",),
    replaces="split_key.number",
    references=("JavaScript's parseInt", "C's strtol"),
)
def _index_of_leading_digits(prefix: str) -> int | None:
    """Characters after the digits of a layer index are ignored."""
    found = re.match(r"\s*([+-]?\d+)", prefix)
    return java_int(found[1]) if found else None


@misreading("index-of-ascii-digits", clauses=("KEY-3",), replaces="split_key.number", references=("C's strtol",))
def _index_of_ascii_digits(prefix: str) -> int | None:
    """A layer index in the digits of another script is refused."""
    return java_int(prefix) if prefix.isascii() else None
