"""Misreadings of single learning-rate policies, of when a rate takes effect, and of the momentum schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dl4j_oracle import learning_rate as right
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.configuration import LearningRatePolicy, Updater
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.misreadings.misreading import misreading


def _growing(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Return ``lr * (1 + t/N)^power``."""
    a = s.arithmetic
    return lr * (a.scalar(t) / a.scalar(s.num_iterations) + 1).pow(s.power)


@misreading("exponential-per-call", clauses=("LR-4",), replaces="exponential.rule")
def _exponential_per_call(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Exponential multiplies by d once per iteration."""
    return lr * s.decay_rate if t > 0 else lr


@misreading("torchstep-forwards", clauses=("LR-7",), replaces="torch_step.rule")
def _torchstep_forwards(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """TorchStep fires at multiples of steps."""
    due = s.arithmetic.scalar(t).remainder(s.steps).is_zero()
    return lr * s.decay_rate if t > 1 and due else lr


@misreading("torchstep-from-one", clauses=("LR-7",), replaces="torch_step.rule")
def _torchstep_from_one(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """TorchStep fires at iteration 1 too."""
    due = t > 0 and s.steps.remainder(s.arithmetic.scalar(t)).is_zero()
    return lr * s.decay_rate if due else lr


@misreading("torchstep-ignored", clauses=("LR-7",), replaces="torch_step.rule")
def _torchstep_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """TorchStep does nothing."""
    return lr


@misreading("step-continuous", clauses=("LR-6",), replaces="step.rule")
def _step_continuous(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Step does not round down."""
    return lr * s.decay_rate.pow(s.arithmetic.scalar(t) / s.steps)


@misreading("step-whole", clauses=("LR-6",), replaces="step.rule")
def _step_whole(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Step takes steps for an integer."""
    return right.step(lr, t, replace(s, steps=s.steps.floor()))


@misreading("poly-plus", clauses=("LR-8",), replaces="poly.rule")
def _poly_plus(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly grows: 1 + t/N, as in the class PolySchedule."""
    return _growing(lr, t, s)


@misreading("poly-stops", clauses=("LR-8",), replaces="poly.rule")
def _poly_stops(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly is zero from N on, for good."""
    return s.arithmetic.scalar(0.0) if t >= s.num_iterations else right.poly(lr, t, s)


@misreading("poly-unit-power", clauses=("LR-8",), replaces="poly.rule")
def _poly_unit_power(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly ignores its power."""
    return right.poly(lr, t, replace(s, power=s.arithmetic.scalar(1.0)))


@misreading("poly-schedule", clauses=("LR-8",), replaces="poly.rule")
def _poly_schedule(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Poly is (1 + t/N)^power of the first rate, and 0 from N on."""
    return s.arithmetic.scalar(0.0) if t >= s.num_iterations else _growing(s.initial, t, s)


@misreading("exponential-natural", clauses=("LR-4",), replaces="exponential.rule")
def _exponential_natural(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Exponential multiplies by exp(-d*t)."""
    return lr * (-s.decay_rate * s.arithmetic.scalar(t)).exp()


@misreading("sigmoid-not-at-first", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_not_at_first(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Sigmoid leaves iteration 0 out."""
    return lr if t == 0 else right.sigmoid(lr, t, s)


@misreading("inverse-multiplied", clauses=("LR-5",), replaces="inverse.rule")
def _inverse_multiplied(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Inverse multiplies by the power of -p."""
    growth = s.decay_rate * s.arithmetic.scalar(t) + 1
    return lr * growth.pow(-s.power)


@misreading("sigmoid-reversed", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_reversed(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Sigmoid's exponent has the other sign."""
    return right.sigmoid(lr, t, replace(s, decay_rate=-s.decay_rate))


@misreading("sigmoid-multiplied", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_multiplied(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Sigmoid multiplies instead of dividing."""
    distance = s.arithmetic.scalar(t) - s.steps
    return lr * ((-s.decay_rate * distance).exp() + 1)


@misreading("inverse-unit-power", clauses=("LR-5",), replaces="inverse.rule")
def _inverse_unit_power(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """Inverse ignores its power."""
    return lr / (s.decay_rate * s.arithmetic.scalar(t) + 1)


@misreading("schedule-nearest-lower", clauses=("LR-10",), replaces="schedule.rule")
def _schedule_nearest_lower(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """A schedule looks for the nearest lower key."""
    reached = [key for key in s.schedule if key <= t]
    return s.schedule[max(reached)] if reached else lr


@misreading("schedule-not-kept", clauses=("LR-10",), replaces="schedule.rule")
def _schedule_not_kept(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """A scheduled rate holds for one iteration."""
    return s.schedule.get(t, s.initial)


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


@misreading("momentum-nearest-lower", clauses=("MOM-1",), replaces="momentum_policy")
def _momentum_nearest_lower(momentum: Scalar, t: int, schedule: Mapping[int, Scalar]) -> Scalar:
    """The momentum schedule looks for the nearest lower key."""
    reached = [key for key in schedule if key <= t]
    return schedule[max(reached)] if reached else momentum


@misreading(
    "momentum-schedule-ignored", clauses=("MOM-1",), replaces="momentum_policy", references=("DL4J issue #1707",)
)
def _momentum_schedule_ignored(momentum: Scalar, t: int, schedule: Mapping[int, Scalar]) -> Scalar:
    """The momentum schedule does nothing."""
    return momentum
