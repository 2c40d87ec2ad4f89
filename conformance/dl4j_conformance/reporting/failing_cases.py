"""The ids of all failing cases, folded where they are many, and the commands that show more."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from dl4j_conformance.diagnosis.failures import simplicity
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.words import counted

#: More failing cases than this are folded by topic.
_MOST_UNFOLDED = 20


def failing_cases(found: Summary, width: int, *, all_of_them: bool = False) -> Iterator[str]:
    """Yield the ids of the cases that fail, and not as declared, in lines of ``width``: by topic, if they are many."""
    ids = [failure.case.id for failure in found.unexpected]
    if not ids or not found.topics:
        return
    yield f"failed: {counted(len(ids))}"
    if len(ids) <= _MOST_UNFOLDED:
        yield from (f"  {id_}" for id_ in ids)
        return
    topics: dict[str, list[str]] = {}
    for id_ in ids:
        topics.setdefault(found.topics[id_], []).append(id_)
    for topic, members in topics.items():
        head = f"  {topic} ({len(members)}): "
        yield from _all(head, members, width) if all_of_them else [_first(head, members, width)]
    if not all_of_them and found.commands:
        yield f"  all of them: {found.commands.all_failures()}"


def reproduction(found: Summary) -> Iterator[str]:
    """Yield the commands that run the plainest of the failing cases again, and explain it."""
    failing = [failure.case for failure in found.unexpected]
    if not failing or not found.commands:
        return
    plainest = min(failing, key=simplicity).id
    yield f"reproduce: {found.commands.again(plainest)}"
    if explain := found.commands.explain(plainest):
        yield f"explain: {explain}"


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
