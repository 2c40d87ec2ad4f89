"""``dl4j-conformance fuzz``."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import Progress

from dl4j_backends import plain_text, signals, strict_json
from dl4j_backends.interface import Backend
from dl4j_backends.stdio.options import GRACE
from dl4j_conformance.cli.block_fuzz import run_block_fuzz, version_asked_for
from dl4j_conformance.cli.exit_code import ExitCode, NotWrittenError
from dl4j_conformance.cli.network_option import network_in, network_option
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
from dl4j_conformance.cli.shards import FOLDER, Workers, jobs_option, opened, resolved, scheduler_option
from dl4j_conformance.cli.terminal import say, say_paragraph
from dl4j_conformance.execution.ending import end
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.phrases import cases
from dl4j_conformance.reporting.run_sentences import CHANGED_MODE, share_identical
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import print_pretty, terminal
from dl4j_conformance.running.finds import Find, merged
from dl4j_conformance.running.fuzzed_form import form
from dl4j_conformance.running.fuzzing import Fuzzed, recorded
from dl4j_conformance.running.fuzzing_shards import Campaigned, Plan, fuzz_shard, fuzz_shards
from dl4j_conformance.sharding.checkpoint import Checkpoint
from dl4j_conformance.sharding.identity import facts
from dl4j_conformance.sharding.running import Runner, here
from dl4j_fixtures import Destination, destination
from dl4j_oracle.clauses import VERSIONS

#: The name of a saved case, which gets a hash, so that nothing is overwritten.
_DEFAULT = Path("dl4j-fuzz-failure.jsonl")


@click.command("fuzz", epilog=BACKEND_HELP)
@click.argument("backend", metavar="BACKEND")
@click.option("--examples", type=click.IntRange(min=1), default=1000, show_default=True, help="Cases to draw at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases.")
@click.option(
    "--time",
    "seconds",
    type=DURATION,
    help="At most so long, shrinking included: 60s, 2m, 1h, or seconds. Then an adapter gets"
    f" {GRACE:g} s to end, and what was found is diagnosed.",
)
@updater_option
@network_option("Draw cases on this network alone")
@level_option
@click.option(
    "--dl4j",
    "chosen",
    type=click.Choice(VERSIONS),
    help="The version of DL4J to judge BACKEND as.  [default: that of dl4j:version=V, else 0.8.0]",
)
@click.option(
    "--keep-going",
    is_flag=True,
    help="Go on after the first find, until --examples or --time are used up; shrink one find of each kind.",
)
@click.option(
    "--save",
    type=OUTPUT,
    help="Where the smallest failing case goes.  [default: dl4j-fuzz-failure-HASH.jsonl] With --keep-going each kind"
    " has a file of its own: NAME.jsonl stands for NAME-HASH.jsonl.",
)
@click.option(
    "--shard-size",
    type=click.IntRange(1, 1 << 20),
    default=1000,
    show_default=True,
    help="Cases that are drawn by one seed, and by one worker.",
)
@click.option(
    "--checkpoint", type=FOLDER, metavar="FOLDER", help="Keep finished shards there: the same command goes on."
)
@jobs_option
@scheduler_option
@timeout_option
@in_process_option
@grouped(workers=Workers, connection=Connection)
def command(
    backend: str,
    examples: int,
    seed: int,
    seconds: float | None,
    updater: str | None,
    model_file: Path | None,
    claimed: str,
    chosen: str | None,
    keep_going: bool,
    save: Destination | None,
    shard_size: int,
    checkpoint: Path | None,
    workers: Workers,
    connection: Connection,
) -> ExitCode:
    """Judge BACKEND on what Hypothesis draws. What fails is shrunk, explained and saved.

    Whole networks with a script, and live sessions (update, read and set the state, clone, change learning rates)
    in lock-step with the oracle, take turns. Ctrl-C ends it with what was found so far, and exit code 130.

    With --keep-going, failing cases are of one kind if the same misreadings explain them; if none does, if the same
    intermediate of the same updater is different first, in structure, beyond rounding, or by rounding.

    Examples are drawn in shards, by --jobs or the workers of --scheduler if you like: the output is the same. Then
    --time ends what is not finished.

    \b
    Examples:
      dl4j-conformance fuzz numpy --examples 5000 --seed 3
      dl4j-conformance fuzz python:my_port:Backend --updater ADAM --time 60s --level bounded
      dl4j-conformance fuzz python:my_port:Backend --keep-going --time 10m
      dl4j-conformance fuzz python:my_port:Backend --examples 1000000 --jobs 16 --checkpoint found
      dl4j-conformance fuzz python:my_port:Backend --network model.zip
      dl4j-conformance fuzz numpy --dl4j 1.0.0-M2.1 --keep-going
    """
    version = version_asked_for(backend, chosen)
    until = time.monotonic() + seconds if seconds else math.inf
    if version != VERSIONS[0]:
        _refuse_options_of_0_8_0(version, updater, model_file, checkpoint, workers)
        wire = replace(connection.wire_options, until=until)
        level = Level(claimed)
        return run_block_fuzz(backend, version, wire, examples, seed, level, keep_going, save, until, _DEFAULT)
    if updater and model_file:
        raise click.UsageError("--updater and --network contradict each other: the network has its updaters")
    network = network_in(model_file) if model_file else None
    plan = Plan(examples, seed, Level(claimed), updater, keep_going, shard_size, network)
    runner = workers.runner(backend, connection.wire_options, partial(fuzz_shard, plan), until)
    port = resolved(backend, replace(connection.wire_options, until=until))
    # What was found is shown and saved, also if a signal ends the search.
    with signals.held():
        with ExitStack() as stack:
            stack.callback(end, port)
            campaigned = _followed(plan, runner, port, checkpoint, until, backend)
        found = campaigned.found
        for line in campaigned.damaged:
            say(line, err=True)
        if found.broken:
            fault = found.broken.fault
            say_paragraph(f"not run: {backend}: {fault.explained() if fault else found.broken.reason}", err=True)
        kinds = merged(found.finds)
        for number, find in enumerate(kinds, start=1):
            if keep_going:
                say(f"kind {number} of {len(kinds)}, {cases(find.count)}: {find.name}")
            _explain(backend, find)
            _save(backend, find.result, save, is_one_of_several=keep_going)
        for line in _verdict(backend, found, kinds) if keep_going or not kinds else ():
            say(line)
        for number, reason in campaigned.course.failed.items():
            say(f"NOT JUDGED: shard {number} of {plan.shards}: {reason}")
        if found.stopped_by:
            say(f"stopped early ({found.stopped_by.name})")
        if campaigned.course.lost:
            say(campaigned.course.lost, err=True)
        if checkpoint and not campaigned.is_over:
            finished = f"{campaigned.finished} of {plan.shards} shards"
            say(f"kept: {checkpoint} has {finished}; the same command goes on")
        signals.last_step()
    return _exit_code(campaigned)


def _refuse_options_of_0_8_0(
    version: str, updater: str | None, model_file: Path | None, checkpoint: Path | None, workers: Workers
) -> None:
    """Raise click.UsageError for options that later versions do not have."""
    given = {
        "--updater": updater,
        "--network": model_file,
        "--checkpoint": checkpoint,
        "--jobs": workers.jobs > 1,
        "--scheduler": workers.scheduler,
    }
    for option, value in given.items():
        if value:
            raise click.UsageError(f"{option} is for DL4J 0.8.0 alone, and {version} is asked for")


def _followed(
    plan: Plan, runner: Runner[Fuzzed] | None, port: Backend, checkpoint: Path | None, until: float, backend: str
) -> Campaigned:
    """Run the campaign, on workers or here; a terminal shows how far it is."""
    console = terminal(err=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(plain_text.line(backend)), total=plan.examples)
        finished = 0

        def progress(size: int) -> None:
            nonlocal finished
            finished += size
            bar.update(task, completed=finished)

        def judge(port: Backend, number: int) -> Fuzzed:
            return fuzz_shard(
                plan,
                port,
                number,
                until,
                lambda judged: bar.update(task, completed=min(finished + judged, plan.examples)),
            )

        kept = None
        if checkpoint:
            about = facts(backend, port)
            kept = Checkpoint(checkpoint, plan.identity(about), form(port, plan.claimed))
            opened(kept, {"backend": about, "settings": plan.settings()})
        try:
            return fuzz_shards(plan, runner or here(port, judge), kept, until, progress)
        except OSError as error:
            raise NotWrittenError(f"{error.filename or checkpoint}: {error.strerror}") from error


def _exit_code(campaigned: Campaigned) -> ExitCode:
    found, course = campaigned.found, campaigned.course
    if found.stopped_by:
        return ExitCode.of(found.stopped_by)
    if found.finds:
        return ExitCode.DOES_NOT_CONFORM
    if found.broken or course.failed or course.lost:
        return ExitCode.COULD_NOT_RUN
    return ExitCode.CONFORMS if found.updated else ExitCode.BELOW_FLOOR


def _verdict(backend: str, found: Fuzzed, kinds: Sequence[Find]) -> Iterator[str]:
    if kinds:
        not_run = f", {found.not_run} not run" if found.not_run else ""
        kinds_in_words = f"{len(kinds)} kinds" if len(kinds) > 1 else "1 kind"
        failed = sum(find.count for find in kinds)
        yield f"{backend}: {failed} of {cases(found.judged)} failed, in {kinds_in_words}{not_run}"
        yield from (f"  {find.count:>6}  {find.name}" for find in kinds)
        return
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


def _explain(backend: str, find: Find) -> None:
    failure = find.result
    summary = Summary(backend, find.declaration.accuracy)
    summary.add(failure)
    summary.diagnosis = find.diagnosis
    print_pretty(summary, terminal())
    network = failure.case.network
    say(f"conf    {dict(network.conf)}")
    for index, layer in enumerate(network.layers):
        say(f"layer {index} {dict(layer)}")
    for index, operation in enumerate(failure.case.script):
        say(f"step {index}  {operation.words}")


def _save(backend: str, failure: Result, chosen: Destination | None, *, is_one_of_several: bool) -> None:
    """Save the failing case and say so. A name that is not chosen, or stands for several files, gets a hash."""
    record = recorded(failure.case)
    hashed = record["case"]["id"].removeprefix("fuzz-")
    path = chosen.path if chosen else _DEFAULT
    if is_one_of_several or not chosen:
        path = path.with_stem(f"{path.stem}-{hashed}")
    try:
        place = chosen if chosen and path == chosen.path else destination(path)
        place.write((strict_json.compact(record) + "\n").encode())
    except OSError as error:
        say(f"--save {path}: {error.strerror}: the case is not saved", err=True)
    else:
        say(f"reproduce: {shlex.join(['dl4j-conformance', 'replay', str(path), backend])}")
