"""Misreadings of computation graphs."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_oracle.configuration import LayerConfiguration
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import OptimizerState


@misreading("graph-split-at-first", clauses=("GRAPH-1",), replaces="split_vertex_key", references=("quirk 44",))
def _graph_split_at_first(key: str) -> tuple[str, str]:
    """Keys of a graph are split at the first underscore, as a network's are."""
    vertex, separator, name = key.partition("_")
    if not separator:
        raise Dl4jError("IllegalStateException", f'no layer separator: "{key}"')
    return vertex, name


@misreading("graph-key-without-vertex", clauses=("GRAPH-2",), replaces="split_vertex_key")
def _graph_key_without_vertex(key: str) -> tuple[str, str]:
    """A key without underscore is one of a vertex that there is not."""
    vertex, _, name = key.rpartition("_")
    return vertex, name


@misreading("graph-in-order-of-keys", clauses=("GRAPH-3",), replaces="vertex_order")
def _graph_in_order_of_keys(vertices: Sequence[str]) -> list[str]:
    """Vertices are updated in the order of their first keys."""
    return list(vertices)


@misreading("graph-state-as-fed", clauses=("GRAPH-7",), replaces="order_of_state")
def _graph_state_as_fed(added: Sequence[int], fed: Sequence[int]) -> Sequence[int]:
    """The state of a graph has its layers in topological order, as its parameters."""
    return fed


@misreading("graph-pretrains-all-batches", clauses=("GRAPH-14",), replaces="pretraining_ended")
def _graph_pretrains_all_batches(layer: LayerConfiguration) -> LayerConfiguration:
    """A graph pretrains a layer with every batch as with the first."""
    return layer


@misreading("graph-decays-by-score", clauses=("GRAPH-5",), replaces="decays_by_score", references=("quirk 28",))
def _graph_decays_by_score(is_graph: bool) -> bool:
    """Policy Score decays the rates of a graph as it does those of a network."""
    return True


@misreading("graph-clone-counts-on", clauses=("GRAPH-6",), replaces="cloned_optimizer", references=("quirk 55",))
def _graph_clone_counts_on(state: OptimizerState, is_graph: bool) -> OptimizerState:
    """A clone of a graph keeps its iteration count."""
    return OptimizerState(state.iteration_count)
