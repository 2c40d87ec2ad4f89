"""Promotion: a counterexample that fuzzing found becomes a golden fixture of the topic ``promoted``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dl4j_fixtures
from dl4j_backends import interface, signals
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.updaters import CLAUSES
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.kill_matrix import Row
from dl4j_conformance.judging.reach import reach, to_json
from dl4j_conformance.vectors import golden

PROVENANCE = "promoted from fuzzing"


#: An id without its type: it stands in file names, reports and command lines.
_SLUG, _LONGEST_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII), 100


class RefusedError(Exception):
    """The case cannot be promoted; the message says why and what to do."""


class ContradictionError(RefusedError):
    """The file expects something else of the case than the oracle does."""


@dataclass(frozen=True)
class Promoted:
    """A case that became a fixture, and the misreadings that it kills."""

    case: Case
    row: Row


def promote(
    recorded: Sequence[tuple[Case, Outcome]],
    folder: Path,
    *,
    slug: str | None = None,
    clauses: Sequence[str] = (),
    comment: str = "Found by fuzzing.",
) -> list[Promoted]:
    """Add the recorded cases to the fixtures in ``folder``: all of them, or none.

    ``slug`` is the id without the type; ``clauses`` are by default those of the updaters. Raises :class:`RefusedError`
    for a case that is there already, whose id is none or whose expectation is not the oracle's,
    :class:`dl4j_fixtures.FixtureError` for fixtures that cannot be read, OSError if they cannot be written.
    """
    topics = _stored(folder)
    rows, reaches = dict(dl4j_fixtures.kills(folder)), dict(dl4j_fixtures.reach(folder))
    seen = {dl4j_fixtures.asked(fixture): fixture["id"] for fixtures in topics.values() for fixture in fixtures}
    found = []
    for case, expected in recorded:
        named = _named(case, slug, clauses, comment)
        _agree(case, expected)
        question = dl4j_fixtures.asked(case_module.to_json(named))
        if named.id in seen.values():
            raise RefusedError(f"there is a case {named.id} already; ids are never reused: choose another with --id")
        if question in seen:
            raise RefusedError(f"{case.id}: the same network and script are the case {seen[question]} already")
        row = kills.row(named)
        marked = replace(named, flags=() if row else ("basic",))
        seen[question] = named.id
        topics.setdefault(golden.PROMOTED, []).append(golden.fixture(marked))
        rows[named.id] = kills.to_json(row)
        reaches[named.id] = to_json(reach(named))
        found.append(Promoted(marked, row))
    files = golden.rendered(topics, rows, reaches, golden.recordings(folder))
    signals.last_step()
    dl4j_fixtures.write(files, folder)
    return found


def _stored(folder: Path) -> dict[str, list[Mapping[str, Any]]]:
    topics: dict[str, list[Mapping[str, Any]]] = {}
    for entry in dl4j_fixtures.manifest(folder)["files"].values():
        topics.setdefault(entry["topic"], []).extend(dl4j_fixtures.load(entry["topic"], entry["dtype"], folder))
    return topics


def _agree(case: Case, expected: Outcome) -> None:
    differing = differences(case, observe(OracleBackend(), case), expected, interface.ALL_CAPABILITIES)
    if differing:
        first = differing[0]
        place = f"step {first.step}, {first.key}" + ("" if first.index is None else f"[{first.index}]")
        raise ContradictionError(
            f"{case.id}: the file does not expect what the oracle does: {place}: the oracle has {first.expected}, "
            f"the file {first.got}"
        )


def _named(case: Case, slug: str | None, clauses: Sequence[str], comment: str) -> Case:
    suffix = f"-{case.dtype}"
    stem = (case.id if slug is None else slug).removesuffix(suffix)
    if not _SLUG.fullmatch(stem) or len(stem) > _LONGEST_ID:
        raise RefusedError(
            f"the id {stem[:_LONGEST_ID]!r}: must be lower-case words and digits joined by hyphens, at most"
            f" {_LONGEST_ID} characters: choose another with --id"
        )
    of_updaters = dict.fromkeys(clause for updater in case.updaters for clause in CLAUSES.get(updater, ()))
    return replace(
        case,
        id=stem + suffix,
        clauses=tuple(clauses) or tuple(of_updaters) or ("MLU-1",),
        comment=comment,
        provenance=PROVENANCE,
    )
