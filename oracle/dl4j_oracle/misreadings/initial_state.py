"""Misreadings of the value that an updater's state starts with, and of the order of its arrays."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import UpdaterSettings


@misreading("adagrad-from-zero", clauses=("STATE-4",), replaces="adagrad.initial", references=("ND4J PR #888",))
def _adagrad_from_zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaGrad's state starts at 0."""
    return arithmetic.scalar(0.0)


@misreading("adagrad-from-one", clauses=("STATE-4",), replaces="adagrad.initial", references=("DL4J issue #953",))
def _adagrad_from_one(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaGrad's state starts at 1."""
    return arithmetic.scalar(1.0)


@misreading("adagrad-from-a-constant", clauses=("STATE-4",), replaces="adagrad.initial", references=("ND4J 0.9.1",))
def _adagrad_from_a_constant(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaGrad's state starts at 1e-6 whatever epsilon is."""
    return arithmetic.scalar(1e-6)


@misreading(
    "adagrad-from-a-tenth",
    clauses=("STATE-4",),
    replaces="adagrad.initial",
    references=("Keras", "TensorFlow", "Optax", "TensorFlow.js"),
)
def _adagrad_from_a_tenth(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaGrad's state starts at 0.1."""
    return arithmetic.scalar(0.1)


@misreading("rmsprop-from-zero", clauses=("STATE-4",), replaces="rmsprop.initial", references=("torch.optim.RMSprop",))
def _rmsprop_from_zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RmsProp's state starts at 0."""
    return arithmetic.scalar(0.0)


@misreading("rmsprop-from-one", clauses=("STATE-4",), replaces="rmsprop.initial", references=("TensorFlow",))
def _rmsprop_from_one(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RmsProp's state starts at 1."""
    return arithmetic.scalar(1.0)


@misreading("rmsprop-from-a-constant", clauses=("STATE-4",), replaces="rmsprop.initial")
def _rmsprop_from_a_constant(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RmsProp's state starts at 1e-08 whatever epsilon is."""
    return arithmetic.scalar(1e-8)


@misreading("adam-from-epsilon", clauses=("STATE-4",), replaces="adam.initial")
def _adam_from_epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """Adam's state starts at epsilon."""
    return settings.epsilon


@misreading("adadelta-from-epsilon", clauses=("STATE-4",), replaces="adadelta.initial")
def _adadelta_from_epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaDelta's state starts at epsilon."""
    return settings.epsilon


@misreading("adam-variance-before-mean", clauses=("STATE-3",), replaces="adam.state")
def _adam_variance_before_mean() -> tuple[str, ...]:
    """ADAM: The state view has v before m."""
    return ("v", "m")


@misreading("adadelta-msdx-before-msg", clauses=("STATE-3",), replaces="adadelta.state")
def _adadelta_msdx_before_msg() -> tuple[str, ...]:
    """ADADELTA: The state view has msdx before msg."""
    return ("msdx", "msg")
