"""The campaign `files`: commands read files that are not what they should be."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from robustness.attempt import Attempt
from robustness.campaign import Campaign
from robustness.material import (
    BASELINE,
    FAILURE,
    FIXTURES,
    RECORDER,
    RECORDING,
    REPORT,
    TRACE,
    environment,
    in_process,
)
from robustness.mutations import BYTES, JSON, Mutation, bit_flip, gzip_bomb, gzip_with_tail, in_gzip, in_json

#: Of so many attempts one is a process of its own, the others are forks.
_OWN_PROCESS = 50
#: Of so many attempts one has something else than a file.
_SPECIAL = 12
#: More is not unpacked here to see what it is.
_READABLE = 64 << 20

_ANY = frozenset({0, 1, 2, 3, 5})
_UNREADABLE = frozenset({5})
_REFUSED = frozenset({2, 5})


@dataclass(frozen=True)
class _Reader:
    """A command that reads a file, and its exit codes if the file is a file of its sort after all."""

    arguments: tuple[str, ...]
    codes: frozenset[int]
    written_by_success: tuple[str, ...] = ()

    @property
    def reads_first_line(self) -> bool:
        """Return whether it needs the first case of a file only."""
        return self.arguments[0] in ("explain", "repro")


def _codes(*codes: int) -> frozenset[int]:
    return frozenset(codes)


_RUN = ("run", "numpy", "--folder", FIXTURES)
_VERIFY = _Reader(("fixtures", "verify", "--folder", FIXTURES), _UNREADABLE)
_ALL_FIXTURES = (f"{FIXTURES}/*", f"{FIXTURES}/recorded/*")
_PROMOTE_INTO = ("promote", FAILURE, "--id", "found", "--folder", FIXTURES)
_EXPORT, _EXPORTED = ("fixtures", "export", "exported.json", "--folder", FIXTURES), ("exported.json",)
_CHANGES = ("fixtures", "changes", FIXTURES, FIXTURES)
_RECORD = ("record", RECORDER, "--into", FIXTURES, *in_process("record"))


def _readers_of_fixtures(name: str) -> tuple[_Reader, ...]:
    """Return what reads a file of the fixtures' folder; what belongs to the manifest is not changed unnoticed."""
    run, promote = _Reader(_RUN, _UNREADABLE), _Reader(_PROMOTE_INTO, _UNREADABLE, _ALL_FIXTURES)
    recorded = _Reader((*_RUN, "--level", "recorded"), _UNREADABLE)
    match name:
        case "recorded":
            return _VERIFY, recorded, _Reader(_RUN, _codes(0, 5)), _Reader(_PROMOTE_INTO, _codes(0, 5), _ALL_FIXTURES)
        case "manifest.json":
            changed = _Reader(_RUN, _codes(0, 4, 5))
            promote = _Reader(_PROMOTE_INTO, _codes(0, 5), _ALL_FIXTURES)
            export = _Reader(_EXPORT, _codes(0, 5), _EXPORTED)
            return _VERIFY, changed, promote, export, _Reader(_CHANGES, _codes(0, 5))
        case "kills.json" | "reach.json":
            return _VERIFY, run, promote
        case _:
            record, export = _Reader(_RECORD, _UNREADABLE, _ALL_FIXTURES), _Reader(_EXPORT, _UNREADABLE, _EXPORTED)
            return _VERIFY, run, recorded, promote, record, export


def _readers_of_cases(name: str) -> tuple[_Reader, ...]:
    """Return what reads a file of cases."""
    programs = tuple(
        _Reader(("repro", name, "--language", language), _codes(0, 5))
        for language in ("python", "javascript", "java", "c")
    )
    return (
        *programs,
        _Reader(("explain", name), _codes(0, 5)),
        _Reader(("explain", name, "numpy"), _codes(0, 1, 3, 5)),
        _Reader(("promote", name, "--folder", FIXTURES), _codes(0, 1, 2, 5), _ALL_FIXTURES),
        _Reader(("replay", name, "oracle", "numpy"), _codes(0, 1, 3, 5)),
    )


#: A report or a baseline that was changed is refused, whatever the change.
_READERS_OF_REPORTS = (
    *(
        _Reader(("report", form, REPORT), _UNREADABLE)
        for form in ("summary", "markdown", "junit", "csv", "badge", "html")
    ),
    _Reader(("compare", REPORT, REPORT), _UNREADABLE),
    _Reader(("baseline", "update", REPORT, "--baseline", BASELINE), _UNREADABLE, (BASELINE,)),
    _Reader(("baseline", "check", REPORT, "--baseline", BASELINE), _UNREADABLE),
)
_CHECK_BASELINE = (_Reader(("baseline", "check", REPORT, "--baseline", BASELINE), _UNREADABLE),)

