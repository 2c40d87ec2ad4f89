"""The options of the ``oracle``'s calculations, and the networks and scripts that they describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from dl4j_backends.interface import Network
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.cli.given_numbers import read_array, read_params, read_schedule
from dl4j_conformance.cli.options import Command
from dl4j_oracle.configuration import LearningRatePolicy, Updater
from dl4j_oracle.updaters import UPDATERS

_LAYER_SETTINGS = {
    "learning_rate": "Of 0_W, and of 0_b unless it has its own. Default: 0.1",
    "bias_learning_rate": "Of 0_b. Default: that of 0_W",
    "momentum": "Of NESTEROVS",
    "adam_mean_decay": "beta1 of ADAM",
    "adam_var_decay": "beta2 of ADAM",
    "rho": "Of ADADELTA",
    "rms_decay": "Of RMSPROP",
    "epsilon": "Of ADAM, ADADELTA, ADAGRAD and RMSPROP",
    "gradient_normalization_threshold": "Of the clipping normalizations. Default: 1",
    "l1": "Of 0_W; needs --weights",
    "l2": "Of 0_W; needs --weights",
    "l1_bias": "Of 0_b; needs --bias and --bias-gradient",
    "l2_bias": "Of 0_b; needs --bias and --bias-gradient",
}
_MOST_STEPS = 100_000
_LAST = (1 << 31) - 2


@dataclass(frozen=True)
class Calculation:
    """The options of every calculation: the learning rate policy, the iterations, and the output."""

    policy: str
    decay_rate: float | None
    power: float | None
    steps: float | None
    num_iterations: int
    schedule: str | None
    first_iteration: int
    afresh: bool
    iterations: int | None
    digits: int
    style: str

    @property
    def conf(self) -> dict[str, Any]:
        """The network's configuration, as a case has it."""
        conf: dict[str, Any] = {
            "lr_policy": self.policy,
            "lr_policy_decay_rate": self.decay_rate,
            "lr_policy_power": self.power,
            "lr_policy_steps": self.steps,
            "num_iterations": self.num_iterations,
        }
        if self.schedule:
            conf["learning_rate_schedule"] = read_schedule(self.schedule, "--schedule")
        return {name: value for name, value in conf.items() if value is not None}

    @property
    def origin(self) -> int:
        """The iteration at which the network is new. Before 0 there is none to compute from."""
        return self.first_iteration if self.afresh else min(0, self.first_iteration)

    @property
    def remembers(self) -> bool:
        """True if an iteration's learning rate may depend on those before it."""
        return self.policy != LearningRatePolicy.NONE

    def computed(self, shown: int, remembers: bool) -> range:
        """Return the iterations to compute, so that the last ``shown`` can be shown.

        Those before them are left out if nothing ``remembers`` them. Raises :class:`click.UsageError`.
        """
        first, stop = self.first_iteration, self.first_iteration + shown
        if stop - 1 > _LAST:
            raise click.UsageError(f"{shown} iterations from {first} go beyond {_LAST}, the last DL4J can update")
        if not remembers:
            return range(first, stop)
        if stop - self.origin > _MOST_STEPS:
            raise click.UsageError(
                f"iteration {first} depends on all before it, and at most {_MOST_STEPS} are computed: add --afresh "
                f"to begin at {first} with new rates, state and weights"
            )
        return range(self.origin, stop)

    def notes(self) -> Iterator[str]:
        """Yield the sentences without which the numbers would be misunderstood."""
        if self.first_iteration and self.origin == self.first_iteration:
            yield f"starts afresh at iteration {self.origin}: rates, state and weights are those of a new network"
        if self.policy == LearningRatePolicy.SCORE:
            yield "Score: the optimizer lowers rates when the score stalls; here are no scores, and no rate changes"


