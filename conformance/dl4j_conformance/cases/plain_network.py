"""A network that every version of DL4J can describe, and its description in each of them.

Layers have an updater with its settings, L1 and L2 by numbers, and a gradient normalisation. What else a version has,
policies, schedules, lists or updaters of biases, is not plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dl4j_backends.interface import UnsupportedError
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass

#: Settings of a layer that have one name in all versions.
_OF_LAYER = (
    "type",
    "n_in",
    "n_out",
    "l1",
    "l2",
    "l1_bias",
    "l2_bias",
    "gradient_normalization",
    "gradient_normalization_threshold",
)
_PENALTIES = ("l1", "l2", "l1_bias", "l2_bias")
#: The names of an updater's settings in 0.8.0, and of 0.9.1's older setters.
_OLDER_NAMES = {"beta1": "adam_mean_decay", "beta2": "adam_var_decay"}
_NAMES_IN_0_8_0 = {
    UpdaterClass.SGD: "SGD",
    UpdaterClass.ADAM: "ADAM",
    UpdaterClass.ADA_DELTA: "ADADELTA",
    UpdaterClass.ADA_GRAD: "ADAGRAD",
    UpdaterClass.NESTEROVS: "NESTEROVS",
    UpdaterClass.RMS_PROP: "RMSPROP",
    UpdaterClass.NO_OP: "NONE",
}


@dataclass(frozen=True)
class PlainLayer:
    """A layer: its updater's class, the settings of it, and the layer's own settings."""

    updater: str = "Sgd"
    settings: Mapping[str, float] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlainNetwork:
    """Layers, and whether updates are averages over the batch."""

    layers: Sequence[PlainLayer]
    mini_batch: bool = True


def described(network: PlainNetwork, version: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings of the network and of its layers under a version's names.

    Raises :class:`~dl4j_backends.interface.UnsupportedError` for an updater that the version does not have.
    """
    layers = [_layer(layer, version) for layer in network.layers]
    conf: dict[str, Any] = {} if network.mini_batch else {"mini_batch": False}
    if version != "1.0.0-M2.1" and any(name in layer.own for layer in network.layers for name in _PENALTIES):
        conf["use_regularization"] = True
    return conf, layers


def _layer(layer: PlainLayer, version: str) -> dict[str, Any]:
    own, settings = dict(layer.own), dict(layer.settings)
    is_normal = own.get("type") == "batch_normalization"
    match version:
        case "1.0.0-M2.1":
            log_std = {"use_log_std": False} if is_normal else {}
            return {**own, **log_std, "updater": {"type": layer.updater, **settings}}
        case "0.9.1":
            if layer.updater in ("AMSGrad", "AdaBelief"):
                raise UnsupportedError(f"0.9.1 has no {layer.updater}")
            rate = {"learning_rate": settings.pop("learning_rate")} if "learning_rate" in settings else {}
            return {**own, **rate, "updater": {"type": layer.updater, **settings}}
        case _:
            name = _NAMES_IN_0_8_0.get(UpdaterClass(layer.updater))
            if name is None:
                raise UnsupportedError(f"0.8.0 has no {layer.updater}")
            return {**own, "updater": name, **{_OLDER_NAMES.get(key, key): x for key, x in settings.items()}}


def plain(version: str, conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> PlainNetwork:
    """Return the network that 0.9.1's or 1.0.0's settings describe.

    Raises :class:`~dl4j_backends.interface.UnsupportedError` if another version has no words for one of them.
    """
    known = {"mini_batch", *(("use_regularization", "learning_rate") if version == "0.9.1" else ())}
    if others := sorted(conf.keys() - known):
        raise UnsupportedError(f"other versions have no setting {others[0]} of the network")
    found = [_plain_layer(version, conf, layer) for layer in layers]
    return PlainNetwork(found, conf.get("mini_batch", True))


def _plain_layer(version: str, conf: Mapping[str, Any], layer: Mapping[str, Any]) -> PlainLayer:
    own = {name: value for name, value in layer.items() if name in _OF_LAYER}
    rest = {name: value for name, value in layer.items() if name not in _OF_LAYER}
    updater = rest.pop("updater", None)
    if not isinstance(updater, Mapping) or updater.get("type") not in set(UpdaterClass):
        raise UnsupportedError("other versions have no updater that is not an object")
    settings = {name: value for name, value in updater.items() if name != "type"}
    if version == "0.9.1":
        rate = rest.pop("learning_rate", conf.get("learning_rate", 0.1))
        settings |= {"learning_rate": rate} if "learning_rate" in DEFAULTS[UpdaterClass(updater["type"])] else {}
        if not conf.get("use_regularization"):
            own = {name: value for name, value in own.items() if name not in _PENALTIES}
    elif own.get("type") == "batch_normalization" and rest.pop("use_log_std", True):
        raise UnsupportedError("other versions have no log10stdev")
    others = sorted((rest.keys() | settings.keys()) - DEFAULTS[UpdaterClass(updater["type"])].keys())
    if others:
        raise UnsupportedError(f"other versions have no setting {others[0]} of a layer")
    return PlainLayer(updater["type"], settings, own)
