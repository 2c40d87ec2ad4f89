"""Misreadings that any learning-rate policy can have: that it does not compound, counts from 1, or does nothing."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.misreadings import decay
from dl4j_oracle.misreadings.misreading import misreading


@misreading(
    "exponential-closed-form",
    clauses=("LR-2", "LR-4"),
    replaces="exponential.rule.start",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _exponential_closed_form(lr: Scalar, settings: PolicySettings) -> Scalar:
    """The policy exponential starts from the initial rate at every iteration instead of compounding."""
    return decay.initial(lr, settings)


@misreading("exponential-one-later", clauses=("LR-4",), replaces="exponential.rule.count")
def _exponential_one_later(count: int) -> int:
    """The policy exponential counts iterations from 1."""
    return decay.one_later(count)


@misreading("exponential-ignored", clauses=("LR-4",), replaces="exponential.rule")
def _exponential_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy exponential does nothing."""
    return lr


@misreading(
    "inverse-closed-form",
    clauses=("LR-2", "LR-5"),
    replaces="inverse.rule.start",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _inverse_closed_form(lr: Scalar, settings: PolicySettings) -> Scalar:
    """The policy inverse starts from the initial rate at every iteration instead of compounding."""
    return decay.initial(lr, settings)


@misreading("inverse-one-later", clauses=("LR-5",), replaces="inverse.rule.count")
def _inverse_one_later(count: int) -> int:
    """The policy inverse counts iterations from 1."""
    return decay.one_later(count)


@misreading("inverse-ignored", clauses=("LR-5",), replaces="inverse.rule")
def _inverse_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy inverse does nothing."""
    return lr


@misreading(
    "step-closed-form",
    clauses=("LR-2", "LR-6"),
    replaces="step.rule.start",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _step_closed_form(lr: Scalar, settings: PolicySettings) -> Scalar:
    """The policy step starts from the initial rate at every iteration instead of compounding."""
    return decay.initial(lr, settings)


@misreading("step-one-later", clauses=("LR-6",), replaces="step.rule.count")
def _step_one_later(count: int) -> int:
    """The policy step counts iterations from 1."""
    return decay.one_later(count)


@misreading("step-ignored", clauses=("LR-6",), replaces="step.rule")
def _step_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy step does nothing."""
    return lr


@misreading(
    "poly-closed-form",
    clauses=("LR-2", "LR-8"),
    replaces="poly.rule.start",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _poly_closed_form(lr: Scalar, settings: PolicySettings) -> Scalar:
    """The policy poly starts from the initial rate at every iteration instead of compounding."""
    return decay.initial(lr, settings)


@misreading("poly-one-later", clauses=("LR-8",), replaces="poly.rule.count")
def _poly_one_later(count: int) -> int:
    """The policy poly counts iterations from 1."""
    return decay.one_later(count)


@misreading("poly-ignored", clauses=("LR-8",), replaces="poly.rule")
def _poly_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy poly does nothing."""
    return lr


@misreading(
    "sigmoid-closed-form",
    clauses=("LR-2", "LR-9"),
    replaces="sigmoid.rule.start",
    references=("DL4J issue #3678", "DL4J 1.0.0-alpha, PR #3985"),
)
def _sigmoid_closed_form(lr: Scalar, settings: PolicySettings) -> Scalar:
    """The policy sigmoid starts from the initial rate at every iteration instead of compounding."""
    return decay.initial(lr, settings)


@misreading("sigmoid-one-later", clauses=("LR-9",), replaces="sigmoid.rule.count")
def _sigmoid_one_later(count: int) -> int:
    """The policy sigmoid counts iterations from 1."""
    return decay.one_later(count)


@misreading("sigmoid-ignored", clauses=("LR-9",), replaces="sigmoid.rule")
def _sigmoid_ignored(lr: Scalar, t: int, s: PolicySettings) -> Scalar:
    """The policy sigmoid does nothing."""
    return lr
