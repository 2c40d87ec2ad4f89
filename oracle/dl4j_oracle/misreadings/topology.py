"""Misreadings of the shapes of computation graphs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dl4j_oracle.cloning import unless_only_the_last
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.topology import SetOrder, Topology, Vertex, trained


@misreading("graph-without-merges", clauses=("GRAPH-8",), replaces="merges_added")
def _graph_without_merges(vertices: Sequence[Vertex]) -> Sequence[Vertex]:
    """A layer of several inputs is fed by them itself."""
    return vertices


@misreading("graph-merges-last", clauses=("GRAPH-8",), replaces="merges_added")
def _graph_merges_last(vertices: Sequence[Vertex]) -> Sequence[Vertex]:
    """The merges before layers are added when all other vertices are."""
    merged = [vertex for vertex in vertices if vertex.layer is not None and len(vertex.inputs) > 1]
    merges = {vertex.name: f"{vertex.name}-merge" for vertex in merged}
    fed = [Vertex(v.name, (merges[v.name],), v.layer) if v.name in merges else v for v in vertices]
    return [*fed, *(Vertex(merges[vertex.name], vertex.inputs) for vertex in merged)]


@misreading("graph-sets-in-order", clauses=("GRAPH-9",), replaces="set_order", references=("HashSet of Integer",))
def _graph_sets_in_order(numbers: Sequence[int]) -> Sequence[int]:
    """The vertices that another feeds come in the order of their numbers, however many there are."""
    return sorted(numbers)


@misreading("graph-fed-as-added", clauses=("GRAPH-7", "GRAPH-9"), replaces="topological_order")
def _graph_fed_as_added(topology: Topology, in_set: SetOrder) -> Sequence[str]:
    """The parameters of a graph lie in the order in which its layers were added."""
    return [*topology.inputs, *(vertex.name for vertex in topology.vertices)]


@misreading("graph-fed-depth-first", clauses=("GRAPH-9",), replaces="topological_order")
def _graph_fed_depth_first(topology: Topology, in_set: SetOrder) -> Sequence[str]:
    """A vertex that has all inputs is fed before those that were ready earlier."""
    order, ready = list[str](), [*topology.inputs]
    while ready:
        order.append(ready.pop(0))
        known = {*order, *ready}
        new = [v.name for v in topology.vertices if v.name not in known and {*order}.issuperset(v.inputs)]
        ready = [*new, *ready]
    return order


@misreading(
    "graph-fed-by-lowest-number",
    clauses=("GRAPH-9",),
    replaces="topological_order",
    references=("graphlib.TopologicalSorter with a priority queue",),
)
def _graph_fed_by_lowest_number(topology: Topology, in_set: SetOrder) -> Sequence[str]:
    """The vertex that was added first, of those that have all inputs, is fed next."""
    order, waiting = [*topology.inputs], [*topology.vertices]
    while waiting:
        first = next(vertex for vertex in waiting if {*order}.issuperset(vertex.inputs))
        order.append(first.name)
        waiting.remove(first)
    return order


@misreading("frozen-vertex-stops-nothing", clauses=("GRAPH-10",), replaces="trained_vertices")
def _frozen_vertex_stops_nothing(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """All vertices but the frozen ones are trained."""
    return {*trained(topology, order, (), labelled)} - {*frozen}


@misreading(
    "frozen-vertex-stops-its-inputs",
    clauses=("GRAPH-10",),
    replaces="trained_vertices",
    references=("automatic differentiation",),
)
def _frozen_vertex_stops_its_inputs(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """A frozen vertex keeps gradients from those alone that feed nothing else."""
    reached = {*topology.outputs} - {*frozen}
    while (
        more := {name for v in topology.vertices if v.name in reached for name in v.inputs if name not in frozen}
        - reached
    ):
        reached |= more
    return reached


@misreading("frozen-vertex-stops-all", clauses=("GRAPH-10",), replaces="trained_vertices")
def _frozen_vertex_stops_all(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """With a frozen vertex, nothing in the graph is trained."""
    return () if frozen else trained(topology, order, frozen, labelled)


@misreading("graph-passes-dead-ends", clauses=("GRAPH-11",), replaces="trained_vertices")
def _graph_passes_dead_ends(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """A vertex that feeds none gets the gradients that it is given, and so does one that needs labels."""
    backwards = [name for name in reversed(order) if name not in topology.inputs]
    first_frozen = next((place for place, name in enumerate(backwards) if name in frozen), len(backwards))
    return backwards[:first_frozen]


@misreading("graph-dead-ends-are-alike", clauses=("GRAPH-11",), replaces="trained_vertices")
def _graph_dead_ends_are_alike(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """Every vertex that feeds none ends backpropagation in IllegalStateException."""
    alike = [replace(vertex, looks_for_epsilon=True) for vertex in topology.vertices]
    return trained(replace(topology, vertices=alike), order, frozen, labelled)


@misreading("graph-updaters-by-vertex", clauses=("GRAPH-12",), replaces="has_updater")
def _graph_updaters_by_vertex(vertex: str, topology: Topology) -> bool:
    """The updater of a vertex is found, whatever the name of its layer."""
    return True


@misreading("graph-clone-thaws", clauses=("GRAPH-13",), replaces="frozen_in_cloned_graph")
def _graph_clone_thaws(frozen: Sequence[bool]) -> Sequence[bool]:
    """Nothing is frozen in the clone of a graph."""
    return [False] * len(frozen)


@misreading("graph-clone-frozen-as-networks", clauses=("GRAPH-13", "LAYER-9"), replaces="frozen_in_cloned_graph")
def _graph_clone_frozen_as_networks(frozen: Sequence[bool]) -> Sequence[bool]:
    """Nothing is frozen in the clone of a graph of which the last layer alone is frozen."""
    return unless_only_the_last(frozen)
