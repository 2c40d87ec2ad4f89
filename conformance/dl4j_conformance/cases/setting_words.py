"""The words of a case about each setting: its network and its layers leave it unset, or set NaN, 0 or a value.

It is read off the case itself. A setting counts only where it is read: an epsilon in a layer whose updater has one, a
threshold under a strategy that clips, a coefficient where ``use_regularization`` is on, a policy's own settings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Update
from dl4j_oracle.configuration import GradientNormalization, LearningRatePolicy, Updater
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.updaters import UPDATERS, defaults_of


class Word(StrEnum):
    """A word about a setting. An empty schedule, ``False``, ``None`` and ``NONE`` are 0 too."""

    UNSET = "unset"
    NAN = "NaN"
    ZERO = "0"
    VALUE = "value"


@dataclass(frozen=True)
class Said:
    """The words of a network and of one of its layers; ``layer`` is None for settings of the network alone."""

    #: The setting, with its reader where there are several, such as ``epsilon of ADAM``.
    setting: str
    network: Word
    layer: Word | None = None
    #: Whether the layer names another updater than its network's, if the setting is one that only some updaters read.
    under_another_updater: bool | None = None


_WHOLE_NUMBERS = (Word.UNSET, Word.ZERO, Word.VALUE)
_CLIPPING = tuple(strategy for strategy in GradientNormalization if strategy.startswith("Clip"))
_COEFFICIENTS = ("l1", "l2", "l1_bias", "l2_bias")
_OF_UPDATERS = dict.fromkeys(name for record in UPDATERS.values() for name in record.defaults)
_READERS = {name: [str(u) for u, record in UPDATERS.items() if name in record.defaults] for name in _OF_UPDATERS}


def word(value: Any) -> Word:
    """Return the word for a value as it stands in a case."""
    match value:
        case None:
            return Word.UNSET
        case "NaN":
            return Word.NAN
        case "None" | "NONE":
            return Word.ZERO
        case float() if math.isnan(value):
            return Word.NAN
        case bool() | int() | float() | Mapping() if not value:
            return Word.ZERO
        case _:
            return Word.VALUE


def said(case: Case) -> Iterator[Said]:
    """Yield what the case says about every setting that it reads, layer by layer."""
    conf = case.network.conf
    for layer, updater in zip(case.network.layers, case.updaters, strict=True):
        if layer.get("frozen") or updater == "CUSTOM":
            continue
        yield from (Said(name, word(conf.get(name)), word(layer.get(name))) for name in _read(case, layer, updater))
        for name in _of_updater(updater):
            other = updater != (conf.get("updater") or "SGD")
            yield Said(_of_reader(name, updater), word(conf.get(name)), word(layer.get(name)), other)
    for name in _of_network(case):
        yield Said(name, word(conf.get(name)))
    policy = POLICIES[LearningRatePolicy(conf.get("lr_policy") or "None")]
    for name in policy.reads:
        if name != "learning_rate_schedule":
            yield Said(f"{name} of {policy.name}", word(conf.get(name)))


def sensible() -> Mapping[str, tuple[tuple[Word | None, Word], ...]]:
    """Return the pairs of a layer's and a network's word that a setting can have, by setting."""
    doubles = tuple((layer, network) for layer in Word for network in Word)
    named = tuple((layer, network) for layer in _WHOLE_NUMBERS for network in _WHOLE_NUMBERS)
    found: dict[str, tuple[tuple[Word | None, Word], ...]] = dict.fromkeys(
        ("learning_rate", "bias_learning_rate"), doubles
    )
    for name in _OF_UPDATERS:
        found |= {_of_reader(name, updater): doubles for updater in _READERS[name]}
    found["gradient_normalization_threshold"] = doubles
    found |= dict.fromkeys(_COEFFICIENTS, doubles)
    found |= dict.fromkeys(("updater", "gradient_normalization", "momentum_schedule", "learning_rate_schedule"), named)
    for policy in POLICIES.values():
        own = [name for name in policy.reads if name != "learning_rate_schedule"]
        found |= {f"{name} of {policy.name}": tuple((None, word) for word in Word) for name in own}
    whole = tuple((None, word) for word in _WHOLE_NUMBERS)
    found |= dict.fromkeys(
        ("lr_policy", "use_regularization", "mini_batch", "num_iterations", "iteration_count"), whole
    )
    return found


def inherited_by_updater() -> tuple[str, ...]:
    """Return the settings that only some updaters read, which layers of others than the network's inherit too."""
    return tuple(_of_reader(name, updater) for name in _OF_UPDATERS for updater in _READERS[name])


def _of_reader(name: str, updater: str) -> str:
    return f"{name} of {updater}" if len(_READERS.get(name, ())) > 1 else name


def _of_updater(updater: str) -> tuple[str, ...]:
    return tuple(defaults_of(Updater(updater)))


def _read(case: Case, layer: Mapping[str, Any], updater: str) -> Iterator[str]:
    """Yield the settings of layers that are read whatever the updater is, or under a policy, strategy or switch."""
    conf = case.network.conf
    yield from ("updater", "gradient_normalization")
    if UPDATERS[Updater(updater)].reads_learning_rate:
        yield from ("learning_rate", "bias_learning_rate")
        if conf.get("lr_policy") == "Schedule":
            yield "learning_rate_schedule"
    if "momentum" in _of_updater(updater):
        yield "momentum_schedule"
    if (layer.get("gradient_normalization") or conf.get("gradient_normalization")) in _CLIPPING:
        yield "gradient_normalization_threshold"
    if conf.get("use_regularization"):
        yield from _COEFFICIENTS


def _of_network(case: Case) -> Iterator[str]:
    """Yield the settings of the network alone that make a difference to this case."""
    yield "lr_policy"
    layers = (case.network.conf, *case.network.layers)
    if any(word(layer.get(name)) is Word.VALUE for layer in layers for name in _COEFFICIENTS):
        yield "use_regularization"
    if any(isinstance(operation, Update | Iterate) and operation.batch_size != 1 for operation in case.script):
        yield "mini_batch"
    if case.network.conf.get("lr_policy") == "Poly":
        yield "num_iterations"
    if any(isinstance(operation, Iterate) for operation in case.script):
        yield "iteration_count"
