"""The form of an updater's configuration in a description: an object with a ``type`` and the class's settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dl4j_oracle.blocks.iupdater import DEFAULTS, IUpdater, UpdaterClass
from dl4j_oracle.blocks.schedule import Schedule
from dl4j_oracle.description import read_choice, read_double, read_object, read_schedule

#: Reads an object from counts, of iterations or of epochs, to doubles.
read_map = partial(read_schedule, counted="count")


def read_settings(data: Mapping[str, Any], where: str, type_: UpdaterClass) -> dict[str, float]:
    """Return the numbers of an updater: those given, the class's defaults for the others."""
    return {
        name: default if data.get(name) is None else read_double(data[name], f"{where}.{name}")
        for name, default in DEFAULTS[type_].items()
    }


def read_updater_with_schedules(data: Any, where: str, read: Callable[[Any, str], Schedule]) -> IUpdater:
    """Return an updater of 1.0.0, whose rate and momentum may be schedules. Raises ConfigurationError.

    A constructor that takes a schedule leaves the number NaN.
    """
    type_ = read_choice(UpdaterClass, read_object(data, where).get("type"), f"{where}.type")
    scheduled = [f"{name}_schedule" for name in ("learning_rate", "momentum") if name in DEFAULTS[type_]]
    data = read_object(data, where, ["type", *DEFAULTS[type_], *scheduled])
    settings = read_settings(data, where, type_)
    schedules: dict[str, Schedule | None] = {"learning_rate_schedule": None, "momentum_schedule": None}
    for name in scheduled:
        if data.get(name) is not None:
            schedules[name] = read(data[name], f"{where}.{name}")
            if data.get(name.removesuffix("_schedule")) is None:
                settings[name.removesuffix("_schedule")] = math.nan
    return IUpdater(type_, settings, schedules["learning_rate_schedule"], schedules["momentum_schedule"])
