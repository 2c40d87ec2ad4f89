"""The command ``python tests/mutants/held_out``: how well wrong ports are named that nobody tuned the diagnosis on.

How the set was written, and that it is kept apart, is said in ``entries``.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import click
from rich.console import Console

from dl4j_conformance.judging.level import Level

# Python puts this folder there; tests are imported from the one above its parent.
sys.path[0] = str(Path(__file__).resolve().parents[2])


@click.command()
@click.option("--only", default="*", metavar="GLOB", help="Only entries whose name matches, such as 'adam_*'.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many processes measure.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write everything there as JSON.")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.BIT_EXACT.value,
    show_default=True,
    help="The level that the entries claim.",
)
def main(only: str, jobs: int, file: Path | None, level: str) -> None:
    """Run every entry of the held-out set through the suite, and print what its diagnosis says and how right that is.

    A run takes seconds to minutes for each entry. Exits 1 if an entry is not caught or has a false name.
    """
    from mutants.held_out import truth
    from mutants.held_out.entries import ENTRIES
    from mutants.held_out.figures import Judged, figures, table
    from mutants.held_out.measurement import measure, prepare

    names = [name for name in ENTRIES if fnmatchcase(name, only)]
    if not names:
        raise click.UsageError(f"no entry matches {only!r}")
    stated = truth.read()
    judged = []
    with multiprocessing.get_context("fork").Pool(min(jobs, len(names)), prepare, (Level(level),)) as pool:
        for measured in pool.imap(measure, names):
            given = measured.names
            judged.append(Judged(measured, truth.judge(given.named, given.is_complete, stated.get(measured.entry))))
            click.echo(judged[-1].words)
    found = figures(judged)
    Console().print(table(found))
    if file:
        document = {"entries": [one.document for one in judged], "figures": found}
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(one.judgement.false_names or not one.measured.failed for one in judged))


main()
