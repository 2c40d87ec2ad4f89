"""The file of declared deviations, ``deviations.toml``: read strictly, every mistake named with its line."""

from __future__ import annotations

import re
import reprlib
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from dl4j_backends.bounded_file import FileError, read_regular
from dl4j_backends.interface import CAPABILITIES
from dl4j_conformance.deviations.toml_lines import TomlLines
from dl4j_conformance.judging.deviation import Deviation, Kind, Selector, matches
from dl4j_oracle.clauses import clauses
from dl4j_oracle.misreadings import by_id, catalogue
from dl4j_oracle.suggestion import did_you_mean

#: The largest file, in bytes.
_MOST_BYTES = 1 << 20

_SELECTORS = tuple(field.name for field in fields(Selector))
_KEYS = (*_SELECTORS, "kind", "misreading", "reason", "issue", "expires")


class DeviationsError(Exception):
    """A file of deviations that cannot be used; every line of the message names the file and a line in it."""


@dataclass(frozen=True)
class Required:
    """The cases that must run and pass."""

    place: str
    selector: Selector


@dataclass(frozen=True)
class Deviations:
    """The content of a file: the deviations in order, and which cases must run; None: all others."""

    declared: tuple[Deviation, ...] = ()
    required: Required | None = None


def read(path: Path, topics: Mapping[str, str]) -> Deviations:
    """Return the deviations in a file; ``topics`` has the topic of every case by id. Raises :class:`DeviationsError`.

    It names all mistakes at once: keys, kinds, clauses, topics, capabilities and misreadings that do not exist, ids and
    patterns that match no case.
    """
    text = _text(path)
    data = _data(path, text)
    reader = _Reader(path, TomlLines(text), topics)
    found = reader.read(data)
    if reader.mistakes:
        raise DeviationsError("\n".join(f"{path}:{line}: {words}" for line, words in sorted(reader.mistakes)))
    return found


def _text(path: Path) -> str:
    try:
        raw = read_regular(path, _MOST_BYTES)
    except FileError as error:
        raise DeviationsError(f"{path}: {error}") from error
    if raw.startswith(BOM_UTF8):
        raise DeviationsError(f"{path}:1: begins with a byte order mark: write UTF-8 without one")
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = 1 + raw.count(b"\n", 0, error.start)
        raise DeviationsError(f"{path}:{line}: is not text in UTF-8") from error


