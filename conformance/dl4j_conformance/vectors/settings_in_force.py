"""The settings that decide a layer's update: after inheritance and defaults, and only those that its updater reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dl4j_backends.interface import Network
from dl4j_conformance.cases.values import decimal_of
from dl4j_oracle.configuration import (
    GlobalConfiguration,
    GradientNormalization,
    LayerConfiguration,
    LearningRatePolicy,
    read_description,
)
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.profile import DEFAULT_RULES
from dl4j_oracle.updaters import UPDATERS

_CLIPPING = (
    GradientNormalization.CLIP_ELEMENT_WISE_ABSOLUTE_VALUE,
    GradientNormalization.CLIP_L2_PER_LAYER,
    GradientNormalization.CLIP_L2_PER_PARAM_TYPE,
)
_RATES = ("learning_rate", "bias_learning_rate")
_COEFFICIENTS = ("l1", "l2", "l1_bias", "l2_bias")


@dataclass(frozen=True)
class Setting:
    """A setting's value, as text: of the layer, or of the parameter that ``key`` names."""

    name: str
    value: str
    key: str = ""


def settings_in_force(network: Network) -> tuple[Setting, ...]:
    """Return the settings that the update of a network's only layer depends on, as DL4J's build fills them.

    Raises :class:`dl4j_oracle.errors.ConfigurationError`.
    """
    common, layer = _built(network)
    return (*_of_updater(common, layer), *_of_gradients(layer), *_of_policy(common, layer), *_of_parameters(network))


def unread(network: Network) -> Sequence[str]:
    """Return the names of the layer's numbers that are given, and change nothing.

    Raises :class:`dl4j_oracle.errors.ConfigurationError`.
    """
    common, layer = _built(network)
    read = {*DEFAULT_RULES.updater_defaults(layer.updater or common.updater)}
    if _reads_learning_rate(layer):
        read |= {*_RATES}
    if common.use_regularization:
        read |= {*_COEFFICIENTS}
    if layer.gradient_normalization in _CLIPPING:
        read.add("gradient_normalization_threshold")
    if "momentum" in read:
        read.add("momentum_schedule")
    return [name for name, value in network.layers[0].items() if not isinstance(value, str | int) and name not in read]


def _built(network: Network) -> tuple[GlobalConfiguration, LayerConfiguration]:
    """Return the configuration of a network with one layer, and of its layer as DL4J's build fills it."""
    common, (given,) = read_description(network.conf, network.layers)
    return common, DEFAULT_RULES.inherit(given, common, DEFAULT_RULES.updater_defaults)


def _reads_learning_rate(layer: LayerConfiguration) -> bool:
    return any(updater.reads_learning_rate for name, updater in UPDATERS.items() if name is layer.updater)


def _of_updater(common: GlobalConfiguration, layer: LayerConfiguration) -> Iterator[Setting]:
    updater = layer.updater or common.updater
    yield Setting("updater", updater)
    for name in DEFAULT_RULES.updater_defaults(updater):
        yield Setting(name, decimal_of(getattr(layer, name)))
    if layer.momentum_schedule:
        yield Setting("momentum_schedule", _schedule(layer.momentum_schedule))


def _of_gradients(layer: LayerConfiguration) -> Iterator[Setting]:
    strategy = layer.gradient_normalization
    if strategy not in (None, GradientNormalization.NONE):
        yield Setting("gradient_normalization", str(strategy))
    if strategy in _CLIPPING:
        yield Setting("gradient_normalization_threshold", decimal_of(layer.gradient_normalization_threshold))


def _of_policy(common: GlobalConfiguration, layer: LayerConfiguration) -> Iterator[Setting]:
    if common.lr_policy is LearningRatePolicy.NONE:
        return
    yield Setting("lr_policy", common.lr_policy)
    for name in POLICIES[common.lr_policy].reads:
        if name == "learning_rate_schedule":
            yield Setting(name, _schedule(layer.learning_rate_schedule or {}))
        else:
            yield Setting(name, decimal_of(getattr(common, name)))
    if common.lr_policy is LearningRatePolicy.POLY:
        yield Setting("num_iterations", str(common.num_iterations))


def _of_parameters(network: Network) -> Iterator[Setting]:
    common, layer = _built(network)
    names = ["learning_rate"] if _reads_learning_rate(layer) else []
    if common.use_regularization:
        names += ["l1", "l2"]
    for name in names:
        for parameter in DEFAULT_RULES.parameters(layer):
            yield Setting(name, decimal_of(getattr(parameter, name)), network.key(0, parameter.name))


def _schedule(schedule: Mapping[int, float]) -> str:
    return ",".join(f"{iteration}:{decimal_of(value)}" for iteration, value in schedule.items())
