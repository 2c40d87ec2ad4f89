"""The shape of a computation graph: how its vertices are numbered and fed, and which of them are trained.

Source: ``ComputationGraphConfiguration.GraphBuilder`` and ``ComputationGraph`` (``org.deeplearning4j.nn.graph``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError


@dataclass(frozen=True)
class Vertex:
    """A vertex and what feeds it; ``layer`` is its layer's name, None if it has no layer (a merge, a sum, ...).

    ``looks_for_epsilon``: it notices by itself that backpropagation reaches it with nothing to go on with.
    """

    name: str
    inputs: Sequence[str]
    layer: str | None = None
    looks_for_epsilon: bool = True


@dataclass(frozen=True)
class Topology:
    """The shape of a graph: the names of its inputs, its vertices as they were added, and the names of its outputs."""

    inputs: Sequence[str]
    vertices: Sequence[Vertex]
    outputs: Sequence[str]


#: The numbers of vertices, as they were put into a set, in the order in which the set is iterated.
SetOrder = Callable[[Sequence[int]], Sequence[int]]
#: From a shape (after :data:`MergesAdded`) to the names of its vertices, in the order in which they are fed.
TopologicalOrder = Callable[[Topology, SetOrder], Sequence[str]]
#: From vertices as they were asked for to vertices as they are.
MergesAdded = Callable[[Sequence[Vertex]], Sequence[Vertex]]
#: From a shape, its vertices in the order in which they are fed, the frozen ones, and those with layers that need
#: labels, to the vertices that are trained.
Trained = Callable[[Topology, Sequence[str], Collection[str], Collection[str]], Collection[str]]


_INPUT_OF_CHAIN = "the input of the graph"


def chain(fed: Sequence[str], added: Sequence[str]) -> Topology:
    """Return the shape of a graph whose layers feed each other in the order ``fed``."""
    feeders = dict(zip(fed, (_INPUT_OF_CHAIN, *fed), strict=False))
    return Topology((_INPUT_OF_CHAIN,), [Vertex(name, (feeders[name],), name) for name in added], fed[-1:])


@clause("GRAPH-8")
def merges_added(vertices: Sequence[Vertex]) -> Sequence[Vertex]:
    """Return the vertices with a merge behind every layer that was given several inputs (``GraphBuilder.addLayer``)."""
    added: list[Vertex] = []
    for vertex in vertices:
        if vertex.layer is None or len(vertex.inputs) == 1:
            added.append(vertex)
        else:
            merge = f"{vertex.name}-merge"
            added += (Vertex(vertex.name, (merge,), vertex.layer), Vertex(merge, vertex.inputs))
    return added


@clause("GRAPH-9")
def in_queue_order(topology: Topology, in_set: SetOrder) -> Sequence[str]:
    """Return the order of ``ComputationGraph.topologicalSortOrder``: a queue of the vertices that have all inputs."""
    names = [*topology.inputs, *(vertex.name for vertex in topology.vertices)]
    waiting = {vertex.name: set(vertex.inputs) for vertex in topology.vertices}
    numbers = {name: number for number, name in enumerate(names)}
    ready, order = deque(topology.inputs), list[str]()
    while ready:
        name = ready.popleft()
        order.append(name)
        for number in in_set([numbers[fed] for fed in _fed_by(name, topology)]):
            fed = names[number]
            waiting[fed].remove(name)
            if not waiting[fed]:
                ready.append(fed)
    return order


def _fed_by(name: str, topology: Topology) -> Sequence[str]:
    return [vertex.name for vertex in topology.vertices if name in vertex.inputs]


@clause("GRAPH-10", "GRAPH-11")
def trained(
    topology: Topology, order: Sequence[str], frozen: Collection[str], labelled: Collection[str]
) -> Collection[str]:
    """Return the vertices that get gradients: those that backpropagation meets before the first frozen one.

    Raises :class:`Dl4jError` at a vertex that is no output, and needs labels or feeds none.
    Source: ``ComputationGraph.calcBackpropGradients``.
    """
    met = []
    for name in reversed(order):
        if name in topology.inputs:
            continue
        if name in frozen:
            break
        if name not in topology.outputs and name in labelled:
            raise Dl4jError("ArrayIndexOutOfBoundsException", "-1")
        if name not in topology.outputs and not _fed_by(name, topology):
            raise _no_epsilon(name, topology)
        met.append(name)
    return met


@clause("GRAPH-11")
def _no_epsilon(name: str, topology: Topology) -> Dl4jError:
    """Return the exception of a vertex that feeds none."""
    if all(vertex.looks_for_epsilon for vertex in topology.vertices if vertex.name == name):
        return Dl4jError("IllegalStateException", f'Cannot do backward pass: all epsilons not set. Layer "{name}"')
    return Dl4jError("NullPointerException", f'the epsilon of vertex "{name}" is null')


@clause("GRAPH-12")
def has_updater(vertex: str, topology: Topology) -> bool:
    """Return whether a key's vertex has an updater: ``ComputationGraphUpdater`` knows them by the names of layers."""
    return any(vertex == other.layer for other in topology.vertices)
