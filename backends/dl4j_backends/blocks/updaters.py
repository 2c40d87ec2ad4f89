"""The objects of ``org.nd4j.linalg.learning.config``: what each class has, and when two objects are equal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from dl4j_backends.blocks import schedules
from dl4j_backends.blocks.schedules import Schedule

_ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
#: The numbers of a new object, by class.
NEW: Mapping[str, Mapping[str, float]] = {
    "Sgd": {"learning_rate": 1e-3},
    "Adam": _ADAM,
    "AMSGrad": _ADAM,
    "AdaMax": _ADAM,
    "Nadam": _ADAM,
    "AdaDelta": {"rho": 0.95, "epsilon": 1e-6},
    "AdaGrad": {"learning_rate": 0.1, "epsilon": 1e-6},
    "Nesterovs": {"learning_rate": 0.1, "momentum": 0.9},
    "RmsProp": {"learning_rate": 0.1, "rms_decay": 0.95, "epsilon": 1e-8},
    "NoOp": {},
    "AdaBelief": {**_ADAM, "epsilon": 1e-14},
}
#: The arrays of state, by class.
STATE: Mapping[str, tuple[str, ...]] = {
    "Sgd": (),
    "Adam": ("m", "v"),
    "AMSGrad": ("m", "v", "vHat"),
    "AdaMax": ("m", "u"),
    "Nadam": ("m", "v"),
    "AdaDelta": ("msg", "msdx"),
    "AdaGrad": ("h",),
    "Nesterovs": ("v",),
    "RmsProp": ("c",),
    "NoOp": (),
}


@dataclass(eq=False)
class UpdaterObject:
    """An object of a class, with its numbers. 0.9.1 changes it while it trains."""

    kind: str
    numbers: dict[str, float]
    #: Of 1.0.0: a schedule in place of the learning rate.
    rate: Schedule | None = None
    #: Of 1.0.0 a schedule, of 0.9.1 a map from iterations, in place of the momentum.
    momentum: Mapping[Any, Any] | None = None

    @property
    def has_rate(self) -> bool:
        """Return whether the class has a learning rate."""
        return "learning_rate" in self.numbers

    def clone(self) -> UpdaterObject:
        """Return another object with the same settings; schedules are shared."""
        twin = copy(self)
        twin.numbers = dict(self.numbers)
        return twin

    def is_equal_to(self, other: UpdaterObject) -> bool:
        """Return ``equals``."""
        return (
            self.kind == other.kind
            and schedules.are_equal(self.numbers, other.numbers)
            and schedules.are_equal(self.rate, other.rate)
            and schedules.are_equal(self.momentum, other.momentum)
        )


def new(kind: str) -> UpdaterObject:
    """Return a new object of a class."""
    return UpdaterObject(kind, dict(NEW[kind]))


def given(settings: Mapping[str, Any]) -> UpdaterObject:
    """Return the object that the settings describe, without schedules."""
    made = new(settings["type"])
    made.numbers |= {name: float(settings[name]) for name in made.numbers if settings.get(name) is not None}
    return made


def given_with_schedules(settings: Mapping[str, Any]) -> UpdaterObject:
    """Return the object that the settings of 1.0.0 describe: a schedule leaves its number NaN.

    Raises :class:`dl4j_backends.interface.Dl4jException` where a schedule's constructor throws.
    """
    made = given(settings)
    for name in ("learning_rate", "momentum"):
        schedule = settings.get(f"{name}_schedule")
        if schedule is not None:
            made.numbers[name] = math.nan if settings.get(name) is None else made.numbers[name]
            if name == "momentum":
                made.momentum = schedules.checked(schedule)
            else:
                made.rate = schedules.checked(schedule)
    return made


@dataclass(frozen=True)
class Penalty:
    """A regularization of a parameter."""

    kind: str
    coefficient: Schedule | float
    times_rate: bool = False


@dataclass(eq=False)
class Slot:
    """A parameter, and its place in the flat arrays."""

    key: str
    layer: int
    name: str
    start: int
    stop: int
    updater: UpdaterObject
    #: The rate that 0.9.1's configuration holds.
    rate: float = math.nan
    penalties: list[Penalty] = field(default_factory=list)

    @property
    def is_estimate(self) -> bool:
        """Return whether it is batch normalization's mean or spread."""
        return self.name in ("mean", "var", "log10stdev")

    @property
    def is_pretrained(self) -> bool:
        """Return whether it is a visible bias."""
        return self.name == "vb"
