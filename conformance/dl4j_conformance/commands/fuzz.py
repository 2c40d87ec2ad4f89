"""``dl4j-conformance fuzz``."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance import report, runner
from dl4j_conformance.command_line import BELOW_FLOOR, COULD_NOT_RUN, DOES_NOT_CONFORM
from dl4j_conformance.commands.options import level_option, updater_option
from dl4j_conformance.fuzzing import Fuzzed, fuzz, recorded
from dl4j_conformance.judge import Level
from dl4j_conformance.oracle_backend import resolve
from dl4j_conformance.runner import Result, Summary


@click.command("fuzz")
@click.argument("backend", metavar="BACKEND")
@click.option("--examples", type=click.IntRange(min=1), default=1000, show_default=True, help="Cases to draw at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases.")
@click.option(
    "--time", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="At most so long."
)
@updater_option
@level_option
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("dl4j-fuzz-failure.jsonl"),
    show_default=True,
    help="Where the smallest failing case goes.",
)
def command(
    backend: str, examples: int, seed: int, seconds: float | None, updater: str | None, claimed: str, save: Path
) -> None:
    """Judge BACKEND on networks that Hypothesis draws. A failing one is shrunk, explained and saved.

    \b
    Examples:
      dl4j-conformance fuzz numpy --examples 5000 --seed 3
      dl4j-conformance fuzz python:my_port:Backend --updater ADAM --time 60 --level bounded
    """
    try:
        opened = resolve(backend)
        console = Console(stderr=True)
        with (
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
            ExitStack() as stack,
        ):
            task = bar.add_task(backend, total=examples)
            stack.callback(runner.end, opened)
            found = fuzz(
                opened,
                examples,
                seed,
                claimed=Level(claimed),
                updater=updater,
                seconds=seconds,
                progress=lambda judged: bar.update(task, completed=min(judged, examples)),
            )
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        click.echo(f"not run: {backend}: {error}", err=True)
        sys.exit(COULD_NOT_RUN)
    except AdapterFault as fault:
        click.echo(f"not run: {backend}: {fault.explained()}", err=True)
        sys.exit(COULD_NOT_RUN)
    if found.failure:
        _save(found.failure, save)
        _explain(backend, found.failure, save)
        sys.exit(DOES_NOT_CONFORM)
    click.echo(_verdict(backend, found))
    sys.exit(0 if found.judged else BELOW_FLOOR)


def _verdict(backend: str, found: Fuzzed) -> str:
    if not found.judged:
        return f"{backend}: nothing ran ({found.not_run} cases not run)"
    return f"{backend}: no difference in {found.judged} cases" + (f", {found.not_run} not run" if found.not_run else "")


def _explain(backend: str, failure: Result, save: Path) -> None:
    summary = Summary(backend)
    summary.add(failure)
    summary.diagnose()
    report.print_pretty(summary, Console())
    network = failure.case.network
    click.echo(f"conf    {dict(network.conf)}")
    for index, layer in enumerate(network.layers):
        click.echo(f"layer {index} {dict(layer)}")
    click.echo(f"reproduce: dl4j-conformance replay {save} {backend}")


def _save(failure: Result, path: Path) -> None:
    """Written beside its place and renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(recorded(failure)) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise click.UsageError(f"--save {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
