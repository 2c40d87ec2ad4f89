"""The ids of cases in lines: each on its own if they are few, folded by topic if they are many."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence

#: More cases than this are folded by topic.
_MOST_UNFOLDED = 20


def are_many(ids: Collection[str]) -> bool:
    """Return whether these ids are folded, so that not all of them are shown."""
    return len(ids) > _MOST_UNFOLDED


def listed(ids: Sequence[str], topics: Mapping[str, str], width: int, *, all_of_them: bool = False) -> Iterator[str]:
    """Yield lines of ``width`` with the ids: by topic if they are many, and then the first, or ``all_of_them``."""
    if not are_many(ids):
        yield from (f"  {id_}" for id_ in ids)
        return
    by_topic: dict[str, list[str]] = {}
    for id_ in ids:
        by_topic.setdefault(topics[id_], []).append(id_)
    for topic, members in by_topic.items():
        head = f"  {topic} ({len(members)}): "
        yield from _all(head, members, width) if all_of_them else [_first(head, members, width)]


def _first(head: str, ids: Sequence[str], width: int) -> str:
    """Return a line with the first id, and others as far as they fit."""
    lines = (_line(head, ids, number) for number in range(len(ids), 0, -1))
    return next((line for line in lines if len(line) <= width), _line(head, ids, 1))


def _line(head: str, ids: Sequence[str], number: int) -> str:
    more = len(ids) - number
    return head + ", ".join(ids[:number]) + (f" and {more} more" if more else "")


def _all(head: str, ids: Sequence[str], width: int) -> Iterator[str]:
    """Yield lines with all ids, broken between them."""
    yield from textwrap.wrap(
        head + ", ".join(ids),
        max(width, 40),
        initial_indent="",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
