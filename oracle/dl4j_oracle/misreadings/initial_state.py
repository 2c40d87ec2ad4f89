"""Misreadings of the value that an updater's state starts with."""

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


@misreading("rmsprop-from-zero", clauses=("STATE-4",), replaces="rmsprop.initial", references=("torch.optim.RMSprop",))
def _rmsprop_from_zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RmsProp's state starts at 0."""
    return arithmetic.scalar(0.0)


@misreading("rmsprop-from-one", clauses=("STATE-4",), replaces="rmsprop.initial", references=("TensorFlow",))
def _rmsprop_from_one(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RmsProp's state starts at 1."""
    return arithmetic.scalar(1.0)


@misreading("adam-from-epsilon", clauses=("STATE-4",), replaces="adam.initial")
def _adam_from_epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """Adam's state starts at epsilon."""
    return settings.epsilon


@misreading("adadelta-from-epsilon", clauses=("STATE-4",), replaces="adadelta.initial")
def _adadelta_from_epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """AdaDelta's state starts at epsilon."""
    return settings.epsilon
