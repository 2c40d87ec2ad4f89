"""Misreadings of the build of a layer's settings: its own, then the network's, then defaults."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from dl4j_oracle import configuration as right
from dl4j_oracle.arithmetic.reals import from_float, round_to
from dl4j_oracle.arithmetic.rounding import BINARY32
from dl4j_oracle.configuration import (
    Defaults,
    GlobalConfiguration,
    GradientNormalization,
    LayerConfiguration,
    Updater,
)
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.profile import Inherit

#: From what was set for a layer, the network's settings and the layer as DL4J builds it to a setting of its biases.
_OfBias = Callable[[LayerConfiguration, GlobalConfiguration, LayerConfiguration], float]

T = TypeVar("T", LayerConfiguration, GlobalConfiguration)

#: What a layer inherits that is a number.
_SETTINGS = tuple(field.name for field in fields(LayerConfiguration) if field.type == "float")
#: A network of which nothing is set.
_NETWORK = GlobalConfiguration()


@dataclass(frozen=True)
class _Inheritance:
    """The build of a layer's settings."""

    #: Whether a number that was set, for a layer or for the network, counts as one that was not.
    is_unset: Callable[[float], bool] = lambda setting: False
    #: The learning rate that was set for a layer; NaN is none.
    own_learning_rate: Callable[[float], float] = lambda rate: rate
    #: The threshold that was set for a layer; NaN is none.
    own_threshold: Callable[[float], float] = lambda threshold: threshold
    #: A penalty's coefficient that was set for a layer; NaN is none.
    own_coefficient: Callable[[float], float] = lambda coefficient: coefficient
    #: The updater that was set for a layer, or None.
    own_updater: Callable[[Updater | None], Updater | None] = lambda updater: updater
    #: The strategy that was set for a layer, or None.
    own_normalization: Callable[[GradientNormalization | None], GradientNormalization | None] = lambda strategy: (
        strategy
    )
    #: The network's settings that layers inherit.
    common: Callable[[GlobalConfiguration], GlobalConfiguration] = lambda common: common
    bias_learning_rate: _OfBias = lambda layer, common, built: built.bias_learning_rate
    l1_bias: _OfBias = lambda layer, common, built: built.l1_bias
    l2_bias: _OfBias = lambda layer, common, built: built.l2_bias
    #: A setting as it is held.
    held: Callable[[float], float] = lambda setting: setting

    def rule(self) -> Inherit:
        """Return the build as a rule."""

        def inherit(layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults) -> LayerConfiguration:
            layer = replace(
                layer,
                learning_rate=self.own_learning_rate(layer.learning_rate),
                gradient_normalization_threshold=self.own_threshold(layer.gradient_normalization_threshold),
                updater=self.own_updater(layer.updater),
                gradient_normalization=self.own_normalization(layer.gradient_normalization),
                l1=self.own_coefficient(layer.l1),
                l2=self.own_coefficient(layer.l2),
                l1_bias=self.own_coefficient(layer.l1_bias),
                l2_bias=self.own_coefficient(layer.l2_bias),
            )
            layer, common = self._with_unset(layer, LayerConfiguration()), self._with_unset(common, _NETWORK)
            built = right.inherit(layer, self.common(common), defaults)
            built = replace(
                built,
                bias_learning_rate=self.bias_learning_rate(layer, common, built),
                l1_bias=self.l1_bias(layer, common, built),
                l2_bias=self.l2_bias(layer, common, built),
            )
            every = {field.name: getattr(built, field.name) for field in fields(built)}
            held: dict[str, Any] = {k: self.held(value) for k, value in every.items() if isinstance(value, float)}
            return replace(built, **held)

        return inherit

    def _with_unset(self, given: T, new: T) -> T:
        """Return the settings ``given`` with those of a ``new`` configuration where they count as unset."""
        unset = {name: getattr(new, name) for name in _SETTINGS if self.is_unset(getattr(given, name))}
        return replace(given, **unset)


decompose(right.inherit, _Inheritance())


@misreading(
    "global-bias-rate",
    clauses=("CONF-4",),
    replaces="inherit.bias_learning_rate",
    references=("DL4J issue #3256, PR #3263",),
)
def _global_bias_rate(layer: LayerConfiguration, common: GlobalConfiguration, built: LayerConfiguration) -> float:
    """The network's bias learning rate counts."""
    if math.isnan(layer.bias_learning_rate) and not math.isnan(common.bias_learning_rate):
        return common.bias_learning_rate
    return built.bias_learning_rate


