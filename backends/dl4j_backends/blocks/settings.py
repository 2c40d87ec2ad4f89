"""The names that settings of 0.9.1 and 1.0.0-M2.1 have as plain data, and a check of settings that a person wrote."""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from dl4j_backends.blocks.plan_0_9_1 import ENUM
from dl4j_backends.blocks.schedules import FIELDS, OPTIONAL_FIELDS
from dl4j_backends.blocks.updaters import NEW, STATE
from dl4j_backends.engine.settings import GRADIENT_NORMALIZATIONS, LEARNING_RATE_POLICIES

_NORMALIZATION = {"gradient_normalization", "gradient_normalization_threshold"}
_PENALTIES = {
    *("l1", "l2", "l1_bias", "l2_bias"),
    *("weight_decay", "weight_decay_apply_lr", "weight_decay_bias", "weight_decay_bias_apply_lr"),
}
_RATES = {"learning_rate", "bias_learning_rate", "learning_rate_schedule"}

#: The settings of a network, by version.
OF_NETWORKS: Mapping[str, Collection[str]] = {
    "0.9.1": {
        *("use_regularization", "mini_batch", "num_iterations", "updater"),
        *("lr_policy", "lr_policy_decay_rate", "lr_policy_power", "lr_policy_steps"),
        *_RATES,
    },
    "1.0.0-M2.1": {"mini_batch", "updater", "bias_updater", *_NORMALIZATION, *_PENALTIES},
}
#: The settings of a layer, by version, besides its type and sizes.
OF_LAYERS: Mapping[str, Collection[str]] = {
    "0.9.1": {
        *("updater", "momentum", "momentum_schedule", "adam_mean_decay", "adam_var_decay"),
        *("rho", "rms_decay", "epsilon", "l1", "l2", "l1_bias", "l2_bias"),
        *_RATES,
        *_NORMALIZATION,
    },
    "1.0.0-M2.1": {
        *("updater", "bias_updater", "regularization", "regularization_bias"),
        *_NORMALIZATION,
        *_PENALTIES,
    },
}
_PENALTY_TYPES = ("L1Regularization", "L2Regularization", "WeightDecay")


