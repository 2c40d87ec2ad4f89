"""An overview of a saved model: its layers, the settings in force, rates and penalties by parameter, and its state.

A configuration that was built holds every setting in its layers, wherever it was set. Where a value comes from is told
as far as the file tells it (:class:`Source`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from dl4j_backends.interface import Floats
from dl4j_backends.model_files.layers import ReadLayer
from dl4j_backends.model_files.model import Model, Part
from dl4j_backends.model_files.records import json_name
from dl4j_oracle.configuration import (
    GlobalConfiguration,
    LayerConfiguration,
    LayerType,
    Updater,
    own_conf,
    read_description,
)
from dl4j_oracle.parameters import Parameter
from dl4j_oracle.profile import DEFAULT_RULES
from dl4j_oracle.updaters import defaults_of


class Source(StrEnum):
    """The place that a setting's value comes from, as far as the file tells."""

    #: It is the value that DL4J's build gives where nobody sets one.
    DEFAULT = "default"
    #: It is the network's, or all layers that read the setting have this value, and it is no default.
    NETWORK = "network"
    #: Other layers have another value.
    LAYER = "layer"
    #: The file says NaN: nobody has set it, and DL4J does not fill it when it loads the file.
    UNSET = "unset"
    #: The file does not have it: it is what Java's field begins with.
    ABSENT = "absent"


@dataclass(frozen=True)
class SettingInForce:
    """A setting that the update reads; ``path`` is its place in the configuration."""

    name: str
    value: Any
    source: Source
    path: str


@dataclass(frozen=True)
class ParameterInForce:
    """A parameter, with the rate and the penalties that its next update reads; 0 where regularization is off."""

    key: str
    shape: Sequence[int]
    updater: str
    learning_rate: float
    l1: float
    l2: float


@dataclass(frozen=True)
class LayerOverview:
    """A layer: its place in keys, its type in the file, and its own name there."""

    layer: str
    type: str
    name: str | None
    n_in: int | None
    n_out: int | None
    settings: Sequence[SettingInForce]
    parameters: Sequence[ParameterInForce]


@dataclass(frozen=True)
class Values:
    """A summary of values. Those of numbers are None if there is no finite one."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    zeros: int
    not_finite: int


@dataclass(frozen=True)
class StatePart:
    """A part of the state view: the array ``name`` of a parameter's updater, from ``start`` up to ``stop``."""

    key: str
    name: str
    start: int
    stop: int
    values: Values | None


@dataclass(frozen=True)
class ModelOverview:
    """An overview of a model.

    ``is_filled`` is false if DL4J's build would not leave the settings so: the file is of an older version, or was
    changed.
    """

    kind: str
    dtype: str
    iteration_count: int
    is_filled: bool
    parameter_count: int
    has_parameters: bool
    state_size: int
    has_state: bool
    settings: Sequence[SettingInForce]
    layers: Sequence[LayerOverview]
    state: Sequence[StatePart]


def overview(model: Model) -> ModelOverview:
    """Return an overview of a model, for which no array is made: models of any size are shown."""
    found = model.configuration
    common, given = read_description(found.conf, found.layers)
    inherited = [DEFAULT_RULES.inherit(layer, common, DEFAULT_RULES.updater_defaults) for layer in given]
    layout = model.state_layout
    return ModelOverview(
        "ComputationGraph" if found.vertices else "MultiLayerNetwork",
        model.dtype,
        common.iteration_count,
        not found.conf.get("built", False),
        sum(part.length for part in model.parameters),
        model.params is not None,
        sum(part.length for part in layout),
        model.state is not None,
        tuple(_of_network(model)),
        tuple(_layers(model, common, given if common.built else inherited)),
        tuple(_state_part(part, model.state) for part in layout),
    )


_NETWORK = GlobalConfiguration()
_OF_FIRST_LAYER = ("learning_rate_schedule", "built")


def _of_network(model: Model) -> Iterator[SettingInForce]:
    """Yield the settings of the network; those of every ``NeuralNetConfiguration`` are its first layer's."""
    conf = {"lr_policy": "None", "use_regularization": False, "mini_batch": True, **model.configuration.conf}
    first = next(layer for layer in model.configuration.read if layer.described.get("type") != "activation")
    for name, value in sorted(conf.items()):
        if name in _OF_FIRST_LAYER:
            continue
        where, data = ("$", model.data) if name == "iteration_count" else (first.path, first.data)
        key = _CONF_NAMES.get(name) or json_name(name)
        is_default = value == getattr(_NETWORK, name)
        source = Source.ABSENT if key not in data else Source.DEFAULT if is_default else Source.NETWORK
        yield SettingInForce(name, value, source, f"{where}.{key}")


