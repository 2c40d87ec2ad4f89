"""The campaign `deviations`: a file of declared deviations that is not what it should be."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from robustness.attempt import Attempt, Ended
from robustness.campaign import Campaign
from robustness.files import replace
from robustness.material import FIXTURES, environment
from robustness.mutations import BYTES, Mutation

NAME, BACKEND = "deviations.toml", "misreading:adam-no-correction"

#: What fails on the backend, in the folder of fixtures: exactly these cases have to be declared.
RIGHT = """\
# Known at the time of writing.
[[deviation]]
case = ["adam-first-step-float32", "adam-first-step-float64"]
misreading = "adam-no-correction"
kind = "bug"
reason = "There is no bias correction."
issue = "https://example.org/issues/1"
expires = 9999-12-31

[[deviation]]
case = "*-adam-*"
topic = ["state"]
clause = ["STATE-7", "STATE-10"]
kind = 'by-design'
reason = '''
Two lines,
[[deviation]]'''

[required]
case = "sgd-*"
"""

_VALUES = (
    "true",
    "1",
    "-1.5",
    "nan",
    '""',
    '"x"',
    '"*"',
    "[]",
    "[[]]",
    '["*"]',
    "[1]",
    "{}",
    "{ a = 1 }",
    "2001-02-03",
)
_KEYS = ("case", "clause", "topic", "needs", "misreading", "kind", "reason", "issue", "expires", "x", '""', "a.b")


def line_deleted(raw: bytes, random: Random) -> bytes:
    """Delete a line."""
    return _with_line(raw, random, lambda line: b"")


def line_doubled(raw: bytes, random: Random) -> bytes:
    """Write a line twice."""
    return _with_line(raw, random, lambda line: line + line)


def line_moved(raw: bytes, random: Random) -> bytes:
    """Put a line somewhere else."""
    lines = raw.splitlines(keepends=True)
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    return b"".join(lines)


def value_replaced(raw: bytes, random: Random) -> bytes:
    """Give a key an odd value."""
    value = random.choice(_VALUES).encode()
    return _with_line(raw, random, lambda line: line.partition(b"=")[0] + b"= " + value + b"\n", having=b" = ")


def key_replaced(raw: bytes, random: Random) -> bytes:
    """Give a value another key."""
    key = random.choice(_KEYS).encode()
    return _with_line(raw, random, lambda line: key + b" = " + line.partition(b" = ")[2], having=b" = ")


def header_replaced(raw: bytes, random: Random) -> bytes:
    """Write another header."""
    header = random.choice((b"[deviation]", b"[[required]]", b"[deviation.x]", b"[[x]]", b"[[deviation.case]]", b"[x]"))
    return _with_line(raw, random, lambda line: header + b"\n", having=b"[")


def text_replaced(raw: bytes, random: Random) -> bytes:
    """Put an odd text into quotes."""
    odd = random.choice(["", "*", "?", "[", "[a-", "adam-*", "\\u0000", "\\ud800", "\x1b[2J", "x" * 100_000, "\u202e"])
    found = list(re.finditer(rb'"[^"\n]*"', raw))
    start, end = random.choice(found).span()
    return raw[:start] + b'"' + odd.encode() + b'"' + raw[end:]


_TOML: tuple[Mutation, ...] = (
    line_deleted,
    line_doubled,
    line_moved,
    value_replaced,
    key_replaced,
    header_replaced,
    text_replaced,
)


def _with_line(raw: bytes, random: Random, change: Callable[[bytes], bytes], having: bytes = b"") -> bytes:
    lines = raw.splitlines(keepends=True)
    at = random.choice([number for number, line in enumerate(lines) if having in line])
    lines[at] = change(lines[at])
    return b"".join(lines)


def declared(raw: bytes, material: Path) -> frozenset[str] | None:
    """Return the ids of the cases that a file declares, read by other means than the program's; None if it is none."""
    files = json.loads((material / FIXTURES / "manifest.json").read_text())["files"]
    topics = {id_: entry["topic"] for entry in files.values() for id_ in entry["cases"]}
    clauses = {
        case["id"]: case["clauses"]
        for name in files
        for case in json.loads((material / FIXTURES / name).read_text())["cases"]
    }
    try:
        entries = tomllib.loads(raw.decode())["deviation"]
        return frozenset(
            id_ for entry in entries for id_ in topics if _selects(entry, id_, topics[id_], clauses[id_], "adam")
        )
    except Exception:
        # What cannot be read declares nothing, whatever it raises.
        return None


def _selects(entry: dict[str, Any], id_: str, topic: str, clauses: list[str], shown: str) -> bool:
    if not entry.keys() & {"case", "topic", "clause", "needs"}:
        return "misreading" in entry and shown in id_
    by_case = any(fnmatchcase(id_, pattern) for pattern in _texts(entry.get("case", "*")))
    by_topic = topic in _texts(entry.get("topic", topic))
    return by_case and by_topic and ("clause" not in entry or bool(set(clauses) & set(_texts(entry["clause"]))))


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number: changed TOML and changed bytes take turns."""
    mutation = random.choice(_TOML if number % 3 else BYTES)
    return attempt(material, mutation.__name__.replace("_", " "), mutation(RIGHT.encode(), random))


def attempt(material: Path, kind: str, raw: bytes) -> Attempt:
    """Return the attempt to run with a file: it may pass only if it declares the same cases as the right one."""
    codes = {1, 5} | ({0} if declared(raw, material) == declared(RIGHT.encode(), material) else set())
    return Attempt(
        kind,
        "deviations",
        ("run", BACKEND, "--folder", FIXTURES, "--deviations", NAME),
        frozenset(codes),
        prepare=partial(replace, material, NAME, lambda path: path.write_bytes(raw)),
        check=_names_the_place,
        environment=environment(),
    )


def _names_the_place(folder: Path, ended: Ended) -> Iterator[str]:
    """Demand the file and a line of what cannot be used, and a reason for what is not as declared."""
    if ended.code == 5 and not re.search(rf"{re.escape(NAME)}:\d+: \S|{re.escape(NAME)}: is", ended.stderr):
        yield f"no place in {ended.stderr[:200]!r}"
    if ended.code == 1 and not re.search(rf"NOT AS DECLARED: {re.escape(NAME)}:\d+: |^FAILED ", ended.stdout, re.M):
        yield "no reason for the verdict"


CAMPAIGN = Campaign("deviations", 300, draw)
