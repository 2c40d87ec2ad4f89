"""Shapes of graphs: those that are drawn are ones that DL4J builds, and others are refused with their fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl4j_backends.engine.graph import Graph
from dl4j_backends.interface import Network
from dl4j_backends.python.codec import decode, encode
from dl4j_backends.topology import LAYER, Topology, Vertex
from dl4j_conformance.cases.drawn.topologies import topologies
from dl4j_conformance.cases.json_form import CaseError, read
from dl4j_conformance.cases.topology import check_topology
from dl4j_conformance.execution.observe import plain_copy
from dl4j_oracle import topology as oracle
from dl4j_oracle.arithmetic.java import in_integer_hash_order

LAYERS = ("a", "b", "out")
GOOD = Topology(
    ("x",),
    (Vertex("a", ("x",)), Vertex("m", ("x", "a"), "merge"), Vertex("b", ("m",)), Vertex("out", ("b", "a"))),
    ("out",),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_drawn_shapes_are_valid_and_ordered_alike(data: st.DataObject) -> None:
    layers = tuple(f"v{i}" for i in range(data.draw(st.integers(1, 6))))
    shape = data.draw(topologies(layers))
    check_topology(shape, layers)
    assert read(Topology, shape.form, "float64", "topology").form == shape.form

    vertices = oracle.merges_added([oracle.Vertex(v.name, v.inputs, v.layer) for v in shape.vertices])
    order = oracle.in_queue_order(oracle.Topology(shape.inputs, vertices, shape.outputs), in_integer_hash_order)
    network = Network("float64", {}, tuple({} for _ in layers), {}, vertices=layers, topology=shape)
    assert list(Graph(network).fed) == list(order)


def test_a_good_shape_is_taken_and_travels() -> None:
    check_topology(GOOD, LAYERS)
    network = Network("float64", {}, (), {}, vertices=LAYERS, topology=GOOD)
    assert decode(encode(network)).topology == GOOD
    assert plain_copy(network).topology == GOOD
    assert network.form["topology"] == GOOD.form


def _with(index: int, **changes: object) -> Topology:
    vertices = [*GOOD.vertices]
    vertices[index] = replace(vertices[index], **changes)
    return replace(GOOD, vertices=tuple(vertices))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (replace(GOOD, inputs=()), "must have inputs"),
        (replace(GOOD, inputs=("x", "x")), "different names"),
        (replace(GOOD, inputs=("x", "out-merge")), "different names"),
        (replace(GOOD, outputs=()), "outputs: must be different layers"),
        (replace(GOOD, outputs=("out", "b")), "outputs: must be different layers that feed no vertex"),
        (replace(GOOD, vertices=GOOD.vertices[:-1]), "must be the vertices of the network"),
        (_with(1, kind="magic"), r"vertices\[1\].kind: must be one of layer, merge"),
        (_with(1, kind="scale"), r"vertices\[1\].inputs: must be inputs and vertices of the graph, as many as a scale"),
        (_with(1, inputs=("nobody",)), r"vertices\[1\].inputs: must be inputs and vertices"),
        (_with(1, inputs=("a", "a")), r"vertices\[1\].inputs: must be different"),
        (_with(1, inputs=("b",)), "must not feed each other in a circle"),
        (_with(2, layer_name="a"), r"vertices\[2\].layer_name"),
        (_with(1, layer_name="nobody"), r"vertices\[1\].layer_name"),
        (_with(3, layer_name="nobody"), r"vertices\[3\].layer_name"),
    ],
)
def test_a_bad_shape_is_refused_with_its_fault(shape: Topology, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        check_topology(shape, LAYERS)


def test_a_layer_may_have_the_name_of_a_later_one() -> None:
    check_topology(_with(0, layer_name="b"), LAYERS)
    assert _with(0, layer_name="b").vertices[0].layer == "b"
    assert GOOD.vertices[1].layer is None
    assert GOOD.vertices[0].kind == LAYER
