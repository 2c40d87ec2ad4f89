"""``dl4j-conformance fixtures``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import dl4j_fixtures
from dl4j_conformance import runner
from dl4j_conformance.command_line import DOES_NOT_CONFORM, UNREADABLE
from dl4j_conformance.oracle_backend import check_network
from dl4j_oracle.errors import ConfigurationError

_CHECKOUT = Path("fixtures", "dl4j_fixtures", "data")

_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The fixtures' folder. Default: that of the checkout in the current folder, else the installed one.",
)


@click.group("fixtures")
def command() -> None:
    """Verify or regenerate the golden fixtures."""


@command.command()
@_folder
def verify(folder: Path | None) -> None:
    """Check every fixture: schema, hashes, bits against decimals, counts. Exits 5 and names what was changed."""
    where = folder or _default_folder()
    problems = dl4j_fixtures.verify(where) or _meaningless(where)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        click.echo(f"{len(problems)} problems in {where}", err=True)
        sys.exit(UNREADABLE)
    count = sum(len(entry["cases"]) for entry in dl4j_fixtures.manifest(where)["files"].values())
    click.echo(f"{where}: {count} fixtures are intact")


@command.command()
@_folder
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a byte would change.")
def regenerate(folder: Path | None, check: bool) -> None:
    """Compute every fixture anew from its case and the oracle. The same cases give the same bytes."""
    from dl4j_conformance.golden import all_files

    where = folder or _default_folder()
    files = all_files(progress=lambda topic: click.echo(f"computing {topic}", err=True))
    changed = [name for name, content in files.items() if _bytes(where / name) != content]
    stale = [path.name for path in where.glob("*.json") if path.name not in files]
    for name in (*changed, *stale):
        click.echo(f"{where / name}: {'differs' if check else 'written' if name in files else 'removed'}")
    if check and (changed or stale):
        sys.exit(DOES_NOT_CONFORM)
    if not check:
        dl4j_fixtures.write(files, where)
    if not (changed or stale):
        click.echo(f"{where}: {len(files)} files, no byte changed")


def _default_folder() -> Path:
    return _CHECKOUT if _CHECKOUT.is_dir() else dl4j_fixtures.DATA


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _meaningless(folder: Path) -> list[str]:
    """Fixtures that follow the schema and are no cases all the same: bits that contradict their decimals."""
    problems = []
    for data in dl4j_fixtures.load(folder=folder):
        try:
            check_network(runner.read_fixture(data).case.network)
        except dl4j_fixtures.FixtureError as error:
            problems.append(str(error))
        except ConfigurationError as error:
            problems.append(f"case {data['id']}: {error}")
    return problems
