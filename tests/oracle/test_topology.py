"""The shapes of graphs: orders that the real DL4J gave, and who is trained, worked out by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from dl4j_oracle.arithmetic.java import in_integer_hash_order
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.topology import Topology, Vertex, chain, has_updater, in_queue_order, merges_added, trained

#: Inputs, vertices in the order in which they were added (``:L`` has a layer), and DL4J's topological order.
RECORDED = (
    ("in", "out:L:b,c c:L:a b:L:a a:L:in", "in a c b out-merge out"),
    ("in", "v:L:in dead:L:v out:L:v", "in v dead out"),
    ("x y", "o:L:x h:L:o,y ew:m:y,x p:L:ew q:L:ew", "x y o ew h-merge p q h"),
    (
        "in0 in1 in2",
        "v3:L:v0,v2 v5:L:v3 v7:m:v5,in0,v6 v1:L:in0,in1 v0:L:in1 v6:L:in1 v4:L:in2,v2 v2:m:in0,v0",
        "in0 in1 in2 v1-merge v0 v6 v1 v2 v3-merge v4-merge v3 v4 v5 v7",
    ),
    (
        "in0 in1 in2",
        "v9:m:v3,v5 v6:m:v1 v3:L:v2,v1,in2 v4:m:in2,v2 v8:L:v1,v7,v5 v7:m:v5,v3 v5:L:v2,v3,in2 v0:L:in0,in1 v2:L:in2,v1"
        " v1:L:in1",
        "in0 in1 in2 v1 v0-merge v2-merge v6 v0 v2 v3-merge v4 v3 v5-merge v5 v9 v7 v8-merge v8",
    ),
    (
        "in0 in1",
        "v2:m:in0 v4:L:in0,v0,v1 v13:m:v10 v6:L:v5,in1 v15:m:v12,v3 v0:L:in1 v1:m:v0 v10:m:v2 v11:m:v7,v8 v9:m:v5"
        " v12:m:v11,in1 v8:L:in1,v6,v5 v5:m:v0,v3,v4 v3:m:in0 v7:m:in1 v14:m:in1",
        "in0 in1 v2 v3 v7 v14 v0 v10 v1 v13 v4-merge v4 v5 v6-merge v9 v6 v8-merge v8 v11 v12 v15",
    ),
)


def _topology(inputs: str, vertices: str, outputs: str = "") -> Topology:
    added = []
    for word in vertices.split():
        name, kind, fed = word.split(":")
        added.append(Vertex(name, fed.split(","), name if kind == "L" else None))
    return Topology(inputs.split(), merges_added(added), outputs.split())


@pytest.mark.parametrize(("inputs", "vertices", "order"), RECORDED)
def test_the_topological_order_is_that_of_the_real_one(inputs: str, vertices: str, order: str) -> None:
    assert in_queue_order(_topology(inputs, vertices), in_integer_hash_order) == order.split()


def test_numbers_are_in_the_order_of_buckets() -> None:
    assert in_integer_hash_order([3, 15, 16, 18, 34]) == [16, 18, 34, 3, 15]
    # Thirteen numbers are too many for 16 buckets.
    assert in_integer_hash_order(list(range(20, 33))) == [32, *range(20, 32)]


def test_a_chain_is_fed_in_its_order() -> None:
    shape = chain(("c", "a", "b"), ("a", "b", "c"))
    assert [vertex.name for vertex in shape.vertices] == ["a", "b", "c"]
    assert in_queue_order(shape, in_integer_hash_order)[1:] == ["c", "a", "b"]
    assert shape.outputs == ("b",)


DIAMOND = ("x", "a:L:x b:L:a c:L:a out:L:b,c", "out")


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        ((), {"a", "b", "c", "out-merge", "out"}),
        (("a",), {"b", "c", "out-merge", "out"}),
        # The order is a, b, c: b is not trained either.
        (("c",), {"out-merge", "out"}),
        (("b",), {"c", "out-merge", "out"}),
        (("out",), set()),
    ],
)
def test_backpropagation_stops_at_the_first_frozen_vertex(frozen: Collection[str], expected: set[str]) -> None:
    shape = _topology(*DIAMOND)
    order: Sequence[str] = in_queue_order(shape, in_integer_hash_order)
    assert {*trained(shape, order, frozen, ())} == expected


def test_dead_ends_throw_where_they_are_reached() -> None:
    shape = _topology("x", "e:L:x a:L:x out:L:a", "out")
    order = in_queue_order(shape, in_integer_hash_order)
    assert order == ["x", "e", "a", "out"]
    with pytest.raises(Dl4jError) as raised:
        trained(shape, order, (), ())
    assert raised.value.kind == "IllegalStateException"
    assert {*trained(shape, order, ("a",), ())} == {"out"}
    with pytest.raises(Dl4jError) as raised:
        trained(shape, order, (), ("a",))
    assert raised.value.kind == "ArrayIndexOutOfBoundsException"


def test_vertices_that_do_not_look_for_their_epsilon_end_otherwise() -> None:
    plain = _topology("x", "e:m:x out:L:x", "out")
    shape = Topology(plain.inputs, [replace(v, looks_for_epsilon=v.name != "e") for v in plain.vertices], plain.outputs)
    for told, kind in ((plain, "IllegalStateException"), (shape, "NullPointerException")):
        with pytest.raises(Dl4jError) as raised:
            trained(told, in_queue_order(told, in_integer_hash_order), (), ())
        assert raised.value.kind == kind


def test_updaters_are_known_by_the_names_of_layers() -> None:
    shape = Topology(("x",), [Vertex("v", ("x",), "w"), Vertex("w", ("v",), "w"), Vertex("m", ("v",))], ("w",))
    assert [has_updater(name, shape) for name in ("v", "w", "m", "x")] == [False, True, False, False]
