"""What a clone of a network begins with: ``MultiLayerNetwork.clone``, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic import Arithmetic, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.updaters import GradientUpdater, Memory, UpdaterSettings


@dataclass
class ParameterUpdater:
    """A ``GradientUpdater`` object: its rule, its memory, and the rates last pushed into it.

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
    """Everything of a layer and its updater that an update can change."""

    learning_rates: Mapping[str, Scalar]
    momentum: Scalar
    updaters: Mapping[str, ParameterUpdater]


#: From a layer, and the same layer as it was when its network was new, to the layer of the clone.
Clone = Callable[[LayerSnapshot, LayerSnapshot], LayerSnapshot]


#: From an updater to what its class's aggregator makes of it alone.
Aggregate = Callable[["ParameterUpdater", Arithmetic], "ParameterUpdater"]

#: Classes whose aggregators forget epsilon, and what a new object of the class has. Adam's keeps it.
_EPSILON_FORGOTTEN = {"msg": 1e-6, "h": 1e-6, "c": 1e-8}


@clause("BARE-3")
def aggregated(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    """``getAggregator(true).getUpdater()``: ``AdaDelta``, ``AdaGrad`` and ``RmsProp`` forget epsilon; no state is lost.

    The arrays are copies: NESTEROVS' velocity, and not its view, goes on. Without a view there is nothing to copy.
    """
    if updater.rule.state and not updater.has_view:
        raise Dl4jError("NullPointerException", "")
    first = updater.rule.state[0] if updater.rule.state else ""
    settings = updater.settings
    if first in _EPSILON_FORGOTTEN:
        settings = replace(settings, epsilon=arithmetic.scalar(_EPSILON_FORGOTTEN[first]))
    return replace(updater, settings=settings)


@clause("STATE-9", "STATE-10")
def clone_configuration_and_view(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """The configuration as it stands, new updater objects that read it, and a copy of the state view alone."""
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
