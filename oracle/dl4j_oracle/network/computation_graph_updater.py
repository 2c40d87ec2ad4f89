"""The updater of a graph: ``org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from dl4j_oracle.clauses import clause
from dl4j_oracle.equality import Comparison
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.layer_updater import LayerUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description


class ComputationGraphUpdater(MultiLayerUpdater):
    """The updater of a graph, whose layers are those of its vertices, in the order in which they were added."""

    is_graph = True

    def _names_of(self, description: Description) -> Sequence[str]:
        return description.vertices

    @clause("GRAPH-7")
    def _order_of(self, description: Description) -> Sequence[int]:
        """Return the layers in topological order, of which a chain has only one."""
        return [description.vertices.index(name) for name in description.chain or description.vertices]

    @clause("GRAPH-1", "GRAPH-2", "GRAPH-3", "GRAPH-4")
    def _turns(self, keys: Iterable[str]) -> Iterator[tuple[LayerUpdater, dict[str, str]]]:
        """Yield the layers that have keys; every key is split before the first layer is updated."""
        owners: dict[str, dict[str, str]] = {}
        for key in keys:
            vertex, name = self.rules.split_vertex_key(key)
            owners.setdefault(vertex, {})[name] = key
        for vertex in self.rules.vertex_order(list(owners)):
            yield self._of_vertex(vertex), owners[vertex]

    def _place(self, key: str) -> tuple[LayerUpdater, str]:
        vertex, name = self.rules.split_vertex_key(key)
        return self._of_vertex(vertex), name

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
