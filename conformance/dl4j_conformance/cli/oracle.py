"""``dl4j-conformance oracle``: the calculator's command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

from dl4j_backends import strict_json
from dl4j_backends.block_interface import BlockNetwork
from dl4j_backends.interface import Dl4jException, Network
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.operations import Operation, Update
from dl4j_conformance.cases.values import DTYPES, decimal_of, hex_of
from dl4j_conformance.cli.block_calculation import LATER_UPDATERS, block_network, block_steps
from dl4j_conformance.cli.calculation import Calculation, Dense, at_option, layer_options, policy_options
from dl4j_conformance.cli.model_training import Training, training_options
from dl4j_conformance.cli.network_option import MODEL_FILE
from dl4j_conformance.cli.options import dl4j_option, grouped
from dl4j_conformance.cli.oracle_schedule import schedule_command
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.vectors import block_calculator
from dl4j_conformance.vectors.calculator import Calculated, Number, calculate
from dl4j_conformance.vectors.distant_rates import rates_by_parameter
from dl4j_conformance.vectors.settings_in_force import Setting, settings_in_force, unread
from dl4j_oracle.clauses import VERSIONS
from dl4j_oracle.configuration import GradientNormalization
from dl4j_oracle.errors import ConfigurationError, UndecidedError

_RATE = "learning rate 0_W"


@click.group("oracle")
def command() -> None:
    """Calculate what DL4J does with given numbers, exactly and as bits."""


command.add_command(schedule_command)


@command.command("learning-rate")
@click.option("--learning-rate", type=float, default=0.1, show_default=True)
@at_option
@policy_options
@grouped(calculation=Calculation)
def learning_rate(learning_rate: float, at: Sequence[int], calculation: Calculation) -> None:
    """Show the learning rate of each iteration; DL4J's policies compound.

    \b
    Examples:
      dl4j-conformance oracle learning-rate --policy torchstep --decay-rate 0.5 --steps 12 --iterations 14
      dl4j-conformance oracle learning-rate --policy step --decay-rate 0.5 --steps 50000 --at 100000 --at 1000000
    """
    if at:
        _print_rates_at(at, learning_rate, calculation)
        return
    gradient = {"0_W": np.array([1.0])}
    shown = calculation.iterations or 10
    script = [Update(gradient, t, 1) for t in calculation.computed(shown, calculation.remembers)]
    layer = {"n_in": 1, "n_out": 1, "updater": "NONE", "learning_rate": learning_rate}
    network = Network("float64", calculation.conf, (layer,), {key: np.zeros(1) for key in ("0_W", "0_b")})
    # One more than is shown, to say what has changed.
    steps = _calculate(network, script, shown + 1, calculation.digits)
    before, steps = steps[:-shown], steps[-shown:]
    for note in calculation.notes():
        click.echo(note, err=calculation.style == "json")
    if calculation.style == "json":
        _print_json([_document(step, lambda name: name == _RATE) for step in steps])
        return
    last = _rate(before[0]).decimal if before else repr(learning_rate)
    for step in steps:
        rate = _rate(step)
        note = "" if rate.decimal == last else "  changed" if not _falls(last, rate.decimal) else "  drop"
        click.echo(f"{step.iteration:>6}  {rate.decimal:<24} {rate.hex}  exact {rate.exact}{note}")
        last = rate.decimal


def _print_rates_at(at: Sequence[int], learning_rate: float, calculation: Calculation) -> None:
    """Print the bits of rates at distant iterations, which have no exact values: those have too many digits."""
    _refuse_given(("first_iteration", "afresh", "iterations", "digits"), "and --at contradict each other")
    layer = {"n_in": 1, "n_out": 1, "learning_rate": learning_rate}
    network = Network("float64", calculation.conf, (layer,), {key: np.zeros(1) for key in ("0_W", "0_b")})
    try:
        OracleBackend().open(network)
        rates = rates_by_parameter(network.conf, network.layers, ("0",), at)["0_W"]
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except Dl4jException as error:
        raise click.ClickException(f"DL4J throws: {error}") from error
    for note in calculation.notes():
        click.echo(note, err=calculation.style == "json")
    if calculation.style == "json":
        _print_json([{"iteration": t, "learning_rate": decimal_of(rate)} for t, rate in rates.items()])
        return
    for iteration, rate in rates.items():
        say(f"{iteration:>10}  {decimal_of(rate):<24} {hex_of(np.array([rate]))[0]}")


@command.command("update")
@dl4j_option
@click.option(
    "--updater",
    type=click.Choice([*UPDATERS, *LATER_UPDATERS], case_sensitive=False),
    default="SGD",
    show_default=True,
)
@click.option(
    "--gradient",
    "gradients",
    multiple=True,
    metavar="G,G,...",
    help="Gradient of 0_W: decimals, NaN, Infinity or bits such as 0x3f800000. Once per iteration; the last repeats.",
)
@click.option("--bias-gradient", "bias_gradients", multiple=True, metavar="G,G,...", help="Gradient of 0_b, likewise.")
@click.option("--weights", metavar="W,W,...", help="0_W before the first iteration, for L1 and L2.")
@click.option("--bias", metavar="B,B,...", help="0_b before the first iteration, for L1 and L2.")
@click.option("--type", "dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
@click.option("--batch-size", type=click.IntRange(-(1 << 31), (1 << 31) - 1), default=1, show_default=True)
@click.option(
    "--gradient-normalization",
    type=click.Choice([str(g) for g in GradientNormalization], case_sensitive=False),
    default="None",
    show_default=True,
)
@click.option("--momentum-schedule", metavar="T:MU,...", help="Of NESTEROVS.")
@layer_options
@policy_options
@click.option(
    "--model", "model_file", type=MODEL_FILE, metavar="FILE", help="Update this saved model, with --gradients."
)
@training_options
@click.option("--elements", type=click.IntRange(min=1), default=3, show_default=True, help="Of each of its arrays.")
@grouped(dense=Dense, calculation=Calculation, training=Training)
def update(
    dense: Dense,
    calculation: Calculation,
    training: Training,
    model_file: Path | None,
    elements: int,
    version: str,
    **given: float | None,
) -> None:
    """Update, state and learning rate of each iteration of one dense layer, with the settings in force.

    0_W and 0_b are its weights and its bias. The bias takes part only with --bias-gradient. L1 and L2 switch
    regularization on; they read the parameters, which take the step after each update. An iteration depends on those
    before it: with --first-iteration all from 0 on are computed, and the first gradient is that of iteration 0.

    \b
    Examples:
      dl4j-conformance oracle update --updater ADAM --learning-rate 0.01 --gradient 1,-2,0 --type float64
      dl4j-conformance oracle update --updater NESTEROVS --gradient 1 --gradient 2 --gradient 3 --digits 20
      dl4j-conformance oracle update --model model.zip --gradients gradients.npz --set-learning-rate 12:0.01
      dl4j-conformance oracle update --dl4j 1.0.0-M2.1 --updater ADAGRAD --gradient 0.1
    """
    if model_file:
        _update_model(model_file, training, calculation, dense.batch_size, elements)
        return
    if not dense.gradients:
        raise click.UsageError("Missing option '--gradient', or --model with --gradients.")
    _refuse_given(_OF_MODELS, "is for a saved model: add --model FILE")
    settings = {name: value for name, value in given.items() if value is not None}
    if version == VERSIONS[0] and dense.updater in LATER_UPDATERS:
        raise click.UsageError(f"--updater {dense.updater}: {version} has no such updater; name a later --dl4j")
    dense.check(settings)
    gradients = dense.read_gradients()
    network = dense.network(gradients, settings, calculation.conf)
    remembers = calculation.remembers or dense.remembers
    most = max(map(len, gradients.values()))
    shown = calculation.iterations or max(1, most - (calculation.first_iteration - calculation.origin))
    script = [dense.update(gradients, t, t - calculation.origin) for t in calculation.computed(shown, remembers)]
    if version != VERSIONS[0]:
        _print_blocks(dense, calculation, block_network(version, network), script, shown)
        return
    steps = _calculate(network, script, shown, calculation.digits)
    in_force = settings_in_force(network)
    if calculation.style == "json":
        for note in calculation.notes():
            click.echo(note, err=True)
        _print_json([{**_document(step, dense.keeps), "settings": _by_name(in_force)} for step in steps])
        return
    _print_settings(in_force, unread(network), gradients)
    for note in calculation.notes():
        click.echo(note)
    _print_steps(steps, dense.is_shown)


def _print_steps(steps: Sequence[Calculated], is_shown: Callable[[str], bool]) -> None:
    for step in steps:
        _refuse_error(step)
        click.echo(f"iteration {step.iteration}")
        for number in step.numbers:
            if is_shown(number.name):
                click.echo(f"  {number.name:<22} {number.decimal:<24} {number.hex:<16}  exact {number.exact}")


#: The options of a saved model's update, and those that it shares with that of numbers.
_OF_MODELS = ("gradients_file", "new_state", "rate_changes", "restores", "elements")
_OF_BOTH = ("model_file", "iterations", "digits", "style", "batch_size")


def _refuse_given(names: Collection[str], why: str) -> None:
    """Raise :class:`click.UsageError` for an option on the command line."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in names and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} {why}")


