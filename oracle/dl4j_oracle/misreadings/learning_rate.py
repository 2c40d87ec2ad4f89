"""Misreadings of single learning-rate policies, of when a rate takes effect, and of the momentum schedule."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.configuration import LearningRatePolicy, Updater
from dl4j_oracle.learning_rate import PolicyRule, PolicySettings
from dl4j_oracle.misreadings.decay import Start, initial, nearest_lower, one_later
from dl4j_oracle.misreadings.misreading import misreading


def _growing(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Return ``lr * (1 + t/N)^power``."""
    a = s.arithmetic
    return lr * (a.scalar(t) / a.scalar(s.num_iterations) + 1).pow(s.power)


def _zero_from_the_end(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Return the rate, or zero from N on."""
    return s.arithmetic.scalar(0.0) if t >= s.num_iterations else lr


@misreading("exponential-per-call", clauses=("LR-4",), replaces="exponential.rule.formula")
def _exponential_per_call(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Exponential multiplies by d once per iteration."""
    return lr * s.decay_rate if t > 0 else lr


@misreading("torchstep-forwards", clauses=("LR-7",), replaces="torch_step.rule.is_due")
def _torchstep_forwards(t: int, s: PolicySettings) -> bool:
    """TorchStep fires at multiples of steps."""
    return s.arithmetic.scalar(t).remainder(s.steps).is_zero()


@misreading("torchstep-from-one", clauses=("LR-7",), replaces="torch_step.rule.has_begun")
def _torchstep_from_one(t: int) -> bool:
    """TorchStep fires at iteration 1 too."""
    return t > 0


@misreading(
    "torchstep-from-initial",
    clauses=("LR-7",),
    replaces="torch_step.rule",
    references=("torch.optim.lr_scheduler.StepLR",),
)
def _torchstep_from_initial(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """TorchStep is the initial rate times d to the power of floor(t/steps)."""
    return s.initial * s.decay_rate.pow((s.arithmetic.scalar(t) / s.steps).floor())


@misreading("torchstep-ignored", clauses=("LR-7",), replaces="torch_step.rule")
def _torchstep_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """TorchStep does nothing."""
    return lr


@misreading("step-continuous", clauses=("LR-6",), replaces="step.rule.formula")
def _step_continuous(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Step does not round down."""
    return lr * s.decay_rate.pow(s.arithmetic.scalar(t) / s.steps)


@misreading("step-whole", clauses=("LR-6",), replaces="step.rule.steps")
def _step_whole(s: PolicySettings) -> Scalar:
    """Step takes steps for an integer."""
    return s.steps.floor()


@misreading("poly-plus", clauses=("LR-8",), replaces="poly.rule.formula")
def _poly_plus(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly grows: 1 + t/N, as in the class PolySchedule."""
    return _growing(lr, t, s)


@misreading("poly-stops", clauses=("LR-8",), replaces="poly.rule.limited")
def _poly_stops(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly is zero from N on, for good."""
    return _zero_from_the_end(lr, t, s)


@misreading("poly-unit-power", clauses=("LR-8",), replaces="poly.rule.power")
def _poly_unit_power(s: PolicySettings) -> Scalar:
    """Poly ignores its power."""
    return s.arithmetic.scalar(1.0)


@misreading("poly-schedule", clauses=("LR-8",), replaces=("poly.rule.start", "poly.rule.formula", "poly.rule.limited"))
def _poly_schedule() -> tuple[Start, PolicyRule, PolicyRule]:
    """Poly is (1 + t/N)^power of the first rate, and 0 from N on."""
    return initial, _growing, _zero_from_the_end


@misreading("exponential-natural", clauses=("LR-4",), replaces="exponential.rule.formula")
def _exponential_natural(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Exponential multiplies by exp(-d*t)."""
    return lr * (-s.decay_rate * s.arithmetic.scalar(t)).exp()


@misreading("sigmoid-not-at-first", clauses=("LR-9",), replaces="sigmoid.rule.is_due")
def _sigmoid_not_at_first(t: int, s: PolicySettings) -> bool:
    """Sigmoid leaves iteration 0 out."""
    return t != 0


@misreading("inverse-multiplied", clauses=("LR-5",), replaces="inverse.rule.formula")
def _inverse_multiplied(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Inverse multiplies by the power of -p."""
    growth = s.decay_rate * s.arithmetic.scalar(t) + 1
    return lr * growth.pow(-s.power)


@misreading("sigmoid-reversed", clauses=("LR-9",), replaces="sigmoid.rule.decay_rate")
def _sigmoid_reversed(s: PolicySettings) -> Scalar:
    """Sigmoid's exponent has the other sign."""
    return -s.decay_rate


@misreading("sigmoid-multiplied", clauses=("LR-9",), replaces="sigmoid.rule.formula")
def _sigmoid_multiplied(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Sigmoid multiplies instead of dividing."""
    distance = s.arithmetic.scalar(t) - s.steps
    return lr * ((-s.decay_rate * distance).exp() + 1)


@misreading("inverse-unit-power", clauses=("LR-5",), replaces="inverse.rule.power")
def _inverse_unit_power(s: PolicySettings) -> Scalar:
    """Inverse ignores its power."""
    return s.arithmetic.scalar(1.0)


@misreading("schedule-nearest-lower", clauses=("LR-10",), replaces="schedule.rule.lookup")
def _schedule_nearest_lower(t: int, schedule: Mapping[int, Scalar]) -> Scalar | None:
    """A schedule looks for the nearest lower key."""
    return nearest_lower(t, schedule)


@misreading("schedule-not-kept", clauses=("LR-10",), replaces="schedule.rule.otherwise")
def _schedule_not_kept(lr: Scalar, s: PolicySettings) -> Scalar:
    """A scheduled rate holds for one iteration."""
    return s.initial


@misreading("schedule-ignored", clauses=("LR-10",), replaces="schedule.rule")
def _schedule_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The schedule does nothing."""
    return lr


@misreading("score-decays", clauses=("LR-3",), replaces="score.rule")
def _score_decays(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Score decays at every update."""
    return lr * s.decay_rate


@misreading("rate-always-pushed", clauses=("LAYER-6",), replaces="applies_policy")
def _rate_always_pushed(policy: LearningRatePolicy, updater: Updater | None) -> bool:
    """The updater reads the configured rate at every step, policy or not."""
    return True


@misreading(
    "rate-pushed-by-policy-only",
    clauses=("LAYER-6",),
    replaces="applies_policy",
    references=("DL4J before commit 943dd24367",),
)
def _rate_pushed_by_policy_only(policy: LearningRatePolicy, updater: Updater | None) -> bool:
    """Without a policy NESTEROVS keeps its first rate and momentum."""
    return policy is not LearningRatePolicy.NONE


@misreading("decayed-rate-one-step-late", clauses=("LR-1",), replaces="rate_in_use")
def _decayed_rate_one_step_late(before: Scalar, after: Scalar) -> Scalar:
    """The decayed rate is used from the next step on."""
    return before


@misreading("momentum-nearest-lower", clauses=("MOM-1",), replaces="momentum_policy.lookup")
def _momentum_nearest_lower(t: int, schedule: Mapping[int, Scalar]) -> Scalar | None:
    """The momentum schedule looks for the nearest lower key."""
    return nearest_lower(t, schedule)


@misreading(
    "momentum-schedule-ignored", clauses=("MOM-1",), replaces="momentum_policy", references=("DL4J issue #1707",)
)
def _momentum_schedule_ignored(momentum: Scalar, t: int, schedule: Mapping[int, Scalar], initial: Scalar) -> Scalar:
    """The momentum schedule does nothing."""
    return momentum


@misreading("momentum-one-later", clauses=("MOM-1",), replaces="momentum_policy.count")
def _momentum_one_later(count: int) -> int:
    """The momentum schedule counts iterations from 1."""
    return one_later(count)


@misreading("momentum-one-step-late", clauses=("MOM-2",), replaces="momentum_in_use")
def _momentum_one_step_late(before: Scalar, after: Scalar) -> Scalar:
    """The scheduled momentum is used from the next step on."""
    return before


@misreading("schedule-one-later", clauses=("LR-10",), replaces="schedule.rule.count")
def _schedule_one_later(count: int) -> int:
    """The policy Schedule counts iterations from 1."""
    return one_later(count)


@misreading("torchstep-one-later", clauses=("LR-7",), replaces="torch_step.rule.count")
def _torchstep_one_later(count: int) -> int:
    """The policy TorchStep counts iterations from 1."""
    return one_later(count)


@misreading(
    "rates-decay-without-gradient",
    clauses=("LR-1", "LR-2"),
    replaces="decaying_besides.missing",
    references=("torch.optim.lr_scheduler",),
)
def _rates_decay_without_gradient() -> bool:
    """The rates of parameters without a gradient decay too."""
    return True


@misreading(
    "rates-of-frozen-layers-decay",
    clauses=("LAYER-2",),
    replaces="decaying_besides.frozen",
    references=("torch.optim.lr_scheduler",),
)
def _rates_of_frozen_layers_decay() -> bool:
    """The rates of frozen layers decay too."""
    return True


@misreading("momentum-not-kept", clauses=("MOM-1",), replaces="momentum_policy.otherwise")
def _momentum_not_kept(momentum: Scalar, initial: Scalar) -> Scalar:
    """A scheduled momentum holds for one iteration."""
    return initial


@misreading("rate-of-layer-decays-per-parameter", clauses=("LR-1", "LR-2"), replaces="rates_after")
def _rate_of_layer_decays_per_parameter(rates: Mapping[str, Scalar], name: str, rate: Scalar) -> Mapping[str, Scalar]:
    """All parameters of a layer share one rate, which decays once for each of them."""
    return dict.fromkeys(rates, rate)


@misreading(
    "rate-set-for-layer", clauses=("LAYER-4",), replaces="rates_set", references=("torch.optim's parameter groups",)
)
def _rate_set_for_layer(rates: Mapping[str, Scalar], name: str, rate: Scalar) -> Mapping[str, Scalar]:
    """A rate that is set from outside for a parameter is set for all of its layer."""
    return dict.fromkeys({**rates, name: rate}, rate)
