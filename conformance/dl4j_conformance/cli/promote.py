"""``dl4j-conformance promote``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

import dl4j_fixtures
from dl4j_conformance.cli.exit_code import ExitCode, NotWrittenError, UnreadableError
from dl4j_conformance.cli.options import FIXTURES, folder_option
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.judging.kill_matrix import best
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_conformance.vectors.promotion import ContradictionError, Promoted, RefusedError, promote
from dl4j_conformance.vectors.recording import read_recording
from dl4j_oracle.clauses import clauses as known_clauses


@click.command("promote")
@click.argument("file", type=PathType(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "slug", metavar="SLUG", help="The id, without the type. Default: the one in FILE.")
@click.option("--clause", "clauses", multiple=True, metavar="ID", help="A clause it tests. Default: its updaters'.")
@click.option("--comment", default="Found by fuzzing.", show_default=True, help="What the case is for.")
@folder_option
def command(file: Path, slug: str | None, clauses: Sequence[str], comment: str, folder: Path | None) -> ExitCode:
    """Make a golden fixture of FILE, the counterexample that `fuzz` saved.

    What is expected is computed by the oracle and has to be what FILE expects. The fixture gets the topic `promoted`,
    and a row in the kill matrix; without one it is flagged basic.

    \b
    Example:
      dl4j-conformance promote dl4j-fuzz-failure.jsonl --id adam-two-steps-at-zero --clause ADAM-5
    """
    _check(clauses)
    where = folder or FIXTURES.of_checkout()
    try:
        recorded = list(read_recording(file))
        if not recorded:
            raise UnreadableError(f"{file}: has no cases")
        if slug and len(recorded) > 1:
            raise click.UsageError(f"--id names one case, but {file} has {len(recorded)}")
        promoted = promote(recorded, where, slug=slug, clauses=clauses, comment=comment)
    except (UnreadableFileError, dl4j_fixtures.FixtureError) as error:
        raise UnreadableError(str(error)) from error
    except ContradictionError as error:
        say(str(error), err=True)
        return ExitCode.DOES_NOT_CONFORM
    except RefusedError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise NotWrittenError(f"{where}: cannot be written: {error.strerror or error}") from error
    for entry in promoted:
        say(f"{where}: {_describe(entry)}")
    return ExitCode.CONFORMS


def _check(clauses: Sequence[str]) -> None:
    unknown = set(clauses) - {clause.id for clause in known_clauses()}
    if unknown:
        raise click.UsageError(f"--clause {', '.join(sorted(unknown))}: `dl4j-conformance list clauses` shows them all")


def _describe(entry: Promoted) -> str:
    if not entry.row:
        return f"{entry.case.id} tells no known misreading from DL4J, and is flagged basic"
    plainest = min(entry.row, key=lambda id_: best(entry.row[id_]).rank)
    return f"{entry.case.id} excludes {len(entry.row)} misreadings, {plainest} most plainly"
