"""``dl4j-conformance list``."""

from __future__ import annotations

import click

import dl4j_fixtures
from dl4j_conformance import runner
from dl4j_conformance.case import Case
from dl4j_conformance.command_line import UnreadableError
from dl4j_conformance.commands.options import updater_option
from dl4j_conformance.oracle_backend import ADDRESSES
from dl4j_conformance.runner import Selection
from dl4j_conformance.widths import widths
from dl4j_oracle.clauses import clauses, rules_by_clause
from dl4j_oracle.misreadings import catalogue


@click.group("list")
def command() -> None:
    """List cases, clauses, misreadings, backends or the widths of enclosures."""


@command.command("cases")
@click.option("--case", "glob", metavar="GLOB", help="Only ids that match.")
@click.option("--clause", metavar="ID", help="Only cases of this clause.")
@updater_option
def list_cases(glob: str | None, clause: str | None, updater: str | None) -> None:
    """Ids of the golden cases, the clauses they test, and what they are for."""
    found = [c for c in _cases(Selection(glob, updater)) if clause is None or clause in c.clauses]
    for case in found:
        click.echo(f"{case.id}\t{','.join(case.clauses)}\t{case.comment}")
    click.echo(f"{len(found)} cases", err=True)


@command.command("clauses")
def list_clauses() -> None:
    """Clauses of the specification: id, number of cases, title, and the rules that implement them."""
    rules = rules_by_clause()
    counts: dict[str, int] = {}
    for case in _cases(Selection()):
        for id_ in case.clauses:
            counts[id_] = counts.get(id_, 0) + 1
    for clause in clauses():
        implemented = ", ".join(rules.get(clause.id, ()))
        click.echo(f"{clause.id}\t{counts.get(clause.id, 0)} cases\t{clause.title}\t{implemented}")


@command.command("misreadings")
def list_misreadings() -> None:
    """What ports are known to get wrong: id, clauses, sentence, references. `run` names what it recognises."""
    for misreading in catalogue():
        columns = (misreading.id, ",".join(misreading.clauses), misreading.sentence, "; ".join(misreading.references))
        click.echo("\t".join(columns))


@command.command("backends")
def list_backends() -> None:
    """Addresses of backends."""
    for address, meaning in ADDRESSES.items():
        click.echo(f"{address}\t{meaning}")


@command.command("widths")
@click.option("--case", "glob", metavar="GLOB", help="Only ids that match.")
@updater_option
def list_widths(glob: str | None, updater: str | None) -> None:
    """How tight level bounded is: widths of the updates' enclosures over the golden cases, in ulps of the type."""
    click.echo("updater   type     values  median ulps  largest finite")
    for row in widths(_cases(Selection(glob, updater))):
        click.echo(f"{row.updater:9} {row.dtype:8} {row.values:6}  {row.median:11.3g}  {row.largest:14.3g}")


def _cases(selection: Selection) -> list[Case]:
    try:
        return [fixture.case for fixture in runner.fixtures(selection)]
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