@misreading("bias-rate-is-global", clauses=("CONF-4",), replaces="inherit.bias_learning_rate")
def _bias_rate_is_global(layer: LayerConfiguration, common: GlobalConfiguration, built: LayerConfiguration) -> float:
    """Biases take the network's rate."""
    return common.learning_rate if math.isnan(layer.bias_learning_rate) else built.bias_learning_rate


@misreading("bias-rate-ignored", clauses=("CONF-4",), replaces="inherit.bias_learning_rate")
def _bias_rate_ignored(layer: LayerConfiguration, common: GlobalConfiguration, built: LayerConfiguration) -> float:
    """Biases take their layer's rate."""
    return built.learning_rate


@misreading(
    "bias-penalized-like-weights",
    clauses=("CONF-4",),
    replaces=("inherit.l1_bias", "inherit.l2_bias"),
    references=("torch.optim's weight_decay",),
)
def _bias_penalized_like_weights() -> tuple[_OfBias, _OfBias]:
    """Biases are penalised with l1 and l2."""
    return lambda layer, common, built: built.l1, lambda layer, common, built: built.l2


@misreading("nothing-inherited", clauses=("CONF-1",), replaces="inherit.common")
def _nothing_inherited(common: GlobalConfiguration) -> GlobalConfiguration:
    """Layers inherit only the updater."""
    return GlobalConfiguration(updater=common.updater)


@misreading("settings-float32", clauses=("ARITH-4",), replaces="inherit.held")
def _settings_float32(setting: float) -> float:
    """Settings are held in single precision."""
    return round_to(from_float(setting), BINARY32) if math.isfinite(setting) else setting


@misreading("zero-is-unset", clauses=("CONF-1", "CONF-2"), replaces="inherit.is_unset")
def _zero_is_unset(setting: float) -> bool:
    """A setting of zero counts as one that is not set, as where zero is false."""
    return setting == 0


@misreading("zero-rate-is-unset", clauses=("CONF-1",), replaces="inherit.own_learning_rate")
def _zero_rate_is_unset(rate: float) -> float:
    """A layer's learning rate of zero counts as one that is not set."""
    return rate if rate else math.nan


@misreading("zero-threshold-is-unset", clauses=("CONF-1",), replaces="inherit.own_threshold")
def _zero_threshold_is_unset(threshold: float) -> float:
    """A layer's threshold of zero counts as one that is not set."""
    return threshold if threshold else math.nan


@misreading("layer-rate-ignored", clauses=("CONF-1",), replaces="inherit.own_learning_rate")
def _layer_rate_ignored(rate: float) -> float:
    """All layers learn with the network's rate."""
    return math.nan


@misreading("layer-threshold-ignored", clauses=("CONF-1",), replaces="inherit.own_threshold")
def _layer_threshold_ignored(threshold: float) -> float:
    """All layers are normalised with the network's threshold."""
    return math.nan


@misreading(
    "layer-penalties-ignored",
    clauses=("CONF-1",),
    replaces="inherit.own_coefficient",
    references=("torch.optim's weight_decay",),
)
def _layer_penalties_ignored(coefficient: float) -> float:
    """All layers are penalised with the network's coefficients."""
    return math.nan


@misreading("layer-updater-ignored", clauses=("CONF-1",), replaces="inherit.own_updater")
def _layer_updater_ignored(updater: Updater | None) -> None:
    """All layers have the network's updater."""


@misreading("layer-normalization-ignored", clauses=("CONF-1",), replaces="inherit.own_normalization")
def _layer_normalization_ignored(strategy: GradientNormalization | None) -> None:
    """All layers are normalised as the network is."""


@misreading(
    "bias-rate-doubled",
    clauses=("CONF-4",),
    replaces="inherit.bias_learning_rate",
    references=("Caffe's examples: lr_mult: 2",),
)
def _bias_rate_doubled(layer: LayerConfiguration, common: GlobalConfiguration, built: LayerConfiguration) -> float:
    """Biases learn at twice the rate of their layer unless theirs is set."""
    return 2 * built.learning_rate if math.isnan(layer.bias_learning_rate) else built.bias_learning_rate


@misreading("bias-penalties-ignored", clauses=("CONF-4",), replaces=("inherit.l1_bias", "inherit.l2_bias"))
def _bias_penalties_ignored() -> tuple[_OfBias, _OfBias]:
    """Only weights are penalised, whatever l1Bias and l2Bias are."""
    return lambda layer, common, built: 0.0, lambda layer, common, built: 0.0
