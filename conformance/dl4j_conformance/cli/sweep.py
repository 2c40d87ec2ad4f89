"""``dl4j-conformance sweep``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dl4j_backends import plain_text, signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES, Floats
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode, NotWrittenError, UnreadableError
from dl4j_conformance.cli.given_numbers import read_array
from dl4j_conformance.cli.options import BACKEND_HELP, OUTPUT, Connection, grouped, in_process_option, timeout_option
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.text import terminal
from dl4j_conformance.sweep.checkpoint import Checkpoint, CheckpointError
from dl4j_conformance.sweep.patterns import Patterns, PatternsError, patterns_of
from dl4j_conformance.sweep.plan import Plan, PlanError
from dl4j_conformance.sweep.report import document, fails, sentences
from dl4j_conformance.sweep.running import Runner, Swept, facts, here, sweep
from dl4j_fixtures import Destination
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

#: Files that `--plot` writes, by their endings.
_DRAWN = (".png", ".svg")


def _check_ending(context: click.Context, parameter: click.Parameter, plot: Destination | None) -> Destination | None:
    if plot and plot.path.suffix.lower() not in _DRAWN:
        raise click.BadParameter(f"{plot.path}: the name ends in {' or '.join(_DRAWN)}")
    return plot


@dataclass(frozen=True)
class Settings:
    """The options that decide what is swept."""

    updater: str
    dtype: str
    config: Sequence[str]
    state: Sequence[str]
    weights: str
    iteration: int
    batch_size: int
    span: str | None
    sample: int | None
    seed: int
    claimed: str
    shard_size: int

    @property
    def plan(self) -> Plan:
        """The plan. Raises :class:`click.UsageError`."""
        conf, layer = self._configuration()
        plan = Plan(
            conf,
            layer,
            self._patterns(),
            self._state(),
            read_array(self.weights, self.dtype, "--weights"),
            self.iteration,
            self.batch_size,
            self.shard_size,
            Level(self.claimed),
        )
        try:
            plan.check()
        except ConfigurationError as error:
            raise click.UsageError(f"--config: {error}") from error
        except PlanError as error:
            raise click.UsageError(str(error)) from error
        return plan

    def _patterns(self) -> Patterns:
        if self.span and self.sample:
            raise click.UsageError("--range and --sample exclude each other")
        try:
            if self.sample:
                return Patterns(self.dtype, 0, self.sample, self.seed)
            if self.span:
                return Patterns(self.dtype, *_read_range(self.span))
        except PatternsError as error:
            raise click.UsageError(f"{'--sample' if self.sample else '--range'}: {error}") from error
        if self.dtype == "float64":
            raise click.UsageError("nobody enumerates 2^64 patterns: add --sample N or --range FROM:TO")
        return Patterns(self.dtype, 0, patterns_of(self.dtype))

    def _state(self) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for text in self.state:
            name, equals, values = text.partition("=")
            if not equals or name in found:
                raise click.UsageError(f"--state: {text!r} is not NAME=V,V,... of an array that is given once")
            found[name] = read_array(values, self.dtype, f"--state {name}")
        return found

    def _configuration(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the network's settings and the layer's: a name that both have is the layer's."""
        conf: dict[str, Any] = {}
        layer: dict[str, Any] = {"updater": self.updater}
        of_layer, of_network = ({field.name for field in fields(k)} for k in (LayerConfiguration, GlobalConfiguration))
        for text in self.config:
            name, _, value = text.partition("=")
            if name in ("updater", "n_in", "n_out", "type") or name not in of_layer | of_network:
                hint = did_you_mean(name, sorted(of_layer | of_network), "docs/sweep.md names some")
                raise click.UsageError(f"--config: {name!r} is not a setting: {hint}")
            (layer if name in of_layer else conf)[name] = _read_value(value)
        if any(layer.get(name) for name in ("l1", "l2")):
            conf.setdefault("use_regularization", True)
        return conf, layer


def _read_range(text: str) -> tuple[int, int]:
    """Return the first pattern and how many there are. Raises :class:`click.UsageError`."""
    first, _, after = text.partition(":")
    try:
        begin, stop = int(first, 16), int(after, 16)
    except ValueError:
        raise click.UsageError(f"--range: {text!r} is not FROM:TO in hex, such as 0x3f800000:0x40000000") from None
    return begin, stop - begin


