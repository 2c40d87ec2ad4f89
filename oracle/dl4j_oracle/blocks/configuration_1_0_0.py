"""The configuration of 1.0.0-M2.1, and what its build makes of it: updater objects and lists of regularizations."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from dl4j_oracle.blocks.iupdater import IUpdater, UpdaterClass
from dl4j_oracle.blocks.layer_parameters import BlockLayerType, Role, places
from dl4j_oracle.blocks.network_configuration import BuiltNetwork, Kind, Layer, Parameter, Regularization, as_built
from dl4j_oracle.blocks.schedule import FixedSchedule, RampSchedule, Schedule
from dl4j_oracle.blocks.schedule_form import AS_READ, read_schedule
from dl4j_oracle.blocks.updater_form import read_updater_with_schedules
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import GlobalConfiguration, GradientNormalization, first_given, first_set
from dl4j_oracle.description import read, read_choice, read_double, read_flag, read_object
from dl4j_oracle.errors import ConfigurationError

_NAN = math.nan


@dataclass(frozen=True, kw_only=True)
class RegularizationSettings:
    """The setters of regularization, of a network or of a layer; NaN where one is not called."""

    l1: float = _NAN
    l2: float = _NAN
    l1_bias: float = _NAN
    l2_bias: float = _NAN
    weight_decay: float = _NAN
    weight_decay_apply_lr: bool = True
    weight_decay_bias: float = _NAN
    weight_decay_bias_apply_lr: bool = True


@dataclass(frozen=True, kw_only=True)
class LayerSettings(RegularizationSettings):
    """A layer's settings in 1.0.0; None where unset."""

    type: BlockLayerType = BlockLayerType.DENSE
    n_in: int = 0
    n_out: int = 0
    has_layer_norm: bool = False
    use_log_std: bool = True
    updater: Any = None
    bias_updater: Any = None
    regularization: Any = None
    regularization_bias: Any = None
    gradient_normalization: GradientNormalization | None = None
    gradient_normalization_threshold: float = _NAN


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(RegularizationSettings):
    """The settings of a network in 1.0.0 (``NeuralNetConfiguration.Builder``)."""

    mini_batch: bool = True
    updater: Any = None
    bias_updater: Any = None
    gradient_normalization: GradientNormalization = GradientNormalization.NONE
    gradient_normalization_threshold: float = 1.0


def build(
    conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], parts: BuildParts | None = None
) -> BuiltNetwork:
    """Return the network that 1.0.0-M2.1 builds; ``parts`` may have other rules of the build.

    Raises ConfigurationError for a description whose parts do not fit together, and Dl4jError where DL4J throws.
    """
    parts = parts or BuildParts()
    common = read(NetworkSettings, conf, "conf")
    given = [read(LayerSettings, layer, f"layers[{i}]") for i, layer in enumerate(layers)]
    of_network = _Updaters(
        parts.cloned(_read_updater(common.updater, "conf.updater", parts)),
        parts.cloned(_read_updater(common.bias_updater, "conf.bias_updater", parts)),
    )
    built = [_layer(index, layer, common, of_network, parts) for index, layer in enumerate(given)]
    return BuiltNetwork(tuple(built), common.mini_batch, GlobalConfiguration())


@dataclass(frozen=True)
class _Updaters:
    all: IUpdater | None
    of_bias: IUpdater | None


def _read_updater(data: Any, where: str, parts: BuildParts) -> IUpdater | None:
    return None if data is None else read_updater_with_schedules(data, where, parts.read_schedule)


@clause("NATIVE-11")
def cloned(updater: IUpdater | None) -> IUpdater | None:
    """Return the clone of a network's updater for a layer. ``AdaGrad.clone`` drops the schedule of the rate."""
    if updater is not None and updater.type is UpdaterClass.ADA_GRAD:
        return replace(updater, learning_rate_schedule=None)
    return updater


def _layer(
    index: int, layer: LayerSettings, common: NetworkSettings, of_network: _Updaters, parts: BuildParts
) -> Layer:
    where = f"layers[{index}]"
    updater = _read_updater(layer.updater, f"{where}.updater", parts) or of_network.all or parts.default_updater()
    of_bias = _read_updater(layer.bias_updater, f"{where}.bias_updater", parts) or of_network.of_bias or updater
    lists = {
        Role.WEIGHT: parts.merged(
            _weights_list(layer, layer.regularization, where, parts), _weights_list(common, None, "conf", parts)
        ),
        Role.BIAS: parts.merged(
            _bias_list(layer, layer.regularization_bias, where, parts), _bias_list(common, None, "conf", parts)
        ),
    }
    used = {Role.BIAS: of_bias, Role.ESTIMATE: IUpdater.new(UpdaterClass.NO_OP)}
    found = places(
        layer.type, layer.n_in, layer.n_out, where, layer_norm=layer.has_layer_norm, log_std=layer.use_log_std
    )
    return Layer(
        updater,
        tuple(
            parts.parameter(
                Parameter(
                    f"{index}_{place.name}",
                    index,
                    place.name,
                    place.length,
                    used.get(place.role, updater),
                    _NAN,
                    lists.get(place.role, ()),
                    place.role is Role.VISIBLE_BIAS,
                    place.role is Role.ESTIMATE,
                ),
                updater,
            )
            for place in found
        ),
        first_given(layer.gradient_normalization, common.gradient_normalization),
        first_set(layer.gradient_normalization_threshold, common.gradient_normalization_threshold),
    )


