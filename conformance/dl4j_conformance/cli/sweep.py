"""``dl4j-conformance sweep``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dl4j_backends import plain_text, signals, strict_json
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode, NotWrittenError
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    OUTPUT,
    Connection,
    grouped,
    in_process_option,
    plot_option,
    timeout_option,
)
from dl4j_conformance.cli.plotting import plotter
from dl4j_conformance.cli.shards import FOLDER, Workers, jobs_option, opened, resolved, scheduler_option
from dl4j_conformance.cli.sweep_options import SCALARS, Settings
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution.ending import end
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.text import terminal
from dl4j_conformance.sharding.checkpoint import Checkpoint
from dl4j_conformance.sharding.identity import facts
from dl4j_conformance.sharding.running import Runner, here
from dl4j_conformance.sweep.plan import Plan
from dl4j_conformance.sweep.report import document, fails, sentences
from dl4j_conformance.sweep.running import FORM, Swept, judged, sweep
from dl4j_conformance.sweep.tally import Tally
from dl4j_fixtures import Destination


@click.command("sweep", epilog=BACKEND_HELP)
@click.argument("backend", metavar="BACKEND")
@click.option("--updater", type=click.Choice(UPDATERS, case_sensitive=False), required=True)
@click.option("--type", "dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
@click.option(
    "--config",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the layer or the network, such as learning_rate=0.01, l2=1e-4 or lr_policy=Inverse.",
)
@click.option("--state", multiple=True, metavar="NAME=V,V,...", help="Values of a state array, each: m=0,0.001.")
@click.option("--weights", metavar="W,W,...", default="0", show_default=True, help="Values of the weights, for L1, L2.")
@click.option("--iteration", type=click.IntRange(-(1 << 31), (1 << 31) - 2), default=0, show_default=True)
@click.option("--batch-size", type=click.IntRange(-(1 << 31), (1 << 31) - 1), default=1, show_default=True)
@click.option(
    "--over", type=click.Choice(SCALARS), help="Sweep a setting instead, a double; every gradient is --gradient."
)
@click.option("--gradient", type=float, default=1.0, show_default=True, help="With --over.")
@click.option("--range", "span", metavar="FROM:TO", help="Only bit patterns from FROM to before TO, in hex.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="N patterns, as many of each exponent.")
@click.option("--seed", type=click.IntRange(0, 1 << 31), default=0, show_default=True, help="Of --sample.")
@click.option(
    "--level",
    "claimed",
    type=click.Choice([str(Level.BOUNDED), str(Level.BIT_EXACT)]),
    default=str(Level.BIT_EXACT),
    show_default=True,
    help="What the backend claims: a value that fails it is an offence.",
)
@click.option(
    "--shard-size", type=click.IntRange(1, 1 << 26), default=1 << 20, show_default=True, help="Patterns in an update."
)
@click.option(
    "--checkpoint",
    type=FOLDER,
    metavar="FOLDER",
    help="Where finished shards are kept.  [default: dl4j-sweep-HASH, removed when the sweep is complete]",
)
@click.option("--report", type=OUTPUT, help="Write the report as JSON.")
@plot_option("Draw distances and shares over the exponents")
@jobs_option
@scheduler_option
@timeout_option
@in_process_option
@grouped(settings=Settings, workers=Workers, connection=Connection)
def command(
    backend: str,
    checkpoint: Path | None,
    report: Destination | None,
    plot: Destination | None,
    settings: Settings,
    workers: Workers,
    connection: Connection,
) -> ExitCode:
    """Send every bit pattern of a gradient through BACKEND, and judge each result: a proof by enumeration.

    The update and the state of one updater, one iteration and given settings are compared with the evaluation model,
    bit by bit, and with their enclosures. Of float32 these are 2^32 gradients: NaN, subnormals and infinities too. The
    grid of --state and --weights multiplies them. With --over they are the values of a setting, such as the learning
    rate under a policy.

    What is finished is kept: the same command goes on where Ctrl-C, or anything else, has ended it.

    \b
    Examples:
      dl4j-conformance sweep numpy --updater ADAM --range 0x3f800000:0x3f810000
      dl4j-conformance sweep numpy --updater ADAM --state m=0,0.001 --state v=0,1e-8 --report adam.json --plot adam.svg
      dl4j-conformance sweep numpy --updater SGD --over learning_rate --config lr_policy=Inverse --sample 8192 \\
        --config lr_policy_decay_rate=0.5 --config lr_policy_power=0.75 --iteration 3
      dl4j-conformance sweep numpy --updater RMSPROP --type float64 --sample 1000000 --jobs 8
    """
    plan = settings.plan
    draw = plotter("sweep.plot") if plot else None
    judge = partial(judged, plan)
    runner = workers.runner(backend, connection.wire_options, judge)
    port = resolved(backend, connection.wire_options)
    # What was finished is shown and written, also if a signal ends the sweep.
    with signals.held(), ExitStack() as stack:
        stack.callback(end, port)
        missing = plan.required_capabilities - port.capabilities
        if missing:
            raise CouldNotRunError(f"not run: {backend}: it does not declare {', '.join(sorted(missing))}")
        about = facts(backend, port)
        kept = _opened(checkpoint, plan, about)
        try:
            found = _followed(plan, kept, runner or here(port, judge), backend)
            for line in found.damaged:
                say(line, err=True)
            code = _show(plan, backend, about, found, report)
            if plot and draw and found.tally.strata:
                title = f"{plan.layer['updater']}, {plan.dtype}: {backend}"
                form = plot.path.suffix.lower().removeprefix(".")
                plot.write(draw(title, found.tally.strata, plan.patterns.dtype, plan.over or "gradient", form))
                say(f"drawn: {plot.path}")
            if found.finished < plan.shards:
                say(f"kept: {kept.folder} has {found.finished} of {plan.shards} shards; the same command goes on")
            elif checkpoint is None:
                kept.remove()
        except OSError as error:
            raise NotWrittenError(f"{error.filename or kept.folder}: {error.strerror}") from error
        signals.last_step()
    return code


def _opened(folder: Path | None, plan: Plan, about: Mapping[str, Any]) -> Checkpoint[Tally]:
    """Return the checkpoint, made or found. Its default name has the hash of the sweep."""
    identity = plan.identity(about)
    kept = Checkpoint(folder or Path(f"dl4j-sweep-{identity[:12]}"), identity, FORM)
    return opened(kept, {"backend": dict(about), "settings": plan.settings(), "shards": plan.shards})


def _followed(plan: Plan, kept: Checkpoint[Tally], runner: Runner[Tally], backend: str) -> Swept:
    """Run the sweep; a terminal shows how far it is, its rate and the time that is left."""
    console: Console = terminal(err=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>5.1f}%  {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    total = plan.patterns.count * len(plan.points)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        old = bar.add_task("", visible=False, total=total, rate="")
        task = bar.add_task(plain_text.line(backend), total=total, rate="")

        def progress(patterns: int, is_old: bool) -> None:
            if is_old:  # it counts for no rate
                bar.update(task, total=(bar.tasks[1].total or 0) - patterns)
                bar.advance(old, patterns)
                return
            bar.advance(task, patterns)
            speed = bar.tasks[1].speed
            bar.update(task, rate=f"{speed / 1e6:.2f} million a second" if speed else "")

        return sweep(plan, kept, runner, progress)


def _show(plan: Plan, backend: str, about: Mapping[str, Any], found: Swept, report: Destination | None) -> ExitCode:
    for line in sentences(plan, backend, found):
        say(line)
    if report:
        report.write((strict_json.indented(document(plan, about, found)) + "\n").encode())
    course = found.course
    if course.stopped_by:
        say(f"stopped early ({course.stopped_by.name})")
        return ExitCode.of(course.stopped_by)
    if course.lost:
        say(course.lost, err=True)
    if fails(plan, found):
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.COULD_NOT_RUN if course.failed or course.lost else ExitCode.CONFORMS
