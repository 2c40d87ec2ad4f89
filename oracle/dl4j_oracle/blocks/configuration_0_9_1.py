"""The configuration of 0.9.1, and what its build makes of it: one updater object per layer, with the layer's rate.

Rates, policies and regularization are settings of the network and its layers, as in 0.8.0. The updater is an object,
which older setters (``epsilon``, ``adamMeanDecay``...) change.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from dl4j_oracle import learning_rate
from dl4j_oracle.blocks.iupdater import DEFAULTS, IUpdater, UpdaterClass
from dl4j_oracle.blocks.layer_parameters import BlockLayerType, Place, Role, places
from dl4j_oracle.blocks.network_configuration import BuiltNetwork, Kind, Layer, Parameter, Regularization, as_built
from dl4j_oracle.blocks.schedule import FixedSchedule
from dl4j_oracle.blocks.updater_form import read_map, read_settings
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import (
    GlobalConfiguration,
    GradientNormalization,
    LearningRatePolicy,
    first_given,
    first_set,
)
from dl4j_oracle.description import read, read_choice, read_flag, read_object
from dl4j_oracle.errors import ConfigurationError, Dl4jError

_NAN = math.nan
#: The network's threshold of gradient normalization, which fills that of a layer if it is NaN.
_THRESHOLD = 1.0


class EnumUpdater(StrEnum):
    """The enum ``org.deeplearning4j.nn.conf.Updater`` of 0.9.1."""

    SGD = "SGD"
    ADAM = "ADAM"
    ADAMAX = "ADAMAX"
    ADADELTA = "ADADELTA"
    NESTEROVS = "NESTEROVS"
    NADAM = "NADAM"
    ADAGRAD = "ADAGRAD"
    RMSPROP = "RMSPROP"
    NONE = "NONE"
    CUSTOM = "CUSTOM"


_CLASS_OF_ENUM = {
    EnumUpdater.SGD: UpdaterClass.SGD,
    EnumUpdater.ADAM: UpdaterClass.ADAM,
    EnumUpdater.ADAMAX: UpdaterClass.ADA_MAX,
    EnumUpdater.ADADELTA: UpdaterClass.ADA_DELTA,
    EnumUpdater.NESTEROVS: UpdaterClass.NESTEROVS,
    EnumUpdater.NADAM: UpdaterClass.NADAM,
    EnumUpdater.ADAGRAD: UpdaterClass.ADA_GRAD,
    EnumUpdater.RMSPROP: UpdaterClass.RMS_PROP,
    EnumUpdater.NONE: UpdaterClass.NO_OP,
}
_CLASSES = tuple(_CLASS_OF_ENUM.values())

#: The older setters that change the settings of an updater object, by its class; Nadam's are not changed.
_OLDER_SETTERS: Mapping[UpdaterClass, Mapping[str, str]] = {
    UpdaterClass.ADAM: {"adam_mean_decay": "beta1", "adam_var_decay": "beta2", "epsilon": "epsilon"},
    UpdaterClass.ADA_MAX: {"adam_mean_decay": "beta1", "adam_var_decay": "beta2", "epsilon": "epsilon"},
    UpdaterClass.ADA_DELTA: {"rho": "rho", "epsilon": "epsilon"},
    UpdaterClass.ADA_GRAD: {"epsilon": "epsilon"},
    UpdaterClass.RMS_PROP: {"rms_decay": "rms_decay", "epsilon": "epsilon"},
    UpdaterClass.NESTEROVS: {"momentum": "momentum"},
}


@dataclass(frozen=True)
class LayerSettings:
    """A layer's settings in 0.9.1; NaN and None where unset."""

    type: BlockLayerType = BlockLayerType.DENSE
    n_in: int = 0
    n_out: int = 0
    updater: Any = None
    learning_rate: float = _NAN
    bias_learning_rate: float = _NAN
    learning_rate_schedule: Mapping[int, float] | None = None
    momentum: float = _NAN
    momentum_schedule: Mapping[int, float] | None = None
    adam_mean_decay: float = _NAN
    adam_var_decay: float = _NAN
    rho: float = _NAN
    rms_decay: float = _NAN
    epsilon: float = _NAN
    gradient_normalization: GradientNormalization = GradientNormalization.NONE
    gradient_normalization_threshold: float = _NAN
    l1: float = _NAN
    l2: float = _NAN
    l1_bias: float = _NAN
    l2_bias: float = _NAN


