"""Misreadings of what the build makes of a configuration: defaults, inheritance, clones, lists, roles."""

from __future__ import annotations

import math
from dataclasses import replace

from dl4j_oracle.blocks.configuration_0_9_1 import LayerSettings, NetworkSettings, configured
from dl4j_oracle.blocks.configuration_1_0_0 import called, merged
from dl4j_oracle.blocks.iupdater import IUpdater, UpdaterClass
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.network_configuration import Kind, Parameter, Regularization
from dl4j_oracle.blocks.schedule import FixedSchedule
from dl4j_oracle.configuration import first_set

_List = tuple[Regularization, ...]


@block_misreading(
    "visible-bias-updated", clauses=("BLOCK-2",), replaces="build.parameter", references=("DL4J 0.8.0", "Keras")
)
def _visible_bias_updated(parameter: Parameter, updater: IUpdater) -> Parameter:
    """A visible bias is updated as other parameters are."""
    return replace(parameter, is_pretrained=False)


@block_misreading(
    "estimates-with-updater",
    clauses=("BLOCK-2", "NATIVE-14"),
    replaces="build.parameter",
    references=("a port that updates every parameter of a layer alike",),
)
def _estimates_with_updater(parameter: Parameter, updater: IUpdater) -> Parameter:
    """The estimates of batch normalization have the updater of their layer."""
    return replace(parameter, updater=updater) if parameter.is_estimate else parameter


@block_misreading(
    "penalties-of-biases-ignored",
    clauses=("BLOCK-14", "NATIVE-10"),
    replaces="build.parameter",
    references=("a port that regularizes weights alone",),
)
def _penalties_of_biases_ignored(parameter: Parameter, updater: IUpdater) -> Parameter:
    """Biases have no regularization, whatever is set for them."""
    return replace(parameter, regularization=()) if parameter.name == "b" else parameter


@block_misreading(
    "penalties-reversed",
    clauses=("BLOCK-14", "NATIVE-10"),
    replaces="build.parameter",
    references=("a port that adds the terms in another order",),
)
def _penalties_reversed(parameter: Parameter, updater: IUpdater) -> Parameter:
    """The terms of regularization are added in the opposite order, which rounds otherwise."""
    return replace(parameter, regularization=parameter.regularization[::-1])


@block_misreading(
    "decay-without-rate",
    NEW,
    clauses=("NATIVE-10",),
    replaces="build.parameter",
    references=("Loshchilov and Hutter 2019, without the schedule's factor",),
)
def _decay_without_rate(parameter: Parameter, updater: IUpdater) -> Parameter:
    """Weight decay is never multiplied by the learning rate."""
    return replace(parameter, regularization=_with_rate(parameter.regularization, apply_lr=False))


@block_misreading(
    "decay-with-rate", NEW, clauses=("NATIVE-10",), replaces="build.parameter", references=("torch.optim.AdamW",)
)
def _decay_with_rate(parameter: Parameter, updater: IUpdater) -> Parameter:
    """Weight decay is always multiplied by the learning rate."""
    return replace(parameter, regularization=_with_rate(parameter.regularization, apply_lr=True))


def _with_rate(penalties: _List, *, apply_lr: bool) -> _List:
    return tuple(replace(one, apply_lr=apply_lr) if one.kind is Kind.WEIGHT_DECAY else one for one in penalties)


@block_misreading(
    "bias-updater-ignored",
    NEW,
    clauses=("BLOCK-2",),
    replaces="build.parameter",
    references=("a port with one updater for each layer",),
)
def _bias_updater_ignored(parameter: Parameter, updater: IUpdater) -> Parameter:
    """Biases have the updater of their layer, whatever is set for them."""
    return replace(parameter, updater=updater) if parameter.name == "b" else parameter


@block_misreading(
    "decay-of-network-once",
    NEW,
    clauses=("NATIVE-13",),
    replaces="build.merged",
    references=("DL4J 1.0.0-beta7", "the page on regularization"),
)
def _decay_of_network_once(own: _List, common: _List) -> _List:
    """Weight decay of the network counts once in a layer without a list."""
    return merged(own, common) if own else common


@block_misreading(
    "list-of-network-replaces", NEW, clauses=("NATIVE-13",), replaces="build.merged", references=("DL4J 1.0.0-beta7",)
)
def _list_of_network_replaces(own: _List, common: _List) -> _List:
    """The network's list replaces the layer's own: this is the rule of 1.0.0-beta7."""
    return common or own


@block_misreading(
    "list-of-network-as-default",
    NEW,
    clauses=("NATIVE-13",),
    replaces="build.merged",
    references=("how other settings are inherited",),
)
def _list_of_network_as_default(own: _List, common: _List) -> _List:
    """The network's list counts in layers without one alone."""
    return own or common


@block_misreading(
    "lists-joined", NEW, clauses=("NATIVE-13",), replaces="build.merged", references=("a port that adds all terms",)
)
def _lists_joined(own: _List, common: _List) -> _List:
    """The network's list follows the layer's, with kinds that the layer has too."""
    return (*own, *common)


