"""``dl4j-conformance fuzz``."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from dl4j_backends import plain_text, signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import CORRECTLY_ROUNDED, BackendUnavailableError
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    DURATION,
    OUTPUT,
    Connection,
    grouped,
    in_process_option,
    level_option,
    timeout_option,
    updater_option,
)
from dl4j_conformance.cli.terminal import say, say_paragraph
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import CHANGED_MODE, print_pretty, share_identical
from dl4j_conformance.running.fuzzing import Fuzzed, fuzz, recorded
from dl4j_fixtures import Destination, destination

#: How much longer than --time a reply may take, and an adapter to end, in seconds.
_GRACE = 1.0


@click.command("fuzz", epilog=BACKEND_HELP)
@click.argument("backend", metavar="BACKEND")
@click.option("--examples", type=click.IntRange(min=1), default=1000, show_default=True, help="Cases to draw at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases.")
@click.option(
    "--time",
    "seconds",
    type=DURATION,
    help=f"At most so long, shrinking included: 60s, 2m, 1h, or seconds. An adapter gets {_GRACE:g} s more to end.",
)
@updater_option
@level_option
@click.option(
    "--save",
    type=OUTPUT,
    help="Where the smallest failing case goes.  [default: dl4j-fuzz-failure-HASH.jsonl]",
)
@timeout_option
@in_process_option
@grouped(connection=Connection)
def command(
    backend: str,
    examples: int,
    seed: int,
    seconds: float | None,
    updater: str | None,
    claimed: str,
    save: Destination | None,
    connection: Connection,
) -> ExitCode:
    """Judge BACKEND on what Hypothesis draws. What fails is shrunk, explained and saved.

    Whole networks with a script, and live sessions (update, read and set the state, clone, change learning rates)
    in lock-step with the oracle, take turns. Ctrl-C ends it with what was found so far, and exit code 130.

    \b
    Examples:
      dl4j-conformance fuzz numpy --examples 5000 --seed 3
      dl4j-conformance fuzz python:my_port:Backend --updater ADAM --time 60s --level bounded
    """
    until = time.monotonic() + seconds if seconds else math.inf
    try:
        opened = resolve(backend, replace(connection.wire_options, until=until + _GRACE))
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(f"not run: {backend}: {error}") from error
    console = Console(stderr=True)
    # What was found is shown and saved, also if a signal ends the search.
    with signals.held():
        with (
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
            ExitStack() as stack,
        ):
            task = bar.add_task(escape(plain_text.line(backend)), total=examples)
            stack.callback(end, opened)
            found = fuzz(
                opened,
                examples,
                seed,
                claimed=Level(claimed),
                updater=updater,
                until=until,
                progress=lambda judged: bar.update(task, completed=min(judged, examples)),
            )
        if found.broken:
            fault = found.broken.fault
            say_paragraph(f"not run: {backend}: {fault.explained() if fault else found.broken.reason}", err=True)
        if found.failure:
            _explain(backend, found.failure, Level(claimed))
            _save(backend, found.failure, save)
        else:
            for line in _verdict(backend, found):
                say(line)
        if found.stopped_by:
            say(f"stopped early ({found.stopped_by.name})")
        signals.last_step()
    return _exit_code(found)


def _exit_code(found: Fuzzed) -> ExitCode:
    if found.stopped_by:
        return ExitCode.of(found.stopped_by)
    if found.failure:
        return ExitCode.DOES_NOT_CONFORM
    if found.broken:
        return ExitCode.COULD_NOT_RUN
    return ExitCode.CONFORMS if found.updated else ExitCode.BELOW_FLOOR


def _verdict(backend: str, found: Fuzzed) -> Iterator[str]:
    if not found.judged:
        yield f"{backend}: nothing ran ({found.not_run} cases not run)"
        return
    if not found.updated:
        yield f"{backend}: no update was judged ({found.judged} cases without one, {found.not_run} cases not run)"
        return
    not_run = f", {found.not_run} not run" if found.not_run else ""
    yield f"{backend}: no difference in {found.judged} cases{not_run}"
    if found.values:
        yield share_identical(found.identical, found.values)
    if found.changed_mode:
        yield CHANGED_MODE


def _explain(backend: str, failure: Result, claimed: Level) -> None:
    summary = Summary(backend, failure.differing.declaration.accuracy if failure.differing else CORRECTLY_ROUNDED)
    summary.add(failure)
    summary.diagnose(claimed)
    print_pretty(summary, Console())
    network = failure.case.network
    say(f"conf    {dict(network.conf)}")
    for index, layer in enumerate(network.layers):
        say(f"layer {index} {dict(layer)}")
    for index, operation in enumerate(failure.case.script):
        say(f"step {index}  {operation.words}")


def _save(backend: str, failure: Result, chosen: Destination | None) -> None:
    """Save the failing case and say so. Unless chosen, the name has a hash, so that nothing is overwritten."""
    record = recorded(failure)
    path = chosen.path if chosen else Path(f"dl4j-{record['case']['id'].replace('fuzz-', 'fuzz-failure-')}.jsonl")
    try:
        (chosen or destination(path)).write((strict_json.compact(record) + "\n").encode())
    except OSError as error:
        say(f"--save {path}: {error.strerror}: the case is not saved", err=True)
    else:
        say(f"reproduce: {shlex.join(['dl4j-conformance', 'replay', str(path), backend])}")
