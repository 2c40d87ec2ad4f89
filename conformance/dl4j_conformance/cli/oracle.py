"""``dl4j-conformance oracle``: the calculator's command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
import numpy as np

from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import DTYPES, Floats, ValuesError, from_hex
from dl4j_conformance.vectors import calculator
from dl4j_conformance.vectors.calculator import Calculated
from dl4j_oracle.configuration import GradientNormalization, LearningRatePolicy
from dl4j_oracle.errors import ConfigurationError, UndecidedError

_Command = Callable[..., None]

_LAYER_SETTINGS = (
    "learning_rate",
    "bias_learning_rate",
    "momentum",
    "adam_mean_decay",
    "adam_var_decay",
    "rho",
    "rms_decay",
    "epsilon",
    "gradient_normalization_threshold",
    "l1",
    "l2",
    "l1_bias",
    "l2_bias",
)
_MOST_STEPS = 100_000


@click.group("oracle")
def command() -> None:
    """Calculate what DL4J 0.8.0 does with given numbers, exactly and as bits."""


def _policy_options(function: _Command) -> _Command:
    options = (
        click.option(
            "--policy",
            type=click.Choice([str(p) for p in LearningRatePolicy], case_sensitive=False),
            default="None",
            show_default=True,
            help="lrPolicy",
        ),
        click.option("--decay-rate", type=float, help="lrPolicyDecayRate"),
        click.option("--power", type=float, help="lrPolicyPower"),
        click.option("--steps", type=float, help="lrPolicySteps"),
        click.option("--num-iterations", type=int, default=1, show_default=True, help="iterations per minibatch"),
        click.option("--schedule", metavar="T:RATE,...", help="learningRateSchedule"),
        click.option("--first-iteration", type=click.IntRange(-(1 << 31), (1 << 31) - 2), default=0, show_default=True),
        click.option("--iterations", type=click.IntRange(1, _MOST_STEPS), help="How many updates."),
        click.option("--digits", type=click.IntRange(1, 1000), default=50, show_default=True, help="Of exact values."),
        click.option("--format", "style", type=click.Choice(["pretty", "json"]), default="pretty", show_default=True),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _layer_options(function: _Command) -> _Command:
    for name in reversed(_LAYER_SETTINGS):
        function = click.option(f"--{name.replace('_', '-')}", name, type=float)(function)
    return function


@command.command("learning-rate")
@click.option("--learning-rate", type=float, default=0.1, show_default=True)
@_policy_options
def learning_rate(learning_rate: float, iterations: int | None, digits: int, style: str, **policy: Any) -> None:
    """The learning rate of each iteration, which DL4J's policies compound.

    \b
    Example:
      dl4j-conformance oracle learning-rate --policy torchstep --decay-rate 0.5 --steps 12 --iterations 14
    """
    first = policy["first_iteration"]
    gradient = {"0_W": np.array([1.0])}
    script = [Update(gradient, t, 1) for t in _iterations(first, iterations or 10)]
    layer = {"n_in": 1, "n_out": 1, "updater": "NONE", "learning_rate": learning_rate}
    steps = _calculate("float64", _conf(policy), layer, {}, script, digits)
    if style == "json":
        _print_json(steps, keep="learning rate 0_W")
        return
    last = repr(learning_rate)
    for step in steps:
        _refuse_error(step)
        (rate,) = (n for n in step.numbers if n.name == "learning rate 0_W")
        note = "" if rate.decimal == last else "  changed" if not _falls(last, rate.decimal) else "  drop"
        click.echo(f"{step.iteration:>6}  {rate.decimal:<24} {rate.hex}  exact {rate.exact}{note}")
        last = rate.decimal


@command.command("update")
@click.option("--updater", type=click.Choice(UPDATERS, case_sensitive=False), default="SGD", show_default=True)
@click.option(
    "--gradient",
    "gradients",
    multiple=True,
    required=True,
    metavar="G,G,...",
    help="Gradient of W: decimals, NaN, Infinity or hex bits such as 0x3f800000. Once per update; the last repeats.",
)
@click.option("--bias-gradient", "bias_gradients", multiple=True, metavar="G,G,...", help="Gradient of b, likewise.")
@click.option("--weights", metavar="W,W,...", help="W, for the penalties. Default: zeros.")
@click.option("--bias", metavar="B,B,...", help="b, for the penalties. Default: zeros.")
@click.option("--type", "dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
@click.option("--batch-size", type=click.IntRange(-(1 << 31), (1 << 31) - 1), default=1, show_default=True)
@click.option(
    "--gradient-normalization",
    type=click.Choice([str(g) for g in GradientNormalization], case_sensitive=False),
    default="None",
    show_default=True,
)
@click.option("--momentum-schedule", metavar="T:MU,...")
@_layer_options
@_policy_options
def update(
    updater: str,
    gradients: Sequence[str],
    bias_gradients: Sequence[str],
    weights: str | None,
    bias: str | None,
    dtype: str,
    batch_size: int,
    gradient_normalization: str,
    momentum_schedule: str | None,
    iterations: int | None,
    digits: int,
    style: str,
    **settings: Any,
) -> None:
    """Update, state and learning rate of each step of one dense layer.

    L1 and L2 switch regularization on. The bias takes part only with --bias-gradient.

    \b
    Examples:
      dl4j-conformance oracle update --updater ADAM --learning-rate 0.01 --gradient 1,-2,0 --type float64
      dl4j-conformance oracle update --updater NESTEROVS --gradient 1 --gradient 2 --gradient 3 --digits 20
    """
    arrays = [_array(text, dtype, "--gradient") for text in gradients]
    bias_arrays = [_array(text, dtype, "--bias-gradient") for text in bias_gradients]
    n, n_out = _lengths(arrays, bias_arrays)
    layer = {name: settings[name] for name in _LAYER_SETTINGS if settings[name] is not None}
    layer |= {
        "n_in": n // n_out,
        "n_out": n_out,
        "updater": updater,
        "gradient_normalization": gradient_normalization,
    }
    if momentum_schedule:
        layer["momentum_schedule"] = _schedule(momentum_schedule, "--momentum-schedule")
    given = {
        "0_W": _weights(weights, n, dtype, "--weights"),
        "0_b": _weights(bias, n_out, dtype, "--bias"),
    }
    count = iterations or max(len(arrays), len(bias_arrays))
    script = []
    for position, t in enumerate(_iterations(settings["first_iteration"], count)):
        step_gradients = {"0_W": arrays[min(position, len(arrays) - 1)]}
        if bias_arrays:
            step_gradients["0_b"] = bias_arrays[min(position, len(bias_arrays) - 1)]
        script.append(Update(step_gradients, t, batch_size))
    penalized = any(layer.get(name) is not None for name in ("l1", "l2", "l1_bias", "l2_bias"))
    conf = _conf(settings) | {"use_regularization": penalized}
    steps = _calculate(dtype, conf, layer, given, script, digits)
    if style == "json":
        _print_json(steps)
        return
    for step in steps:
        _refuse_error(step)
        click.echo(f"iteration {step.iteration}")
        for number in step.numbers:
            if bias_arrays or "_b" not in number.name:
                click.echo(f"  {number.name:<22} {number.decimal:<24} {number.hex:<16}  exact {number.exact}")


def _calculate(
    dtype: str,
    conf: Mapping[str, Any],
    layer: Mapping[str, Any],
    weights: Mapping[str, Floats],
    script: Sequence[Update],
    digits: int,
) -> list[Calculated]:
    lengths = {"0_W": layer["n_in"] * layer["n_out"], "0_b": layer["n_out"]}
    given = {key: weights.get(key, np.zeros(length, dtype)) for key, length in lengths.items()}
    try:
        return calculator.calculate(dtype, conf, layer, given, script, digits)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except UndecidedError as error:
        raise click.ClickException(f"the exact value cannot be given: {error}") from error


def _conf(options: Mapping[str, Any]) -> dict[str, Any]:
    conf = {
        "lr_policy": options["policy"],
        "lr_policy_decay_rate": options["decay_rate"],
        "lr_policy_power": options["power"],
        "lr_policy_steps": options["steps"],
        "num_iterations": options["num_iterations"],
    }
    if options["schedule"]:
        conf["learning_rate_schedule"] = _schedule(options["schedule"], "--schedule")
    return {name: value for name, value in conf.items() if value is not None}


def _iterations(first: int, count: int) -> range:
    if first + count > (1 << 31) - 1:
        raise click.UsageError(f"{count} iterations from {first} go beyond 2147483646, the last DL4J can update")
    return range(first, first + count)


def _array(text: str, dtype: str, option: str) -> Floats:
    """Comma-separated numbers, rounded once to ``dtype``; hex is taken as bits."""
    values: list[Any] = []
    for part in text.replace(" ", "").split(","):
        try:
            values.append(from_hex([part[2:]], dtype)[0] if part.startswith("0x") else float(part))
        except (ValueError, ValuesError) as error:
            raise click.UsageError(f"{option}: {part!r} is not a number: {error}") from error
    with np.errstate(over="ignore", under="ignore"):
        return np.array([np.dtype(dtype).type(value) for value in values])


def _weights(text: str | None, length: int, dtype: str, option: str) -> Floats:
    array = np.zeros(length, dtype) if text is None else _array(text, dtype, option)
    if len(array) != length:
        raise click.UsageError(f"{option}: {len(array)} values for {length} gradients")
    return array


def _lengths(gradients: Sequence[Floats], bias: Sequence[Floats]) -> tuple[int, int]:
    for option, arrays in (("--gradient", gradients), ("--bias-gradient", bias)):
        if len({len(array) for array in arrays}) > 1:
            raise click.UsageError(f"{option}: every update needs the same number of values")
    n, n_out = len(gradients[0]), len(bias[0]) if bias else 1
    if n % n_out:
        raise click.UsageError(f"{n} weights cannot belong to {n_out} outputs")
    return n, n_out


def _schedule(text: str, option: str) -> dict[str, float]:
    schedule = {}
    for part in text.split(","):
        iteration, _, value = part.partition(":")
        try:
            schedule[str(int(iteration))] = float(value)
        except ValueError:
            raise click.UsageError(f"{option}: {part!r} is not ITERATION:VALUE") from None
    return schedule


def _falls(before: str, after: str) -> bool:
    return float(after.replace("Infinity", "inf")) < float(before.replace("Infinity", "inf"))


def _refuse_error(step: Calculated) -> None:
    if step.error:
        raise click.ClickException(f"DL4J throws: {step.error}")


def _print_json(steps: Sequence[Calculated], keep: str | None = None) -> None:
    documents = []
    for step in steps:
        document = asdict(step)
        document["numbers"] = [n for n in document["numbers"] if keep in (None, n["name"])]
        documents.append(document)
    click.echo(json.dumps(documents, indent=1))
