"""The settings of 1.0.0-M2.1: updater objects, and lists of regularization that the build merges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dl4j_backends.blocks import schedules, updaters
from dl4j_backends.blocks.plan import LayerPlan, Part, Plan
from dl4j_backends.blocks.updaters import Penalty, Slot, UpdaterObject


def plan(conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], parts: Sequence[Sequence[Part]]) -> Plan:
    """Return the plan of layers with these parameters. Raises Dl4jException where a constructor throws."""
    shared = {name: _cloned(conf.get(name)) for name in ("updater", "bias_updater")}
    made = [_layer(i, layer, conf, shared, own) for i, (layer, own) in enumerate(zip(layers, parts, strict=True))]
    return Plan(made, conf.get("mini_batch", True))


def _cloned(setting: Mapping[str, Any] | None) -> UpdaterObject | None:
    """Return the clone of a network's updater object."""
    made = None if setting is None else updaters.given_with_schedules(setting)
    if made and made.kind == "AdaGrad":
        # Its clone() forgets the schedule.
        made.rate = None
    return made


def _layer(
    index: int,
    layer: Mapping[str, Any],
    conf: Mapping[str, Any],
    shared: Mapping[str, UpdaterObject | None],
    parts: Sequence[Part],
) -> LayerPlan:
    own = {
        name: updaters.given_with_schedules(layer[name]) if layer.get(name) is not None else shared[name]
        for name in ("updater", "bias_updater")
    }
    updater = own["updater"] or updaters.new("Sgd")
    weights, biases = (_merged(_list(layer, end), _list(conf, end)) for end in ("", "_bias"))
    slots = []
    for key, name, start, stop in parts:
        slot = Slot(key, index, name, start, stop, updater)
        if slot.is_estimate:
            slot.updater = updaters.new("NoOp")
        elif name == "b":
            slot.updater, slot.penalties = own["bias_updater"] or updater, biases
        elif name in ("W", "g"):
            slot.penalties = weights
        slots.append(slot)
    threshold = layer.get("gradient_normalization_threshold")
    if threshold is None or math.isnan(float(threshold)):
        threshold = conf.get("gradient_normalization_threshold", 1.0)
    normalization = layer.get("gradient_normalization") or conf.get("gradient_normalization") or "None"
    return LayerPlan(updater, slots, normalization, float(threshold), {})


def _list(settings: Mapping[str, Any], end: str) -> list[Penalty]:
    """Return the list of a builder: given, or what its setters made in the order l1, l2, weightDecay."""
    given = settings.get(f"regularization{end}")
    if given is not None:
        return [_penalty(one) for one in given]
    found = [
        Penalty(kind, float(settings[name]))
        for kind, name in (("L1", f"l1{end}"), ("L2", f"l2{end}"))
        if settings.get(name) is not None and float(settings[name]) > 0
    ]
    decay = settings.get(f"weight_decay{end}")
    if decay is not None and float(decay) > 0:
        times_rate = settings.get(f"weight_decay{end}_apply_lr", True)
        found = [one for one in found if one.kind != "L2"] + [Penalty("WeightDecay", float(decay), times_rate)]
    return found


def _penalty(given: Mapping[str, Any]) -> Penalty:
    value = given["coefficient"]
    coefficient = schedules.checked(value) if isinstance(value, Mapping) else float(value)
    return Penalty(given["type"].removesuffix("Regularization"), coefficient, given.get("apply_lr", False))


def _merged(own: list[Penalty], common: list[Penalty]) -> list[Penalty]:
    """Return what ``configureBaseLayer`` makes of a layer's list, which is a copy of the network's if it was empty."""
    start = list(own or common)
    present = {one.kind for one in start}
    return start + [one for one in common if one.kind == "WeightDecay" or one.kind not in present]
