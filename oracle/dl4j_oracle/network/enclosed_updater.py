"""A network's updater in an arithmetic of sets: an update runs along every path of undecided comparisons."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar, paths
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.cloning import LayerSnapshot, ParameterUpdater
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import INITIALIZE, Description
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated, OptimizerState
from dl4j_oracle.profile import DEFAULT_RULES, Rules


@dataclass(frozen=True)
class Enclosed:
    """What an update may give: a set per value. ``error`` is the exception that every path throws."""

    updates: Mapping[str, EnclosingArray] = field(default_factory=dict)
    state: EnclosingArray | None = None
    learning_rates: Mapping[str, EnclosingScalar] = field(default_factory=dict)
    momentum: Mapping[str, EnclosingScalar] = field(default_factory=dict)
    params: Mapping[str, EnclosingArray] = field(default_factory=dict)
    heard: Mapping[str, EnclosingArray] = field(default_factory=dict)
    error: Dl4jError | None = None


class EnclosedUpdater:
    """:class:`MultiLayerUpdater` in an arithmetic of sets; raises as that does."""

    def __init__(
        self,
        description: Description,
        arithmetic: EnclosingArithmetic,
        rules: Rules = DEFAULT_RULES,
        state: Sequence[float] | object | None = INITIALIZE,
    ) -> None:
        self._forks = arithmetic.forks
        self.updater = updater_of(description, arithmetic, rules, state)

    def update(self, gradients: Mapping[str, Sequence[float]], iteration: int, batch_size: int) -> Enclosed:
        """The update along every path; raises :class:`dl4j_oracle.errors.UndecidedError` if there are too many."""
        updater = self.updater
        return self._along_paths(lambda: self._seen(updater.update(updater.arrays(gradients), iteration, batch_size)))

    def iterate(self, given: Backpropagated[Sequence[float]], batch_size: int) -> Enclosed:
        """An iteration along every path; raises as :meth:`update` does."""

        def run() -> Enclosed:
            iterated = optimize(self.updater, given.with_gradients(self.updater.views), batch_size)
            return replace(self._seen(iterated.updates), params=_arrays(iterated.params), heard=_arrays(iterated.heard))

        return self._along_paths(run)

    def average(self, others: Sequence[Self], combined: bool) -> None:
        """:meth:`MultiLayerUpdater.average` along every path; raises as :meth:`update` does, and :class:`Dl4jError`."""

        def run() -> Enclosed:
            self.updater.average([other.updater for other in others], combined)
            return Enclosed()

        if error := self._along_paths(run).error:
            raise error

    def _along_paths(self, operation: Callable[[], Enclosed]) -> Enclosed:
        before = self._snapshot()
        found: list[Enclosed] = []
        after: list[_Snapshot] = []

        def run() -> Enclosed:
            self._restore(before)
            try:
                return operation()
            except Dl4jError as error:
                return Enclosed(error=error)

        for enclosed in paths(self._forks, run):
            found.append(enclosed)
            after.append(self._snapshot())
        self._restore(_unite(after))
        return found[0] if len(found) == 1 or found[0].error else self._united(found)

    def _snapshot(self) -> _Snapshot:
        layers = self.updater.layers
        return _Snapshot([layer.snapshot() for layer in layers], self.updater.params, self.updater.optimizer)

    def _restore(self, snapshot: _Snapshot) -> None:
        for layer, own in zip(self.updater.layers, snapshot.layers, strict=True):
            layer.restore(own)
        self.updater.assign_params(snapshot.params)
        self.updater.optimizer = snapshot.optimizer

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Another network in the same arithmetic."""
        twin = copy.copy(self)
        twin.updater = updater
        return twin

    def observe_state(self, values: Sequence[float]) -> None:
        """Narrow the state to the part that is rounded to the ``values`` (1-D) seen of it, which lie in it."""
        state = self.updater.state
        if state is not None:
            self.updater.assign(_array(state).observed(values))

    def _seen(self, updates: Mapping[str, Array]) -> Enclosed:
        state = self.updater.state
        return Enclosed(
            _arrays(updates),
            None if state is None else _array(state),
            {key: _scalar(rate) for key, rate in self.updater.learning_rates.items()},
            {key: _scalar(momentum) for key, momentum in self.updater.momentum.items()},
        )

    def _united(self, found: Sequence[Enclosed]) -> Enclosed:
        return replace(
            self._seen(_hulls([one.updates for one in found])),
            params=_hulls([one.params for one in found]),
            heard=_hulls([one.heard for one in found]),
        )


@dataclass(frozen=True)
class _Snapshot:
    """Everything that an operation can change."""

    layers: Sequence[LayerSnapshot]
    params: Mapping[str, Array]
    optimizer: OptimizerState


def _unite(snapshots: Sequence[_Snapshot]) -> _Snapshot:
    views = [snapshot.optimizer.flattened_gradients for snapshot in snapshots]
    layers = zip(*(snapshot.layers for snapshot in snapshots), strict=True)
    return _Snapshot(
        [_unite_layers(one) for one in layers],
        _hulls([snapshot.params for snapshot in snapshots]),
        replace(snapshots[-1].optimizer, flattened_gradients=_hulls(views)),
    )


def _unite_layers(snapshots: Sequence[LayerSnapshot]) -> LayerSnapshot:
    first, *others = snapshots
    for other in others:
        first = LayerSnapshot(
            {name: _hull(rate, other.learning_rates[name]) for name, rate in first.learning_rates.items()},
            _hull(first.momentum, other.momentum),
            {name: _hull_of_updaters(updater, other.updaters[name]) for name, updater in first.updaters.items()},
        )
    return first


def _hull_of_updaters(x: ParameterUpdater, y: ParameterUpdater) -> ParameterUpdater:
    view = {name: _array(array).hull(_array(y.memory.view[name])) for name, array in x.memory.view.items()}
    velocity = x.memory.velocity
    if velocity is not None and y.memory.velocity is not None:
        velocity = _array(velocity).hull(_array(y.memory.velocity))
    unseen = {name: _array(array).hull(_array(y.memory.unseen[name])) for name, array in x.memory.unseen.items()}
    return replace(
        x,
        memory=replace(x.memory, view=view, velocity=velocity, unseen=unseen),
        learning_rate=_hull(x.learning_rate, y.learning_rate),
        momentum=_hull(x.momentum, y.momentum),
    )


def _hull(x: Scalar, y: Scalar) -> EnclosingScalar:
    return _scalar(x).hull(_scalar(y))


def _arrays(values: Mapping[str, Array]) -> dict[str, EnclosingArray]:
    return {key: _array(value) for key, value in values.items()}


def _hulls(found: Sequence[Mapping[str, Array]]) -> dict[str, EnclosingArray]:
    united = _arrays(found[0])
    for other in found[1:]:
        united = {key: array.hull(_array(other[key])) for key, array in united.items()}
    return united


def _array(value: Array) -> EnclosingArray:
    return EnclosingArray.own(value)


def _scalar(value: Scalar) -> EnclosingScalar:
    return EnclosingScalar.own(value)
