"""The lines of tables and keys in a TOML file, of which Python's reader says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Comments and strings, in the order in which they have to be tried.
_TOKEN = re.compile(
    r"#[^\n]*"
    r'|"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_TABLE = re.compile(r"^[ \t]*\[\[?[ \t]*(?P<name>[^\]\n]*?)[ \t]*\]", re.MULTILINE)


class TomlLines:
    """The lines of a text that is valid TOML."""

    def __init__(self, text: str) -> None:
        self._text = _TOKEN.sub(_without_lines, text)
        self._tables = [(found["name"].strip("\"'"), found.start(), found.end()) for found in self._headers()]

    def _headers(self) -> Iterator[re.Match[str]]:
        """Yield the headers of tables: no line of an array can be one, as its strings are in quotes."""
        yield from (found for found in _TABLE.finditer(self._text) if re.match(r"[\w\"']", found["name"]))

    def of_tables(self, name: str) -> list[int]:
        """Return the lines of the headers with this name, from 1."""
        return [self._line(start) for found, start, _ in self._tables if found == name]

    def of_key(self, key: str, header: int = 0) -> int:
        """Return the line of ``key`` in the table whose header is on a line, or before all tables; else ``header``."""
        start, end = 0, self._tables[0][1] if self._tables else len(self._text)
        for number, (_, at, after) in enumerate(self._tables):
            if self._line(at) == header:
                start = after
                end = self._tables[number + 1][1] if number + 1 < len(self._tables) else len(self._text)
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[=.]", re.MULTILINE).search(
            self._text[:end], start
        )
        return self._line(found.start()) if found else header or 1

    def _line(self, at: int) -> int:
        return 1 + self._text.count("\n", 0, at)


def _without_lines(token: re.Match[str]) -> str:
    """Return a string of one line as it is, and blanks for comments and for strings of several lines."""
    text = token[0]
    return text if "\n" not in text and not text.startswith("#") else re.sub(r"[^\n]", " ", text)