def check(version: str, settings: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise ValueError for a setting that is not ``known``, and for a value that the version has no name for."""
    _check_names(f"DL4J {version}", settings, known)
    for name, value in settings.items():
        match name:
            case _ if value is None:
                continue
            case "updater" | "bias_updater":
                _check_updater(version, value, name)
            case "gradient_normalization":
                _check_choice(name, value, GRADIENT_NORMALIZATIONS)
            case "lr_policy":
                _check_choice(name, value, LEARNING_RATE_POLICIES)
            case "learning_rate_schedule" | "momentum_schedule":
                _check_map(value, name)
            case "regularization" | "regularization_bias":
                _check_penalties(value, name)
            case "mini_batch" | "use_regularization" | "weight_decay_apply_lr" | "weight_decay_bias_apply_lr":
                _check_flag(value, name)
            case _:
                _check_number(value, name)


def _check_updater(version: str, updater: object, where: str) -> None:
    is_old = version == "0.9.1"
    if is_old and isinstance(updater, str):
        _check_choice(where, updater, ENUM)
        return
    types = [name for name in STATE if not (is_old and name == "AMSGrad")]
    example = f'such as {{"type": "Adam"}}{", or a name of the enum, such as ADAM" * is_old}'
    if not isinstance(updater, Mapping):
        raise ValueError(f"{where} of DL4J {version} is an object, {example}, not {reprlib.repr(updater)}")
    _check_choice(f"{where}.type", updater.get("type"), types)
    numbers = NEW[updater["type"]]
    scheduled = {f"{name}_schedule" for name in ("learning_rate", "momentum") if name in numbers}
    own = ({"momentum_schedule", "builder"} if "momentum" in numbers else set()) if is_old else scheduled
    _check_names(f"{where} {updater['type']}", updater, {"type", *numbers, *own})
    for name, value in updater.items():
        if name == "builder":
            _check_flag(value, f"{where}.{name}")
        elif name in own and value is not None:
            (_check_map if is_old else _check_schedule)(value, f"{where}.{name}")
        elif name != "type" and value is not None:
            _check_number(value, f"{where}.{name}")


def _check_schedule(schedule: object, where: str) -> None:
    if not isinstance(schedule, Mapping):
        raise ValueError(f'{where} is an object, such as {{"type": "FixedSchedule", ...}}, not {schedule!r}')
    _check_choice(f"{where}.type", schedule.get("type"), FIELDS)
    type_ = schedule["type"]
    needed, optional = FIELDS[type_], OPTIONAL_FIELDS.get(type_, ())
    _check_names(f"{where} {type_}", schedule, {"type", "schedule_type", *needed, *optional})
    given = {name for name, value in schedule.items() if value is not None}
    if missing := [name for name in needed if name not in given]:
        raise ValueError(f"{where}: {type_} needs {', '.join(missing)}")
    if 0 < len(given & set(optional)) < len(optional):
        raise ValueError(f"{where}: {type_} needs all of {', '.join(optional)}, or none")
    if "schedule_type" in given or type_ not in ("FixedSchedule", "RampSchedule"):
        _check_choice(f"{where}.schedule_type", schedule.get("schedule_type"), ("ITERATION", "EPOCH"))
    for name in given - {"type", "schedule_type"}:
        checks = {"base_schedule": _check_schedule, "values": _check_map}
        checks.get(name, _check_number)(schedule[name], f"{where}.{name}")


def _check_penalties(penalties: object, where: str) -> None:
    if not isinstance(penalties, list | tuple):
        raise ValueError(f"{where} is a list of objects, not {reprlib.repr(penalties)}")
    for i, penalty in enumerate(penalties):
        place = f"{where}[{i}]"
        if not isinstance(penalty, Mapping):
            raise ValueError(f"{place} is an object, not {reprlib.repr(penalty)}")
        _check_choice(f"{place}.type", penalty.get("type"), _PENALTY_TYPES)
        own = {"apply_lr"} if penalty["type"] == "WeightDecay" else set()
        _check_names(place, penalty, {"type", "coefficient", *own})
        if missing := [name for name in ("coefficient", *own) if penalty.get(name) is None]:
            raise ValueError(f"{place}: {penalty['type']} needs {', '.join(missing)}")
        coefficient = penalty["coefficient"]
        (_check_schedule if isinstance(coefficient, Mapping) else _check_number)(coefficient, f"{place}.coefficient")


def _check_map(values: object, where: str) -> None:
    if not isinstance(values, Mapping) or not all(_is_count(count) for count in values):
        raise ValueError(f"{where} maps counts to numbers, such as {{0: 0.1, 10: 0.05}}, not {reprlib.repr(values)}")
    for count, value in values.items():
        _check_number(value, f"{where}[{count}]")


def _is_count(count: object) -> bool:
    return isinstance(count, int) or (isinstance(count, str) and count.removeprefix("-").isdecimal())


def _check_number(value: object, where: str) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and value not in ("NaN", "Infinity", "-Infinity"):
        raise ValueError(f"{where} is a number, not {reprlib.repr(value)}")


def _check_flag(value: object, where: str) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{where} is True or False, not {reprlib.repr(value)}")


def _check_choice(where: str, value: object, names: Iterable[str]) -> None:
    if value not in (known := list(names)):
        raise ValueError(f"{where} is one of {', '.join(known)}, not {reprlib.repr(value)}")


def _check_names(where: str, settings: Iterable[str], known: Collection[str]) -> None:
    for name in settings:
        if name not in known:
            close = get_close_matches(str(name), known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(known))}"
            raise ValueError(f"{where} has no setting {name!r} here: {hint}")
