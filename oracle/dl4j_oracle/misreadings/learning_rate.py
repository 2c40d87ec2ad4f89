"""Misreadings of the learning-rate and momentum policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dl4j_oracle import learning_rate as right
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.learning_rate import Policy, PolicySettings
from dl4j_oracle.misreadings.misreading import Misreading

_ISSUE = "DL4J issue #3678"
_POLICIES: Mapping[str, tuple[Policy, str]] = {
    "exponential": (right.exponential, "LR-4"),
    "inverse": (right.inverse, "LR-5"),
    "step": (right.step, "LR-6"),
    "poly": (right.poly, "LR-8"),
    "sigmoid": (right.sigmoid, "LR-9"),
}


def _closed(policy: Policy) -> Policy:
    return lambda lr, t, s: policy(s.initial, t, s)


def _one_later(policy: Policy) -> Policy:
    return lambda lr, t, s: policy(lr, t + 1, s)


def _torch_step_forwards(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    due = s.arithmetic.scalar(t).remainder(s.steps).is_zero()
    return lr * s.decay_rate if t > 1 and due else lr


def _torch_step_from_one(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    due = t > 0 and s.steps.remainder(s.arithmetic.scalar(t)).is_zero()
    return lr * s.decay_rate if due else lr


def _per_call(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr * s.decay_rate if t > 0 else lr


def _step_continuous(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr * s.decay_rate.pow(s.arithmetic.scalar(t) / s.steps)


def _step_whole(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return right.step(lr, t, replace(s, steps=s.steps.floor()))


def _poly_plus(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    a = s.arithmetic
    return lr * (a.scalar(t) / a.scalar(s.num_iterations) + 1).pow(s.power)


def _poly_stops(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return s.arithmetic.scalar(0.0) if t >= s.num_iterations else right.poly(lr, t, s)


def _poly_unit_power(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return right.poly(lr, t, replace(s, power=s.arithmetic.scalar(1.0)))


def _poly_schedule(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return s.arithmetic.scalar(0.0) if t >= s.num_iterations else _poly_plus(s.initial, t, s)


def _exponential_natural(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr * (-s.decay_rate * s.arithmetic.scalar(t)).exp()


def _sigmoid_not_at_first(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr if t == 0 else right.sigmoid(lr, t, s)


def _inverse_of_product(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    growth = s.decay_rate * s.arithmetic.scalar(t) + 1
    return lr * growth.pow(-s.power)


def _sigmoid_reversed(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return right.sigmoid(lr, t, replace(s, decay_rate=-s.decay_rate))


def _sigmoid_multiplied(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    distance = s.arithmetic.scalar(t) - s.steps
    return lr * ((-s.decay_rate * distance).exp() + 1)


def _inverse_unit_power(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr / (s.decay_rate * s.arithmetic.scalar(t) + 1)


def _nearest_lower(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    reached = [key for key in s.schedule if key <= t]
    return s.schedule[max(reached)] if reached else lr


def _not_kept(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return s.schedule.get(t, s.initial)


def _score_decays(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    return lr * s.decay_rate


def _momentum_nearest_lower(momentum: Scalar, t: int, schedule: Mapping[int, Scalar]) -> Scalar:
    reached = [key for key in schedule if key <= t]
    return schedule[max(reached)] if reached else momentum


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    for name, (policy, clause) in _POLICIES.items():
        yield Misreading(
            f"{name}-closed-form",
            f"The policy {name} starts from the initial rate at every iteration instead of compounding.",
            ("LR-2", clause),
            {name: _closed(policy)},
            (_ISSUE, "DL4J 1.0.0-alpha, PR #3985"),
        )
        yield Misreading(
            f"{name}-one-later", f"The policy {name} counts iterations from 1.", (clause,), {name: _one_later(policy)}
        )
        yield Misreading(f"{name}-ignored", f"The policy {name} does nothing.", (clause,), {name: right.unchanged})
    for id_, sentence, clause, field, rule in (
        ("exponential-per-call", "Exponential multiplies by d once per iteration.", "LR-4", "exponential", _per_call),
        ("torchstep-forwards", "TorchStep fires at multiples of steps.", "LR-7", "torch_step", _torch_step_forwards),
        ("torchstep-from-one", "TorchStep fires at iteration 1 too.", "LR-7", "torch_step", _torch_step_from_one),
        ("torchstep-ignored", "TorchStep does nothing.", "LR-7", "torch_step", right.unchanged),
        ("step-continuous", "Step does not round down.", "LR-6", "step", _step_continuous),
        ("step-whole", "Step takes steps for an integer.", "LR-6", "step", _step_whole),
        ("poly-plus", "Poly grows: 1 + t/N, as in the class PolySchedule.", "LR-8", "poly", _poly_plus),
        ("poly-stops", "Poly is zero from N on, for good.", "LR-8", "poly", _poly_stops),
        ("poly-unit-power", "Poly ignores its power.", "LR-8", "poly", _poly_unit_power),
        (
            "poly-schedule",
            "Poly is (1 + t/N)^power of the first rate, and 0 from N on.",
            "LR-8",
            "poly",
            _poly_schedule,
        ),
        ("exponential-natural", "Exponential multiplies by exp(-d*t).", "LR-4", "exponential", _exponential_natural),
        ("sigmoid-not-at-first", "Sigmoid leaves iteration 0 out.", "LR-9", "sigmoid", _sigmoid_not_at_first),
        ("inverse-multiplied", "Inverse multiplies by the power of -p.", "LR-5", "inverse", _inverse_of_product),
        ("sigmoid-reversed", "Sigmoid's exponent has the other sign.", "LR-9", "sigmoid", _sigmoid_reversed),
        ("sigmoid-multiplied", "Sigmoid multiplies instead of dividing.", "LR-9", "sigmoid", _sigmoid_multiplied),
        ("inverse-unit-power", "Inverse ignores its power.", "LR-5", "inverse", _inverse_unit_power),
        ("schedule-nearest-lower", "A schedule looks for the nearest lower key.", "LR-10", "schedule", _nearest_lower),
        ("schedule-not-kept", "A scheduled rate holds for one iteration.", "LR-10", "schedule", _not_kept),
        ("schedule-ignored", "The schedule does nothing.", "LR-10", "schedule", right.unchanged),
        ("score-decays", "Score decays at every update.", "LR-3", "score", _score_decays),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule})
    yield Misreading(
        "rate-always-pushed",
        "The updater reads the configured rate at every step, policy or not.",
        ("LAYER-6",),
        {"applies_policy": lambda policy, updater: True},
    )
    yield Misreading(
        "rate-pushed-by-policy-only",
        "Without a policy NESTEROVS keeps its first rate and momentum.",
        ("LAYER-6",),
        {"applies_policy": lambda policy, updater: policy is not LearningRatePolicy.NONE},
        ("DL4J before commit 943dd24367",),
    )
    yield Misreading(
        "decayed-rate-one-step-late",
        "The decayed rate is used from the next step on.",
        ("LR-1",),
        {"rate_in_use": lambda before, after: before},
    )
    yield Misreading(
        "momentum-nearest-lower",
        "The momentum schedule looks for the nearest lower key.",
        ("MOM-1",),
        {"momentum_policy": _momentum_nearest_lower},
    )
    yield Misreading(
        "momentum-schedule-ignored",
        "The momentum schedule does nothing.",
        ("MOM-1",),
        {"momentum_policy": lambda momentum, iteration, schedule: momentum},
        ("DL4J issue #1707",),
    )