@block_misreading(
    "l2-beside-decay", NEW, clauses=("NATIVE-12",), replaces="build.called", references=("torch.optim, with both",)
)
def _l2_beside_decay(l1: float, l2: float, weight_decay: float, apply_lr: bool) -> _List:
    """L2 and weight decay of one builder count both."""
    both = called(l1, l2, math.nan, apply_lr)
    return (*both, *called(math.nan, math.nan, weight_decay, apply_lr))


@block_misreading(
    "l2-before-l1", NEW, clauses=("NATIVE-10",), replaces="build.called", references=("DL4J 0.9.1", "DL4J 0.8.0")
)
def _l2_before_l1(l1: float, l2: float, weight_decay: float, apply_lr: bool) -> _List:
    """The setters put L2 before L1, which rounds otherwise: this is the order of 0.9.1."""
    found = called(l1, l2, weight_decay, apply_lr)
    return tuple(sorted(found, key=lambda one: (Kind.L2, Kind.L1, Kind.WEIGHT_DECAY).index(one.kind)))


@block_misreading(
    "negative-coefficient-counts", NEW, clauses=("NATIVE-12",), replaces="build.called", references=("Keras",)
)
def _negative_coefficient_counts(l1: float, l2: float, weight_decay: float, apply_lr: bool) -> _List:
    """A coefficient that is negative is added to the list too."""
    found = [Regularization(kind, FixedSchedule(c)) for kind, c in ((Kind.L1, l1), (Kind.L2, l2)) if c < 0]
    return (*called(l1, l2, weight_decay, apply_lr), *found)


@block_misreading(
    "adagrad-clone-keeps-schedule", NEW, clauses=("NATIVE-11",), replaces="build.cloned", references=("AdaGrad's page",)
)
def _ada_grad_clone_keeps_schedule(updater: IUpdater | None) -> IUpdater | None:
    """The network's AdaGrad keeps the schedule of its rate in every layer."""
    return updater


@block_misreading(
    "default-rate-of-a-tenth",
    NEW,
    clauses=("NATIVE-11",),
    replaces="build.default_updater",
    references=("DL4J 0.9.1", "DL4J 0.8.0"),
)
def _default_rate() -> IUpdater:
    """The rate is 0.1 if no updater is set: this is the default of 0.9.1."""
    return IUpdater(UpdaterClass.SGD, {"learning_rate": 0.1})


@block_misreading(
    "rate-of-object", OLD, clauses=("BLOCK-4",), replaces="build.configured", references=("DL4J 1.0.0-M2.1",)
)
def _rate_of_object(updater: IUpdater, layer: LayerSettings, learning_rate: float) -> IUpdater:
    """The rate of an updater object counts, and not the layer's: this is the rule of 1.0.0-M2.1."""
    own = updater.settings.get("learning_rate", math.nan)
    return configured(updater, layer, own)


@block_misreading(
    "setters-change-nadam",
    OLD,
    clauses=("BLOCK-5",),
    replaces="build.configured",
    references=("how Adam is configured",),
)
def _setters_change_nadam(updater: IUpdater, layer: LayerSettings, learning_rate: float) -> IUpdater:
    """The older setters change Nadam as they change Adam."""
    found = configured(updater, layer, learning_rate)
    if found.type is not UpdaterClass.NADAM:
        return found
    names = {"beta1": layer.adam_mean_decay, "beta2": layer.adam_var_decay, "epsilon": layer.epsilon}
    return replace(found, settings={**found.settings, **{n: v for n, v in names.items() if not math.isnan(v)}})


@block_misreading(
    "setters-ignored", OLD, clauses=("BLOCK-5",), replaces="build.configured", references=("DL4J 1.0.0-M2.1",)
)
def _setters_ignored(updater: IUpdater, layer: LayerSettings, learning_rate: float) -> IUpdater:
    """The older setters do not change updater objects: 1.0.0-M2.1 has none of them."""
    kept = LayerSettings(learning_rate=layer.learning_rate)
    return configured(updater, kept, learning_rate)


@block_misreading(
    "bias-rate-of-network-ignored",
    OLD,
    clauses=("BLOCK-6", "BLOCK-3"),
    replaces="build.rates",
    references=("DL4J 0.8.0",),
)
def _bias_rate_of_network_ignored(layer: LayerSettings, common: NetworkSettings) -> tuple[float, float]:
    """The network's bias learning rate is not inherited: this is the rule of 0.8.0."""
    rate = first_set(layer.learning_rate, common.learning_rate)
    return rate, first_set(layer.bias_learning_rate, rate)


@block_misreading(
    "bias-rate-ignored", OLD, clauses=("BLOCK-6", "BLOCK-3"), replaces="build.rates", references=("a port without it",)
)
def _bias_rate_ignored(layer: LayerSettings, common: NetworkSettings) -> tuple[float, float]:
    """Biases have the rate of their layer, whatever is set for them."""
    rate = first_set(layer.learning_rate, common.learning_rate)
    return rate, rate
