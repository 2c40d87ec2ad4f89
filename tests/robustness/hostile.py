"""Text that wants to do something: move the cursor, hide, forge a line, close a fence, call somebody."""

from __future__ import annotations

import re
import unicodedata

FORGED = "numpy conforms: 9 of 9 cases passed"
_MOVING = "\x1b[31mred\x9b2J\r\x08\u202e\u200b\u2028\x07"
HOSTILE = f"{_MOVING}[bold]x[/nope] ``` `|`<script>@me http://x\n{FORGED}\n## T\ud800"

_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


def unseen(text: str) -> set[str]:
    """Return the characters of a terminal's output that are not seen, besides tabs and line breaks."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")} - {"\n", "\t"}


def is_plain(text: str) -> bool:
    """Return whether a terminal shows the text as it is, and no line is forged."""
    return not unseen(text) and not any(line.startswith(FORGED) for line in text.splitlines())


def outside_of_code(markdown: str) -> str:
    """Return what of a page of Markdown is not code."""
    kept: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        ticks = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif ticks:
            fence = ticks[0]
        else:
            kept.append(_SPAN.sub("", line))
    assert not fence, "a fence is left open"
    return "\n".join(kept)
