"""The shapes of computation graphs that DL4J can build and train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dl4j_backends.topology import KINDS, LAYER, Topology, Vertex
from dl4j_conformance.cases.json_form import CaseError

#: With more vertices than this, nine could share a bucket of a hash map of 16, which would then grow earlier.
MOST_VERTICES = 128


def check_topology(topology: Topology, layers: Sequence[str]) -> None:
    """Raise CaseError unless it is the shape of a graph whose ``layers`` were added in this order."""
    names = [*topology.inputs, *(vertex.name for vertex in topology.vertices)]
    merges = [f"{vertex.name}-merge" for vertex in topology.vertices if is_merged(vertex)]
    every = [*names, *merges]
    if [vertex.name for vertex in topology.vertices if vertex.kind == LAYER] != list(layers):
        raise CaseError("topology.vertices: those of kind layer must be the vertices of the network, in their order")
    if len(set(every)) < len(every) or not topology.inputs or len(every) > MOST_VERTICES:
        raise CaseError(f"topology: must have inputs, and at most {MOST_VERTICES} vertices of different names")
    for problem in _problems(topology, names):
        raise CaseError(f"topology.{problem}")


def is_merged(vertex: Vertex) -> bool:
    """Return whether DL4J adds a merge that feeds the vertex: a layer has one input."""
    return vertex.kind == LAYER and len(vertex.inputs) > 1


def _problems(topology: Topology, names: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with single vertices and outputs, and with what feeds what."""
    for index, vertex in enumerate(topology.vertices):
        where = f"vertices[{index}]"
        if vertex.kind not in KINDS:
            yield f"{where}.kind: must be one of {', '.join(KINDS)}"
        elif len(vertex.inputs) not in KINDS[vertex.kind] or not set(vertex.inputs) <= {*names}:
            yield f"{where}.inputs: must be inputs and vertices of the graph, as many as a {vertex.kind} takes"
        elif len(set(vertex.inputs)) < len(vertex.inputs):
            yield f"{where}.inputs: must be different"
        later = [other.name for other in topology.vertices[index + 1 :] if other.layer_name is None]
        if vertex.layer_name is not None and (
            vertex.kind != LAYER or vertex.layer_name in {*names} - {*later} or is_merged(vertex)
        ):
            yield f"{where}.layer_name: must be a layer's that has one input, and not the name of a vertex added before"
    if not _can_be_fed(topology):
        yield "vertices: must not feed each other in a circle"
    layers = {vertex.name for vertex in topology.vertices if vertex.kind == LAYER}
    fed = {name for vertex in topology.vertices for name in vertex.inputs}
    outputs = topology.outputs
    if not outputs or len(set(outputs)) < len(outputs) or not {*outputs} <= layers - fed:
        yield "outputs: must be different layers that feed no vertex"


def _can_be_fed(topology: Topology) -> bool:
    fed = {*topology.inputs}
    waiting = list(topology.vertices)
    while ready := [vertex for vertex in waiting if fed.issuperset(vertex.inputs)]:
        fed |= {vertex.name for vertex in ready}
        waiting = [vertex for vertex in waiting if vertex.name not in fed]
    return not waiting
