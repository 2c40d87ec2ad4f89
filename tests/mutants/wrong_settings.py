"""Wrong ports that take settings for what they are not, made from a table: each setting with each mistake it may meet.

Each rewrites the settings of the layers before the NumPy backend sees them, and is right in everything else.
``python:mutants.wrong_settings:NAME`` is the address of one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_oracle.configuration import Updater
from dl4j_oracle.updaters import UPDATERS

#: From a layer's and a network's value of a setting (None where unset), and its default, to the one that is used.
Resolution = Callable[[float | None, float | None, float | None], float | None]
Change = Callable[[Network], Network]


class Rewriting(NumpyBackend):
    """The NumPy backend in front of which a port changes the settings."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def open(self, network: Network) -> EngineSession:
        return super().open(self._change(network))


@dataclass(frozen=True)
class WrongSetting:
    """A wrong port, and the beginning of the ids of the cases that are made for it."""

    backend: Rewriting
    shown_by: str


def _is_nan(value: float | None) -> bool:
    return value is not None and math.isnan(value)


def _first(*values: float | None) -> float | None:
    """Return the first value that is set, as DL4J does."""
    return next((value for value in values if value is not None and not math.isnan(value)), None)


def _unless_zero(value: float | None) -> float | None:
    return value or None


#: Mistakes that any setting may meet.
MISTAKES: Mapping[str, Resolution] = {
    "zero_of_layer_is_unset": lambda layer, common, default: _first(_unless_zero(layer), common, default),
    "zero_of_layer_is_default": lambda layer, common, default: (
        default if layer == 0 else _first(layer, common, default)
    ),
    "zero_of_network_is_unset": lambda layer, common, default: _first(layer, _unless_zero(common), default),
    "zero_anywhere_is_default": lambda layer, common, default: _unless_zero(_first(layer, common, default)) or default,
    "layer_never_inherits": lambda layer, common, default: _first(layer, default),
    "network_overrides_layer": lambda layer, common, default: _first(common, layer, default),
    "layer_ignored": lambda layer, common, default: _first(common, default),
    "nan_of_layer_is_default": lambda layer, common, default: (
        default if _is_nan(layer) else _first(layer, common, default)
    ),
    "nan_of_layer_is_zero": lambda layer, common, default: 0.0 if _is_nan(layer) else _first(layer, common, default),
    "larger_of_both": lambda layer, common, default: max(
        (v for v in (layer, common) if v is not None and not math.isnan(v)), default=default
    ),
}


def _raised_to(least: float, layer: float | None, common: float | None, default: float | None) -> float | None:
    found = _first(layer, common, default)
    return None if found is None else max(found, least)


#: Mistakes that an epsilon meets besides: it is raised to a minimum.
CLAMPS: Mapping[str, Resolution] = {
    f"raised_to_{least:.0e}".replace("-", "_"): partial(_raised_to, least) for least in (1e-30, 1e-15, 1e-8, 1e-7)
}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _resolved(name: str, updater: str | None, default: float | None, mistake: Resolution, network: Network) -> Network:
    """Return the network with the setting written into every layer, in those of ``updater`` by the mistake.

    An explicit NaN of the network stays, since no layer can say it.
    """
    common = _number(network.conf.get(name))

    def layer(given: Mapping[str, Any]) -> dict[str, Any]:
        own = _number(given.get(name))
        is_mistaken = updater in (None, given.get("updater") or network.conf.get("updater") or "SGD")
        value = mistake(own, common, default) if is_mistaken else _first(own, common)
        rest = {key: entry for key, entry in given.items() if key != name}
        return rest if value is None else {**rest, name: value}

    conf = {key: entry for key, entry in network.conf.items() if key != name or _is_nan(common)}
    return replace(network, conf=conf, layers=[layer(given) for given in network.layers])


