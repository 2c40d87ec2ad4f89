"""Misreadings of the settings that an updater has unless they are set."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_oracle.configuration import Updater
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import defaults_of


def _with(asked: Updater, updater: Updater, **values: float) -> Mapping[str, float]:
    """Return the defaults of the updater that is ``asked`` for, with other ``values`` if it is ``updater``."""
    return {**defaults_of(asked), **(values if asked is updater else {})}


@misreading("adadelta-default-rho-095", clauses=("CONF-2",), replaces="updater_defaults", references=("DL4J 0.9.1",))
def _adadelta_default_rho_095(asked: Updater) -> Mapping[str, float]:
    """ADADELTA's rho is 0.95 unless set."""
    return _with(asked, Updater.ADADELTA, rho=0.95)


@misreading(
    "adadelta-default-rho-09", clauses=("CONF-2",), replaces="updater_defaults", references=("torch.optim.Adadelta",)
)
def _adadelta_default_rho_09(asked: Updater) -> Mapping[str, float]:
    """ADADELTA's rho is 0.9 unless set."""
    return _with(asked, Updater.ADADELTA, rho=0.9)


@misreading(
    "adadelta-default-epsilon-1e-05", clauses=("CONF-2",), replaces="updater_defaults", references=("ND4J 0.7.2",)
)
def _adadelta_default_epsilon_1e_05(asked: Updater) -> Mapping[str, float]:
    """ADADELTA's epsilon is 1e-05 unless set."""
    return _with(asked, Updater.ADADELTA, epsilon=1e-5)


@misreading(
    "nesterovs-default-momentum-05", clauses=("CONF-2",), replaces="updater_defaults", references=("ND4J 0.7.2",)
)
def _nesterovs_default_momentum_05(asked: Updater) -> Mapping[str, float]:
    """NESTEROVS's momentum is 0.5 unless set."""
    return _with(asked, Updater.NESTEROVS, momentum=0.5)


@misreading("adam-default-epsilon-1e-07", clauses=("CONF-2",), replaces="updater_defaults", references=("Keras",))
def _adam_default_epsilon_1e_07(asked: Updater) -> Mapping[str, float]:
    """ADAM's epsilon is 1e-07 unless set."""
    return _with(asked, Updater.ADAM, epsilon=1e-7)


@misreading("adam-default-adam-var-decay-099", clauses=("CONF-2",), replaces="updater_defaults")
def _adam_default_adam_var_decay_099(asked: Updater) -> Mapping[str, float]:
    """ADAM's adam_var_decay is 0.99 unless set."""
    return _with(asked, Updater.ADAM, adam_var_decay=0.99)


@misreading("adagrad-default-epsilon-1e-08", clauses=("CONF-2",), replaces="updater_defaults")
def _adagrad_default_epsilon_1e_08(asked: Updater) -> Mapping[str, float]:
    """ADAGRAD's epsilon is 1e-08 unless set."""
    return _with(asked, Updater.ADAGRAD, epsilon=1e-8)


@misreading("rmsprop-default-epsilon-1e-06", clauses=("CONF-2",), replaces="updater_defaults")
def _rmsprop_default_epsilon_1e_06(asked: Updater) -> Mapping[str, float]:
    """RMSPROP's epsilon is 1e-06 unless set."""
    return _with(asked, Updater.RMSPROP, epsilon=1e-6)


@misreading("rmsprop-default-rms-decay-09", clauses=("CONF-2",), replaces="updater_defaults", references=("Keras",))
def _rmsprop_default_rms_decay_09(asked: Updater) -> Mapping[str, float]:
    """RMSPROP's rms_decay is 0.9 unless set."""
    return _with(asked, Updater.RMSPROP, rms_decay=0.9)


@misreading(
    "rmsprop-default-rms-decay-099",
    clauses=("CONF-2",),
    replaces="updater_defaults",
    references=("torch.optim.RMSprop",),
)
def _rmsprop_default_rms_decay_099(asked: Updater) -> Mapping[str, float]:
    """RMSPROP's rms_decay is 0.99 unless set."""
    return _with(asked, Updater.RMSPROP, rms_decay=0.99)
