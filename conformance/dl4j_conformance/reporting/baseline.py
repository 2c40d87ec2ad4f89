"""Baselines: the standing of a backend as a text file, which reads well as a diff.

The file is TOML, one fact on a line, sorted. Its last line has the SHA-256 of all lines before it: a baseline that was
not written by ``baseline update``, but changed by hand, is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dl4j_backends.bounded_file import FileError, read_regular
from dl4j_conformance.reporting.records import Header
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.standing import REACHED, Group, Standing, Worst, standing
from dl4j_conformance.reporting.strict_records import record

FORMAT_VERSION = 1

_HEADER = """\
# Written by `dl4j-conformance baseline update`. `baseline check` refuses a file that was changed otherwise.

"""
_MOST_BYTES = 8 << 20
_SEAL = re.compile(r'sha256 = "([0-9a-f]{64})"\n')
_KEY = re.compile(r"([A-Za-z0-9_-]+) = |\[([A-Za-z0-9_.-]+)\]\n")


class BaselineError(Exception):
    """A file that is no baseline, or was changed; the message names file and line."""


@dataclass(frozen=True)
class About:
    """The run that a baseline was made from."""

    format_version: int
    backend: str
    level: str
    platform: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class _Content:
    about: About
    worst: Mapping[str, Mapping[str, Mapping[str, Worst]]]
    cases: Mapping[str, str]


@dataclass(frozen=True)
class Baseline:
    """A baseline, and the line of every case and group in its file."""

    about: About
    standing: Standing
    lines: Mapping[str | Group, int]


def render(report: Report) -> str:
    """Return the text of a baseline that this report sets."""
    text = _HEADER + "".join(f"{line}\n" for line in _lines(report.header, standing(report.results)))
    return f'{text}sha256 = "{_hash(text)}"\n'


def _lines(header: Header, found: Standing) -> Iterator[str]:
    yield "[about]"
    yield f"format_version = {FORMAT_VERSION}"
    for name, value in (("backend", header.backend), ("level", header.claimed), ("platform", header.platform)):
        yield f"{name} = {_quoted(value)}"
    yield f"versions = {{ {', '.join(f'{_key(name)} = {_quoted(v)}' for name, v in sorted(header.versions.items()))} }}"
    yield ""
    yield "# Of cases that are not bit-exact, by the level that they reach: how many, the largest distance, and"
    yield "# how near a value comes to the edge of its enclosure (1)."
    table = None
    for group, worst in sorted(found.worst.items()):
        if table != (group.updater, group.dtype):
            table = group.updater, group.dtype
            yield f"[worst.{_key(group.updater)}.{_key(group.dtype)}]"
        yield f"{group.reached} = {{ cases = {worst.cases}, ulps = {worst.ulps}, nearness = {worst.nearness!r} }}"
    yield ""
    yield f"# The level that each case reaches: {', '.join(REACHED)}."
    yield "[cases]"
    yield from (f'{_key(case)} = "{level}"' for case, level in sorted(found.cases.items()))
    yield ""
    yield "[seal]"


def _key(text: str) -> str:
    """Return a key of TOML; ids of cases need no quotes."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quoted(text)


def _quoted(text: str) -> str:
    """Return a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[^ -~]", lambda found: f"\\U{ord(found[0]):08x}", escaped) + '"'


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_baseline(path: Path) -> Baseline:
    """Return the baseline in a file; raises :class:`BaselineError`."""
    try:
        # A checkout may have other ends of lines.
        text = read_regular(path, _MOST_BYTES).decode("utf-8").replace("\r\n", "\n")
    except FileError as error:
        hint = "" if os.path.exists(path) else "; `dl4j-conformance baseline update` writes one"
        raise BaselineError(f"{path}: {error}{hint}") from error
    except UnicodeDecodeError as error:
        raise BaselineError(f"{path}:1: is no baseline: no UTF-8: {error.reason}") from error
    lines = text.splitlines(keepends=True)
    seal = _SEAL.fullmatch(lines[-1]) if lines else None
    if not seal:
        raise BaselineError(f"{path}:{len(lines) or 1}: is no baseline, or cut off: it does not end with its hash")
    if _hash("".join(lines[:-1])) != seal[1]:
        raise BaselineError(
            f"{path}:{len(lines)}: the hash is another: a line before was changed;"
            " `dl4j-conformance baseline update` writes the file anew"
        )
    content = _content(path, "".join(lines[:-1]))
    worst = {
        Group(updater, dtype, level): found
        for updater, types in content.worst.items()
        for dtype, levels in types.items()
        for level, found in levels.items()
    }
    return Baseline(content.about, Standing(content.cases, worst), dict(_places(lines)))


def _content(path: Path, text: str) -> _Content:
    """Return what a file says; the hash has shown that nobody changed it since."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
        version = data.get("about", {}).get("format_version")
        if version != FORMAT_VERSION:
            raise BaselineError(f"{path}:1: is a baseline of format version {version!r:.20}, not {FORMAT_VERSION}")
        content = record(_Content, {"worst": {}, **{name: part for name, part in data.items() if name != "seal"}})
    except (ValueError, AttributeError, RecursionError) as error:
        raise BaselineError(f"{path}:1: is no baseline: {error}") from error
    if unknown := set(content.cases.values()) - set(REACHED):
        raise BaselineError(f"{path}:1: is no baseline: {sorted(unknown)[0]!r:.40} is no level that a case reaches")
    return content


def _places(lines: list[str]) -> Iterator[tuple[str | Group, int]]:
    """Yield the cases and groups with the numbers of their lines."""
    table: list[str] = []
    for number, line in enumerate(lines, 1):
        match _KEY.match(line):
            case re.Match() as found if found[2]:
                table = found[2].split(".")
            case re.Match() as found if table == ["cases"]:
                yield found[1], number
            case re.Match() as found if table[:1] == ["worst"]:
                yield Group(table[1], table[2], found[1]), number
