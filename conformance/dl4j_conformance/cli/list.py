"""``dl4j-conformance list``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

import dl4j_fixtures
from dl4j_backends import strict_json
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.options import dl4j_option, updater_option
from dl4j_conformance.cli.terminal import say, say_columns, write_document
from dl4j_conformance.execution.oracle_backend import SCHEMES
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.enclosure_widths import width_statistics
from dl4j_conformance.judging.kill_matrix import KillMatrix, Observable, best, margins, written
from dl4j_conformance.reporting.versions_page import changes
from dl4j_conformance.vectors.fixtures import Selection, fixtures, kill_matrix
from dl4j_oracle.blocks.misreadings import block_catalogue
from dl4j_oracle.clauses import VERSIONS, clauses
from dl4j_oracle.configuration import Updater
from dl4j_oracle.misreadings import AnyMisreading, catalogue
from dl4j_oracle.traceability import rules_by_clause


@click.group("list")
def command() -> None:
    """List cases, clauses, misreadings, backends or the widths of enclosures."""


@command.command("cases")
@click.option("--case", "glob", metavar="GLOB", help="Only ids that match.")
@click.option("--clause", metavar="ID", help="Only cases of this clause.")
@updater_option
@dl4j_option
def list_cases(glob: str | None, clause: str | None, updater: str | None, version: str) -> None:
    """Ids of the golden cases, the clauses they test, and what they are for."""
    if version != VERSIONS[0]:
        _list_later_cases(version, Selection(glob), clause)
        return
    found = [c for c in _cases(Selection(glob, updater)) if clause is None or clause in c.clauses]
    for case in found:
        say_columns(case.id, ",".join(case.clauses), case.comment)
    say(f"{len(found)} cases", err=True)


def _list_later_cases(version: str, selection: Selection, clause: str | None) -> None:
    found = [f.case for f in _later(version) if selection.has_id(f.case.id) and clause in (None, *f.case.clauses)]
    for case in found:
        say_columns(case.id, ",".join(case.clauses), case.comment)
    say(f"{len(found)} cases", err=True)


@command.command("clauses")
@dl4j_option
def list_clauses(version: str) -> None:
    """Clauses of the specification: id, number of cases, title, and the rules that implement them.

    With --dl4j those that hold in that version, and its cases.
    """
    rules = rules_by_clause()
    counts: dict[str, int] = {}
    is_later = version != VERSIONS[0]
    for case in [fixture.case for fixture in _later(version)] if is_later else _cases(Selection()):
        for id_ in case.clauses:
            counts[id_] = counts.get(id_, 0) + 1
    for clause in clauses(version):
        implemented = ", ".join(rules.get(clause.id, ()))
        say_columns(clause.id, f"{counts.get(clause.id, 0)} cases", clause.title, implemented)


@command.command("changes")
@click.option("--dl4j", "version", type=click.Choice(VERSIONS[1:]), default=VERSIONS[-1], show_default=True)
@click.option(
    "--updater",
    "updaters",
    multiple=True,
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="Of the updaters' rules only this one's. Again for more than one.",
)
def list_changes(version: str, updaters: tuple[str, ...]) -> None:
    """Show what a later version of DL4J does otherwise than 0.8.0, aspect by aspect.

    `dl4j-conformance docs versions` has all versions side by side, in numbers too.

    \b
    Example:
      dl4j-conformance list changes --dl4j 0.9.1 --updater NESTEROVS
    """
    for name, before, after in changes(version, [Updater(name) for name in updaters] or None):
        say(name)
        for which, rule in ((VERSIONS[0], before), (version, after)):
            say(f"  {which}: {rule}")


@command.command("misreadings")
@click.option("--verbose", is_flag=True, help="With the cases that exclude each, and where and by what margin.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@dl4j_option
def list_misreadings(verbose: bool, style: str, version: str) -> None:
    """Show the known misreadings, and how the fixtures exclude each; `run` names those that it recognises.

    Columns: id, clauses, the plainest level at which it is excluded, excluding cases in float32 and float64, the best
    margin in widths of DL4J's enclosure, the misreading in a sentence, references. Of later versions (--dl4j) no
    margins are kept.
    """
    entries = _entries(with_cases=verbose) if version == VERSIONS[0] else _later_entries(version, with_cases=verbose)
    if style == "json":
        write_document(strict_json.indented(entries))
        return
    for entry in entries:
        counts = "/".join(str(entry["excluding_cases"][dtype]) for dtype in DTYPES)
        margin = _words(entry["margin"])
        columns = (entry["id"], ",".join(entry["clauses"]), entry["level"], counts, margin, entry["sentence"])
        say_columns(*columns, "; ".join(entry["references"]))
        for case, kills in entry.get("cases", {}).items():
            say(f"  {case}: " + ", ".join(f"{where} {_words(margin)}" for where, margin in kills.items()))


def _entries(*, with_cases: bool) -> list[dict[str, Any]]:
    try:
        matrix = kill_matrix()
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    return [_killed(misreading, matrix, with_cases=with_cases) for misreading in catalogue()]


def _later_entries(version: str, *, with_cases: bool) -> list[dict[str, Any]]:
    rows = {f.case.id: {id_: {_ANYWHERE: kill} for id_, kill in f.kills.items()} for f in _later(version)}
    return [_killed_later(one, KillMatrix(rows), with_cases=with_cases) for one in block_catalogue(version)]


def _killed_later(misreading: AnyMisreading, matrix: KillMatrix, *, with_cases: bool) -> dict[str, Any]:
    """Return a misreading of a later version and how the fixtures kill it, of which margins are not known."""
    entry = _killed(misreading, matrix, with_cases=False)
    cases = {id_: {"kill": str(best(kills).level)} for id_, kills in matrix.killing(misreading.id).items()}
    return {**entry, "margin": None, **({"cases": cases} if with_cases else {})}


def _killed(misreading: AnyMisreading, matrix: KillMatrix, *, with_cases: bool) -> dict[str, Any]:
    """Return a misreading and how the fixtures kill it, as JSON data."""
    rows = matrix.killing(misreading.id)
    plainest = min((best(kills) for kills in rows.values()), key=lambda kill: kill.rank, default=None)
    entry = {
        "id": misreading.id,
        "clauses": list(misreading.clauses),
        "sentence": misreading.sentence,
        "references": list(misreading.references),
        "level": str(plainest.level) if plainest else None,
        "excluding_cases": {dtype: sum(case.endswith(f"-{dtype}") for case in rows) for dtype in DTYPES},
        "margin": written(plainest) if plainest else None,
    }
    return {**entry, "cases": margins(rows)} if with_cases else entry


def _words(margin: Any) -> str:
    """Return a margin in words; 0 means that nothing but the bits differ."""
    if margin is None:
        return "-"
    return "by bits" if margin == 0 else f"{margin:g}" if isinstance(margin, int | float) else str(margin)


@command.command("backends")
def list_backends() -> None:
    """Addresses of backends."""
    for scheme in SCHEMES:
        say_columns(scheme.address, scheme.meaning)


@command.command("widths")
@click.option("--case", "glob", metavar="GLOB", help="Only ids that match.")
@updater_option
def list_widths(glob: str | None, updater: str | None) -> None:
    """Show how tight level bounded is: widths of the updates' enclosures over the golden cases, in ulps of the type."""
    say("updater   type     values  median ulps  largest finite")
    for row in width_statistics(_cases(Selection(glob, updater))):
        say(f"{row.updater:9} {row.dtype:8} {row.values:6}  {row.median:11.3g}  {row.largest:14.3g}")


#: The outputs in which the kills of later versions are kept, whichever they show in.
_ANYWHERE = Observable.UPDATES


def _later(version: str) -> Sequence[BlockFixture]:
    """Return the fixtures of a later version. Raises :class:`UnreadableError`."""
    # Imported where it is asked for: the other lists begin earlier without it.
    from dl4j_conformance.vectors.block_fixtures import block_fixtures

    try:
        return block_fixtures(version)
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error


def _cases(selection: Selection) -> list[Case]:
    try:
        return [fixture.case for fixture in fixtures(selection)]
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
