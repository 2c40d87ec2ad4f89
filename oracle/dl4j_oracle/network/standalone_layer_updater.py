"""A layer without a network, as pretraining updates it: ``LayerUpdater``, its state view, ``LayerUpdater.clone``."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence

from dl4j_oracle.clauses import clause
from dl4j_oracle.network.layer_updater import LayerUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import Gradients


class BareLayerUpdater(MultiLayerUpdater):
    """Keys are the names of parameters. The view is the array that ``setStateViewArray`` was given last."""

    hashes_content = True

    def key(self, layer: int, parameter: str) -> str:
        """The name of the parameter."""
        return parameter

    @clause("BARE-1")
    def _turns(self, keys: Iterable[str]) -> Iterator[tuple[LayerUpdater, dict[str, str]]]:
        yield self.layers[0], {key: key for key in keys}

    def _place(self, key: str) -> tuple[LayerUpdater, str]:
        return self.layers[0], key

    def _construct_with(self, state: Sequence[float] | None) -> None:
        self._point_into(state)

    def set_state(self, state: Sequence[float]) -> None:
        """``LayerUpdater.setStateViewArray(layer, state, false)``."""
        self._point_into(state)

    @clause("BARE-2")
    def _point_into(self, state: Sequence[float] | None) -> None:
        """The updaters' arrays become parts of the given one; what stood outside of a view is forgotten."""
        if not self.state_size:
            return
        self.rules.check_view(None if state is None else len(state), self.state_size)
        self.assign(self.arithmetic.array(list(state or ())[: self.state_size]))
        for updater in self.layers[0].updaters.values():
            updater.memory = self.rules.pointed(updater.memory)
        self.has_view = True

    @property
    def decays_by_score(self) -> bool:
        """Whether the layer's ``applyLearningRateScoreDecay`` does something."""
        return self.rules.decays_alone(self.layers[0].type)

    @clause("BARE-4")
    def flattened(self, updates: Gradients) -> Gradients:
        """Nothing holds all gradients: they are laid out in the order in which backpropagation gave them."""
        return dict(updates)

    @clause("BARE-3")
    def clone(self) -> BareLayerUpdater:
        """``LayerUpdater.clone``, for a layer and a configuration of its own."""
        twin = copy.copy(self)
        twin.clone_updater()
        twin.optimizer = self.rules.cloned_optimizer(self.optimizer, self.is_graph)
        return twin

    @clause("BARE-3")
    def clone_updater(self) -> None:
        """``LayerUpdater.clone``, which has no view."""
        self.layers = [self.layers[0].clone_by_aggregators()]
        self.has_view = False

    @clause("BARE-5")
    def average(self, others: Sequence[MultiLayerUpdater], combined: bool) -> None:
        """A ``GradientUpdaterAggregator`` for every parameter."""
        self.layers = [self.layers[0].averaged([other.layers[0] for other in others], combined)]
        self.has_view = False
