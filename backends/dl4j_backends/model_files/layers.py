"""Layers of ``configuration.json`` as this project describes layers: type, sizes and the settings that updates read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dl4j_backends.engine.parameters import ParameterSettings, parameters_of
from dl4j_backends.engine.settings import GRADIENT_NORMALIZATIONS, LEARNING_RATE_POLICIES
from dl4j_backends.engine.updaters import UPDATERS, Updater
from dl4j_backends.model_files.records import (
    ConfRecord,
    LayerRecord,
    Path,
    json_name,
    problem,
    read_record,
    shown,
    whole_number,
)

Described = dict[str, Any]

_AFFINE = ("dense", "output", "rnnoutput")
_WITHOUT_PARAMETERS = (
    "activation",
    "dropout",
    "GlobalPooling",
    "localResponseNormalization",
    "loss",
    "subsampling",
    "subsampling1d",
    # DL4J 0.8.0 writes it, and restores no network that has it.
    "zeroPadding",
)
#: The types of layers with parameters, by their names in files.
_TYPES: Mapping[str, str] = {
    **dict.fromkeys(_AFFINE, "dense"),
    **dict.fromkeys(_WITHOUT_PARAMETERS, "activation"),
    **dict.fromkeys(("convolution", "convolution1d"), "convolution"),
    **dict.fromkeys(("autoEncoder", "RBM"), "auto_encoder"),
    # DL4J 0.8.0 restores it in Java 8 alone: it looks for types of layers along the class path.
    "CenterLossOutputLayer": "center_loss_output",
    "batchNormalization": "batch_normalization",
    "embedding": "embedding",
    "gravesBidirectionalLSTM": "graves_bidirectional_lstm",
    "gravesLSTM": "graves_lstm",
    "VariationalAutoencoder": "variational_autoencoder",
}
#: Keys of layers that 0.8.0 does not know, and without which its successors cannot be read.
_LATER = ("iUpdater", "iupdater", "@class", "biasUpdater")


@dataclass(frozen=True)
class ReadLayer:
    """A layer as it stands in a file, and as it is described here. ``data`` is its ``NeuralNetConfiguration``."""

    #: The name of its type in the file, and its own name there.
    file_type: str
    name: str | None
    path: Path
    data: dict[str, Any]
    described: Described
    #: The settings of the layer's ``NeuralNetConfiguration``.
    conf: Described


def read_layer(data: dict[str, Any], path: Path) -> ReadLayer:
    """Return the layer of a ``NeuralNetConfiguration``.

    Raises :class:`~dl4j_backends.model_files.errors.ModelFileError` for what DL4J does not read, and for what the
    update depends on and is not modelled.
    """
    conf = read_record(ConfRecord, data, path)
    if not conf.layer:
        raise problem(f"{path}.layer", "is missing: a network has layers")
    for key in _LATER:
        if key in conf.layer:
            raise problem(f"{path}.layer.{key}", "is unknown to 0.8.0: the file is of a later version")
    if len(conf.layer) > 1:
        raise problem(f"{path}.layer", f"must have one key, the layer's type, not {', '.join(conf.layer)[:200]}")
    ((file_type, fields),) = conf.layer.items()
    place = f"{path}.layer.{file_type[:100]}"
    if file_type not in _TYPES:
        raise problem(place, f"is no type of layer that is modelled: those are {', '.join(sorted(_TYPES))}")
    for key in _LATER:
        if isinstance(fields, dict) and key in fields:
            raise problem(f"{place}.{key}", "is unknown to 0.8.0: the file is of a later version")
    layer = read_record(LayerRecord, fields, place)
    return ReadLayer(
        file_type,
        layer.layer_name,
        path,
        data,
        {**_shape(layer, _TYPES[file_type], place), **_settings(layer, conf, _TYPES[file_type], path, place)},
        _conf_settings(conf, path),
    )


def _settings(layer: LayerRecord, conf: ConfRecord, type_: str, path: Path, place: Path) -> Described:
    """Return the settings that the updates of the layer's parameters read; of a layer without parameters none."""
    if type_ == "activation":
        return {}
    updater = _updater(layer, place)
    found: Described = {"updater": updater.name, "learning_rate": number(layer.learning_rate)}
    if not math.isnan(layer.bias_learning_rate):
        found["bias_learning_rate"] = number(layer.bias_learning_rate)
    found |= {name: number(getattr(layer, name)) for name in updater.defaults}
    if updater.takes_momentum:
        found["momentum_schedule"] = _schedule(layer.momentum_schedule, f"{place}.momentumSchedule")
    if conf.learning_rate_policy == "Schedule":
        found["learning_rate_schedule"] = _schedule(layer.learning_rate_schedule, f"{place}.learningRateSchedule")
    normalization = layer.gradient_normalization or "None"
    known(normalization, GRADIENT_NORMALIZATIONS, f"{place}.gradientNormalization")
    if normalization != "None":
        found["gradient_normalization"] = normalization
    if normalization.startswith("Clip"):
        found["gradient_normalization_threshold"] = number(layer.gradient_normalization_threshold)
    if conf.use_regularization:
        found |= {name: number(getattr(layer, name)) for name in _PENALTIES}
    if conf.pretrain:
        found["pretrain"] = True
    return {**found, **_by_param(layer, conf, {**found, **_shape(layer, type_, place)}, updater, path)}


