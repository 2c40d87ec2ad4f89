"""Text from outside, made plain for where it goes: a terminal, Markdown, JSON.

Reasons, names, messages, ids and keys come from backends and from files of strangers. None of their characters may move
a cursor, hide or forge a line, close a fence, or break a reader.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

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


def json_text(data: Any, indent: int | None = None) -> str:
    """Return JSON data as strict JSON that UTF-8 can hold, compact or indented.

    A number that JSON has not is written by name, half a surrogate pair as U+FFFD, what is not seen by its number.
    """
    layout: dict[str, Any] = {"separators": (",", ":")} if indent is None else {"indent": indent}
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, **layout)
    except ValueError:
        text = json.dumps(_named(data), ensure_ascii=False, allow_nan=False, **layout)
    return _NOT_ASCII.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """Return characters in a string of JSON: those that are not seen by their numbers."""
    return "".join(
        "\ufffd" if "\ud800" <= c <= "\udfff" else json.dumps(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c
        for c in found[0]
    )


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


def _named(data: Any) -> Any:
    match data:
        case Mapping():
            return {key: _named(entry) for key, entry in data.items()}
        case list() | tuple():
            return [_named(entry) for entry in data]
        case float() if not math.isfinite(data):
            return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
        case _:
            return data
