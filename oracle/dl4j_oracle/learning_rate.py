"""Learning-rate policies: ``LayerUpdater.applyLrDecayPolicy``, one rule per policy.

A rule maps the parameter's current learning rate and the iteration to the new learning rate, which is stored
and is the current one of the next call: every policy except Schedule compounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LearningRatePolicy, Updater


@dataclass(frozen=True)
class PolicySettings:
    """The global settings that the policies read; NaN where unset. ``schedule`` is the layer's.

    ``initial`` is the rate that the parameter started with: DL4J's policies do not know it, closed forms do.
    """

    decay_rate: Scalar
    power: Scalar
    steps: Scalar
    num_iterations: int
    schedule: Mapping[int, Scalar]
    arithmetic: Arithmetic
    initial: Scalar


Policy = Callable[[Scalar, int, PolicySettings], Scalar]


@clause("LAYER-6")
def is_applied(policy: LearningRatePolicy, updater: Updater | None) -> bool:
    """Rate and momentum are pushed into the updater only under a policy or in a layer of NESTEROVS."""
    return policy is not LearningRatePolicy.NONE or updater is Updater.NESTEROVS


@clause("LR-1")
def new_rate(before: Scalar, after: Scalar) -> Scalar:
    """The decayed rate is used at once."""
    return after


@clause("LR-3")
def unchanged(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``None``, which is only asked for NESTEROVS, and ``Score``, which decays elsewhere."""
    return lr


@clause("LR-2", "LR-4")
def exponential(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr * pow(decayRate, iteration)``."""
    return lr * settings.decay_rate.pow(settings.arithmetic.scalar(iteration))


@clause("LR-2", "LR-5")
def inverse(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr / pow(1 + decayRate * iteration, power)``."""
    growth = settings.decay_rate * settings.arithmetic.scalar(iteration) + 1
    return lr / growth.pow(settings.power)


@clause("LR-2", "LR-6")
def step(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr * pow(decayRate, floor(iteration / steps))``, with steps a double."""
    return lr * settings.decay_rate.pow((settings.arithmetic.scalar(iteration) / settings.steps).floor())


@clause("LR-7")
def torch_step(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr * decayRate`` at iterations > 1 that divide ``steps``: ``steps % iteration``, not the reverse."""
    if iteration > 1 and settings.steps.remainder(settings.arithmetic.scalar(iteration)).is_zero():
        return lr * settings.decay_rate
    return lr


@clause("LR-2", "LR-8")
def poly(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr * pow(1 - iteration / numIterations, power)``, numIterations being those per minibatch."""
    a = settings.arithmetic
    rest = 1 - a.scalar(iteration) / a.scalar(settings.num_iterations)
    return lr * rest.pow(settings.power)


@clause("LR-2", "LR-9")
def sigmoid(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """``lr / (1 + exp(-decayRate * (iteration - steps)))``."""
    distance = settings.arithmetic.scalar(iteration) - settings.steps
    return lr / ((-settings.decay_rate * distance).exp() + 1)


@clause("LR-10")
def schedule(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """The schedule's value for exactly this iteration, else unchanged."""
    return settings.schedule.get(iteration, lr)