def _update_model(file: Path, training: Training, calculation: Calculation, batch_size: int, elements: int) -> None:
    """Show the next updates of a saved model."""
    others = {str(p.name) for p in click.get_current_context().command.params} - {*_OF_MODELS, *_OF_BOTH}
    _refuse_given(others, "and --model contradict each other: the model has its own settings")
    network = training.network(file)
    gradients = training.gradients(network)
    if gradients is None:
        raise click.UsageError("--model needs the gradients: add --gradients G.npz or G.json")
    shown = calculation.iterations or len(gradients)
    script = training.script(network, gradients, shown, batch_size)
    steps = _calculate(network, script, shown, calculation.digits)
    if calculation.style == "json":
        _print_json([asdict(step) for step in steps])
        return
    for step in steps:
        _refuse_error(step)
        say(f"iteration {step.iteration}")
        for array, numbers in groupby(step.numbers, lambda number: number.name.partition("[")[0]):
            every = list(numbers)
            for number in every[:elements]:
                say(f"  {number.name:<22} {number.decimal:<24} {number.hex:<16}  exact {number.exact}")
            if len(every) > elements:
                say(f"  {array:<22} and {len(every) - elements} more")


def _print_blocks(
    dense: Dense, calculation: Calculation, network: BlockNetwork, script: Sequence[Update], shown: int
) -> None:
    """Print the iterations of a later version. The state of a block is shown whole."""
    given = [(update.iteration, update.gradients) for update in script]
    try:
        found = block_calculator.calculate(
            network, block_steps(network, given, dense.batch_size), shown, calculation.digits
        )
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except UndecidedError as error:
        raise click.ClickException(f"the exact value cannot be given: {error}") from error

    def is_shown(name: str) -> bool:
        return name.startswith("state") or dense.is_shown(name)

    for note in calculation.notes():
        click.echo(note, err=calculation.style == "json")
    if calculation.style == "json":
        _print_json([_document(step, is_shown) for step in found])
        return
    click.echo(f"DL4J {network.version}")
    _print_steps(found, is_shown)


