"""Mistakes of the learning rate's policies: their formulas, which iteration they see, and which rates they change."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dl4j_backends.engine.java import exp, floor, power, quotient
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.engine.settings import LayerSettings, NetworkSettings
from mutants.held_out.mistake import Mistakes, mistake
from mutants.held_out.parts import Pipeline, Rates


class FromInitialRate(Rates):
    def next(self, rate: float, initial: float, t: int, net: NetworkSettings, layer: LayerSettings) -> float:
        return super().next(rate if net.lr_policy == "Schedule" else initial, initial, t, net, layer)


class NaturalExponential(Rates):
    def exponential(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * exp(-net.lr_policy_decay_rate * t)


class InversePowerOfIteration(Rates):
    def inverse(self, rate: float, t: int, net: NetworkSettings) -> float:
        return quotient(rate, 1 + net.lr_policy_decay_rate * power(t, net.lr_policy_power))


class InverseWithoutPower(Rates):
    def inverse(self, rate: float, t: int, net: NetworkSettings) -> float:
        return quotient(rate, 1 + net.lr_policy_decay_rate * t)


class Continuous(Rates):
    def steps_done(self, t: int, net: NetworkSettings) -> float:
        return quotient(t, net.lr_policy_steps)


class Rounded(Rates):
    def steps_done(self, t: int, net: NetworkSettings) -> float:
        return floor(quotient(t, net.lr_policy_steps) + 0.5)


class NextStep(Rates):
    """The step's number is counted with the iteration that is under way."""

    def steps_done(self, t: int, net: NetworkSettings) -> float:
        return floor(quotient(t + 1, net.lr_policy_steps))


class AtMultiples(Rates):
    """torch's StepLR: the rate decays at the multiples of the steps."""

    def torch_step(self, rate: float, t: int, net: NetworkSettings) -> float:
        steps = net.lr_policy_steps
        due = t > 0 and steps != 0 and math.fmod(t, steps) == 0
        return rate * net.lr_policy_decay_rate if due else rate