@dataclass(frozen=True)
class Dense:
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

    @property
    def has_params(self) -> bool:
        """True if parameters are given, which the steps change."""
        return self.weights is not None or self.bias is not None

    @property
    def remembers(self) -> bool:
        """True if an iteration's results may depend on those before it, through state or parameters."""
        is_known = self.updater in set(Updater)
        return self.has_params or not is_known or bool(UPDATERS[Updater(self.updater)].state)

    def update(self, gradients: Mapping[str, Sequence[Floats]], iteration: int, position: int) -> Update:
        """Return the update with the gradients (1-D, of the layer's dtype) at a position; the last ones repeat."""
        current = {key: arrays[min(position, len(arrays) - 1)] for key, arrays in gradients.items()}
        return Update(current, iteration, self.batch_size)

    def is_shown(self, number: str) -> bool:
        """Return whether a number of this name is printed: parameters if they are given, 0_b if it is updated."""
        return self.keeps(number) and (bool(self.bias_gradients) or "_b" not in number)

    def keeps(self, number: str) -> bool:
        """Return whether a number of this name is among what was asked for: parameters if they are given."""
        return self.has_params or not number.startswith("param")

    def check(self, settings: Mapping[str, float]) -> None:
        """Raise :class:`click.UsageError` for a setting of a parameter that is not given."""
        for name in ("l1", "l2"):
            if settings.get(name) and self.weights is None:
                raise click.UsageError(f"--{name} reads the weights: add --weights W,W,...")
            bias_name = f"--{name}-bias"
            if settings.get(f"{name}_bias") and self.bias is None:
                raise click.UsageError(f"{bias_name} reads the bias: add --bias B,B,...")
            if settings.get(f"{name}_bias") and not self.bias_gradients:
                raise click.UsageError(
                    f"{bias_name}: a bias without a gradient is not updated: add --bias-gradient G,G,..."
                )

    def read_gradients(self) -> Mapping[str, Sequence[Floats]]:
        """Return the gradients (1-D, of the layer's dtype) by key and iteration. Raises :class:`click.UsageError`."""
        weights = [read_array(text, self.dtype, "--gradient") for text in self.gradients]
        bias = [read_array(text, self.dtype, "--bias-gradient") for text in self.bias_gradients]
        for option, arrays in (("--gradient", weights), ("--bias-gradient", bias)):
            if len({len(array) for array in arrays}) > 1:
                raise click.UsageError(f"{option}: every update needs the same number of values")
        return {"0_W": weights, "0_b": bias} if bias else {"0_W": weights}

    def network(
        self, gradients: Mapping[str, Sequence[Floats]], settings: Mapping[str, float], conf: Mapping[str, Any]
    ) -> Network:
        """Return the network of this layer, for gradients (1-D, of its dtype). Raises :class:`click.UsageError`."""
        n, n_out = len(gradients["0_W"][0]), len(gradients["0_b"][0]) if "0_b" in gradients else 1
        if n % n_out:
            raise click.UsageError(f"{n} weights cannot belong to {n_out} outputs")
        layer: dict[str, Any] = {"updater": self.updater, "n_in": n // n_out, "n_out": n_out, **settings}
        layer["gradient_normalization"] = self.gradient_normalization
        if self.momentum_schedule:
            layer["momentum_schedule"] = read_schedule(self.momentum_schedule, "--momentum-schedule")
        params = {
            "0_W": read_params(self.weights, n, self.dtype, "--weights"),
            "0_b": read_params(self.bias, n_out, self.dtype, "--bias"),
        }
        is_regularized = any(name in settings for name in ("l1", "l2", "l1_bias", "l2_bias"))
        return Network(self.dtype, {**conf, "use_regularization": is_regularized}, (layer,), params)


def policy_options(function: Command) -> Command:
    """Give a command the options of :class:`Calculation`."""
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
        click.option(
            "--first-iteration",
            type=click.IntRange(-(1 << 31), _LAST),
            default=0,
            show_default=True,
            help="The first that is shown. Those from 0 on are computed too: it depends on them.",
        ),
        click.option("--afresh", is_flag=True, help="Begin at --first-iteration, with new rates, state and weights."),
        click.option("--iterations", type=click.IntRange(1, _MOST_STEPS), help="How many are shown."),
        click.option("--digits", type=click.IntRange(1, 1000), default=50, show_default=True, help="Of exact values."),
        click.option("--format", "style", type=click.Choice(["pretty", "json"]), default="pretty", show_default=True),
    )
    for option in reversed(options):
        function = option(function)
    return function


#: How far a rate is followed: some seconds for each million.
_MOST_DISTANT = 10_000_000
at_option = click.option(
    "--at",
    type=click.IntRange(0, _MOST_DISTANT),
    multiple=True,
    metavar="N",
    help="The rate of iteration N alone, such as 1000000. Again for more than one.",
)


def layer_options(function: Command) -> Command:
    """Give a command an option for each of the layer's numbers."""
    for name, text in reversed(_LAYER_SETTINGS.items()):
        function = click.option(f"--{name.replace('_', '-')}", name, type=float, help=f"{text}.")(function)
    return function
