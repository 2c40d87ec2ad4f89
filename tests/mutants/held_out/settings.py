"""Mistakes of settings: defaults of other libraries, inheritance, values that are taken for unset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from dl4j_backends.engine.settings import LayerSettings
from dl4j_backends.interface import Network
from mutants.held_out.mistake import Mistakes, mistake
from mutants.held_out.parts import Settings


class _Default(Settings):
    """Another default of an updater's setting."""

    updater: ClassVar[str]
    setting: ClassVar[str]
    value: ClassVar[float]

    def network(self, network: Network) -> Network:
        def with_default(layer: Mapping[str, Any]) -> Mapping[str, Any]:
            name = layer.get("updater") or network.conf.get("updater") or "SGD"
            is_set = any(_is_number(settings.get(self.setting)) for settings in (layer, network.conf))
            return layer if name != self.updater or is_set else {**layer, self.setting: self.value}

        return super().network(replace(network, layers=[with_default(layer) for layer in network.layers]))


def _is_number(value: Any) -> bool:
    return value is not None and float(value) == float(value)


def _default(updater: str, setting: str, value: float) -> type[Settings]:
    return type("Default", (_Default,), {"updater": updater, "setting": setting, "value": value})


class GlobalBiasRate(Settings):
    def network(self, network: Network) -> Network:
        rate = network.conf.get("bias_learning_rate")
        given = [layer if rate is None else {"bias_learning_rate": rate, **layer} for layer in network.layers]
        return super().network(replace(network, layers=given))


class OneRate(Settings):
    """Biases have the layer's rate."""

    def layer(self, layer: LayerSettings) -> LayerSettings:
        weights = [p for p in layer.parameters if not p.name.endswith("b")]
        rates = {True: weights[0].learning_rate} if weights else {}
        alike = (replace(p, learning_rate=rates.get(p.name.endswith("b"), p.learning_rate)) for p in layer.parameters)
        return super().layer(replace(layer, parameters=tuple(alike)))


class ThresholdOne(Settings):
    def layer(self, layer: LayerSettings) -> LayerSettings:
        return super().layer(replace(layer, gradient_normalization_threshold=1.0))


class ZeroIsUnset(Settings):
    """Python's ``layer.get(name) or conf.get(name)``."""

    def network(self, network: Network) -> Network:
        layers = [_without_zeros(layer) for layer in network.layers]
        return super().network(replace(network, conf=_without_zeros(network.conf), layers=layers))


def _without_zeros(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if type(value) is not float or value != 0}


class NetworkWins(Settings):
    """The network's settings go over the layer's."""

    def network(self, network: Network) -> Network:
        conf = {name: value for name, value in network.conf.items() if name in _OF_LAYERS and value is not None}
        return super().network(replace(network, layers=[{**layer, **conf} for layer in network.layers]))


_OF_LAYERS = ("momentum", "epsilon", "rho", "rms_decay", "adam_mean_decay", "adam_var_decay", "learning_rate")

_ALL = "updates, state, learning_rates, momentum"

SETTINGS: Mistakes = {
    "default_rms_decay": mistake(
        "RmsProp's decay is .9 if it is not set, as in Keras and Optax.",
        _default("RMSPROP", "rms_decay", 0.9),
        outputs="updates, state",
        first="c, update",
        shown_by="defaults-rmsprop-float32",
    ),
    "default_epsilon_adam": mistake(
        "Adam's epsilon is 1e-7 if it is not set, as in Keras.",
        _default("ADAM", "epsilon", 1e-7),
        outputs="updates",
        first="update",
        shown_by="defaults-adam-float32",
    ),
    "default_epsilon_adagrad": mistake(
        "AdaGrad's epsilon is 1e-10 if it is not set, as in torch.",
        _default("ADAGRAD", "epsilon", 1e-10),
        outputs="updates, state, equal",
        first="h",
        shown_by="defaults-adagrad-float32",
    ),
    "default_rho": mistake(
        "AdaDelta's rho is .95 if it is not set.",
        _default("ADADELTA", "rho", 0.95),
        outputs="updates, state",
        first="msg",
        shown_by="defaults-adadelta-float32",
    ),
    "default_momentum": mistake(
        "Nesterovs' momentum is .5 if it is not set.",
        _default("NESTEROVS", "momentum", 0.5),
        outputs="updates, state, momentum",
        first="momentum",
        shown_by="defaults-nesterovs-float32",
    ),
    "bias_rate_of_network": mistake(
        "The network's learning rate for biases counts.",
        GlobalBiasRate,
        outputs=_ALL,
        first="learning rate",
        shown_by="global-bias-rate-ignored-rmsprop-float32",
    ),
    "bias_rate_ignored": mistake(
        "Biases have the learning rate of their layer's weights.",
        OneRate,
        outputs=_ALL,
        first="learning rate",
        shown_by="embedding-table-float32",
    ),
    "threshold_one": mistake(
        "The threshold of clipping is one, whatever is set.",
        ThresholdOne,
        outputs="updates, state",
        first="update, m, v, h, c, msg",
        shown_by="clip-per-layer-length-2-float32",
    ),
    "zero_is_unset": mistake(
        "A setting of zero is taken for unset.",
        ZeroIsUnset,
        outputs=f"{_ALL}, error",
        first="learning rate, momentum, update, m, v, h, c, msg, error",
        shown_by="bias-rate-zero-float32",
    ),
    "network_wins": mistake(
        "A setting of the network goes over that of a layer.",
        NetworkWins,
        outputs=f"{_ALL}, error",
        first="learning rate, momentum, update, m, v, h, c, msg",
        shown_by="inherited-under-another-sgd-float32",
    ),
}
