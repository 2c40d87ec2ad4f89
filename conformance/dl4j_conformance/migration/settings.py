"""The settings of a layer that a program for another library needs, as DL4J's build fills them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dl4j_oracle.configuration import (
    GlobalConfiguration,
    GradientNormalization,
    LayerConfiguration,
    LearningRatePolicy,
    Updater,
    own_conf,
    read_description,
)
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.profile import DEFAULT_RULES
from dl4j_oracle.updaters import UPDATERS

#: Numbers that the libraries refuse, or divide by 0, from 1 on.
_BELOW_ONE = frozenset({"momentum", "adam_mean_decay", "adam_var_decay", "rho", "rms_decay"})


@dataclass(frozen=True)
class LayerSettings:
    """The settings of a layer that decide the steps of its weights."""

    updater: Updater
    #: The numbers that the updater reads, by DL4J's names.
    numbers: Mapping[str, float]
    l1: float
    l2: float
    #: What the network has besides, which the program leaves to its reader: sentences.
    left: tuple[str, ...]


def layer_settings(conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], index: int = 0) -> LayerSettings:
    """Return the settings of a layer of the network that ``conf`` and ``layers`` describe, as a case does.

    Raises :class:`ConfigurationError` for a network that makes no sense, and for a number that is none.
    """
    common, given = read_description(conf, layers)
    if index >= len(given):
        raise ConfigurationError("layers", f"there is no layer {index}: the network has {len(given)}")
    common, layer = own_conf(given[index], common), given[index]
    if not common.built:
        layer = DEFAULT_RULES.inherit(layer, common, DEFAULT_RULES.updater_defaults)
    updater = layer.updater or common.updater
    if updater not in UPDATERS:
        raise ConfigurationError(f"layers[{index}].updater", f"{updater} has no rule in DL4J")
    names = [*DEFAULT_RULES.updater_defaults(updater)]
    if UPDATERS[updater].reads_learning_rate:
        names.append("learning_rate")
    numbers = {name: float(getattr(layer, name)) for name in names}
    l1, l2 = (max(0.0, value) if common.use_regularization else 0.0 for value in (layer.l1, layer.l2))
    for name, value in {**numbers, "l1": l1, "l2": l2}.items():
        if problem := _problem(name, value):
            raise ConfigurationError(f"layers[{index}].{name}", problem)
    if updater is Updater.NESTEROVS and not numbers["momentum"]:  # torch refuses the number
        updater = Updater.SGD
    left = (*_unread(given[index], names, layer), *_left(common, layer))
    return LayerSettings(updater, numbers, l1, l2, left)


def _unread(given: LayerConfiguration, read: Collection[str], layer: LayerConfiguration) -> Iterator[str]:
    """Yield a sentence for each number that the layer has for another updater."""
    for name in sorted({"learning_rate", *(n for other in UPDATERS.values() for n in other.defaults)} - {*read}):
        if not math.isnan(getattr(given, name)):
            yield f"{name} is given, and {layer.updater} does not read it."


def _problem(name: str, value: float) -> str:
    """Return why no library does with a number what DL4J does; nothing if one does."""
    if name == "rho" and math.isnan(value):
        return "is not set, and has no default. DL4J then puts 1e-5 for rho and for 1 - rho, which no library can"
    if not math.isfinite(value) or value < 0:
        return f"is {value}, with which no library does what DL4J does: it must be a number from 0 on"
    if name in _BELOW_ONE and value >= 1:
        return f"is {value}, with which no library does what DL4J does: it must be less than 1"
    return ""


def _left(common: GlobalConfiguration, layer: LayerConfiguration) -> Iterator[str]:
    """Yield a sentence for each setting that the program does not contain."""
    normalization = layer.gradient_normalization
    if normalization not in (None, GradientNormalization.NONE):
        threshold = layer.gradient_normalization_threshold
        clips = f", threshold {threshold}" if normalization.startswith("Clip") else ""
        yield f"Normalize the gradients before the step, layer by layer, as {normalization} does{clips}."
    if common.lr_policy is not LearningRatePolicy.NONE:
        yield (
            f"Policy {common.lr_policy} changes the learning rate: give each step the rate of its iteration. "
            f"`dl4j-conformance oracle learning-rate --policy {common.lr_policy}` prints them."
        )
    if layer.momentum_schedule and layer.updater is Updater.NESTEROVS:
        yield "The momentum schedule is not in this program: set the momentum before each step."
    rate = layer.bias_learning_rate
    if UPDATERS[layer.updater or common.updater].reads_learning_rate and rate != layer.learning_rate:
        yield f"Biases have the learning rate {rate}: make another optimizer for them."
    if layer.updater is Updater.NESTEROVS and layer.momentum == 0:
        yield "NESTEROVS with a momentum of 0 is SGD."
    if layer.frozen:
        yield "The layer is frozen: DL4J leaves its parameters as they are."
    if not common.mini_batch:
        yield "`miniBatch` is off: the batch size of every step is 1."
