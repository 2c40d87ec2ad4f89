"""Misreadings of settings of zero, which count as unset where the updater takes them: as where zero is false."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, UpdaterSettings


def _or(setting: Scalar, default: float, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(default) if setting.is_zero() else setting


def _epsilon_or(default: float) -> tuple[object, object]:
    """Return the epsilon of a step, and the start value of the state that it gives."""

    def of_step(call: Call) -> Scalar:
        return _or(call.settings.epsilon, default, call.arithmetic)

    def initial(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
        return _or(settings.epsilon, default, arithmetic)

    return of_step, initial


@misreading("adam-zero-mean-decay-is-unset", clauses=("ADAM-1", "CONF-2"), replaces="adam.step.mean_decay")
def _adam_zero_mean_decay_is_unset(call: Call) -> Scalar:
    """ADAM: A mean decay of zero becomes 0.9."""
    return _or(call.settings.adam_mean_decay, 0.9, call.arithmetic)


@misreading("adam-zero-variance-decay-is-unset", clauses=("ADAM-1", "CONF-2"), replaces="adam.step.variance_decay")
def _adam_zero_variance_decay_is_unset(call: Call) -> Scalar:
    """ADAM: A variance decay of zero becomes 0.999."""
    return _or(call.settings.adam_var_decay, 0.999, call.arithmetic)


@misreading("adam-zero-epsilon-is-unset", clauses=("ADAM-2", "CONF-2"), replaces="adam.step.epsilon")
def _adam_zero_epsilon_is_unset(call: Call) -> Scalar:
    """ADAM: An epsilon of zero becomes 1e-08."""
    return _or(call.settings.epsilon, 1e-08, call.arithmetic)


@misreading("adadelta-zero-rho-is-unset", clauses=("ADADELTA-1", "CONF-2"), replaces="adadelta.step.rho")
def _adadelta_zero_rho_is_unset(call: Call) -> Scalar:
    """ADADELTA: A rho of zero becomes 0.95."""
    return _or(call.settings.rho, 0.95, call.arithmetic)


@misreading("adadelta-zero-epsilon-is-unset", clauses=("ADADELTA-1", "CONF-2"), replaces="adadelta.step.epsilon")
def _adadelta_zero_epsilon_is_unset(call: Call) -> Scalar:
    """ADADELTA: An epsilon of zero becomes 1e-06."""
    return _or(call.settings.epsilon, 1e-06, call.arithmetic)


@misreading("nesterovs-zero-momentum-is-unset", clauses=("NESTEROVS-1", "CONF-2"), replaces="nesterovs.step.momentum")
def _nesterovs_zero_momentum_is_unset(call: Call) -> Scalar:
    """NESTEROVS: A momentum of zero becomes 0.9."""
    return _or(call.momentum, 0.9, call.arithmetic)


@misreading(
    "adagrad-zero-epsilon-is-unset",
    clauses=("ADAGRAD-1", "CONF-2"),
    replaces=("adagrad.step.epsilon", "adagrad.initial"),
)
def _adagrad_zero_epsilon_is_unset() -> tuple[object, object]:
    """ADAGRAD: An epsilon of zero becomes 1e-06."""
    return _epsilon_or(1e-06)


@misreading("rmsprop-zero-decay-is-unset", clauses=("RMSPROP-1", "CONF-2"), replaces="rmsprop.step.decay")
def _rmsprop_zero_decay_is_unset(call: Call) -> Scalar:
    """RMSPROP: A decay of zero becomes 0.95."""
    return _or(call.settings.rms_decay, 0.95, call.arithmetic)


@misreading(
    "rmsprop-zero-epsilon-is-unset",
    clauses=("RMSPROP-1", "CONF-2"),
    replaces=("rmsprop.step.epsilon", "rmsprop.initial"),
)
def _rmsprop_zero_epsilon_is_unset() -> tuple[object, object]:
    """RMSPROP: An epsilon of zero becomes 1e-08."""
    return _epsilon_or(1e-08)