class FromIterationOne(Rates):
    def torch_step(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * net.lr_policy_decay_rate if t == 1 else super().torch_step(rate, t, net)


class PolyEnds(Rates):
    def poly(self, rate: float, t: int, net: NetworkSettings) -> float:
        return super().poly(rate, min(t, net.num_iterations), net)


class PolyOfPower(Rates):
    """``1 - (t / n) ** p``: the power binds tighter."""

    def poly(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * (1 - power(quotient(t, net.num_iterations), net.lr_policy_power))


class SigmoidRises(Rates):
    def sigmoid(self, rate: float, t: int, net: NetworkSettings) -> float:
        return quotient(rate, 1 + exp(net.lr_policy_decay_rate * (t - net.lr_policy_steps)))


class Factors(Rates):
    def schedule(self, rate: float, t: int, schedule: Mapping[int, float]) -> float:
        return rate * schedule.get(t, 1.0)


class ScheduleOfReachedKeys(Rates):
    def schedule(self, rate: float, t: int, schedule: Mapping[int, float]) -> float:
        reached = [at for at in schedule if at <= t]
        return schedule[max(reached)] if reached else rate


class IterationFromOne(Rates):
    def next(self, rate: float, initial: float, t: int, net: NetworkSettings, layer: LayerSettings) -> float:
        return super().next(rate, initial, t + 1, net, layer)


class WeightsAlone(Pipeline):
    def next_rate(self, name: str, iteration: int) -> float:
        return self.learning_rates[name] if name.endswith("b") else super().next_rate(name, iteration)


class FirstParametersRate(Pipeline):
    """One rate per layer: every parameter takes that of the layer's first one."""

    def next_rate(self, name: str, iteration: int) -> float:
        first = self.names[0]
        return super().next_rate(name, iteration) if name == first else self.learning_rates[first]


class StepsWithOldRate(Pipeline):
    """The rate decays after the step, as schedulers do that are called after the optimizer."""

    def push_rate(self, name: str, updater: ParameterUpdater, iteration: int) -> None:
        old = self.learning_rates[name]
        super().push_rate(name, updater, iteration)
        updater.learning_rate = old


class UpdaterKeepsRate(Pipeline):
    """The policy changes the configuration, and the updater keeps the rate that it was made with."""

    def push_rate(self, name: str, updater: ParameterUpdater, iteration: int) -> None:
        kept = updater.learning_rate
        super().push_rate(name, updater, iteration)
        updater.learning_rate = kept


class ExactScoreDecay(Pipeline):
    def decay_by_score(self) -> None:
        factor = self._net.lr_policy_decay_rate
        self.learning_rates = {name: rate * factor for name, rate in self.learning_rates.items()}


class FirstRateByScore(Pipeline):
    def decay_by_score(self) -> None:
        super().decay_by_score()
        for name in self.names[1:]:
            self.learning_rates[name] = self.learning_rates[self.names[0]]


_RATES = "learning_rates, updates, state"

POLICIES: Mistakes = {
    "rates_from_initial": mistake(
        "Policies compute from the first rate, and do not compound.",
        FromInitialRate,
        outputs=_RATES,
        first="learning rate",
        shown_by="step-zero-float32",
    ),
    "exponential_natural": mistake(
        "Exponential takes exp(-decay * iteration).",
        NaturalExponential,
        outputs=_RATES,
        first="learning rate",
        shown_by="exponential-tie-float32",
    ),
    "inverse_power_of_iteration": mistake(
        "Inverse's power holds for the iteration alone.",
        InversePowerOfIteration,
        outputs=_RATES,
        first="learning rate",
        shown_by="inverse-zero-base-float32",
    ),
    "inverse_without_power": mistake(
        "Inverse has no power, as Keras' decay.",
        InverseWithoutPower,
        outputs=_RATES,
        first="learning rate",
        shown_by="inverse-negative-base-float32",
    ),
    "step_continuous": mistake(
        "Step takes no floor.",
        Continuous,
        outputs=_RATES,
        first="learning rate",
        shown_by="step-adam-float32",
    ),
    "step_rounded": mistake(
        "Step rounds to the nearest step.",
        Rounded,
        outputs=_RATES,
        first="learning rate",
        shown_by="step-adam-float32",
    ),
    "step_of_next_iteration": mistake(
        "Step counts the iteration that is under way as done.",
        NextStep,
        outputs=_RATES,
        first="learning rate",
        shown_by="step-zero-float32",
    ),
    "torchstep_at_multiples": mistake(
        "TorchStep decays at the multiples of the steps, from the first on.",
        AtMultiples,
        outputs=_RATES,
        first="learning rate",
        shown_by="torchstep-adam-float32",
    ),
    "torchstep_from_one": mistake(
        "TorchStep decays at iteration 1 too.",
        FromIterationOne,
        outputs=_RATES,
        first="learning rate",
        shown_by="torchstep-adam-float32",
    ),
    "poly_ends": mistake(
        "Poly stays at zero after the last iteration.",
        PolyEnds,
        outputs=_RATES,
        first="learning rate",
        shown_by="poly-even-power-float32",
    ),
    "poly_of_power": mistake(
        "Poly subtracts the power from one.",
        PolyOfPower,
        outputs=_RATES,
        first="learning rate",
        shown_by="poly-adam-float32",
    ),
    "sigmoid_rises": mistake(
        "Sigmoid has the other sign in its exponent.",
        SigmoidRises,
        outputs=_RATES,
        first="learning rate",
        shown_by="sigmoid-adam-float32",
    ),
    "schedule_factors": mistake(
        "The schedule of rates has factors.",
        Factors,
        outputs=_RATES,
        first="learning rate",
        shown_by="schedule-adam-float32",
    ),
    "schedule_of_reached_keys": mistake(
        "The schedule of rates holds from its greatest key that was reached.",
        ScheduleOfReachedKeys,
        outputs=_RATES,
        first="learning rate",
        shown_by="schedule-keys-all-behind-float32",
    ),
    "rates_from_iteration_one": mistake(
        "Policies count iterations from one.",
        IterationFromOne,
        outputs=_RATES,
        first="learning rate",
        shown_by="exponential-tie-float32",
    ),
    "rates_of_weights_alone": mistake(
        "Rates of biases do not decay.",
        WeightsAlone,
        outputs=_RATES,
        first="learning rate",
        shown_by="exponential-tie-float32",
    ),
    "rates_of_first_parameter": mistake(
        "Every parameter takes the rate of the layer's first one under a policy.",
        FirstParametersRate,
        outputs=_RATES,
        first="learning rate",
        shown_by="embedding-table-float32",
    ),
    "rates_after_step": mistake(
        "The updater uses the rate of the step before.",
        StepsWithOldRate,
        outputs="updates, state",
        first="update, v",
        shown_by="exponential-tie-float32",
    ),
    "rates_kept_by_updater": mistake(
        "A policy's rate does not reach the updater.",
        UpdaterKeepsRate,
        outputs="updates, state",
        first="update, v",
        shown_by="exponential-tie-float32",
    ),
    "score_exact": mistake(
        "Policy Score multiplies by the decay rate alone.",
        ExactScoreDecay,
        outputs=_RATES,
        first="learning rate, update",
        shown_by="score-edge-float32",
    ),
    "score_of_first_parameter": mistake(
        "Policy Score gives every parameter the rate of the layer's first one.",
        FirstRateByScore,
        outputs=_RATES,
        first="learning rate, update",
        shown_by="score-two-layers-float32",
    ),
}
