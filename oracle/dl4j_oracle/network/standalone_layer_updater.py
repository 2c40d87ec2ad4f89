"""The updater of a standalone layer, as pretraining uses it: ``LayerUpdater``, its view, ``LayerUpdater.clone``."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.clauses import clause
from dl4j_oracle.network.layer_updater import LayerUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import Gradients, StepFunction


class StandaloneLayerUpdater(MultiLayerUpdater):
    """The updater of a layer without a network: its gradient keys are the names of parameters.

    Its view is the array that ``setStateViewArray`` was given last.
    """

    hashes_content = True
    has_array_of_all_gradients = False

    def key(self, layer: int, parameter: str) -> str:
        """Return the name of the parameter, which is its gradient key."""
        return parameter

    @clause("BARE-1")
    def _turns(self, keys: Iterable[str]) -> Iterator[tuple[LayerUpdater, dict[str, str]]]:
        yield self.layers[0], {key: key for key in keys}

    def _place(self, key: str) -> tuple[LayerUpdater, str]:
        return self.layers[0], key

    def _construct_with(self, state: Sequence[float] | None) -> None:
        self._point_into(state)

    def set_state(self, state: Sequence[float]) -> None:
        """Run ``LayerUpdater.setStateViewArray(layer, state, false)``. Raises Dl4jError."""
        self._point_into(state)

    @clause("BARE-2")
    def _point_into(self, state: Sequence[float] | None) -> None:
        """Make the updaters' arrays parts of ``state`` (1-D) and forget all state outside of it. Raises Dl4jError."""
        if not self.state_size:
            return
        self.rules.check_view(None if state is None else len(state), self.state_size)
        self.assign(self.arithmetic.array(() if state is None else state[: self.state_size]))
        for updater in self.layers[0].updaters.values():
            updater.memory = self.rules.pointed(updater.memory)
        self.has_view = True

    @property
    def decays_by_score(self) -> bool:
        """True if the layer's ``applyLearningRateScoreDecay`` changes learning rates."""
        return self.rules.decays_alone(self.layers[0].type)

    @clause("BARE-4")
    def flattened(self, updates: Gradients) -> Gradients:
        """Return the updates (1-D, of the network's dtype) in the order in which backpropagation gave the gradients."""
        return dict(updates)

    @clause("OPT-24")
    def stepped(self, step: StepFunction, params: Gradients, updates: Gradients) -> Gradients:
        """Return the parameters after a step on vectors in which centers lie by columns. Raises Dl4jError.

        All are given by key, each 1-D and of the network's dtype.
        """
        stepped = super().stepped(step, self.laid_out(params), self.laid_out(updates))
        return {key: self.layers[0].taken_up(key, part) for key, part in stepped.items()}

    @clause("OPT-24")
    def vector(self, arrays: Gradients) -> Array:
        """Return arrays as ``BaseLayer.params`` and ``DefaultGradient.gradient`` lay them out.

        They are given by key, each 1-D and of the network's dtype.
        """
        return super().vector(self.laid_out(arrays))

    @clause("OPT-24")
    def parts(self, vector: Array, like: Gradients) -> dict[str, Array]:
        """Return the parts of such a vector, by key, each 1-D and of the network's dtype (``BaseLayer.setParams``)."""
        return {key: self.layers[0].taken_up(key, part) for key, part in super().parts(vector, like).items()}

    @clause("BARE-3")
    def clone(self) -> Self:
        """Return ``LayerUpdater.clone``'s updater, with a layer and a configuration of its own."""
        twin = copy.copy(self)
        twin.clone_updater()
        twin.optimizer = self.rules.cloned_optimizer(self.optimizer, self.is_graph)
        return twin

    @clause("BARE-3")
    def clone_updater(self) -> None:
        """Run ``LayerUpdater.clone``, whose updater has no view."""
        self.layers = [self.layers[0].clone_by_aggregators()]
        self.has_view = False

    @clause("BARE-5")
    def average(self, others: Sequence[MultiLayerUpdater], combined: bool) -> None:
        """Average with ``others``, with a ``GradientUpdaterAggregator`` for every parameter. Raises Dl4jError."""
        self.layers = [self.layers[0].averaged([other.layers[0] for other in others], combined)]
        self.has_view = False
