"""Clones of networks and of updaters, averages of updaters, and networks read back from a file, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import add
from typing import TypeVar, cast

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.updaters import GradientUpdater, Memory, UpdaterSettings


@dataclass
class ParameterUpdater:
    """A ``GradientUpdater`` object: the record of its class, its memory, and the rates last pushed into it.

    ``calls`` is how often it was called, which ``AdaGrad`` counts (``numIterations``).
    """

    rule: GradientUpdater
    settings: UpdaterSettings
    memory: Memory
    learning_rate: Scalar
    momentum: Scalar
    has_view: bool = True
    calls: int = 0


@dataclass(frozen=True)
class LayerSnapshot:
    """All parts of a layer and its updater that an update can change."""

    learning_rates: Mapping[str, Scalar]
    momentum: Scalar
    updaters: Mapping[str, ParameterUpdater]


#: From a layer, and the same layer as it was when its network was new, to the layer of the clone.
Clone = Callable[[LayerSnapshot, LayerSnapshot], LayerSnapshot]


#: Updaters of one parameter, as aggregators take them up: the first one's, then the one that is combined with it.
Groups = Sequence[Sequence[ParameterUpdater]]
#: From them to the updater that the aggregators of their class make of them.
Aggregate = Callable[[Groups, Arithmetic], ParameterUpdater]

V = TypeVar("V", Scalar, Array)


@clause("BARE-3", "BARE-5")
def aggregated(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """Return the updater of ``GradientUpdaterAggregator.aggregate``, ``combine``, ``getUpdater``: sums over the count.

    The arrays are new: NESTEROVS' velocity, and not its view, goes on. Without a view there is nothing to add.
    """
    updaters = [updater for group in groups for updater in group]
    first, count = updaters[0], len(updaters)
    if first.rule.state and not all(updater.has_view for updater in updaters):
        raise Dl4jError("NullPointerException", "")

    def mean(of: Callable[[ParameterUpdater], V]) -> V:
        total = reduce(add, (reduce(add, map(of, group)) for group in groups))
        return total if count == 1 else total / arithmetic.scalar(count)

    def decay(name: str) -> Scalar:
        return mean(lambda updater: cast("Scalar", getattr(updater.settings, name)))

    settings = UpdaterSettings(**{field.name: decay(field.name) for field in fields(UpdaterSettings)})
    if first.rule.epsilon_of_aggregate is not None:
        settings = replace(settings, epsilon=arithmetic.scalar(first.rule.epsilon_of_aggregate))
    rate = mean(lambda updater: updater.learning_rate)
    return replace(
        first,
        settings=settings,
        memory=first.memory if count == 1 else Memory({name: mean(_array(name)) for name in first.rule.state}),
        learning_rate=arithmetic.scalar(0.0) if first.rule.adds_rates_to_zero and rate.is_zero() else rate,
        momentum=mean(lambda updater: updater.momentum),
        calls=sum(updater.calls for updater in updaters) // count,
    )


def _array(name: str) -> Callable[[ParameterUpdater], Array]:
    """Return how to get the array that an updater uses: NESTEROVS' velocity, if it has left the view."""
    return lambda updater: updater.memory.view[name] if updater.memory.velocity is None else updater.memory.velocity


@clause("STATE-9", "STATE-10", "STATE-11")
def clone_configuration_and_view(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """Return the configuration as it stands, new updater objects that read it, and a copy of the state view alone."""
    updaters = {
        name: replace(
            updater,
            memory=Memory(layer.updaters[name].memory.view),
            learning_rate=layer.learning_rates[name],
            momentum=layer.momentum,
        )
        for name, updater in new.updaters.items()
    }
    return LayerSnapshot(layer.learning_rates, layer.momentum, updaters)


@clause("STATE-14")
def made_anew(layer: LayerSnapshot, before: LayerSnapshot) -> LayerSnapshot:
    """Return new updaters that read the configuration as it stands, with the state that they start with, not called."""
    updaters = {name: replace(updater, calls=0) for name, updater in layer.updaters.items()}
    return clone_configuration_and_view(layer, replace(layer, updaters=updaters))


@clause("LAYER-9")
def unless_only_the_last(frozen: Sequence[bool]) -> Sequence[bool]:
    """Return which layers of a clone are frozen: none if only the last is, which ``hasAFrozenLayer`` leaves out."""
    return frozen if any(frozen[:-1]) else [False] * len(frozen)


@clause("GRAPH-13")
def each_frozen(frozen: Sequence[bool]) -> Sequence[bool]:
    """Return which vertices of a cloned graph are frozen: ``ComputationGraph.clone`` looks at each."""
    return frozen


@clause("STATE-12")
def refuse_updater_clone() -> None:
    """Raise the :class:`Dl4jError` of ``MultiLayerUpdater.clone``."""
    raise Dl4jError("UnsupportedOperationException", "Not yet implemented")
