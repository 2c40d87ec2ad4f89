"""The settings of 0.9.1: what ``copyConfigToLayer`` and ``LayerValidation`` make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dl4j_backends.blocks import schedules, updaters
from dl4j_backends.blocks.plan import LayerPlan, Part, Plan
from dl4j_backends.blocks.updaters import Penalty, Slot, UpdaterObject
from dl4j_backends.engine.settings import NetworkSettings
from dl4j_backends.interface import Dl4jException

#: The names of the enum ``Updater``, and their classes.
ENUM: Mapping[str, str] = {
    "SGD": "Sgd",
    "ADAM": "Adam",
    "ADAMAX": "AdaMax",
    "ADADELTA": "AdaDelta",
    "NESTEROVS": "Nesterovs",
    "NADAM": "Nadam",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RmsProp",
    "NONE": "NoOp",
}
_BETAS = {"adam_mean_decay": "beta1", "adam_var_decay": "beta2", "epsilon": "epsilon"}
#: The setters of a layer that write into its updater object. LayerValidation does not know Nadam.
_WRITTEN: Mapping[str, Mapping[str, str]] = {
    "Adam": _BETAS,
    "AdaMax": _BETAS,
    "AdaDelta": {"rho": "rho", "epsilon": "epsilon"},
    "AdaGrad": {"epsilon": "epsilon"},
    "RmsProp": {"rms_decay": "rms_decay", "epsilon": "epsilon"},
    "Nesterovs": {"momentum": "momentum"},
}


def plan(conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], parts: Sequence[Sequence[Part]]) -> Plan:
    """Return the plan of layers with these parameters. Raises Dl4jException where the builder throws."""
    default = _made(conf.get("updater") or "SGD")
    made = [
        _layer(index, layer, conf, default.clone() if layer.get("updater") is None else _made(layer["updater"]), own)
        for index, (layer, own) in enumerate(zip(layers, parts, strict=True))
    ]
    return Plan(made, conf.get("mini_batch", True))


def _made(setting: str | Mapping[str, Any]) -> UpdaterObject:
    if isinstance(setting, str):
        if setting not in ENUM:
            raise Dl4jException("UnsupportedOperationException", f"Unknown or not supported updater: {setting}")
        return updaters.new(ENUM[setting])
    made = updaters.given(setting)
    if setting.get("builder") and setting.get("momentum") is None:
        # The builder takes the constant of the learning rate for that of the momentum.
        made.numbers["momentum"] = 0.1
    made.momentum = _map(setting.get("momentum_schedule"))
    return made


def _layer(
    index: int, layer: Mapping[str, Any], conf: Mapping[str, Any], updater: UpdaterObject, parts: Sequence[Part]
) -> LayerPlan:
    rate = _number(
        layer, "learning_rate", float(conf["learning_rate"]) if conf.get("learning_rate") is not None else 0.1
    )
    bias_rate = _number(layer, "bias_learning_rate", _number(conf, "bias_learning_rate", rate))
    if updater.has_rate and not math.isnan(rate):
        apply_schedules(updater, 0, rate)
    for setter, name in _WRITTEN.get(updater.kind, {}).items():
        updater.numbers[name] = _number(layer, setter, updater.numbers[name])
    if updater.kind == "Nesterovs":
        updater.momentum = _map(layer.get("momentum_schedule")) or updater.momentum
    slots = []
    for key, name, start, stop in parts:
        slot = Slot(key, index, name, start, stop, updater)
        is_bias = name in ("b", "vb")
        slot.rate = bias_rate if is_bias else rate
        if slot.is_estimate:
            slot.updater, slot.rate = updaters.new("NoOp"), 0.0
        elif name not in ("gamma", "beta") and conf.get("use_regularization"):
            end = "_bias" if is_bias else ""
            # L2 goes first; what is not above zero does nothing.
            found = [(kind, _number(layer, f"{kind.lower()}{end}", 0.0)) for kind in ("L2", "L1")]
            slot.penalties = [Penalty(kind, coefficient) for kind, coefficient in found if coefficient > 0]
        slots.append(slot)
    schedule = layer.get("learning_rate_schedule")
    return LayerPlan(
        updater,
        slots,
        layer.get("gradient_normalization") or "None",
        _number(layer, "gradient_normalization_threshold", 1.0),
        _map(conf.get("learning_rate_schedule") if schedule is None else schedule) or {},
    )


def apply_schedules(updater: UpdaterObject, iteration: int, rate: float) -> None:
    """Do ``IUpdater.applySchedules``: write the rate, and the momentum that the object's map has for the iteration."""
    if updater.has_rate:
        updater.numbers["learning_rate"] = rate
    if updater.momentum and iteration in updater.momentum:
        updater.numbers["momentum"] = updater.momentum[iteration]


def joined(before: Slot, after: Slot, net: NetworkSettings, layers: list[LayerPlan]) -> bool:
    """Return whether two neighbours share a block (``UpdaterUtils``)."""
    if not before.updater.is_equal_to(after.updater) or before.rate != after.rate:
        return False
    if net.lr_policy == "Schedule":
        return schedules.are_equal(layers[before.layer].rate_schedule, layers[after.layer].rate_schedule)
    return net.lr_policy not in ("TorchStep", "Score")


def _map(given: Mapping[Any, Any] | None) -> dict[int, float] | None:
    return None if given is None else {int(iteration): float(value) for iteration, value in given.items()}


def _number(settings: Mapping[str, Any], name: str, default: float) -> float:
    """Return a double, or ``default`` where it is absent or NaN."""
    value = settings.get(name)
    return default if value is None or math.isnan(float(value)) else float(value)