def _calculate(network: Network, script: Sequence[Operation], shown: int, digits: int) -> list[Calculated]:
    try:
        return calculate(network, script, shown, digits)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except UndecidedError as error:
        raise click.ClickException(f"the exact value cannot be given: {error}") from error


def _print_settings(settings: Sequence[Setting], unread: Sequence[str], updated: Collection[str]) -> None:
    """Print the settings by name; a parameter without gradients is not ``updated``."""
    click.echo("settings in force")
    for setting in settings:
        note = "  (no gradient: not updated)" if setting.key and setting.key not in updated else ""
        click.echo(f"  {f'{setting.name} {setting.key}':<22} {setting.value}{note}")
    for name in unread:
        click.echo(f"  {name:<22} given, and not read")


def _by_name(settings: Sequence[Setting]) -> dict[str, Any]:
    """Return settings as JSON: those of parameters by key."""
    named: dict[str, Any] = {}
    for setting in settings:
        if setting.key:
            named.setdefault(setting.name, {})[setting.key] = setting.value
        else:
            named[setting.name] = setting.value
    return named


def _rate(step: Calculated) -> Number:
    _refuse_error(step)
    (rate,) = (number for number in step.numbers if number.name == _RATE)
    return rate


def _falls(before: str, after: str) -> bool:
    return float(after.replace("Infinity", "inf")) < float(before.replace("Infinity", "inf"))


def _refuse_error(step: Calculated) -> None:
    if step.error:
        raise click.ClickException(f"DL4J throws: {step.error}")


def _document(step: Calculated, is_shown: Callable[[str], bool]) -> dict[str, Any]:
    return {**asdict(step), "numbers": [asdict(number) for number in step.numbers if is_shown(number.name)]}


def _print_json(documents: Sequence[Mapping[str, Any]]) -> None:
    write_document(strict_json.indented(documents))
