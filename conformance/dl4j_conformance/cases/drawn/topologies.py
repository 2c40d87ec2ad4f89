"""Hypothesis strategies: the shapes of computation graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dl4j_backends.topology import KINDS, LAYER, Topology, Vertex
from dl4j_conformance.cases.drawn.values import Draw
from dl4j_conformance.cases.topology import is_merged


@st.composite
def topologies(draw: DrawFn, layers: Sequence[str]) -> Topology:
    """Draw a graph of these layers, added in this order and fed in any; now and then a vertex feeds none."""
    inputs = [f"in{i}" for i in range(draw(st.integers(1, 3)))]
    others = [f"other{i}" for i in range(draw(_NUMBER_OF_OTHERS))]
    fed = draw(st.permutations([*layers, *others]))
    # A layer comes last, and takes what would feed none.
    last = [name for name in fed if name in layers][-1]
    vertices: dict[str, Vertex] = {}
    for name in fed:
        if name != last:
            vertices[name] = _draw_vertex(draw, name, name in layers, [*inputs, *vertices])
    keeps_loose_ends = draw(st.integers(0, 9)) == 9
    loose = [name for name in vertices if not any(name in other.inputs for other in vertices.values())]
    taken = [name for name in loose if name in others and not keeps_loose_ends]
    vertices[last] = Vertex(last, taken or (draw(st.sampled_from([*inputs, *vertices])),))
    outputs = [name for name in loose if name in layers and name not in vertices[last].inputs and not keeps_loose_ends]
    return Topology(inputs, _renamed(draw, _as_added(draw, layers, others, vertices)), [*outputs, last])


#: How many vertices have no layer: now and then more than a hash map of 16 buckets keeps in the order of numbers.
_NUMBER_OF_OTHERS = st.sampled_from((0, 1, 2, 3, 4, 14, 18))
_WITHOUT_LAYER = st.sampled_from([kind for kind in KINDS if kind != LAYER])
_FEWEST_FIRST = st.sampled_from((1, 1, 1, 2, 2, 3))


def _draw_vertex(draw: Draw, name: str, is_layer: bool, feeders: Sequence[str]) -> Vertex:
    """Draw a vertex that is fed by some of the ``feeders``."""
    kind = LAYER if is_layer else draw(_WITHOUT_LAYER)
    allowed = KINDS[kind]
    if len(feeders) < allowed.start:
        kind, allowed = "merge", KINDS["merge"]
    number = min(max(draw(_FEWEST_FIRST), allowed.start), allowed.stop - 1, len(feeders))
    return Vertex(name, draw(st.lists(st.sampled_from(feeders), min_size=number, max_size=number, unique=True)), kind)


def _as_added(draw: Draw, layers: Sequence[str], others: Sequence[str], vertices: dict[str, Vertex]) -> list[Vertex]:
    """Draw where the others are added between the layers, whose order is given."""
    next_layer = iter(layers)
    places = draw(st.permutations([*others, *[None] * len(layers)]))
    return [vertices[next(next_layer) if name is None else name] for name in places]


def _renamed(draw: Draw, vertices: list[Vertex]) -> list[Vertex]:
    """Draw whether a layer gets another name than its vertex: one that none has, or that of a later layer."""
    places = [i for i, vertex in enumerate(vertices) if vertex.kind == LAYER and not is_merged(vertex)]
    if not places or draw(st.integers(0, 9)) < 9:
        return vertices
    place = draw(st.sampled_from(places))
    later = [vertex.name for vertex in vertices[place + 1 :] if vertex.kind == LAYER]
    renamed = replace(vertices[place], layer_name=draw(st.sampled_from(["nobody", *later])))
    return [*vertices[:place], renamed, *vertices[place + 1 :]]