def _weights_list(
    settings: RegularizationSettings, given: Any, where: str, parts: BuildParts
) -> tuple[Regularization, ...]:
    if given is not None:
        return _read_list(given, f"{where}.regularization", parts)
    return parts.called(settings.l1, settings.l2, settings.weight_decay, settings.weight_decay_apply_lr)


def _bias_list(
    settings: RegularizationSettings, given: Any, where: str, parts: BuildParts
) -> tuple[Regularization, ...]:
    if given is not None:
        return _read_list(given, f"{where}.regularization_bias", parts)
    return parts.called(
        settings.l1_bias, settings.l2_bias, settings.weight_decay_bias, settings.weight_decay_bias_apply_lr
    )


@clause("NATIVE-12")
def called(l1: float, l2: float, weight_decay: float, apply_lr: bool) -> tuple[Regularization, ...]:
    """Return the list after the setters ``l1``, ``l2`` and ``weightDecay``, in this order; NaN is not called.

    A value above zero is added; weight decay then removes L2.
    """
    found = [Regularization(kind, FixedSchedule(c)) for kind, c in ((Kind.L1, l1), (Kind.L2, l2)) if c > 0]
    if weight_decay > 0:
        found = [one for one in found if one.kind is not Kind.L2]
        found.append(Regularization(Kind.WEIGHT_DECAY, FixedSchedule(weight_decay), apply_lr))
    return tuple(found)


@clause("NATIVE-13")
def merged(own: tuple[Regularization, ...], common: tuple[Regularization, ...]) -> tuple[Regularization, ...]:
    """Return a layer's list with the network's: its L1 and L2 unless the layer has one, its weight decay always.

    A layer without a list has taken the network's before, so that its weight decay counts twice.
    """
    taken = own or common
    kinds = {one.kind for one in taken}
    return (*taken, *(one for one in common if one.kind is Kind.WEIGHT_DECAY or one.kind not in kinds))


def _read_list(data: Any, where: str, parts: BuildParts) -> tuple[Regularization, ...]:
    if not isinstance(data, list | tuple):
        raise ConfigurationError(where, f"must be an array, not {reprlib.repr(data)}")
    return tuple(_read_regularization(one, f"{where}[{i}]", parts) for i, one in enumerate(data))


def _read_regularization(data: Any, where: str, parts: BuildParts) -> Regularization:
    data = read_object(data, where, ("type", "coefficient", "apply_lr"))
    kind = read_choice(Kind, data.get("type"), f"{where}.type")
    apply_lr = data.get("apply_lr")
    if apply_lr is not None and kind is not Kind.WEIGHT_DECAY:
        raise ConfigurationError(f"{where}.apply_lr", "belongs to WeightDecay")
    if apply_lr is None and kind is Kind.WEIGHT_DECAY:
        raise ConfigurationError(f"{where}.apply_lr", "missing: WeightDecay's constructor has no default")
    coefficient = _coefficient(data.get("coefficient"), f"{where}.coefficient", parts)
    return Regularization(kind, coefficient, apply_lr is not None and read_flag(apply_lr, f"{where}.apply_lr"))


def _coefficient(data: Any, where: str, parts: BuildParts) -> Schedule:
    return parts.read_schedule(data, where) if isinstance(data, Mapping) else FixedSchedule(read_double(data, where))


def default_updater() -> IUpdater:
    """Return the updater of a layer where none is set: ``new Sgd()``."""
    return IUpdater.new(UpdaterClass.SGD)


@dataclass(frozen=True)
class BuildParts:
    """The rules of a build, each replaceable by itself."""

    cloned: Callable[[IUpdater | None], IUpdater | None] = cloned
    called: Callable[[float, float, float, bool], tuple[Regularization, ...]] = called
    merged: Callable[[tuple[Regularization, ...], tuple[Regularization, ...]], tuple[Regularization, ...]] = merged
    default_updater: Callable[[], IUpdater] = default_updater
    #: A parameter as its layer leaves it; the second argument is the layer's updater.
    parameter: Callable[[Parameter, IUpdater], Parameter] = as_built
    #: A schedule as it is used, by its class.
    schedules: Mapping[str, Callable[[Schedule], Schedule]] = field(default_factory=lambda: dict(AS_READ))

    def read_schedule(self, data: Any, where: str) -> Schedule:
        """Return a schedule as it is used. Raises as :func:`dl4j_oracle.blocks.schedule_form.read_schedule` does."""
        return self._used(read_schedule(data, where))

    def _used(self, schedule: Schedule) -> Schedule:
        if isinstance(schedule, RampSchedule):
            schedule = replace(schedule, base_schedule=self._used(schedule.base_schedule))
        return self.schedules[type(schedule).__name__](schedule)

    def rule(self) -> Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], BuiltNetwork]:
        """Return the build that has these rules."""
        return partial(build, parts=self)
