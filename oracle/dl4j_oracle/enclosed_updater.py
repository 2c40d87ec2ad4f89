"""A network's updater in enclosures: each update is run along every path of undecided comparisons, and united."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic import Array, Scalar
from dl4j_oracle.enclosure import EnclosedArray, EnclosedScalar, EnclosureArithmetic, paths
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.intervals import Intervals, hull
from dl4j_oracle.layer_updater import LayerSnapshot, ParameterUpdater
from dl4j_oracle.multi_layer_updater import INITIALIZE, Description, MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules


@dataclass(frozen=True)
class Enclosed:
    """What an update may give: an interval per value. ``error`` is the exception that every path throws."""

    updates: Mapping[str, Intervals] = field(default_factory=dict)
    state: Intervals | None = None
    learning_rates: Mapping[str, Intervals] = field(default_factory=dict)
    momentum: Mapping[str, Intervals] = field(default_factory=dict)
    error: Dl4jError | None = None


class EnclosedUpdater:
    """:class:`MultiLayerUpdater` in the enclosure arithmetic of ``dtype``; raises as that does."""

    def __init__(
        self,
        description: Description,
        dtype: str,
        rules: Rules = DL4J_0_8_0,
        state: Sequence[float] | object | None = INITIALIZE,
    ) -> None:
        arithmetic = EnclosureArithmetic(dtype)
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
            arrays = {key: self.updater.arithmetic.array(values) for key, values in gradients.items()}
            try:
                updates = self.updater.update(arrays, iteration, batch_size)
            except Dl4jError as error:
                return Enclosed(error=error)
            return self._seen(updates)

        for enclosed in paths(self._forks, run):
            found.append(enclosed)
            after.append([layer.snapshot() for layer in layers])
        for index, layer in enumerate(layers):
            layer.restore(_unite([snapshots[index] for snapshots in after]))
        return found[0] if len(found) == 1 or found[0].error else self._seen(_united_updates(found))

    def _seen(self, updates: Mapping[str, Array | Intervals]) -> Enclosed:
        state = self.updater.state
        return Enclosed(
            {key: _interval(values) for key, values in updates.items()},
            None if state is None else _interval(state),
            {key: _interval(rate) for key, rate in self.updater.learning_rates.items()},
            {key: _interval(momentum) for key, momentum in self.updater.momentum.items()},
        )


def _united_updates(found: Sequence[Enclosed]) -> dict[str, Array | Intervals]:
    united: dict[str, Array | Intervals] = dict(found[0].updates)
    for other in found[1:]:
        united = {key: hull(_interval(values), other.updates[key]) for key, values in united.items()}
    return united


def _unite(snapshots: Sequence[LayerSnapshot]) -> LayerSnapshot:
    first, *others = snapshots
    for other in others:
        first = LayerSnapshot(
            {name: _hull_of_scalars(rate, other.learning_rates[name]) for name, rate in first.learning_rates.items()},
            _hull_of_scalars(first.momentum, other.momentum),
            {name: _hull_of_updaters(updater, other.updaters[name]) for name, updater in first.updaters.items()},
        )
    return first


def _hull_of_updaters(x: ParameterUpdater, y: ParameterUpdater) -> ParameterUpdater:
    view = {name: _hull_of_arrays(array, y.memory.view[name]) for name, array in x.memory.view.items()}
    velocity = x.memory.velocity
    if velocity is not None and y.memory.velocity is not None:
        velocity = _hull_of_arrays(velocity, y.memory.velocity)
    unseen = {name: _hull_of_arrays(array, y.memory.unseen[name]) for name, array in x.memory.unseen.items()}
    return replace(
        x,
        memory=replace(x.memory, view=view, velocity=velocity, unseen=unseen),
        learning_rate=_hull_of_scalars(x.learning_rate, y.learning_rate),
        momentum=_hull_of_scalars(x.momentum, y.momentum),
    )


def _hull_of_arrays(x: Array, y: Array) -> EnclosedArray:
    assert isinstance(x, EnclosedArray)  # noqa: S101 - the arithmetic is ours
    return EnclosedArray(hull(x.values, _interval(y)), x.arithmetic)


def _hull_of_scalars(x: Scalar, y: Scalar) -> EnclosedScalar:
    assert isinstance(x, EnclosedScalar)  # noqa: S101 - the arithmetic is ours
    return EnclosedScalar(hull(x.value, _interval(y)), x.forks)


def _interval(value: Array | Scalar | Intervals) -> Intervals:
    match value:
        case EnclosedArray():
            return value.values
        case EnclosedScalar():
            return value.value
        case Intervals():
            return value
    raise TypeError(f"not an enclosure: {value!r}")