def _data(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise DeviationsError(f"{path}: is nested too deeply") from error
    except ValueError as error:
        line = re.search(r"\(at line (\d+), column \d+\)", str(error))
        # Python gives no line where the text ends too early.
        place = line[1] if line else 1 + text.rstrip().count("\n")
        # What Python says of a number of thousands of digits is advice to programmers.
        what = "a number is too long" if "int_max_str_digits" in str(error) else str(error).partition(" (at ")[0]
        raise DeviationsError(f"{path}:{place}: is not TOML: {what}") from error


class _Reader:
    """A reader of tables, which notes each mistake with its line."""

    def __init__(self, path: Path, lines: TomlLines, topics: Mapping[str, str]) -> None:
        self._path = path
        self.lines = lines
        self._topics = topics
        self.mistakes: set[tuple[int, str]] = set()

    def read(self, data: Mapping[str, Any]) -> Deviations:
        """Return the content of a file."""
        for key in data.keys() - {"deviation", "required"}:
            hint = did_you_mean(key, ("deviation", "required"), "a file has tables [[deviation]] and [required]")
            header = min(self.lines.of_tables(key), default=self.lines.of_key(key))
            self.note(header, f"unknown table or key {_short(key)}; {hint}")
        entries = data.get("deviation", [])
        headers = self.lines.of_tables("deviation")
        if not isinstance(entries, list) or len(entries) != len(headers):
            self.note(
                self.lines.of_key("deviation", min(headers, default=0)),
                "write each deviation as a table with the header [[deviation]]",
            )
            return Deviations()
        declared = tuple(map(self._deviation, headers, entries))
        return Deviations(declared, self._required(data["required"]) if "required" in data else None)

    def _deviation(self, header: int, entry: Mapping[str, Any]) -> Deviation:
        table = _Table(self, header, entry, _KEYS)
        if not entry.keys() & {*_SELECTORS, "misreading"}:
            self.note(header, f"selects no case: give {', '.join(_SELECTORS)} or misreading")
        return Deviation(
            f"{self._path}:{header}",
            self._selector(table),
            Kind(table.one_of("kind", [str(kind) for kind in Kind]) or Kind.UNDECIDED),
            table.text("reason", is_needed=True),
            self._misreadings(table),
            table.text("issue"),
            self._day(table),
        )

    def _required(self, entry: Any) -> Required:
        header = min(self.lines.of_tables("required"), default=self.lines.of_key("required"))
        if not isinstance(entry, dict):
            self.note(header, "required is a table with the header [required]")
            return Required("", Selector())
        if not entry:
            self.note(header, f"selects no case: give {', '.join(_SELECTORS)}")
        return Required(f"{self._path}:{header}", self._selector(_Table(self, header, entry, _SELECTORS)))

    def _selector(self, table: _Table) -> Selector:
        topics = sorted(set(self._topics.values()))
        return Selector(
            table.texts("case", self._unknown_case),
            table.texts("clause", partial(_unknown, "clause", [clause.id for clause in clauses()], "list clauses")),
            table.texts("topic", partial(_unknown, "topic", topics, "")),
            table.texts("needs", partial(_unknown, "capability", [capability.name for capability in CAPABILITIES], "")),
        )

    def _unknown_case(self, pattern: str) -> str:
        if any(matches(id_, pattern) for id_ in self._topics):
            return ""
        if re.search(r"[*?\[]", pattern):
            return f"no case matches {_short(pattern)}"
        hint = did_you_mean(pattern, self._topics, "`dl4j-conformance list cases` shows them all")
        return f"there is no case {_short(pattern)}; {hint}"

    def _misreadings(self, table: _Table) -> frozenset[str]:
        known = [misreading.id for misreading in catalogue()]
        ids = table.texts("misreading", partial(_unknown, "misreading", known, "list misreadings"))
        for first, second in combinations(sorted(set(ids) & set(known)), 2):
            if by_id(first).conflicts_with(by_id(second)):
                self.note(
                    table.line("misreading"),
                    f"{first} and {second} cannot be true together: they change the same part of a rule",
                )
        return frozenset(ids)

    def _day(self, table: _Table) -> date | None:
        day = table.entry.get("expires")
        if day is None or (isinstance(day, date) and not isinstance(day, datetime)):
            return day
        self.note(table.line("expires"), f"expires is a date without quotes, such as 2027-01-31, not {_short(day)}")
        return None

    def note(self, line: int, words: str) -> None:
        """Note a mistake."""
        self.mistakes.add((line, words))


class _Table:
    """A table of a file, and the line of its header."""

    def __init__(self, reader: _Reader, header: int, entry: Mapping[str, Any], keys: Sequence[str]) -> None:
        self._reader = reader
        self.header = header
        self.entry = entry
        for key in entry.keys() - set(keys):
            hint = did_you_mean(key, keys, f"a table has {', '.join(keys)}")
            self.note(key, f"unknown key {_short(key)}; {hint}")

    def line(self, key: str) -> int:
        """Return the line of a key."""
        return self._reader.lines.of_key(key, self.header)

    def note(self, key: str, words: str) -> None:
        """Note a mistake on the line of a key."""
        self._reader.note(self.line(key), words)

    def text(self, key: str, *, is_needed: bool = False) -> str:
        """Return the text of a key, which may be missing unless it is needed."""
        value = self.entry.get(key, "")
        if not isinstance(value, str):
            self.note(key, f"{key} is text in quotes, not {_short(value)}")
            return ""
        if not value.strip() and (is_needed or key in self.entry):
            self.note(key, f"{key} is missing" if key not in self.entry else f"{key} is empty")
        return value

    def one_of(self, key: str, known: Sequence[str]) -> str:
        """Return the text of a key that has to be there, and one of those known; empty if it is not."""
        word = self.text(key, is_needed=True)
        if word.strip() and word not in known:
            hint = did_you_mean(word, known, f"it is one of {', '.join(known)}")
            self.note(key, f"unknown {key} {_short(word)}; {hint}")
        return word if word in known else ""

    def texts(self, key: str, problem: Callable[[str], str]) -> tuple[str, ...]:
        """Return the text, or the array of texts, of a key; ``problem`` says what is wrong with one."""
        if key not in self.entry:
            return ()
        value = self.entry[key]
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            self.note(key, f"{key} is text in quotes or an array of texts, not {_short(value)}")
            return ()
        for words_wrong in filter(None, map(problem, words)):
            self.note(key, words_wrong)
        return tuple(words)


def _unknown(sort: str, known: Iterable[str], command: str, word: str) -> str:
    """Return that there is no such thing, if it is not known; ``command`` lists all."""
    names = list(known)
    if word in names:
        return ""
    otherwise = f"`dl4j-conformance {command}` shows them all" if command else f"there are {', '.join(names)}"
    return f"there is no {sort} {_short(word)}; {did_you_mean(word, names, otherwise)}"


def _short(value: object) -> str:
    """Return a value as the file has it, as far as it is not too long."""
    return str(value) if isinstance(value, date | time) else reprlib.repr(value)