def _read_value(text: str) -> Any:
    """Return a setting's value: JSON if it is, else the word itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


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
    type=PathType(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where finished shards are kept.  [default: dl4j-sweep-HASH, removed when the sweep is complete]",
)
@click.option("--report", type=OUTPUT, help="Write the report as JSON.")
@click.option(
    "--plot",
    type=OUTPUT,
    callback=_check_ending,
    help="Draw distances and shares over the exponents, as FILE.svg or FILE.png. Needs the extra `plot`.",
)
@timeout_option
@in_process_option
@grouped(settings=Settings, connection=Connection)
def command(
    backend: str,
    checkpoint: Path | None,
    report: Destination | None,
    plot: Destination | None,
    settings: Settings,
    connection: Connection,
) -> ExitCode:
    """Send every bit pattern of a gradient through BACKEND, and judge each result: a proof by enumeration.

    The update and the state of one updater, one iteration and given settings are compared with the evaluation model,
    bit by bit, and with their enclosures. Of float32 these are 2^32 gradients: NaN, subnormals and infinities too. The
    grid of --state and --weights multiplies them.

    What is finished is kept: the same command goes on where Ctrl-C, or anything else, has ended it.

    \b
    Examples:
      dl4j-conformance sweep numpy --updater ADAM --range 0x3f800000:0x3f810000
      dl4j-conformance sweep numpy --updater ADAM --state m=0,0.001 --state v=0,1e-8 --report adam.json --plot adam.svg
      dl4j-conformance sweep numpy --updater RMSPROP --type float64 --sample 1000000
    """
    plan = settings.plan
    draw = _plotter() if plot else None
    opened = _resolved(backend, connection)
    # What was finished is shown and written, also if a signal ends the sweep.
    with signals.held(), ExitStack() as stack:
        stack.callback(end, opened)
        missing = plan.required_capabilities - opened.capabilities
        if missing:
            raise CouldNotRunError(f"not run: {backend}: it does not declare {', '.join(sorted(missing))}")
        about = facts(backend, opened)
        kept = _opened(checkpoint, plan, about)
        try:
            found = _followed(plan, kept, here(opened, plan), backend)
            for line in found.damaged:
                say(line, err=True)
            code = _show(plan, backend, about, found, report)
            if plot and draw and found.tally.strata:
                title = f"{plan.layer['updater']}, {plan.dtype}: {backend}"
                form = plot.path.suffix.lower().removeprefix(".")
                plot.write(draw(title, found.tally.strata, plan.dtype, form))
                say(f"drawn: {plot.path}")
            if found.finished < plan.shards:
                say(f"kept: {kept.folder} has {found.finished} of {plan.shards} shards; the same command goes on")
            elif checkpoint is None:
                kept.remove()
        except OSError as error:
            raise NotWrittenError(f"{error.filename or kept.folder}: {error.strerror}") from error
        signals.last_step()
    return code


def _resolved(address: str, connection: Connection) -> Backend:
    try:
        return resolve(address, connection.wire_options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(f"not run: {address}: {error}") from error


def _opened(folder: Path | None, plan: Plan, about: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint, made or found. Its default name has the hash of the sweep."""
    identity = plan.identity(about)
    kept = Checkpoint(folder or Path(f"dl4j-sweep-{identity[:12]}"), identity)
    try:
        kept.open({"backend": dict(about), "settings": plan.settings(), "shards": plan.shards})
    except CheckpointError as error:
        raise UnreadableError(str(error)) from error
    except OSError as error:
        raise NotWrittenError(f"--checkpoint {kept.folder}: {error.strerror}") from error
    return kept


def _followed(plan: Plan, kept: Checkpoint, runner: Runner, backend: str) -> Swept:
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
    if found.stopped_by:
        say(f"stopped early ({found.stopped_by.name})")
        return ExitCode.of(found.stopped_by)
    if found.lost:
        say(found.lost, err=True)
    if fails(plan, found):
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.COULD_NOT_RUN if found.failed or found.lost else ExitCode.CONFORMS


def _plotter() -> Callable[..., bytes]:
    """Return the function that draws. Without matplotlib the command ends, before a backend starts."""
    try:
        from dl4j_conformance.sweep.plot import drawn
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise CouldNotRunError("--plot: matplotlib is not installed: pip install 'dl4j-conformance[plot]'") from error
    return drawn