def _without(place: str, name: str, value: Any, network: Network) -> Network:
    """Return the network without a setting where it is ``value``: in its ``conf``, or in its ``layers``."""

    def left(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {key: entry for key, entry in settings.items() if key != name or entry != value}

    if place == "conf":
        return replace(network, conf=left(network.conf))
    return replace(network, layers=[left(layer) for layer in network.layers])


def _instead(name: str, value: Any, other: Any, network: Network) -> Network:
    """Return the network with another value of a global setting that is ``value``."""
    conf = {key: other if key == name and entry == value else entry for key, entry in network.conf.items()}
    return replace(network, conf=conf)


def _same_updater_only(name: str, network: Network) -> Network:
    """Return the network in which layers of another updater than its own do not inherit the setting."""
    own, common = network.conf.get("updater") or "SGD", network.conf.get(name)
    layers = [
        {name: common, **layer} if common is not None and (layer.get("updater") or own) == own else layer
        for layer in network.layers
    ]
    return replace(network, conf={key: v for key, v in network.conf.items() if key != name}, layers=layers)


def _default_of_networks_updater(network: Network) -> Network:
    """Return the network in which layers have the defaults of its updater instead of their own's."""
    defaults = UPDATERS[Updater(network.conf.get("updater") or "SGD")].defaults
    given = {name: value for name, value in defaults.items() if not math.isnan(value)}
    return replace(network, conf={**given, **network.conf})


#: Settings of layers and networks, each with its only reader if there is one, its default, and the beginning of ids.
_SETTINGS: tuple[tuple[str, str | None, float | None, str], ...] = (
    *(
        ("learning_rate", updater, 0.1, f"setting-learning-rate-{updater.lower()}")
        for updater in ("SGD", "ADAM", "NESTEROVS", "ADAGRAD", "RMSPROP")
    ),
    ("momentum", "NESTEROVS", 0.9, "setting-momentum-network"),
    ("adam_mean_decay", "ADAM", 0.9, "setting-adam-mean-decay"),
    ("adam_var_decay", "ADAM", 0.999, "setting-adam-var-decay"),
    ("rho", "ADADELTA", 0.95, "setting-rho"),
    ("rms_decay", "RMSPROP", 0.95, "setting-rms-decay"),
    ("epsilon", "ADAM", 1e-8, "setting-epsilon-adam"),
    ("epsilon", "ADADELTA", 1e-6, "setting-epsilon-adadelta"),
    ("epsilon", "ADAGRAD", 1e-6, "setting-epsilon-adagrad"),
    ("epsilon", "RMSPROP", 1e-8, "setting-epsilon-rmsprop"),
    ("gradient_normalization_threshold", None, 1.0, "setting-gradient-normalization-threshold"),
    ("l1", None, 0.0, "setting-l1-network"),
    ("l2", None, 0.0, "setting-l2-network"),
    ("l1_bias", None, 0.0, "setting-l1-bias"),
    ("l2_bias", None, 0.0, "setting-l2-bias"),
)
#: Mistakes that change nothing where 0 is the default.
_ABOUT_DEFAULTS = ("zero_of_layer_is_default", "zero_of_network_is_unset", "zero_anywhere_is_default")

#: Settings of policies, each with what a port may take 0 for.
_POLICY_SETTINGS = {
    "lr_policy_decay_rate": (1.0, ("exponential", "inverse", "sigmoid", "step", "torchstep")),
    "lr_policy_power": (1.0, ("inverse", "poly")),
    "lr_policy_steps": (1.0, ("sigmoid", "step", "torchstep")),
}


def _of_settings() -> Iterator[tuple[str, WrongSetting]]:
    for name, updater, default, shown_by in _SETTINGS:
        end = f"_{updater.lower()}" if name in ("epsilon", "learning_rate") and updater else ""
        for said, mistake in {**MISTAKES, **(CLAMPS if name == "epsilon" else {})}.items():
            if default != 0.0 or said not in _ABOUT_DEFAULTS:
                change = partial(_resolved, name, updater, default, mistake)
                yield f"{name}{end}_{said}", WrongSetting(Rewriting(change), shown_by)
    # The bias's rate is never inherited from the network: an unset one is the layer's rate.
    without_zero = partial(_without, "layers", "bias_learning_rate", 0.0)
    yield "bias_learning_rate_zero_is_unset", WrongSetting(Rewriting(without_zero), "setting-bias-learning-rate")
    inherited = partial(_resolved, "bias_learning_rate", None, None, _first)
    yield "bias_learning_rate_inherited", WrongSetting(Rewriting(inherited), "setting-bias-learning-rate")


def _of_names_and_schedules() -> Iterator[tuple[str, WrongSetting]]:
    for name, nothing, slug in (
        ("updater", "NONE", "updater"),
        ("gradient_normalization", "None", "gradient-normalization"),
        ("momentum_schedule", {}, "momentum-schedule"),
        ("learning_rate_schedule", {}, "learning-rate-schedule"),
    ):
        change = partial(_without, "layers", name, nothing)
        yield f"{name}_nothing_of_layer_is_unset", WrongSetting(Rewriting(change), f"setting-{slug}-network")
    unset = partial(_without, "conf", "updater", "NONE")
    yield "updater_none_of_network_is_unset", WrongSetting(Rewriting(unset), "setting-updater-network")
    empty = partial(_without, "conf", "learning_rate_schedule", {})
    shown_by = "setting-learning-rate-schedule-network"
    yield "learning_rate_schedule_empty_of_network_is_unset", WrongSetting(Rewriting(empty), shown_by)
    for name in ("momentum", "adam_mean_decay", "adam_var_decay", "rho", "rms_decay", "epsilon"):
        change = partial(_same_updater_only, name)
        yield f"{name}_inherited_by_the_same_updater_only", WrongSetting(Rewriting(change), "setting-*-under-")
    yield "defaults_of_the_networks_updater", WrongSetting(Rewriting(_default_of_networks_updater), "setting-*-under-")


def _of_network() -> Iterator[tuple[str, WrongSetting]]:
    for name, (usual, policies) in _POLICY_SETTINGS.items():
        for policy in policies:
            shown_by = f"setting-{policy}-{name.removeprefix('lr_policy_').replace('_', '-')}-"
            unset = Rewriting(partial(_without, "conf", name, 0.0))
            replaced = Rewriting(partial(_instead, name, 0.0, usual))
            yield f"{name}_{policy}_zero_is_unset", WrongSetting(unset, shown_by)
            yield f"{name}_{policy}_zero_is_one", WrongSetting(replaced, shown_by)
    off = Rewriting(partial(_without, "conf", "mini_batch", False))
    yield "mini_batch_off_is_unset", WrongSetting(off, "setting-mini-batch")
    accepted = Rewriting(partial(_instead, "lr_policy_decay_rate", "NaN", 1.0))
    yield "lr_policy_decay_rate_nan_is_accepted", WrongSetting(accepted, "setting-step-decay-rate-nan")


WRONG_SETTINGS: Mapping[str, WrongSetting] = dict((*_of_settings(), *_of_names_and_schedules(), *_of_network()))

globals().update({name: wrong.backend for name, wrong in WRONG_SETTINGS.items()})
