"""Misreadings of configuration, keys, state and the arithmetic's own rules."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.arithmetic.reals import from_float, round_to
from dl4j_oracle.arithmetic.rounding import BINARY32
from dl4j_oracle.cloning import LayerSnapshot, clone_configuration_and_view
from dl4j_oracle.configuration import (
    Defaults,
    GlobalConfiguration,
    LayerConfiguration,
    Updater,
    UpdaterDefaults,
    dl4j_defaults,
    inherit,
)
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.keys import split_at_first_underscore
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.state_layout import Block


def _default(updater: Updater, name: str, value: float) -> Defaults:
    def defaults(asked: Updater) -> UpdaterDefaults:
        found = dl4j_defaults(asked)
        return replace(found, values={**found.values, name: value}) if asked is updater else found

    return defaults


def _global_bias_rate(layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults) -> LayerConfiguration:
    built = inherit(layer, common, defaults)
    if math.isnan(layer.bias_learning_rate) and not math.isnan(common.bias_learning_rate):
        return replace(built, bias_learning_rate=common.bias_learning_rate)
    return built


def _bias_rate_is_global(
    layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults
) -> LayerConfiguration:
    built = inherit(layer, common, defaults)
    unset = math.isnan(layer.bias_learning_rate)
    return replace(built, bias_learning_rate=common.learning_rate) if unset else built


def _bias_penalized_like_weights(
    layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults
) -> LayerConfiguration:
    built = inherit(layer, common, defaults)
    return replace(built, l1_bias=built.l1, l2_bias=built.l2)


def _nothing_inherited(
    layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults
) -> LayerConfiguration:
    return inherit(layer, replace(GlobalConfiguration(), updater=common.updater), defaults)


def _bias_rate_ignored(
    layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults
) -> LayerConfiguration:
    built = inherit(layer, common, defaults)
    return replace(built, bias_learning_rate=built.learning_rate)


def _single_precision(layer: LayerConfiguration, common: GlobalConfiguration, defaults: Defaults) -> LayerConfiguration:
    built = inherit(layer, common, defaults)
    every = {field.name: getattr(built, field.name) for field in fields(built)}
    rounded: dict[str, Any] = {name: _to_float32(value) for name, value in every.items() if isinstance(value, float)}
    return replace(built, **rounded)


def _to_float32(value: float) -> float:
    return round_to(from_float(value), BINARY32) if math.isfinite(value) else value


def _negative_index_wraps(key: str, layers: int) -> tuple[int, str]:
    prefix, separator, name = key.partition("_")
    if separator and prefix[:1] == "-" and prefix[1:].isdigit() and 0 < int(prefix[1:]) <= layers:
        return layers - int(prefix[1:]), name
    return split_at_first_underscore(key, layers)


def _digits_only(key: str, layers: int) -> tuple[int, str]:
    prefix, separator, _ = key.partition("_")
    if separator and not prefix.isdigit():
        raise Dl4jError("NumberFormatException", f'For input string: "{prefix}"')
    return split_at_first_underscore(key, layers)


def _without_visible_bias(blocks: Sequence[Block]) -> Sequence[Block]:
    return [block for block in blocks if block.parameter != "vb"]


def _all_m_of_the_network(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: block.name)


def _split_at_last_underscore(key: str, layers: int) -> tuple[int, str]:
    prefix, separator, name = key.rpartition("_")
    if not separator:
        return split_at_first_underscore(key, layers)
    index, rest = split_at_first_underscore(f"{prefix}_{name}", layers)
    if "_" in prefix:
        raise Dl4jError("NumberFormatException", f'For input string: "{prefix}"')
    return index, rest


def _all_m_then_all_v(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: (block.layer, block.name))


def _reversed_parameters(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: (block.layer, block.parameter != "b"))


def _clone_keeps_objects(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    return LayerSnapshot(layer.learning_rates, layer.momentum, {name: layer.updaters[name] for name in new.updaters})


def _clone_keeps_velocity(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    right = clone_configuration_and_view(layer, new)
    updaters = {name: replace(u, memory=layer.updaters[name].memory) for name, u in right.updaters.items()}
    return replace(right, updaters=updaters)


def _clone_starts_from_initial_state(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    right = clone_configuration_and_view(layer, new)
    updaters = {name: replace(u, memory=new.updaters[name].memory) for name, u in right.updaters.items()}
    return replace(right, updaters=updaters)


def _clone_starts_from_initial_rates(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    as_new = replace(layer, learning_rates=new.learning_rates, momentum=new.momentum)
    return clone_configuration_and_view(as_new, new)


def _nan_stays(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    return scalar


def _nan_is_zero(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(0.0) if scalar.is_nan() else scalar


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    for id_, sentence, clause, field, rule, *references in (
        (
            "nan-propagates",
            "NaN scalars stay NaN.",
            "ARITH-2",
            "nan_scalar",
            _nan_stays,
            "quirk 51",
            "DL4J 1.0.0-beta7",
        ),
        ("nan-is-zero", "NaN scalars become 0.", "ARITH-2", "nan_scalar", _nan_is_zero, "quirk 51"),
        (
            "global-bias-rate",
            "The network's bias learning rate counts.",
            "CONF-4",
            "inherit",
            _global_bias_rate,
            "DL4J issue #3256, PR #3263",
        ),
        ("bias-rate-is-global", "Biases take the network's rate.", "CONF-4", "inherit", _bias_rate_is_global),
        (
            "bias-penalized-like-weights",
            "Biases are penalised with l1 and l2.",
            "CONF-4",
            "inherit",
            _bias_penalized_like_weights,
        ),
        ("nothing-inherited", "Layers inherit only the updater.", "CONF-1", "inherit", _nothing_inherited),
        (
            "split-at-last-underscore",
            "Keys are split at the last underscore.",
            "KEY-1",
            "split_key",
            _split_at_last_underscore,
            "quirk 44",
            "DL4J 0.9.1",
        ),
        (
            "all-m-then-all-v",
            "A layer's state is all m, then all v.",
            "STATE-3",
            "state_layout",
            _all_m_then_all_v,
            "quirk 45",
        ),
        ("bias-state-first", "The bias's state comes first.", "STATE-1", "state_layout", _reversed_parameters),
        (
            "clone-keeps-updater-objects",
            "A clone has copies of the updater objects.",
            "STATE-10",
            "clone",
            _clone_keeps_objects,
        ),
        (
            "clone-keeps-velocity",
            "A clone keeps NESTEROVS' velocity.",
            "STATE-10",
            "clone",
            _clone_keeps_velocity,
        ),
        (
            "clone-from-initial-state",
            "A clone's state is initialised.",
            "STATE-10",
            "clone",
            _clone_starts_from_initial_state,
            "DL4J 0.8.0's own clone of a network that has no updater yet",
        ),
        (
            "clone-from-initial-rates",
            "A clone starts with the rates of the configuration that was built.",
            "STATE-9",
            "clone",
            _clone_starts_from_initial_rates,
        ),
        (
            "updates-lost",
            "Updaters return new arrays, and the gradient is what goes on.",
            "LAYER-6",
            "left_in_gradient",
            lambda gradient, update: gradient,
            "quirk 42",
        ),
        ("bias-rate-ignored", "Biases take their layer's rate.", "CONF-4", "inherit", _bias_rate_ignored),
        (
            "settings-float32",
            "Settings are held in single precision.",
            "ARITH-4",
            "inherit",
            _single_precision,
        ),
        (
            "negative-index-wraps",
            "Negative indices count from the last layer.",
            "KEY-4",
            "split_key",
            _negative_index_wraps,
        ),
        ("digits-only", "A layer index with a sign is refused.", "KEY-3", "split_key", _digits_only),
        (
            "visible-bias-without-state",
            "The visible bias has no place in the state.",
            "STATE-2",
            "state_layout",
            _without_visible_bias,
            "quirk 46",
        ),
        (
            "all-m-of-the-network-first",
            "The network's state is all m, then all v.",
            "STATE-3",
            "state_layout",
            _all_m_of_the_network,
            "quirk 45",
            "DL4J 0.9.1",
        ),
        (
            "given-state-ignored",
            "A given state of another length is ignored, and the updater starts afresh.",
            "STATE-6",
            "accepts_state",
            lambda given, size: given == size,
        ),
        (
            "frozen-updated",
            "Frozen layers are updated.",
            "LAYER-2",
            "is_skipped",
            lambda layer: False,
            "quirk 54",
            "DL4J 0.7.2",
        ),
        ("vb-by-whole-name", "Only the name vb itself is skipped.", "LAYER-3", "is_visible_bias", lambda n: n == "vb"),
        ("vb-updated", "The visible bias is updated.", "LAYER-3", "is_visible_bias", lambda name: False, "quirk 18"),
        ("custom-accepted", "CUSTOM is SGD.", "STATE-8", "custom", lambda: updaters.SGD, "quirk 43"),
        ("no-validation", "Incomplete policies are accepted.", "CONF-5", "validate", lambda conf, name: None),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, tuple(references))
    for updater, name, value, reference in (
        (Updater.ADADELTA, "rho", 0.95, "DL4J 0.9.1"),
        (Updater.ADADELTA, "rho", 0.9, "torch.optim.Adadelta"),
        (Updater.ADADELTA, "epsilon", 1e-5, "ND4J 0.7.2"),
        (Updater.NESTEROVS, "momentum", 0.5, "ND4J 0.7.2"),
        (Updater.ADAM, "epsilon", 1e-7, "Keras"),
        (Updater.ADAM, "adam_var_decay", 0.99, ""),
        (Updater.ADAGRAD, "epsilon", 1e-8, ""),
        (Updater.RMSPROP, "epsilon", 1e-6, ""),
        (Updater.RMSPROP, "rms_decay", 0.9, "Keras"),
        (Updater.RMSPROP, "rms_decay", 0.99, "torch.optim.RMSprop"),
    ):
        yield Misreading(
            f"{updater.lower()}-default-{name.replace('_', '-')}-{value:g}".replace(".", ""),
            f"{updater}'s {name} is {value:g} unless set.",
            ("CONF-2",),
            {"updater_defaults": _default(updater, name, value)},
            (reference,) if reference else (),
        )
