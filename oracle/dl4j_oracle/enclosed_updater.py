"""A network's updater in an arithmetic of sets: an update runs along every path of undecided comparisons."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic import Array, Scalar
from dl4j_oracle.cloning import LayerSnapshot, ParameterUpdater
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar, paths
from dl4j_oracle.multi_layer_updater import INITIALIZE, Description, MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules


@dataclass(frozen=True)
class Enclosed:
    """What an update may give: a set per value. ``error`` is the exception that every path throws."""

    updates: Mapping[str, EnclosingArray] = field(default_factory=dict)
    state: EnclosingArray | None = None
    learning_rates: Mapping[str, EnclosingScalar] = field(default_factory=dict)
    momentum: Mapping[str, EnclosingScalar] = field(default_factory=dict)
    error: Dl4jError | None = None


class EnclosedUpdater:
    """:class:`MultiLayerUpdater` in an arithmetic of sets; raises as that does."""

    def __init__(
        self,
        description: Description,
        arithmetic: EnclosingArithmetic,
        rules: Rules = DL4J_0_8_0,
        state: Sequence[float] | object | None = INITIALIZE,
    ) -> None:
        self._forks = arithmetic.forks
        self.updater = MultiLayerUpdater(description, arithmetic, rules, state)

    def update(self, gradients: Mapping[str, Sequence[float]], iteration: int, batch_size: int) -> Enclosed:
        """The update along every path; raises :class:`dl4j_oracle.errors.UndecidedError` if there are too many."""
        layers = self.updater.layers
        before = [layer.snapshot() for layer in layers]
        found: list[Enclosed] = []
        after: list[list[LayerSnapshot]] = []

        def run() -> Enclosed:
            for layer, snapshot in zip(layers, before, strict=True):
                layer.restore(snapshot)
            try:
                updates = self.updater.update(self.updater.arrays(gradients), iteration, batch_size)
            except Dl4jError as error:
                return Enclosed(error=error)
            return self._seen({key: _array(values) for key, values in updates.items()})

        for enclosed in paths(self._forks, run):
            found.append(enclosed)
            after.append([layer.snapshot() for layer in layers])
        for index, layer in enumerate(layers):
            layer.restore(_unite([snapshots[index] for snapshots in after]))
        return found[0] if len(found) == 1 or found[0].error else self._seen(_united_updates(found))

    def clone(self) -> EnclosedUpdater:
        """The updater of a cloned network."""
        twin = copy.copy(self)
        twin.updater = self.updater.clone()
        return twin

    def observe_state(self, values: Sequence[float]) -> None:
        """Go on with the part of the state that is rounded to the ``values`` seen of it, which lie in it."""
        state = self.updater.state
        if state is not None:
            self.updater.assign(_array(state).observed(values))

    def _seen(self, updates: Mapping[str, EnclosingArray]) -> Enclosed:
        state = self.updater.state
        return Enclosed(
            updates,
            None if state is None else _array(state),
            {key: _scalar(rate) for key, rate in self.updater.learning_rates.items()},
            {key: _scalar(momentum) for key, momentum in self.updater.momentum.items()},
        )


def _united_updates(found: Sequence[Enclosed]) -> dict[str, EnclosingArray]:
    united = dict(found[0].updates)
    for other in found[1:]:
        united = {key: array.hull(other.updates[key]) for key, array in united.items()}
    return united


def _unite(snapshots: Sequence[LayerSnapshot]) -> LayerSnapshot:
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


def _array(value: Array) -> EnclosingArray:
    assert isinstance(value, EnclosingArray)  # noqa: S101 - the arithmetic is one of sets
    return value


def _scalar(value: Scalar) -> EnclosingScalar:
    assert isinstance(value, EnclosingScalar)  # noqa: S101 - the arithmetic is one of sets
    return value