@dataclass(frozen=True)
class NetworkSettings:
    """The settings of a network in 0.9.1 (``NeuralNetConfiguration.Builder``)."""

    use_regularization: bool = False
    mini_batch: bool = True
    num_iterations: int = 1
    updater: Any = None
    learning_rate: float = 0.1
    bias_learning_rate: float = _NAN
    lr_policy: LearningRatePolicy = LearningRatePolicy.NONE
    lr_policy_decay_rate: float = _NAN
    lr_policy_power: float = _NAN
    lr_policy_steps: float = _NAN
    learning_rate_schedule: Mapping[int, float] | None = None


def build(
    conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], parts: BuildParts | None = None
) -> BuiltNetwork:
    """Return the network that 0.9.1 builds; ``parts`` may have other rules of the build.

    Raises ConfigurationError for a description whose parts do not fit together, and Dl4jError where DL4J throws.
    """
    parts = parts or BuildParts()
    common = read(NetworkSettings, conf, "conf")
    given = [read(LayerSettings, layer, f"layers[{i}]") for i, layer in enumerate(layers)]
    default = _read_updater(common.updater, "conf.updater")
    updaters = [_read_updater(layer.updater, f"layers[{i}].updater") for i, layer in enumerate(given)]
    policy = GlobalConfiguration(
        num_iterations=common.num_iterations,
        lr_policy=common.lr_policy,
        lr_policy_decay_rate=common.lr_policy_decay_rate,
        lr_policy_power=common.lr_policy_power,
        lr_policy_steps=common.lr_policy_steps,
        learning_rate_schedule=common.learning_rate_schedule,
    )
    built = []
    for index, (layer, own) in enumerate(zip(given, updaters, strict=True)):
        learning_rate.validate(policy, f"layer{index}")
        built.append(_layer(index, layer, own or default or IUpdater.new(UpdaterClass.SGD), common, parts))
    return BuiltNetwork(tuple(built), common.mini_batch, policy)


def _read_updater(data: Any, where: str) -> IUpdater | None:
    """Return an updater object: given, or that of a name of the enum. Raises ConfigurationError and Dl4jError."""
    if data is None:
        return None
    if isinstance(data, str):
        name = read_choice(EnumUpdater, data, where)
        if name is EnumUpdater.CUSTOM:
            raise Dl4jError("UnsupportedOperationException", "Unknown or not supported updater: CUSTOM")
        return IUpdater.new(_CLASS_OF_ENUM[name])
    if not isinstance(data, Mapping):
        raise ConfigurationError(where, f"must be a name or an object, not {reprlib.repr(data)}")
    type_ = read_choice(UpdaterClass, data.get("type"), f"{where}.type")
    if type_ not in _CLASSES:
        raise ConfigurationError(f"{where}.type", f"0.9.1 has no {type_}; it has {', '.join(_CLASSES)}")
    is_nesterovs = type_ is UpdaterClass.NESTEROVS
    own = ["momentum_schedule", "builder"] if is_nesterovs else []
    data = read_object(data, where, ["type", *DEFAULTS[type_], *own])
    settings = read_settings(data, where, type_)
    if is_nesterovs and read_flag(data.get("builder", False), f"{where}.builder") and data.get("momentum") is None:
        settings["momentum"] = 0.1
    given = data.get("momentum_schedule")
    schedule = None if given is None else read_map(given, f"{where}.momentum_schedule")
    return IUpdater(type_, settings, momentum_schedule=schedule)


