"""The configuration of an updater (``org.nd4j.linalg.learning.config.IUpdater``), a set of numbers and schedules.

Two configurations are equal as Lombok's ``equals`` has it: of one class, with all fields equal, numbers as
``Double.compare`` sees them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dl4j_oracle.blocks.schedule import Schedule, same_double, schedules_are_equal


class UpdaterClass(StrEnum):
    """The classes of ``org.nd4j.linalg.learning.config``."""

    SGD = "Sgd"
    ADAM = "Adam"
    AMS_GRAD = "AMSGrad"
    ADA_MAX = "AdaMax"
    NADAM = "Nadam"
    ADA_DELTA = "AdaDelta"
    ADA_GRAD = "AdaGrad"
    NESTEROVS = "Nesterovs"
    RMS_PROP = "RmsProp"
    NO_OP = "NoOp"
    ADA_BELIEF = "AdaBelief"


#: The settings of an updater that are numbers, and the values of a new object.
DEFAULTS: Mapping[UpdaterClass, Mapping[str, float]] = {
    UpdaterClass.SGD: {"learning_rate": 1e-3},
    UpdaterClass.ADAM: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    UpdaterClass.AMS_GRAD: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    UpdaterClass.ADA_MAX: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    UpdaterClass.NADAM: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    UpdaterClass.ADA_DELTA: {"rho": 0.95, "epsilon": 1e-6},
    UpdaterClass.ADA_GRAD: {"learning_rate": 0.1, "epsilon": 1e-6},
    UpdaterClass.NESTEROVS: {"learning_rate": 0.1, "momentum": 0.9},
    UpdaterClass.RMS_PROP: {"learning_rate": 0.1, "rms_decay": 0.95, "epsilon": 1e-8},
    UpdaterClass.NO_OP: {},
    UpdaterClass.ADA_BELIEF: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-14},
}


@dataclass(frozen=True)
class IUpdater:
    """An updater's class and settings. Its learning rate may follow a schedule, and so may its momentum."""

    type: UpdaterClass
    settings: Mapping[str, float]
    learning_rate_schedule: Schedule | None = None
    momentum_schedule: Schedule | Mapping[int, float] | None = field(default=None)

    @classmethod
    def new(cls, type_: UpdaterClass) -> IUpdater:
        """Return a new object of a class, with its default settings."""
        return cls(type_, DEFAULTS[type_])

    @property
    def has_learning_rate(self) -> bool:
        """True if the class has a learning rate: all but AdaDelta and NoOp."""
        return "learning_rate" in self.settings

    def setting(self, name: str) -> float:
        """Return a setting; NaN if the class has none of this name."""
        return self.settings.get(name, math.nan)


def updaters_are_equal(x: IUpdater, y: IUpdater) -> bool:
    """Return ``x.equals(y)``."""
    return (
        x.type is y.type
        and all(same_double(value, y.settings[name]) for name, value in x.settings.items())
        and schedules_are_equal(x.learning_rate_schedule, y.learning_rate_schedule)
        and _momenta_are_equal(x.momentum_schedule, y.momentum_schedule)
    )


def _momenta_are_equal(x: Schedule | Mapping[int, float] | None, y: Schedule | Mapping[int, float] | None) -> bool:
    if isinstance(x, Schedule) or isinstance(y, Schedule) or x is None or y is None:
        return schedules_are_equal(x, y) if not isinstance(x, Mapping) and not isinstance(y, Mapping) else False
    return x.keys() == y.keys() and all(same_double(value, y[key]) for key, value in x.items())
