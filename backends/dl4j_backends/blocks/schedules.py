"""``ISchedule`` of 1.0.0, read off plain data: an object with the name of the class as ``type``."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

from dl4j_backends.engine.java import exp, floor, power, quotient
from dl4j_backends.interface import Dl4jException

Schedule = Mapping[str, Any]

#: The settings that an object of a class needs, besides ``schedule_type``.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "FixedSchedule": ("value",),
    "ExponentialSchedule": ("initial_value", "gamma"),
    "InverseSchedule": ("initial_value", "gamma", "power"),
    "PolySchedule": ("initial_value", "power", "max_iter"),
    "SigmoidSchedule": ("initial_value", "gamma", "step_size"),
    "StepSchedule": ("initial_value", "decay_rate", "step"),
    "MapSchedule": ("values",),
    "CycleSchedule": ("max_learning_rate", "cycle_length"),
    "RampSchedule": ("base_schedule", "num_iter"),
}
#: The settings that a class has besides, all or none.
OPTIONAL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "CycleSchedule": ("initial_learning_rate", "annealing_length", "annealing_decay")
}


def checked(schedule: Schedule) -> Schedule:
    """Return a schedule as its constructor leaves it: every setting said, positions as ints.

    Raises :class:`Dl4jException` for a map without position 0.
    """
    match schedule["type"]:
        case "MapSchedule":
            values = {int(position): float(value) for position, value in schedule["values"].items()}
            if 0 not in values:
                message = "Invalid set of values: must contain initial value (position 0)"
                raise Dl4jException("IllegalArgumentException", message)
            return {**schedule, "values": values}
        case "CycleSchedule" if "initial_learning_rate" not in schedule:
            length = schedule["cycle_length"]
            return {
                **schedule,
                "initial_learning_rate": schedule["max_learning_rate"] * 0.1,
                "annealing_length": math.floor(length * 0.1 + 0.5),
                "annealing_decay": 0.1,
            }
        case "RampSchedule":
            return {**schedule, "base_schedule": checked(schedule["base_schedule"])}
        case _:
            return dict(schedule)


def value(schedule: Schedule | float, iteration: int, epoch: int) -> float:
    """Return ``valueAt``; a number stands for itself."""
    if not isinstance(schedule, Mapping):
        return schedule
    i = epoch if schedule.get("schedule_type") == "EPOCH" else iteration
    match schedule["type"]:
        case "FixedSchedule":
            return float(schedule["value"])
        case "ExponentialSchedule":
            return float(schedule["initial_value"] * power(schedule["gamma"], i))
        case "InverseSchedule":
            return quotient(schedule["initial_value"], power(1 + schedule["gamma"] * i, schedule["power"]))
        case "PolySchedule":
            if i >= schedule["max_iter"]:
                return 0.0
            # DL4J adds, where the name promises a decay.
            return float(schedule["initial_value"] * power(1 + quotient(i, schedule["max_iter"]), schedule["power"]))
        case "SigmoidSchedule":
            return quotient(schedule["initial_value"], 1 + exp(-schedule["gamma"] * (i - schedule["step_size"])))
        case "StepSchedule":
            return float(
                schedule["initial_value"] * power(schedule["decay_rate"], floor(quotient(i, schedule["step"])))
            )
        case "MapSchedule":
            return _latest(schedule["values"], i)
        case "CycleSchedule":
            return _in_cycle(schedule, i)
        case "RampSchedule":
            base, last = value(schedule["base_schedule"], iteration, epoch), schedule["num_iter"] - 1
            # The ramp counts iterations, whatever its base counts.
            return base if iteration >= last else quotient(iteration + 1, schedule["num_iter"]) * base
    raise ValueError(f"unknown schedule {schedule['type']!r}")


def _latest(values: Mapping[int, float], i: int) -> float:
    positions = sorted(position for position in values if position <= i)
    if not positions:
        raise Dl4jException("ArrayIndexOutOfBoundsException", "-1")
    return values[positions[-1]]


def _in_cycle(schedule: Schedule, i: int) -> float:
    length, annealing = schedule["cycle_length"], schedule["annealing_length"]
    first, most = schedule["initial_learning_rate"], schedule["max_learning_rate"]
    if length == 0:
        raise Dl4jException("ArithmeticException", "/ by zero")
    half = int((length - annealing) / 2)
    slope, place = quotient(most - first, half), int(math.fmod(i, length))
    if place < half:
        return float(first + slope * place)
    if place < 2 * half:
        return float(most - slope * (place - half))
    return float(first * power(schedule["annealing_decay"], annealing - (length - place)))


def are_equal(x: Any, y: Any) -> bool:
    """Return ``equals`` of two schedules, maps or numbers: numbers by ``Double.compare``, ramps by identity."""
    if x is y:
        return True
    if isinstance(x, Mapping) and isinstance(y, Mapping):
        if "RampSchedule" in (x.get("type"), y.get("type")):
            return False
        return x.keys() == y.keys() and all(are_equal(x[key], y[key]) for key in x)
    if isinstance(x, float) and isinstance(y, float):
        return (x != x and y != y) or struct.pack("<d", x) == struct.pack("<d", y)
    return bool(x == y)
