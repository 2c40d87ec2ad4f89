"""The form of a schedule in a description: an object with the class's name as ``type``, and its settings."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from dl4j_oracle.blocks.schedule import (
    CycleSchedule,
    ExponentialSchedule,
    FixedSchedule,
    InverseSchedule,
    MapSchedule,
    PolySchedule,
    RampSchedule,
    Schedule,
    ScheduleType,
    SigmoidSchedule,
    StepSchedule,
    short_cycle,
)
from dl4j_oracle.blocks.updater_form import read_map
from dl4j_oracle.description import read_choice, read_double, read_int, read_object
from dl4j_oracle.errors import ConfigurationError

#: The class of a name, and the readers of its settings.
_DOUBLE, _INT, _MAP = read_double, read_int, read_map
_FORMS: Mapping[str, tuple[type[Schedule], Mapping[str, Any]]] = {
    "ExponentialSchedule": (ExponentialSchedule, {"initial_value": _DOUBLE, "gamma": _DOUBLE}),
    "InverseSchedule": (InverseSchedule, {"initial_value": _DOUBLE, "gamma": _DOUBLE, "power": _DOUBLE}),
    "PolySchedule": (PolySchedule, {"initial_value": _DOUBLE, "power": _DOUBLE, "max_iter": _INT}),
    "SigmoidSchedule": (SigmoidSchedule, {"initial_value": _DOUBLE, "gamma": _DOUBLE, "step_size": _INT}),
    "StepSchedule": (StepSchedule, {"initial_value": _DOUBLE, "decay_rate": _DOUBLE, "step": _DOUBLE}),
    "MapSchedule": (MapSchedule, {"values": _MAP}),
}
_SHORT_CYCLE = {"max_learning_rate": _DOUBLE, "cycle_length": _INT}
_ANNEALING = {"initial_learning_rate": _DOUBLE, "annealing_length": _INT, "annealing_decay": _DOUBLE}
_NAMES = (*_FORMS, "FixedSchedule", "CycleSchedule", "RampSchedule")


def _as_read(schedule: Schedule) -> Schedule:
    return schedule


#: By class of a schedule: what is used in its place, which is itself.
AS_READ: Mapping[str, Callable[[Schedule], Schedule]] = dict.fromkeys(_NAMES, _as_read)


def read_schedule(data: Any, where: str) -> Schedule:
    """Return a schedule. Raises ConfigurationError, and Dl4jError where DL4J's constructor throws."""
    name = read_object(data, where).get("type")
    match name:
        case "FixedSchedule":
            return FixedSchedule(_number(read_object(data, where, ("type", "schedule_type", "value")), "value", where))
        case "RampSchedule":
            data = read_object(data, where, ("type", "schedule_type", "base_schedule", "num_iter"))
            base = read_schedule(data.get("base_schedule"), f"{where}.base_schedule")
            return RampSchedule(base, read_int(data.get("num_iter"), f"{where}.num_iter"))
        case "CycleSchedule":
            return _cycle(read_object(data, where, ("type", "schedule_type", *_SHORT_CYCLE, *_ANNEALING)), where)
        case str() if name in _FORMS:
            class_, readers = _FORMS[name]
            data = read_object(data, where, ("type", "schedule_type", *readers))
            settings = {key: reader(data.get(key), f"{where}.{key}") for key, reader in readers.items()}
            return class_(_schedule_type(data, where), **settings)  # type: ignore[call-arg] # each class's own fields
    raise ConfigurationError(f"{where}.type", f"must be one of {', '.join(_NAMES)}, not {reprlib.repr(name)}")


def _cycle(data: Mapping[str, Any], where: str) -> CycleSchedule:
    given = [key for key in _ANNEALING if data.get(key) is not None]
    if 0 < len(given) < len(_ANNEALING):
        raise ConfigurationError(where, f"needs all of {', '.join(_ANNEALING)}, or none")
    readers = {**_SHORT_CYCLE, **(_ANNEALING if given else {})}
    settings: dict[str, Any] = {key: reader(data.get(key), f"{where}.{key}") for key, reader in readers.items()}
    type_ = _schedule_type(data, where)
    return CycleSchedule(type_, **settings) if given else short_cycle(type_, **settings)


def _schedule_type(data: Mapping[str, Any], where: str) -> ScheduleType:
    return read_choice(ScheduleType, data.get("schedule_type"), f"{where}.schedule_type")


def _number(data: Mapping[str, Any], key: str, where: str) -> float:
    return read_double(data.get(key), f"{where}.{key}")