_CONF_NAMES = {"lr_policy": "learningRatePolicy"}


def _layers(model: Model, common: GlobalConfiguration, layers: Sequence[LayerConfiguration]) -> Iterator[LayerOverview]:
    found = model.configuration
    for name, layer, described, read in zip(found.names, layers, found.layers, found.read, strict=True):
        yield LayerOverview(
            name,
            read.file_type,
            read.name,
            described.get("n_in"),
            described.get("n_out"),
            tuple(_settings(read, found.read)),
            tuple(_parameters(name, layer, own_conf(layer, common).use_regularization)),
        )


_SIZES = (
    "type",
    "n_in",
    "n_out",
    "kernel_size",
    "encoder_layer_sizes",
    "decoder_layer_sizes",
    "distribution_size",
    "lock_gamma_beta",
)
_DEFAULTS: Mapping[str, Any] = {
    "updater": "SGD",
    "learning_rate": 0.1,
    "gradient_normalization_threshold": 1.0,
    "momentum_schedule": {},
    **dict.fromkeys(("l1", "l2", "l1_bias", "l2_bias"), 0.0),
    "pretrain": False,
}


def _settings(layer: ReadLayer, every: Sequence[ReadLayer]) -> Iterator[SettingInForce]:
    fields = layer.data["layer"][layer.file_type]
    for name, value in layer.described.items():
        if name in _SIZES:
            continue
        if name == "pretrain" or name.endswith("_by_param"):
            yield SettingInForce(name, value, Source.LAYER, f"{layer.path}.{json_name(name)}")
            continue
        path = f"{layer.path}.layer.{layer.file_type}.{json_name(name)}"
        yield SettingInForce(name, value, _source(name, layer, every, fields), path)


def _source(name: str, layer: ReadLayer, every: Sequence[ReadLayer], fields: Mapping[str, Any]) -> Source:
    if json_name(name) not in fields:
        return Source.ABSENT
    value = layer.described[name]
    if value == _default(name, layer):
        return Source.DEFAULT
    if value == "NaN":
        return Source.UNSET
    values = [other.described[name] for other in every if name in other.described]
    return Source.NETWORK if len(values) > 1 and all(other == value for other in values) else Source.LAYER


def _default(name: str, layer: ReadLayer) -> Any:
    """Return the value that DL4J's build gives to a setting of the layer that nobody sets; None if there is none."""
    if name == "bias_learning_rate":
        return layer.described["learning_rate"]
    own: Mapping[str, float] = defaults_of(Updater(layer.described["updater"]))
    if name in own:
        return "NaN" if math.isnan(own[name]) else own[name]
    return _DEFAULTS.get(name)


def _parameters(name: str, layer: LayerConfiguration, is_regularized: bool) -> Iterator[ParameterInForce]:
    every = {parameter.name: parameter for parameter in DEFAULT_RULES.parameters(layer)}
    for parameter in every.values():
        l1, l2 = (parameter.l1, parameter.l2) if is_regularized else (0.0, 0.0)
        shape, rate = shape_of(parameter, every, layer), parameter.learning_rate
        yield ParameterInForce(f"{name}_{parameter.name}", shape, str(parameter.updater), rate, l1, l2)


def shape_of(parameter: Parameter, every: Mapping[str, Parameter], layer: LayerConfiguration) -> tuple[int, ...]:
    """Return the shape that DL4J gives a parameter, one of ``every`` of a layer."""
    name, length = parameter.name, parameter.length
    if layer.type is LayerType.CONVOLUTION and name == "W":
        return (layer.n_out, layer.n_in, *layer.kernel_size)
    if name == "cL":
        return (layer.n_out, layer.n_in)
    if name.startswith("RW"):
        return (layer.n_out, length // layer.n_out)
    bias = every.get(name.replace("W", "b")) if "W" in name else None
    return (length // bias.length, bias.length) if bias else (1, length)


def _state_part(part: Part, state: Floats | None) -> StatePart:
    values = None if state is None else _summary(state[part.place])
    return StatePart(part.key, part.name, part.place.start, part.place.stop, values)


def _summary(array: Floats) -> Values:
    """Return a summary of an array (1-D, float32 or float64)."""
    finite = array[np.isfinite(array)].astype(np.float64)
    least, most, mean = (float(finite.min()), float(finite.max()), float(finite.mean())) if len(finite) else (None,) * 3
    return Values(least, most, mean, int(np.count_nonzero(array == 0)), len(array) - len(finite))
