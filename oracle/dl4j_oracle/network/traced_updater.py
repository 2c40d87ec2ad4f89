"""A network's updater in the trace arithmetic, which names the intermediates of each update.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Self

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.trace import Named, Node, Trace, TraceArithmetic, TracedArray, TracedScalar
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import INITIALIZE, Description
from dl4j_oracle.network.traced_rules import traced
from dl4j_oracle.profile import DEFAULT_RULES, Rules


class TracedUpdater:
    """A network's updater that computes in ``inner`` and records in ``trace``; raises as ``MultiLayerUpdater`` does.

    Gradients, weights, learning rates and momentum are inputs called ``g``, ``w``, ``lr`` and ``mu``, with their keys.
    """

    def __init__(
        self,
        description: Description,
        inner: Arithmetic,
        rules: Rules = DEFAULT_RULES,
        state: Sequence[float] | object | None = INITIALIZE,
        trace: Trace | None = None,
    ) -> None:
        self.trace = trace or Trace()
        self.given: tuple[Named, ...] = ()
        self._arithmetic = TraceArithmetic(inner, self.trace).with_nan_scalar(rules.nan_scalar)
        self.updater = updater_of(description, self._arithmetic, traced(rules, self.trace), state)
        self._label_what_there_is()

    def update(
        self, gradients: Mapping[str, Sequence[float]], iteration: int, batch_size: int
    ) -> dict[str, TracedArray]:
        """Return the traced updates of :meth:`MultiLayerUpdater.update`; raises as that does.

        :attr:`given` and :attr:`intermediates` are then those of this call, up to where it raises.
        """
        given = self.labelled(self.updater.arrays(gradients))
        return _traced(self.updater.update(given, iteration, batch_size))

    def labelled(self, gradients: Mapping[str, Array]) -> dict[str, TracedArray]:
        """Return gradients as labelled inputs of the next update; what the last one computed is forgotten."""
        self.trace.named.clear()
        arithmetic = self._arithmetic
        given = {key: arithmetic.labelled_array(array, "g", key) for key, array in _traced(gradients).items()}
        self.given = tuple(Named("", "g", array.node, key) for key, array in given.items())
        return given

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Return the updater of another network, recorded in the same trace."""
        twin = copy.copy(self)
        twin.updater = updater
        return twin

    @property
    def intermediates(self) -> tuple[Named, ...]:
        """The named values that the last update computed, in order."""
        return tuple(self.trace.named.values())

    @property
    def state_arrays(self) -> dict[tuple[str, str], Node]:
        """The arrays of the state view by gradient key and name, in view order."""
        found = {}
        for block in self.updater.blocks():
            array = self.updater.layers[block.layer].updaters[block.parameter].memory.view[block.name]
            found[self.updater.key(block.layer, block.parameter), block.name] = TracedArray.own(array).node
        return found

    def _label_what_there_is(self) -> None:
        for index, layer in enumerate(self.updater.layers):
            layer.weights = {
                name: self._arithmetic.labelled_array(TracedArray.own(array), "w", self.updater.key(index, name))
                for name, array in layer.weights.items()
            }
            layer.momentum = self._labelled(layer.momentum, "mu", self.updater.key(index, "").removesuffix("_"))
            for name, updater in layer.updaters.items():
                layer.learning_rates[name] = self._labelled(
                    layer.learning_rates[name], "lr", self.updater.key(index, name)
                )
                updater.learning_rate, updater.momentum = layer.learning_rates[name], layer.momentum

    def _labelled(self, scalar: Scalar, label: str, owner: str) -> TracedScalar:
        return self._arithmetic.labelled_scalar(TracedScalar.own(scalar), label, owner)


def _traced(arrays: Mapping[str, Array]) -> dict[str, TracedArray]:
    return {key: TracedArray.own(array) for key, array in arrays.items()}