@clause("BLOCK-4", "BLOCK-5")
def configured(updater: IUpdater, layer: LayerSettings, learning_rate: float) -> IUpdater:
    """Return the updater object of a layer as ``LayerValidation.updaterValidation`` changes it.

    Its own rate never counts. ``applySchedules(0, rate)`` sets it, and with it the momentum that its own schedule has
    for iteration 0; then the older setters count.
    """
    settings = dict(updater.settings)
    schedule = updater.momentum_schedule
    if "learning_rate" in settings and not math.isnan(learning_rate):
        settings["learning_rate"] = learning_rate
        if isinstance(schedule, Mapping) and 0 in schedule:
            settings["momentum"] = schedule[0]
    for setter, name in _OLDER_SETTERS.get(updater.type, {}).items():
        value = getattr(layer, setter)
        settings[name] = settings[name] if math.isnan(value) else value
    if updater.type is UpdaterClass.NESTEROVS and layer.momentum_schedule:
        schedule = layer.momentum_schedule
    return replace(updater, settings=settings, momentum_schedule=schedule)


@clause("BLOCK-4", "BLOCK-6")
def rates(layer: LayerSettings, common: NetworkSettings) -> tuple[float, float]:
    """Return a layer's rate, and that of its biases: the layer's own for biases, the network's, or the layer's rate."""
    rate = first_set(layer.learning_rate, common.learning_rate)
    return rate, first_set(layer.bias_learning_rate, common.bias_learning_rate, rate)


def _layer(index: int, layer: LayerSettings, updater: IUpdater, common: NetworkSettings, parts: BuildParts) -> Layer:
    rate, rate_of_bias = parts.rates(layer, common)
    updater = parts.configured(updater, layer, rate)
    found = places(layer.type, layer.n_in, layer.n_out, f"layers[{index}]")
    parameter = _parameter_of(index, layer, updater, rate, rate_of_bias, common.use_regularization)
    return Layer(
        updater,
        tuple(parts.parameter(parameter(place), updater) for place in found),
        layer.gradient_normalization,
        first_set(layer.gradient_normalization_threshold, _THRESHOLD),
        first_given(layer.learning_rate_schedule, common.learning_rate_schedule, {}),
    )


def _parameter_of(
    index: int, layer: LayerSettings, updater: IUpdater, rate: float, rate_of_bias: float, is_regularized: bool
) -> Callable[[Place], Parameter]:
    def parameter(place: Place) -> Parameter:
        match place.role:
            case Role.WEIGHT:
                used, own_rate, l1, l2 = updater, rate, layer.l1, layer.l2
            case Role.BIAS | Role.VISIBLE_BIAS:
                used, own_rate, l1, l2 = updater, rate_of_bias, layer.l1_bias, layer.l2_bias
            case Role.SCALE:
                used, own_rate, l1, l2 = updater, rate, _NAN, _NAN
            case Role.ESTIMATE:
                used, own_rate, l1, l2 = IUpdater.new(UpdaterClass.NO_OP), 0.0, _NAN, _NAN
        coefficients = ((Kind.L2, l2), (Kind.L1, l1))
        kept = tuple(
            Regularization(kind, FixedSchedule(c)) for kind, c in coefficients if is_regularized and not math.isnan(c)
        )
        return Parameter(
            f"{index}_{place.name}",
            index,
            place.name,
            place.length,
            used,
            own_rate,
            kept,
            place.role is Role.VISIBLE_BIAS,
            place.role is Role.ESTIMATE,
        )

    return parameter


@dataclass(frozen=True)
class BuildParts:
    """The rules of a build, each replaceable by itself."""

    rates: Callable[[LayerSettings, NetworkSettings], tuple[float, float]] = rates
    configured: Callable[[IUpdater, LayerSettings, float], IUpdater] = configured
    #: A parameter as its layer leaves it; the second argument is the layer's updater.
    parameter: Callable[[Parameter, IUpdater], Parameter] = as_built

    def rule(self) -> Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], BuiltNetwork]:
        """Return the build that has these rules."""
        return partial(build, parts=self)
