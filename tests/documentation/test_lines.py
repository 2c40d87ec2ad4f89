"""The lines of the pages are short, where a line can be broken at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
#: Output that a command prints, code, rows of a table and rendered formulae cannot be broken.
_UNBREAKABLE = re.compile(r"^```[\s\S]*?^```$|^\|.*$|^- Formula: .*$", re.MULTILINE)


def long_lines(text: str) -> Iterator[str]:
    """Yield the lines of more than 120 characters that could be broken."""
    rest = re.sub(_UNBREAKABLE, "", text)
    yield from (line for line in rest.splitlines() if len(line) > 120)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_are_short(page: Path) -> None:
    assert list(long_lines(page.read_text(encoding="utf-8"))) == []


def test_a_long_line_is_found() -> None:
    long = "word " * 30
    text = f"{long}\n\n| {long} |\n- Formula: {long}\n```\n{long}\n```\n- {long}\n"
    assert list(long_lines(text)) == [long, f"- {long}"]
