"""The facts about each gradient updater of ND4J 0.8.0, in one table: everything else derives from it.

To add an updater: write its formula in ``formulae`` and its record here. The loops and kernels of
``dl4j_backends.torch`` have a function for each updater too; an updater that they lack is an error there, and tests
(``test_torch_compiled``, ``test_torch_ptx``) name it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from dl4j_backends.engine import formulae
from dl4j_backends.engine.formulae import Formula
from dl4j_backends.engine.java import fast_math_power, quotient
from dl4j_backends.interface import Dl4jException

#: The names of :class:`UpdaterSettings`.
Setting = Literal["momentum", "adam_mean_decay", "adam_var_decay", "rho", "rms_decay", "epsilon"]


@dataclass(frozen=True)
class UpdaterSettings:
    """A layer's settings that updaters read, as Java doubles; NaN where unset."""

    momentum: float
    adam_mean_decay: float
    adam_var_decay: float
    rho: float
    rms_decay: float
    epsilon: float


@dataclass(frozen=True, eq=False)
class Updater:
    """One updater's facts."""

    #: Its name in the enum ``org.deeplearning4j.nn.conf.Updater``.
    name: str
    formula: Formula
    #: The arrays that it keeps in the state view, in their order; each is as long as the parameter.
    state: tuple[str, ...] = ()
    #: Whether these arrays begin with epsilon in every element (else with 0).
    starts_at_epsilon: bool = False
    #: What DL4J's build fills in for unset settings; NaN: the setting has no default in 0.8.0.
    defaults: Mapping[Setting, float] = field(default_factory=dict)
    #: The settings that the formula reads as ``mean_decay`` and ``decay``.
    mean_decay: Setting | None = None
    decay: Setting | None = None
    #: Computes ``alpha`` from the settings, the learning rate and the iteration counted from 1.
    alpha: Callable[[UpdaterSettings, float, int], float] | None = None
    #: Whether it takes a learning rate when it is made: then a parameter that the layer does not have is an error.
    takes_learning_rate: bool = True
    #: Whether the layer's momentum, which may follow a schedule, is pushed into it at each iteration.
    takes_momentum: bool = False
    #: Whether its one array leaves the state view at the first step, whose update the view then keeps.
    leaves_view: bool = False
    #: What ``equals`` compares besides the arrays; None: the class does not override ``equals``.
    #: ``learning_rate``, ``momentum`` and ``calls`` (how often it was called) are the updater's own.
    compared: tuple[Setting | Literal["learning_rate", "calls"], ...] | None = ("learning_rate",)
    #: The epsilon of a new object, which is what averages have whose ``GradientUpdaterAggregator`` forgets epsilon.
    epsilon_of_average: float | None = None
    #: Whether its aggregator begins the sum of learning rates with 0.0, which a -0.0 then becomes.
    sums_rates_from_zero: bool = False


def _alpha(settings: UpdaterSettings, learning_rate: float, t: int) -> float:
    """Return Adam's bias-corrected learning rate; epsilon in place of zero and NaN (``Adam.getGradient``)."""
    beta1, beta2 = settings.adam_mean_decay, settings.adam_var_decay
    alpha = quotient(learning_rate * _sqrt(1 - fast_math_power(beta2, t)), 1 - fast_math_power(beta1, t))
    return settings.epsilon if alpha == 0 or math.isnan(alpha) else alpha


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)


_TABLE = (
    Updater("SGD", formulae.sgd, sums_rates_from_zero=True),
    Updater("NONE", formulae.no_op, takes_learning_rate=False, compared=None),
    Updater(
        "NESTEROVS",
        formulae.nesterovs,
        state=("v",),
        defaults={"momentum": 0.9},
        takes_momentum=True,
        leaves_view=True,
        compared=("learning_rate", "momentum"),
    ),
    Updater(
        "ADAGRAD",
        formulae.ada_grad,
        state=("h",),
        starts_at_epsilon=True,
        defaults={"epsilon": 1e-6},
        compared=("epsilon", "learning_rate", "calls"),
        epsilon_of_average=1e-6,
    ),
    Updater(
        "RMSPROP",
        formulae.rms_prop,
        state=("c",),
        starts_at_epsilon=True,
        defaults={"rms_decay": 0.95, "epsilon": 1e-8},
        decay="rms_decay",
        compared=("rms_decay", "epsilon", "learning_rate"),
        epsilon_of_average=1e-8,
    ),
    Updater(
        "ADAM",
        formulae.adam,
        state=("m", "v"),
        defaults={"adam_mean_decay": 0.9, "adam_var_decay": 0.999, "epsilon": 1e-8},
        mean_decay="adam_mean_decay",
        decay="adam_var_decay",
        alpha=_alpha,
        compared=("adam_mean_decay", "adam_var_decay", "epsilon", "learning_rate"),
    ),
    Updater(
        "ADADELTA",
        formulae.ada_delta,
        state=("msg", "msdx"),
        defaults={"rho": math.nan, "epsilon": 1e-6},
        decay="rho",
        takes_learning_rate=False,
        compared=("rho", "epsilon"),
        epsilon_of_average=1e-6,
    ),
)

#: By name, every updater that DL4J makes.
UPDATERS: Mapping[str, Updater] = {updater.name: updater for updater in _TABLE}

NONE = UPDATERS["NONE"]


def refuse(*_: object) -> NoReturn:
    """Raise what DL4J throws where a CUSTOM updater is to be made."""
    raise Dl4jException("UnsupportedOperationException", "Custom updaters: not yet implemented")


#: The name that DL4J knows without an implementation: a layer may have it, a parameter's updater cannot be made.
CUSTOM = Updater("CUSTOM", refuse)


def updater_named(name: str) -> Updater:
    """Return the updater with this name, which may be :data:`CUSTOM`. Raises ``ValueError`` for an unknown one."""
    if name == CUSTOM.name:
        return CUSTOM
    if name not in UPDATERS:
        raise ValueError(f"unknown updater {name!r}: it is one of {', '.join(UPDATERS)}")
    return UPDATERS[name]