_REPLAY_TRACE = (_Reader(("replay", TRACE, "oracle", "numpy"), _codes(0, 1, 3, 5)),)


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number: the sorts of files and their readers take turns."""
    sorts: tuple[Callable[[Path, int, Random], Attempt], ...] = (
        *(_cases, _fixtures, _cases, _fixtures, _trace),
        *(_report, _baseline),
    )
    if number % _SPECIAL == 0:
        return _special(material, number // _SPECIAL, random)
    turn, sort = divmod(number, len(sorts))
    return sorts[sort](material, turn, random)


def _cases(material: Path, turn: int, random: Random) -> Attempt:
    name = random.choice([FAILURE, FAILURE, RECORDING])
    return _mutated(material, name, _chosen(_readers_of_cases(name), turn), random, _mutation(name, random))


def _trace(material: Path, turn: int, random: Random) -> Attempt:
    return _mutated(material, TRACE, _chosen(_REPLAY_TRACE, turn), random, _mutation(TRACE, random))


def _report(material: Path, turn: int, random: Random) -> Attempt:
    return _mutated(material, REPORT, _chosen(_READERS_OF_REPORTS, turn), random, _mutation(REPORT, random))


def _baseline(material: Path, turn: int, random: Random) -> Attempt:
    return _mutated(material, BASELINE, _chosen(_CHECK_BASELINE, turn), random, random.choice(BYTES))


def _fixtures(material: Path, turn: int, random: Random) -> Attempt:
    name, readers = _fixture_file(material, random)
    return _mutated(material, name, _chosen(readers, turn), random, _mutation(name, random))


def _fixture_file(material: Path, random: Random) -> tuple[str, tuple[_Reader, ...]]:
    """Return the name of a file in the folder of fixtures, and what reads it."""
    sort = random.choice(["manifest.json", "kills.json", "reach.json", "recorded", "fixtures"])
    folder = material / FIXTURES
    found = {
        "manifest.json": [folder / "manifest.json"],
        "kills.json": [folder / "kills.json"],
        "reach.json": [folder / "reach.json"],
        "recorded": sorted((folder / "recorded").glob("*.json")),
        "fixtures": sorted(folder.glob("*-float*.json")),
    }[sort]
    return str(random.choice(found).relative_to(material)), _readers_of_fixtures(sort)


def _chosen(readers: tuple[_Reader, ...], turn: int) -> _Reader:
    return readers[turn % len(readers)]


def _mutation(name: str, random: Random) -> Mutation:
    """Return a mutation of a file, of the JSON in it in half of all cases."""
    plain = random.choice([in_json(random.choice(JSON)), random.choice(BYTES)])
    if not name.endswith(".gz"):
        return plain
    return random.choice([in_gzip(plain), in_gzip(plain), random.choice(BYTES), gzip_bomb, gzip_with_tail])


def _mutated(material: Path, name: str, reader: _Reader, random: Random, mutation: Mutation) -> Attempt:
    raw = (material / name).read_bytes()
    changed = mutation(raw, random)
    if changed == raw:
        mutation, changed = bit_flip, bit_flip(raw, random)
    codes = reader.codes
    if name.startswith(FIXTURES):
        if _content(changed) == _content(raw):
            codes |= _codes(0)
    elif name in (REPORT, BASELINE):
        if _lines(changed) == _lines(raw):
            codes |= _codes(0)
    elif not _is_readable(changed, reader.reads_first_line):
        codes = _UNREADABLE
    return Attempt(
        mutation.__name__.replace("_", " "),
        _sort(name),
        reader.arguments,
        codes,
        prepare=partial(replace, material, name, lambda path: path.write_bytes(changed)),
        written_by_success=reader.written_by_success,
        environment=environment(),
        own_process=random.randrange(_OWN_PROCESS) == 0,
    )


def _sort(name: str) -> str:
    """Return the sort of a file, for the table."""
    if name.startswith(f"{FIXTURES}/recorded"):
        return "recorded"
    return (
        Path(name).name.partition(".")[0].partition("-float")[0]
        if name.startswith(FIXTURES)
        else name.partition(".")[0]
    )


def replace(material: Path, name: str, make: Callable[[Path], object], folder: Path) -> None:
    """Copy the material, and put something else in the place of one file."""
    shutil.copytree(material, folder, dirs_exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    make(folder / name)


def _content(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _lines(raw: bytes) -> list[bytes]:
    """Return the lines that are not blank, whatever ends them."""
    return [line for line in raw.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]


def _is_readable(raw: bytes, first_line: bool) -> bool:
    """Return whether a file is lines of JSON objects, gzipped or not, or at least its first line is one."""
    try:
        if raw[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(raw)) as file:
                raw = file.read(_READABLE)
                if len(raw) == _READABLE:
                    return False
        lines = [line for line in raw.split(b"\n") if line.strip()]
        objects = [json.loads(line.decode("utf-8")) for line in (lines[:1] if first_line else lines)]
    except Exception:
        # What cannot be read is no input, whatever it raises.
        return False
    return bool(objects) and all(isinstance(data, dict) for data in objects)


# --- what is no file of its own


def _special(material: Path, turn: int, random: Random) -> Attempt:
    """Return an attempt with a folder, a pipe, a loop of links, an endless device or nothing in the place of a file."""
    kind, make = _chosen_special(turn)
    if random.random() < 0.5:
        name, readers = _fixture_file(material, random)
        codes = _UNREADABLE
    else:
        name, readers = random.choice(
            [
                (FAILURE, _readers_of_cases(FAILURE)),
                (TRACE, _REPLAY_TRACE),
                (REPORT, _READERS_OF_REPORTS),
                (BASELINE, _CHECK_BASELINE),
            ]
        )
        codes = _REFUSED
    reader = random.choice(readers)
    if name.startswith(FIXTURES) and 0 in reader.codes:
        codes |= reader.codes
    return Attempt(
        kind,
        _sort(name),
        reader.arguments,
        codes,
        prepare=partial(replace, material, name, make),
        written_by_success=reader.written_by_success,
        environment=environment(),
        deadline=10,
    )


def _chosen_special(turn: int) -> tuple[str, Callable[[Path], object]]:
    kinds: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("a folder", Path.mkdir),
        ("missing", lambda path: None),
        ("a pipe", os.mkfifo),
        ("a loop of links", lambda path: path.symlink_to(path.name)),
        ("an endless device", lambda path: path.symlink_to("/dev/zero")),
        ("a link to nothing", lambda path: path.symlink_to("nothing")),
    )
    return kinds[turn % len(kinds)]


CAMPAIGN = Campaign("files", 1700, draw)
