"""The command ``python tests/robustness CAMPAIGN``: attacks on the command line program, again and again."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

# One thread: a fork of a process with several may lock up.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Python puts this folder there; tests are imported from the one above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

_NAMES = ("files", "deviations", "backends", "commands", "signals")


@click.command()
@click.argument("name", type=click.Choice(_NAMES), metavar="CAMPAIGN")
@click.option("--seed", default=0, show_default=True, help="The same seed makes the same attempts.")
@click.option("--count", type=click.IntRange(min=1), help="How many attempts.  [default: the whole campaign]")
@click.option("--only", type=click.IntRange(min=0), multiple=True, metavar="NUMBER", help="Make this attempt alone.")
@click.option("--kind", metavar="TEXT", default="", help="Only attempts with this in their description.")
def main(name: str, seed: int, count: int | None, only: tuple[int, ...], kind: str) -> None:
    """Make the attempts of CAMPAIGN: files, deviations, backends, commands or signals.

    Everything wrong is printed with the command that shows it again. Exits 1 if anything is wrong.
    """
    from robustness.campaign import attempts, print_table, print_wrong
    from robustness.campaigns import CAMPAIGNS
    from robustness.material import read_files

    campaign = CAMPAIGNS[name]
    console = Console()
    tried = []
    with tempfile.TemporaryDirectory(prefix="robustness-") as material:
        read_files(Path(material))
        for one in attempts(campaign, seed, only or range(count or campaign.whole), Path(material), kind):
            tried.append(one)
            if one.wrong:
                print_wrong(console, campaign, seed, one)
            if only:
                click.echo(
                    f"{one.attempt.kind}: {one.attempt.detail}: {one.attempt.arguments}\nexit code {one.ended.code}"
                )
                click.echo(one.ended.stdout + one.ended.stderr)
    print_table(console, tried)
    sys.exit(any(one.wrong for one in tried))


main()
