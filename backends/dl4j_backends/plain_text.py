"""Text from outside, made plain for where it goes: a terminal, Markdown, JSON.

Reasons, names, messages, ids and keys come from backends and from files of strangers. None of their characters may move
a cursor, hide or forge a line, close a fence, or break a reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Characters of a line that are shown; the end of a longer line is left out.
LONGEST_LINE = 4000

#: Categories of characters that are no marks on paper: controls, formats (bidi, zero-width), halves of surrogate pairs,
#: private and unassigned ones, separators of lines and paragraphs.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters that look like nothing.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
#: More combining marks than this on one letter cover the lines above and below.
_MOST_MARKS = 4
_PRINTABLE_ASCII = re.compile(r"[ -~]*")
_NOT_ASCII = re.compile(r"[^\n -~]+")
#: Words that mean nothing to Markdown: no mark-up, no mention, no link.
_NO_MARKDOWN = re.compile(
    r"(?!.*(?::/|www\.))(?:[A-Z0-9 ,.;:()/'\"=+%-]|(?<=[A-Z0-9])_(?=[A-Z0-9]))*", re.IGNORECASE | re.ASCII
)


def line(text: str, most: int = LONGEST_LINE) -> str:
    r"""Return ``text`` as one line for a terminal: what is not seen by its number, such as ``\x1b`` and ``\u202e``."""
    more = len(text) - most
    shown = text[:most] if more > 0 else text
    if not _PRINTABLE_ASCII.fullmatch(shown):
        shown = "".join(_visible(shown))
    return f"{shown}... ({more} more characters)" if more > 0 else shown


def paragraph(text: str) -> str:
    """Return ``text`` for a terminal, line by line. Those after the first are indented, so that none is forged."""
    first, *others = map(line, text.split("\n"))
    return "\n".join([first, *(other if other.startswith("  ") else f"  {other}".rstrip() for other in others)])


def markdown(text: str) -> str:
    """Return ``text`` as one line of Markdown: as a span of code, if any of it could mean something there."""
    plain = line(text)
    if _NO_MARKDOWN.fullmatch(plain):
        return plain
    ticks = "`" * (1 + _longest_run("`", plain))
    inside = plain.replace("|", "\\|")
    return f"{ticks} {inside} {ticks}" if plain.startswith("`") or plain.endswith("`") else f"{ticks}{inside}{ticks}"


def markdown_block(rows: Iterable[str]) -> list[str]:
    """Return lines as a block of code, whose fence none of them closes."""
    plain = [line(row) for row in rows]
    fence = "`" * max(3, 1 + max((_longest_run("`", row) for row in plain), default=0))
    return [f"{fence}text", *plain, fence]


def _visible(text: str) -> Iterable[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _UNSEEN or character in _BLANK or marks > _MOST_MARKS:
            yield _number(character)
        else:
            yield " " if category == "Zs" else character


def _number(character: str) -> str:
    return _SHORT.get(character) or character.encode("unicode-escape").decode()


_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def _longest_run(character: str, text: str) -> int:
    return max(map(len, re.findall(f"{character}+", text)), default=0)
