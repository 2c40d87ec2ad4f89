"""The form of an updater's configuration in a description: an object with a ``type`` and the class's settings."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from dl4j_oracle.blocks.iupdater import DEFAULTS, IUpdater, UpdaterClass
from dl4j_oracle.blocks.schedule import Schedule
from dl4j_oracle.description import read_double, read_int
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_object(value: Any, where: str, known: Collection[str]) -> Mapping[str, Any]:
    """Return a JSON object with ``known`` keys alone. Raises ConfigurationError."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object, not {reprlib.repr(value)}")
    for key in value:
        if key not in known:
            hint = did_you_mean(str(key), list(known), f"known keys are {', '.join(known)}")
            raise ConfigurationError(f"{where}.{key}", f"unknown key; {hint}")
    return value


def read_choice(choices: type[_Choice], value: Any, where: str) -> _Choice:
    """Return a name of an enumeration. Raises ConfigurationError."""
    try:
        return choices(value)
    except ValueError:
        raise ConfigurationError(where, f"must be one of {', '.join(choices)}, not {reprlib.repr(value)}") from None


def read_flag(value: Any, where: str) -> bool:
    """Return a JSON boolean. Raises ConfigurationError."""
    if not isinstance(value, bool):
        raise ConfigurationError(where, f"must be true or false, not {reprlib.repr(value)}")
    return value


def read_map(value: Any, where: str) -> dict[int, float]:
    """Return an object from counts to doubles. Raises ConfigurationError."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object from counts to values, not {reprlib.repr(value)}")
    found = {}
    for key, entry in value.items():
        try:
            count = int(key)
        except (TypeError, ValueError):
            raise ConfigurationError(f"{where}.{key}", "the count must be an integer") from None
        found[read_int(count, where)] = read_double(entry, f"{where}.{key}")
    return found


def read_settings(data: Mapping[str, Any], where: str, type_: UpdaterClass) -> dict[str, float]:
    """Return the numbers of an updater: those given, the class's defaults for the others."""
    return {
        name: default if data.get(name) is None else read_double(data[name], f"{where}.{name}")
        for name, default in DEFAULTS[type_].items()
    }


def read_updater_with_schedules(data: Any, where: str, read_schedule: Callable[[Any, str], Schedule]) -> IUpdater:
    """Return an updater of 1.0.0, whose rate and momentum may be schedules. Raises ConfigurationError.

    A constructor that takes a schedule leaves the number NaN.
    """
    if not isinstance(data, Mapping):
        raise ConfigurationError(where, f"must be an object, not {reprlib.repr(data)}")
    type_ = read_choice(UpdaterClass, data.get("type"), f"{where}.type")
    scheduled = [f"{name}_schedule" for name in ("learning_rate", "momentum") if name in DEFAULTS[type_]]
    data = read_object(data, where, ["type", *DEFAULTS[type_], *scheduled])
    settings = read_settings(data, where, type_)
    schedules: dict[str, Schedule | None] = {"learning_rate_schedule": None, "momentum_schedule": None}
    for name in scheduled:
        if data.get(name) is not None:
            schedules[name] = read_schedule(data[name], f"{where}.{name}")
            if data.get(name.removesuffix("_schedule")) is None:
                settings[name.removesuffix("_schedule")] = math.nan
    return IUpdater(type_, settings, schedules["learning_rate_schedule"], schedules["momentum_schedule"])
