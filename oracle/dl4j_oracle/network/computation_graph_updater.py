"""The updater of a graph: ``org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerType
from dl4j_oracle.equality import Comparison
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.layer_updater import LayerUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.optimizer import Gradients
from dl4j_oracle.topology import chain


class ComputationGraphUpdater(MultiLayerUpdater):
    """The updater of a graph, whose layers are those of its vertices, in the order in which they were added."""

    is_graph = True

    def _names_of(self, description: Description) -> Sequence[str]:
        return description.vertices

    @clause("GRAPH-7")
    def _order_of(self, description: Description) -> Sequence[int]:
        """Return the layers in topological order."""
        shape, rules = description.topology, self.rules
        shape = shape or chain(description.chain or description.vertices, description.vertices)
        self._topology = replace(shape, vertices=rules.merges_added(shape.vertices))
        self._fed = rules.topological_order(self._topology, rules.set_order)
        return [self.names.index(name) for name in self._fed if name in self.names]

    def _outputs_of(self, description: Description) -> Sequence[int]:
        return [self.names.index(name) for name in self._topology.outputs]

    def backpropagated(self, gradients: Gradients) -> Gradients:
        """Return the gradients (1-D, of the network's dtype) of trained vertices, and those under keys of no vertex.

        Raises Dl4jError.
        """
        named = dict(zip(self.names, self.layers, strict=True))
        frozen = [name for name, layer in named.items() if layer.is_frozen]
        labelled = [name for name, layer in named.items() if layer.type is LayerType.CENTER_LOSS_OUTPUT]
        untrained = named.keys() - self.rules.trained_vertices(self._topology, self._fed, frozen, labelled)
        return {key: gradient for key, gradient in gradients.items() if key.rpartition("_")[0] not in untrained}

    @clause("GRAPH-1", "GRAPH-2", "GRAPH-3", "GRAPH-4", "GRAPH-12")
    def _turns(self, keys: Iterable[str]) -> Iterator[tuple[LayerUpdater, dict[str, str]]]:
        """Yield the layers that have keys; every key is split before the first layer is updated."""
        owners: dict[str, dict[str, str]] = {}
        for key in keys:
            vertex, name = self.rules.split_vertex_key(key)
            owners.setdefault(vertex, {})[name] = key
        for vertex in self.rules.vertex_order(list(owners)):
            if not self.rules.has_updater(vertex, self._topology):
                raise Dl4jError("NullPointerException", f'there is no layer of the name "{vertex}"')
            yield self._of_vertex(vertex), owners[vertex]

    def _place(self, key: str) -> tuple[LayerUpdater, str]:
        vertex, name = self.rules.split_vertex_key(key)
        return self._of_vertex(vertex), name

    def _frozen_in_clone(self) -> Sequence[bool]:
        return self.rules.frozen_in_cloned_graph([layer.is_frozen for layer in self.layers])

    @clause("STATE-14")
    def clear(self) -> None:
        """Run ``ComputationGraph.clear``, which keeps the solver."""

    @clause("STATE-12")
    def clone_updater(self) -> None:
        """Run ``ComputationGraphUpdater.clone``: it clones the updater of every layer, and has no view."""
        self.layers = [layer.clone_by_aggregators() for layer in self.layers]
        self.has_view = False

    @clause("EQ-4", "EQ-5")
    def compare(self, other: MultiLayerUpdater) -> Comparison:
        """Return whether the maps of names are equal, which is all that ``equals`` and ``hashCode`` look at."""
        by_layers = partial(super().compare, other)
        return self.rules.graphs_compare(self.names, other.names, by_layers)

    def _of_vertex(self, vertex: str) -> LayerUpdater:
        if vertex not in self.names:
            raise Dl4jError("NullPointerException", f'there is no vertex "{vertex}"')
        return self.layers[self.names.index(vertex)]
