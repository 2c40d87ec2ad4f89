"""What a clone of a network begins with: ``MultiLayerNetwork.clone``, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic import Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.updaters import GradientUpdater, Memory


@dataclass
class ParameterUpdater:
    """A ``GradientUpdater`` object: its rule, its memory, and the rates last pushed into it."""

    rule: GradientUpdater
    memory: Memory
    learning_rate: Scalar
    momentum: Scalar
    has_view: bool = True


@dataclass(frozen=True)
class LayerSnapshot:
    """Everything of a layer and its updater that an update can change."""

    learning_rates: Mapping[str, Scalar]
    momentum: Scalar
    updaters: Mapping[str, ParameterUpdater]


#: From a layer, and the same layer as it was when its network was new, to the layer of the clone.
Clone = Callable[[LayerSnapshot, LayerSnapshot], LayerSnapshot]


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
