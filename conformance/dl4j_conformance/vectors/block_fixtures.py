"""The fixtures of later versions: one file for each, in the form of the jars' recordings, with what each case is for.

A line is a record ``{"version", "case", "dl4j"}`` whose ``dl4j`` is what the evaluation model expects, and ``fixture``:
topic, clauses, comment, kills, and what the jars gave: null if they were not asked, true if just that.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

import dl4j_fixtures
from dl4j_backends import strict_json
from dl4j_backends.bits import ValuesError
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.later_versions import cases
from dl4j_conformance.execution.block_outcome import BlockOutcome, observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.in_processes import in_processes
from dl4j_conformance.judging.block_comparison import block_differences
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.block_kills import block_row
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.vectors.block_json import case_to_json, outcome_of, outcome_to_json
from dl4j_conformance.vectors.block_recording import read_block_record
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines
from dl4j_oracle.errors import ConfigurationError

#: Of so many rows of the kill matrix, one is computed to check them.
_CHECKED = 20

#: Kills as they are stored.
_LEVELS = {"structure": Level.STRUCTURE, "bounded": Level.BOUNDED, "bits": Level.BIT_EXACT}
_WORDS = {level: word for word, level in _LEVELS.items()}


def block_fixtures(version: str, folder: Path = dl4j_fixtures.LATER_VERSIONS) -> tuple[BlockFixture, ...]:
    """Return the fixtures of a version. Raises :class:`dl4j_fixtures.FixtureError` for a file that makes no sense."""
    return _fixtures(_path(version, folder))


def _path(version: str, folder: Path) -> Path:
    return folder / f"{version}.jsonl.gz"


@lru_cache(maxsize=2)
def _fixtures(path: Path) -> tuple[BlockFixture, ...]:
    try:
        return tuple(_read(record, f"{path}:{number}") for number, record in json_lines(path))
    except UnreadableFileError as error:
        raise dl4j_fixtures.FixtureError(str(error)) from error


def _read(record: dict[str, Any], where: str) -> BlockFixture:
    try:
        fixture = record.pop("fixture")
        recording = read_block_record(record)
        kills = {id_: Kill(_LEVELS[word]) for id_, word in fixture["kills"].items()}
        case = BlockCase(
            recording.id,
            recording.network,
            recording.steps,
            fixture["topic"],
            tuple(fixture["clauses"]),
            fixture["comment"],
        )
        expected, recorded = outcome_of(recording), fixture["recorded"]
        if recorded is True:
            return BlockFixture(case, expected, expected, kills)
        if recorded is None:
            return BlockFixture(case, expected, None, kills)
        other = outcome_of(read_block_record({**record, "dl4j": recorded}))
        return BlockFixture(case, expected, other, kills)
    except (CaseError, ValuesError, ConfigurationError) as error:
        raise dl4j_fixtures.FixtureError(f"{where}: {error}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise dl4j_fixtures.FixtureError(f"{where}: is no fixture: {error!r}") from error


#: From the cases of a version to the kills of each.
Rows = Callable[[Iterable[BlockCase]], Iterator[Mapping[str, Kill]]]


def every_block_row(found: Iterable[BlockCase]) -> Iterator[Mapping[str, Kill]]:
    """Yield the kills of each case, computed anew in several processes."""
    with closing(in_processes(_row, list(found))) as rows:
        yield from rows


def _row(case: BlockCase) -> Mapping[str, Kill]:
    return block_row(case, observe_blocks(OracleBlockBackend(), case))


def some_block_rows(version: str, folder: Path) -> Rows:
    """Return what computes every twentieth row of the kill matrix, and those that are missing; the others are stored.

    Raises :class:`dl4j_fixtures.FixtureError`.
    """
    known = {fixture.case.id: fixture.kills for fixture in block_fixtures(version, folder)}

    def rows(found: Iterable[BlockCase]) -> Iterator[Mapping[str, Kill]]:
        every = list(found)
        for number, case in enumerate(every):
            is_due = (number + len(every)) % _CHECKED == 0 or case.id not in known
            yield _row(case) if is_due else known[case.id]

    return rows


def regenerated(version: str, folder: Path, rows: Rows = every_block_row) -> bytes:
    """Return the file of a version, computed anew, without compression; recordings of equal questions are kept."""
    every = cases(version)
    kept = dict(_recorded(version, folder))
    lines = []
    for case, row in zip(every, rows(every), strict=True):
        asked = case_to_json(case)
        outcome = outcome_to_json(observe_blocks(OracleBlockBackend(), case))
        recorded = kept.get(strict_json.compact(asked))
        lines.append(_line(case, asked, outcome, True if recorded == outcome else recorded, row))
    return "".join(f"{line}\n" for line in lines).encode()


def with_recordings(version: str, folder: Path, recorded: Mapping[str, BlockOutcome]) -> bytes:
    """Return the file of a version with what the jars gave, by case id; the rest stays as it is."""
    fixtures = {fixture.case.id: fixture for fixture in block_fixtures(version, folder)}
    lines = []
    for _, record in json_lines(_path(version, folder)):
        id_ = record["case"]["id"]
        given: Any = None
        if got := recorded.get(id_):
            given = True if not block_differences(fixtures[id_].expected, got) else outcome_to_json(got)
        lines.append(strict_json.compact({**record, "fixture": {**record["fixture"], "recorded": given}}))
    return "".join(f"{line}\n" for line in lines).encode()


def _line(case: BlockCase, asked: Any, outcome: Any, recorded: Any, kills: Mapping[str, Kill]) -> str:
    fixture = {
        "topic": case.topic,
        "clauses": list(case.clauses),
        "comment": case.comment,
        "recorded": recorded,
        "kills": {id_: _WORDS[kill.level] for id_, kill in kills.items()},
    }
    return strict_json.compact({"version": case.version, "case": asked, "dl4j": outcome, "fixture": fixture})


def _recorded(version: str, folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield what was asked of each stored fixture, as text, and what the jars gave."""
    if _path(version, folder).exists():
        for _, record in json_lines(_path(version, folder)):
            recorded = record["fixture"]["recorded"]
            yield strict_json.compact(record["case"]), record["dl4j"] if recorded is True else recorded


def stored(version: str, folder: Path) -> bytes:
    """Return the stored file of a version, decompressed; nothing if there is none."""
    path = _path(version, folder)
    return gzip.decompress(path.read_bytes()) if path.exists() else b""


def packed(content: bytes) -> bytes:
    """Return content as it is stored: the same content always gives the same bytes with one version of zlib."""
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0) as opened:
        opened.write(content)
    return file.getvalue()