_PENALTIES = ("l1", "l2", "l1_bias", "l2_bias")


def _updater(layer: LayerRecord, place: Path) -> Updater:
    return UPDATERS[known(layer.updater, tuple(UPDATERS), f"{place}.updater")]


def _schedule(schedule: Mapping[int, float] | None, place: Path) -> dict[str, Any]:
    if schedule is None:
        raise problem(place, "is null: DL4J throws a NullPointerException at the first update")
    return {str(iteration): number(value) for iteration, value in schedule.items()}


def _by_param(layer: LayerRecord, conf: ConfRecord, described: Described, updater: Updater, path: Path) -> Described:
    """Return rates and coefficients that stand by parameter, where they are others than those of the layer.

    A parameter that the ``variables`` do not name gets the layer's (``NeuralNetConfiguration.addVariable``).
    """
    rate = layer.learning_rate
    bias_rate = rate if math.isnan(layer.bias_learning_rate) else layer.bias_learning_rate
    l1, l2, l1_bias, l2_bias = (_or_zero(getattr(layer, name)) for name in _PENALTIES)
    weights = ParameterSettings("W", 0, updater, rate, l1, l2)
    bias = ParameterSettings("b", 0, updater, bias_rate, l1_bias, l2_bias)
    names = ("learning_rate", "l1", "l2") if conf.use_regularization else ("learning_rate",)
    found: dict[str, dict[str, Any]] = {}
    for parameter in parameters_of(described, weights, bias):
        if parameter.name not in conf.variables:
            continue
        for name in names:
            key = f"{name}_by_param"
            given: Mapping[str, float] = getattr(conf, key)
            if parameter.name not in given:
                raise problem(
                    f"{path}.{json_name(key)}.{parameter.name}",
                    "is missing, and variables name it: DL4J throws a NullPointerException",
                )
            # NaN is equal to NaN here, and the zeros differ.
            if repr(given[parameter.name]) != repr(getattr(parameter, name)):
                found.setdefault(key, {})[parameter.name] = number(given[parameter.name])
    return dict(found)


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


#: The settings that policies read, besides the learning rate.
_READ: Mapping[str, tuple[str, ...]] = {
    "Exponential": ("lr_policy_decay_rate",),
    "Inverse": ("lr_policy_decay_rate", "lr_policy_power"),
    "Poly": ("lr_policy_power", "num_iterations"),
    "Score": ("lr_policy_decay_rate",),
    "Sigmoid": ("lr_policy_decay_rate", "lr_policy_steps"),
    "Step": ("lr_policy_decay_rate", "lr_policy_steps"),
    "TorchStep": ("lr_policy_decay_rate", "lr_policy_steps"),
}


