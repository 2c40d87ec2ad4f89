"""Misreadings of the settings that an updater has unless they are set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dl4j_oracle.configuration import Defaults, Updater
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.updaters import defaults_of


@dataclass(frozen=True)
class _Defaults:
    """The settings of every updater; NaN where DL4J leaves one alone."""

    adam_mean_decay: float = 0.9
    adam_var_decay: float = 0.999
    adam_epsilon: float = 1e-8
    adadelta_rho: float = math.nan
    adadelta_epsilon: float = 1e-6
    nesterovs_momentum: float = 0.9
    adagrad_epsilon: float = 1e-6
    rmsprop_decay: float = 0.95
    rmsprop_epsilon: float = 1e-8

    def rule(self) -> Defaults:
        """Return the defaults as a rule."""
        settings: Mapping[Updater, Mapping[str, float]] = {
            Updater.ADAM: {
                "adam_mean_decay": self.adam_mean_decay,
                "adam_var_decay": self.adam_var_decay,
                "epsilon": self.adam_epsilon,
            },
            Updater.ADADELTA: {"rho": self.adadelta_rho, "epsilon": self.adadelta_epsilon},
            Updater.NESTEROVS: {"momentum": self.nesterovs_momentum},
            Updater.ADAGRAD: {"epsilon": self.adagrad_epsilon},
            Updater.RMSPROP: {"rms_decay": self.rmsprop_decay, "epsilon": self.rmsprop_epsilon},
        }
        return lambda asked: settings.get(asked, {})


decompose(defaults_of, _Defaults())


@misreading(
    "adadelta-default-rho-095",
    clauses=("CONF-2",),
    replaces="updater_defaults.adadelta_rho",
    references=("DL4J 0.9.1",),
)
def _adadelta_default_rho_095() -> float:
    """ADADELTA's rho is 0.95 unless set."""
    return 0.95


@misreading(
    "adadelta-default-rho-09",
    clauses=("CONF-2",),
    replaces="updater_defaults.adadelta_rho",
    references=("torch.optim.Adadelta",),
)
def _adadelta_default_rho_09() -> float:
    """ADADELTA's rho is 0.9 unless set."""
    return 0.9


@misreading(
    "adadelta-default-epsilon-1e-05",
    clauses=("CONF-2",),
    replaces="updater_defaults.adadelta_epsilon",
    references=("ND4J 0.7.2",),
)
def _adadelta_default_epsilon_1e_05() -> float:
    """ADADELTA's epsilon is 1e-05 unless set."""
    return 1e-5


@misreading(
    "nesterovs-default-momentum-05",
    clauses=("CONF-2",),
    replaces="updater_defaults.nesterovs_momentum",
    references=("ND4J 0.7.2",),
)
def _nesterovs_default_momentum_05() -> float:
    """NESTEROVS's momentum is 0.5 unless set."""
    return 0.5


@misreading(
    "adam-default-epsilon-1e-07", clauses=("CONF-2",), replaces="updater_defaults.adam_epsilon", references=("Keras",)
)
def _adam_default_epsilon_1e_07() -> float:
    """ADAM's epsilon is 1e-07 unless set."""
    return 1e-7


@misreading("adam-default-adam-var-decay-099", clauses=("CONF-2",), replaces="updater_defaults.adam_var_decay")
def _adam_default_adam_var_decay_099() -> float:
    """ADAM's adam_var_decay is 0.99 unless set."""
    return 0.99


@misreading("adagrad-default-epsilon-1e-08", clauses=("CONF-2",), replaces="updater_defaults.adagrad_epsilon")
def _adagrad_default_epsilon_1e_08() -> float:
    """ADAGRAD's epsilon is 1e-08 unless set."""
    return 1e-8


@misreading("rmsprop-default-epsilon-1e-06", clauses=("CONF-2",), replaces="updater_defaults.rmsprop_epsilon")
def _rmsprop_default_epsilon_1e_06() -> float:
    """RMSPROP's epsilon is 1e-06 unless set."""
    return 1e-6


@misreading(
    "rmsprop-default-rms-decay-09",
    clauses=("CONF-2",),
    replaces="updater_defaults.rmsprop_decay",
    references=("Keras",),
)
def _rmsprop_default_rms_decay_09() -> float:
    """RMSPROP's rms_decay is 0.9 unless set."""
    return 0.9


@misreading(
    "rmsprop-default-rms-decay-099",
    clauses=("CONF-2",),
    replaces="updater_defaults.rmsprop_decay",
    references=("torch.optim.RMSprop",),
)
def _rmsprop_default_rms_decay_099() -> float:
    """RMSPROP's rms_decay is 0.99 unless set."""
    return 0.99
