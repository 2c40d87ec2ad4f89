"""The learning-rate schedule of a library that stands for a policy of DL4J. It is plain data, as in ``construction``.

DL4J's policies change the last rate by the absolute iteration, so most of them compound. Those of libraries begin with
the first rate: they are what DL4J's settings ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, assert_never

from dl4j_backends.engine.settings import LayerSettings, NetworkSettings
from dl4j_backends.frameworks.construction import LibraryName, Named
from dl4j_backends.interface import UnsupportedError


@dataclass(frozen=True)
class Schedule(Named):
    """A schedule as it is made: ``name(**arguments)``; torch's take an optimizer too, which has the first rate."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


def schedule(library: LibraryName, net: NetworkSettings, layer: LayerSettings, learning_rate: float) -> Schedule | None:
    """Return the schedule that stands for the policy from this rate on; None if the rate is constant.

    Raises :class:`UnsupportedError` for a policy without counterpart, and for a schedule of the momentum.
    """
    if layer.updater.takes_momentum and layer.momentum_schedule:
        raise UnsupportedError(f"momentum_schedule: {library} changes no momentum by the iteration")
    if net.lr_policy == "None" or (net.lr_policy == "Schedule" and not layer.learning_rate_schedule):
        return None
    found = _counterpart(library, net, layer, learning_rate)
    if found is None:
        raise UnsupportedError(f"lr_policy {net.lr_policy}: {library} has no schedule like it under these settings")
    return found


def _counterpart(
    library: LibraryName, net: NetworkSettings, layer: LayerSettings, learning_rate: float
) -> Schedule | None:
    match library:
        case "torch.optim":
            return _torch(net)
        case "optax":
            return _optax(net, layer, learning_rate)
        case "keras":
            return _keras(net, layer, learning_rate)
        case _:
            assert_never(library)


def _torch(net: NetworkSettings) -> Schedule | None:
    module = "torch.optim.lr_scheduler"
    match net.lr_policy:
        case "Exponential":
            return Schedule(f"{module}.ExponentialLR", {"gamma": net.lr_policy_decay_rate})
        case "Step" | "TorchStep" if net.lr_policy_steps >= 1:
            return Schedule(
                f"{module}.StepLR", {"step_size": int(net.lr_policy_steps), "gamma": net.lr_policy_decay_rate}
            )
        case "Poly" if net.num_iterations > 0:
            return Schedule(f"{module}.PolynomialLR", {"total_iters": net.num_iterations, "power": net.lr_policy_power})
        case _:
            return None


def _optax(net: NetworkSettings, layer: LayerSettings, learning_rate: float) -> Schedule | None:
    first = {"init_value": learning_rate}
    decay = {**first, "decay_rate": net.lr_policy_decay_rate}
    match net.lr_policy:
        case "Exponential":
            return Schedule("optax.exponential_decay", {**decay, "transition_steps": 1})
        case "Step" | "TorchStep" if net.lr_policy_steps >= 1:
            steps = int(net.lr_policy_steps)
            return Schedule("optax.exponential_decay", {**decay, "transition_steps": steps, "staircase": True})
        case "Poly" if net.num_iterations > 0:
            poly = {"end_value": 0.0, "power": net.lr_policy_power, "transition_steps": net.num_iterations}
            return Schedule("optax.polynomial_schedule", first | poly)
        case "Schedule":
            changes = sorted(layer.learning_rate_schedule.items())
            rates = [learning_rate, *(rate for _, rate in changes)]
            if 0.0 in rates[:-1]:  # what comes after is a multiple of it
                return None
            scales = {at: after / before for (at, _), (before, after) in zip(changes, pairwise(rates), strict=True)}
            return Schedule("optax.piecewise_constant_schedule", {**first, "boundaries_and_scales": scales})
        case _:
            return None


def _keras(net: NetworkSettings, layer: LayerSettings, learning_rate: float) -> Schedule | None:
    module, first = "keras.optimizers.schedules", {"initial_learning_rate": learning_rate}
    decay = {**first, "decay_rate": net.lr_policy_decay_rate}
    match net.lr_policy:
        case "Exponential":
            return Schedule(f"{module}.ExponentialDecay", {**decay, "decay_steps": 1})
        case "Step" | "TorchStep" if net.lr_policy_steps >= 1:
            steps = int(net.lr_policy_steps)
            return Schedule(f"{module}.ExponentialDecay", {**decay, "decay_steps": steps, "staircase": True})
        case "Inverse" if net.lr_policy_power == 1:
            return Schedule(f"{module}.InverseTimeDecay", {**decay, "decay_steps": 1})
        case "Poly" if net.num_iterations > 0:
            poly = {"end_learning_rate": 0.0, "power": net.lr_policy_power, "decay_steps": net.num_iterations}
            return Schedule(f"{module}.PolynomialDecay", first | poly)
        case "Schedule":
            rates = {0: learning_rate, **layer.learning_rate_schedule}
            # A rate holds up to its boundary, which is the last iteration before the change. There must be one.
            ends = [at - 1 for at in sorted(rates)[1:]] or [0]
            values = [rates[at] for at in sorted(rates)]
            return Schedule(
                f"{module}.PiecewiseConstantDecay",
                {"boundaries": ends, "values": values * 2 if len(values) == 1 else values},
            )
        case _:
            return None
