"""``dl4j-conformance oracle``: the calculator's command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
import numpy as np

from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import DTYPES, Floats, ValuesError, from_hex
from dl4j_conformance.cli.options import Command, grouped
from dl4j_conformance.vectors import calculator
from dl4j_conformance.vectors.calculator import Calculated
from dl4j_oracle.configuration import GradientNormalization, LearningRatePolicy
from dl4j_oracle.errors import ConfigurationError, UndecidedError


@dataclass(frozen=True)
class _Calculation:
    """The options of every calculation: the learning rate policy, the iterations, and the output."""

    policy: str
    decay_rate: float | None
    power: float | None
    steps: float | None
    num_iterations: int
    schedule: str | None
    first_iteration: int
    iterations: int | None
    digits: int
    style: str

    @property
    def conf(self) -> dict[str, Any]:
        """Return the network's configuration, as a case has it."""
        conf: dict[str, Any] = {
            "lr_policy": self.policy,
            "lr_policy_decay_rate": self.decay_rate,
            "lr_policy_power": self.power,
            "lr_policy_steps": self.steps,
            "num_iterations": self.num_iterations,
        }
        if self.schedule:
            conf["learning_rate_schedule"] = _schedule(self.schedule, "--schedule")
        return {name: value for name, value in conf.items() if value is not None}

    def range(self, default: int) -> range:
        """Return the iterations; ``default`` is how many they are without the option."""
        first, count = self.first_iteration, self.iterations or default
        if first + count > (1 << 31) - 1:
            raise click.UsageError(f"{count} iterations from {first} go beyond 2147483646, the last DL4J can update")
        return range(first, first + count)


@dataclass(frozen=True)
class _Dense:
    """The options of a dense layer and its gradients."""

    updater: str
    gradients: Sequence[str]
    bias_gradients: Sequence[str]
    weights: str | None
    bias: str | None
    dtype: str
    batch_size: int
    gradient_normalization: str
    momentum_schedule: str | None


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


def _policy_options(function: Command) -> Command:
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


def _layer_options(function: Command) -> Command:
    for name in reversed(_LAYER_SETTINGS):
        function = click.option(f"--{name.replace('_', '-')}", name, type=float)(function)
    return function


@command.command("learning-rate")
@click.option("--learning-rate", type=float, default=0.1, show_default=True)
@_policy_options
@grouped(calculation=_Calculation)
def learning_rate(learning_rate: float, calculation: _Calculation) -> None:
    """Show the learning rate of each iteration; DL4J's policies compound.

    
    Example:
      dl4j-conformance oracle learning-rate --policy torchstep --decay-rate 0.5 --steps 12 --iterations 14
    """
    gradient = {"0_W": np.array([1.0])}
    script = [Update(gradient, t, 1) for t in calculation.range(10)]
    layer = {"n_in": 1, "n_out": 1, "updater": "NONE", "learning_rate": learning_rate}
    steps = _calculate("float64", calculation.conf, layer, {}, script, calculation.digits)
    if calculation.style == "json":
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
@grouped(dense=_Dense, calculation=_Calculation)
def update(dense: _Dense, calculation: _Calculation, **settings: float | None) -> None:
    """Update, state and learning rate of each step of one dense layer.

    L1 and L2 switch regularization on. The bias takes part only with --bias-gradient.

    \b
    Examples:
      dl4j-conformance oracle update --updater ADAM --learning-rate 0.01 --gradient 1,-2,0 --type float64
      dl4j-conformance oracle update --updater NESTEROVS --gradient 1 --gradient 2 --gradient 3 --digits 20
    """
    weights = [_array(text, dense.dtype, "--gradient") for text in dense.gradients]
    bias = [_array(text, dense.dtype, "--bias-gradient") for text in dense.bias_gradients]
    n, n_out = _lengths(weights, bias)
    layer: dict[str, Any] = {name: settings[name] for name in _LAYER_SETTINGS if settings[name] is not None}
    is_regularized = any(name in layer for name in ("l1", "l2", "l1_bias", "l2_bias"))
    layer |= {
        "n_in": n // n_out,
        "n_out": n_out,
        "updater": dense.updater,
        "gradient_normalization": dense.gradient_normalization,
    }
    if dense.momentum_schedule:
        layer["momentum_schedule"] = _schedule(dense.momentum_schedule, "--momentum-schedule")
    params = {
        "0_W": _params(dense.weights, n, dense.dtype, "--weights"),
        "0_b": _params(dense.bias, n_out, dense.dtype, "--bias"),
    }
    gradients = {"0_W": weights} | ({"0_b": bias} if bias else {})
    script = [
        Update({key: arrays[min(position, len(arrays) - 1)] for key, arrays in gradients.items()}, t, dense.batch_size)
        for position, t in enumerate(calculation.range(max(len(weights), len(bias))))
    ]
    conf = calculation.conf | {"use_regularization": is_regularized}
    steps = _calculate(dense.dtype, conf, layer, params, script, calculation.digits)
    if calculation.style == "json":
        _print_json(steps)
        return
    for step in steps:
        _refuse_error(step)
        click.echo(f"iteration {step.iteration}")
        for number in step.numbers:
            if bias or "_b" not in number.name:
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


def _array(text: str, dtype: str, option: str) -> Floats:
    """Return comma-separated numbers as a 1-D array, rounded once to ``dtype``; hex is taken as bits."""
    values: list[Any] = []
    for part in text.replace(" ", "").split(","):
        try:
            values.append(from_hex([part[2:]], dtype)[0] if part.startswith("0x") else float(part))
        except (ValueError, ValuesError) as error:
            raise click.UsageError(f"{option}: {part!r} is not a number: {error}") from error
    with np.errstate(over="ignore", under="ignore"):
        return np.array([np.dtype(dtype).type(value) for value in values])


def _params(text: str | None, length: int, dtype: str, option: str) -> Floats:
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
