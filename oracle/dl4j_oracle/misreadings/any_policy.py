"""Misreadings that any learning-rate policy can have: that it does not compound, counts from 1, or does nothing."""

from __future__ import annotations

from dl4j_oracle import learning_rate as right
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.misreadings.misreading import misreading


@misreading(
    "exponential-closed-form",
    clauses=("LR-2", "LR-4"),
    replaces="exponential.rule",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _exponential_closed_form(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy exponential starts from the initial rate at every iteration instead of compounding."""
    return right.exponential(s.initial, t, s)


@misreading("exponential-one-later", clauses=("LR-4",), replaces="exponential.rule")
def _exponential_one_later(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy exponential counts iterations from 1."""
    return right.exponential(lr, t + 1, s)


@misreading("exponential-ignored", clauses=("LR-4",), replaces="exponential.rule")
def _exponential_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy exponential does nothing."""
    return lr


@misreading(
    "inverse-closed-form",
    clauses=("LR-2", "LR-5"),
    replaces="inverse.rule",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _inverse_closed_form(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy inverse starts from the initial rate at every iteration instead of compounding."""
    return right.inverse(s.initial, t, s)


@misreading("inverse-one-later", clauses=("LR-5",), replaces="inverse.rule")
def _inverse_one_later(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy inverse counts iterations from 1."""
    return right.inverse(lr, t + 1, s)


@misreading("inverse-ignored", clauses=("LR-5",), replaces="inverse.rule")
def _inverse_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy inverse does nothing."""
    return lr


@misreading(
    "step-closed-form",
    clauses=("LR-2", "LR-6"),
    replaces="step.rule",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _step_closed_form(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy step starts from the initial rate at every iteration instead of compounding."""
    return right.step(s.initial, t, s)


@misreading("step-one-later", clauses=("LR-6",), replaces="step.rule")
def _step_one_later(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy step counts iterations from 1."""
    return right.step(lr, t + 1, s)


@misreading("step-ignored", clauses=("LR-6",), replaces="step.rule")
def _step_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy step does nothing."""
    return lr


@misreading(
    "poly-closed-form",
    clauses=("LR-2", "LR-8"),
    replaces="poly.rule",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _poly_closed_form(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy poly starts from the initial rate at every iteration instead of compounding."""
    return right.poly(s.initial, t, s)


@misreading("poly-one-later", clauses=("LR-8",), replaces="poly.rule")
def _poly_one_later(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy poly counts iterations from 1."""
    return right.poly(lr, t + 1, s)


@misreading("poly-ignored", clauses=("LR-8",), replaces="poly.rule")
def _poly_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy poly does nothing."""
    return lr


@misreading(
    "sigmoid-closed-form",
    clauses=("LR-2", "LR-9"),
    replaces="sigmoid.rule",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _sigmoid_closed_form(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy sigmoid starts from the initial rate at every iteration instead of compounding."""
    return right.sigmoid(s.initial, t, s)


@misreading("sigmoid-one-later", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_one_later(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy sigmoid counts iterations from 1."""
    return right.sigmoid(lr, t + 1, s)


@misreading("sigmoid-ignored", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy sigmoid does nothing."""
    return lr