def _conf_settings(conf: ConfRecord, path: Path) -> Described:
    policy = known(conf.learning_rate_policy, LEARNING_RATE_POLICIES, f"{path}.learningRatePolicy")
    return {
        "use_regularization": conf.use_regularization,
        "mini_batch": conf.mini_batch,
        "lr_policy": policy,
        **{name: number(getattr(conf, name)) for name in _READ.get(policy, ())},
    }


def known(value: str | None, names: Sequence[str], place: Path) -> str:
    """Return a name of one of DL4J's enums; raises ModelFileError for another, and for null."""
    if value is None or value not in names:
        raise problem(place, f"must be one of {', '.join(names)}, not {shown(value)}")
    return value


def number(value: float) -> float | int | str:
    """Return a number as descriptions have it: NaN and infinities by name."""
    if isinstance(value, int) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _shape(layer: LayerRecord, type_: str, place: Path) -> Described:
    """Return the type and what the lengths of parameters depend on."""
    found: Described = {} if type_ == "dense" else {"type": type_}
    if type_ == "activation":
        return found
    names = ("nout",) if type_ == "batch_normalization" else ("nin", "nout")
    for name in names:
        if getattr(layer, name) < 1:
            raise problem(f"{place}.{name}", f"must be 1 or more, not {getattr(layer, name)}")
        found[f"n_{name[1:]}"] = getattr(layer, name)
    match type_:
        case "convolution":
            found["kernel_size"] = _sizes(layer.kernel_size, f"{place}.kernelSize")
        case "variational_autoencoder":
            for name in ("encoder_layer_sizes", "decoder_layer_sizes"):
                found[name] = _sizes(getattr(layer, name), f"{place}.{json_name(name)}")
            found["distribution_size"] = _distribution_size(
                layer.output_distribution, layer.nin, f"{place}.outputDistribution"
            )
            if found["distribution_size"] == 2 * layer.nin:
                del found["distribution_size"]
        case "batch_normalization":
            found["lock_gamma_beta"] = layer.lock_gamma_beta
    return {name: value for name, value in found.items() if name not in _USUAL or value != _USUAL[name]}


#: Of a kernel, or of the layers of an encoder or decoder.
_MOST_SIZES = 100
#: Sizes that a description has without saying so.
_USUAL: Mapping[str, Any] = {
    "kernel_size": [2, 2],
    "encoder_layer_sizes": [2],
    "decoder_layer_sizes": [2],
    "lock_gamma_beta": False,
}


def _sizes(sizes: tuple[int, ...] | None, place: Path) -> list[int]:
    if not sizes or min(sizes) < 1 or len(sizes) > _MOST_SIZES:
        raise problem(place, f"must be 1 to {_MOST_SIZES} sizes, each 1 or more, not {shown(sizes)}")
    return list(sizes)


def _distribution_size(distribution: Mapping[str, Any] | None, n_in: int, place: Path) -> int:
    """Return how many parameters a reconstruction's distribution has for so many inputs (``distributionInputSize``)."""
    if not isinstance(distribution, dict) or len(distribution) != 1:
        raise problem(place, "must have one key, the type of the distribution")
    ((kind, fields),) = distribution.items()
    match kind:
        case "Gaussian":
            return 2 * n_in
        case "Bernoulli" | "Exponential" | "LossWrapper":
            return n_in
        case "Composite":
            parts = fields.get("reconstructionDistributions") if isinstance(fields, dict) else None
            sizes = fields.get("distributionSizes") if isinstance(fields, dict) else None
            if not isinstance(parts, list) or not isinstance(sizes, list) or len(parts) != len(sizes):
                raise problem(f"{place}.Composite", "must have as many distributions as sizes")
            total = 0
            for index, (part, size) in enumerate(zip(parts, map(whole_number, sizes), strict=True)):
                if size < 1:
                    raise problem(f"{place}.Composite.distributionSizes[{index}]", "must be a number, 1 or more")
                total += _distribution_size(part, size, f"{place}.Composite.reconstructionDistributions[{index}]")
            return total
    raise problem(f"{place}.{kind[:100]}", "is no distribution that is modelled")
