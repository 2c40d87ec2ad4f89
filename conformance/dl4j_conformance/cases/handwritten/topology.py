"""Cases of computation graphs that are no chains, or of which something is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dl4j_backends.topology import LAYER, Topology, Vertex
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import (
    Entry,
    Iteration,
    Searched,
    Sketch,
    State,
    Step,
    dense,
    rho_if_adadelta,
    spread,
    steps,
)
from dl4j_conformance.cases.operations import Clone, Freeze, ReadState, Restore
from dl4j_conformance.cases.parameter_lengths import STATE_ARRAYS

#: What a family is repeated for: all vertices of a graph have one of these.
_UPDATERS = ("SGD", "ADAM", "NESTEROVS")


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_orders(), *_kinds(), *_frozen(), *_copies(), *_names(), *_errors(), *_layouts()):
        yield from sketch.cases()


def _shape(inputs: str, vertices: str, outputs: str, **layer_names: str) -> Topology:
    """Return a shape from words: vertices such as ``a<x`` (a layer) and ``m<a,b:merge``, in the order of adding."""
    return Topology(
        tuple(inputs.split()),
        tuple(_vertex(word, layer_names) for word in vertices.split()),
        tuple(outputs.split()),
    )


def _vertex(word: str, layer_names: Mapping[str, str]) -> Vertex:
    name, _, fed = word.partition("<")
    inputs, _, kind = fed.partition(":")
    return Vertex(name, tuple(inputs.split(",")), kind or LAYER, layer_names.get(name))


def _sketch(
    slug: str,
    comment: str,
    clauses: Sequence[str],
    topology: Topology,
    script: Sequence[Entry],
    updater: str = "SGD",
    frozen: str = "",
    **more: Any,
) -> Sketch:
    """Return a case of a graph whose layers are dense and have one unit, those in ``frozen`` being frozen."""
    vertices = tuple(vertex.name for vertex in topology.vertices if vertex.kind == LAYER)
    layers = [
        dense(updater, 1, 1, **rho_if_adadelta(updater), **({"frozen": True} if name in frozen.split() else {}))
        for name in vertices
    ]
    given = {"layers": layers, "vertices": vertices, "topology": topology, **more}
    return Sketch(slug, comment, clauses, script=script, **given)


def _orders() -> Iterator[Sketch]:
    """Yield graphs in which the order of feeding decides how far backpropagation comes."""
    padding = " ".join(f"s{i}<{'x' if i == 2 else f's{i - 1}'}:scale" for i in range(2, 15))
    for updater in _UPDATERS:
        yield _sketch(
            f"graph-merge-is-fed-first-{updater.lower()}",
            "DL4J feeds c by a merge of a and b, so that d is fed before c: with d frozen, c is trained.",
            ("GRAPH-8", "GRAPH-10"),
            _shape("x", "a<x b<x c<a,b d<b", "c d"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="d",
        )
        yield _sketch(
            f"graph-merge-is-numbered-at-once-{updater.lower()}",
            "The merge before c has a number below d's, and is fed before it: with c frozen, e is trained.",
            ("GRAPH-8", "GRAPH-9", "GRAPH-10"),
            _shape("x", "a<x b<x c<a,b d<b e<d", "c e"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="c",
        )
        yield _sketch(
            f"graph-fed-in-breadth-{updater.lower()}",
            "a feeds b, and c is fed beside a: the order is a, c, b. With c frozen, b is trained.",
            ("GRAPH-9", "GRAPH-10"),
            _shape("x", "a<x b<a c<x out<b,c", "out"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="c",
        )
        yield _sketch(
            f"graph-fed-in-order-of-hashes-{updater.lower()}",
            "The vertices b and c have the numbers 15 and 16, of which a hash set of 16 buckets has 16 first.",
            ("GRAPH-9", "GRAPH-10"),
            _shape("x", f"a<x {padding} b<a c<a out<b,c,s14", "out"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="c",
        )
        yield _sketch(
            f"graph-added-backwards-{updater.lower()}",
            "The vertices were added from the output to the input: with the first of them frozen, nothing is trained.",
            ("GRAPH-9", "GRAPH-10"),
            _shape("x y", "out<c c<sum sum<a,b:element_wise b<y a<x", "out"),
            [Iteration(batch_size=2), Freeze(1), Iteration()],
            updater,
            frozen="a",
        )


def _kinds() -> Iterator[Sketch]:
    """Yield a graph of every kind of vertices, with several inputs and outputs."""
    topology = _shape(
        "x y",
        "a<x b<y sum<a,b:element_wise far<a,b:l2 c<sum,far both<c,x:merge part<both:subset pile<part,a:stack"
        " d<pile:unstack e<d left<e:preprocessor f<left norm<b:l2_normalize g<norm half<c:scale h<half",
        "f g h",
    )
    for updater in ("SGD", "NESTEROVS", "RMSPROP"):
        yield _sketch(
            f"graph-of-all-kinds-{updater.lower()}",
            f"Under {updater}, a graph of every kind of vertices, two inputs and three outputs; then e is frozen.",
            ("GRAPH-4", "GRAPH-7", "GRAPH-9", "GRAPH-10"),
            topology,
            [*steps(1, batch_size=2), Iteration(batch_size=3), Freeze(3), Iteration(), ReadState()],
            updater,
        )


def _frozen() -> Iterator[Sketch]:
    for updater in _UPDATERS:
        for order, vertices in (("early", "a<x b<x c<a d<b"), ("late", "b<x a<x d<b c<a")):
            yield _sketch(
                f"graph-frozen-{order}-{updater.lower()}",
                "a is frozen, which c takes its input from. Whether b is trained depends on which was added first.",
                ("GRAPH-10",),
                _shape("x", vertices, "c d"),
                [Iteration(batch_size=2), Iteration()],
                updater,
                frozen="a",
            )
        yield _sketch(
            f"graph-frozen-later-{updater.lower()}",
            "b is frozen between iterations. Its update, and that of a before it, are subtracted again and again.",
            ("GRAPH-10", "OPT-7"),
            _shape("x", "a<x b<a c<a out<b,c", "out"),
            [Iteration(batch_size=2), Freeze(1), Iteration(), Iteration()],
            updater,
        )
        yield _sketch(
            f"graph-frozen-updated-{updater.lower()}",
            "Gradients that are given to the updater itself are used, but those of the frozen vertex.",
            ("GRAPH-10", "LAYER-2"),
            _shape("x", "a<x b<a out<b", "out"),
            [Step(batch_size=2), Freeze(1), Step()],
            updater,
        )
        yield Sketch(
            f"graph-chain-frozen-{updater.lower()}",
            "In a chain the frozen vertex and those that feed it are not trained.",
            ("GRAPH-10",),
            [dense(updater, 1, 1), dense(updater, 1, 1, frozen=True), dense(updater, 1, 1)],
            [Iteration(batch_size=2), Iteration()],
            vertices=("a", "b", "c"),
            chain=("c", "b", "a"),
        )


def _copies() -> Iterator[Sketch]:
    for updater in _UPDATERS:
        yield _sketch(
            f"graph-clone-frozen-{updater.lower()}",
            "Of a graph, the vertex that was added last is frozen in the clone too.",
            ("GRAPH-13",),
            _shape("x", "out<c,a c<x a<x", "out"),
            [Iteration(batch_size=2), Freeze(2), Clone(), Iteration(), Step()],
            updater,
        )
        yield _sketch(
            f"graph-clone-frozen-first-{updater.lower()}",
            "Of a graph, as of a network, a vertex that was not added last is frozen in the clone too.",
            ("GRAPH-13",),
            _shape("x", "a<x c<x out<c,a", "out"),
            [Iteration(batch_size=2), Freeze(0), Clone(), Iteration(), Step()],
            updater,
        )
        yield _sketch(
            f"graph-restore-frozen-{updater.lower()}",
            "A graph that is read back has no frozen vertex.",
            ("GRAPH-13", "STATE-11"),
            _shape("x", "out<c,a c<x a<x", "out"),
            [Iteration(batch_size=2), Restore(with_updater=True), Iteration()],
            updater,
            frozen="a",
        )
        yield _sketch(
            f"graph-freeze-output-{updater.lower()}",
            "Neither of two outputs can be frozen, the one that was added first included.",
            ("LAYER-8", "GRAPH-13"),
            _shape("x", "one<x a<x two<a", "one two"),
            [Freeze(0), Freeze(2), Iteration()],
            updater,
        )


def _names() -> Iterator[Sketch]:
    for updater in _UPDATERS:
        for slug, name in (("other", "nobody"), ("shared", "zz")):
            yield _sketch(
                f"graph-layer-of-{slug}-name-{updater.lower()}",
                f'The layer of vertex "v" has the name "{name}": there is no updater for it, and those after it wait.',
                ("GRAPH-3", "GRAPH-12"),
                _shape("x", "b<x v<b zz<v", "zz", v=name),
                [Iteration(batch_size=2), Step({"b_W": (1.0,), "b_b": (0.5,)}, only=True), Step()],
                updater,
            )
        yield _sketch(
            f"graph-layer-of-other-name-frozen-{updater.lower()}",
            "The vertex whose layer has another name is frozen, and the others are trained.",
            ("GRAPH-10", "GRAPH-12"),
            _shape("x", "v<x b<v zz<b", "zz", v="nobody"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="v",
        )


def _errors() -> Iterator[Sketch]:
    center = {"type": "center_loss_output", "n_in": 1, "n_out": 1}
    for updater in _UPDATERS:
        yield _sketch(
            f"graph-dead-end-{updater.lower()}",
            "The vertex e feeds none and is no output: backpropagation ends at it in an exception.",
            ("GRAPH-11",),
            _shape("x", "a<x e<a out<a", "out"),
            [Iteration(batch_size=2), Step(), Iteration()],
            updater,
        )
        for kind in ("stack",) if updater == "SGD" else ("preprocessor",):
            yield _sketch(
                f"graph-dead-end-{kind}-{updater.lower()}",
                "A vertex of this kind does not look for its epsilon.",
                ("GRAPH-11",),
                _shape("x", f"a<x e<a:{kind} out<a", "out"),
                [Iteration(batch_size=2), Step(), Iteration()],
                updater,
            )
        yield _sketch(
            f"graph-dead-end-not-reached-{updater.lower()}",
            "The dead end lies before a frozen vertex, where backpropagation does not come.",
            ("GRAPH-10", "GRAPH-11"),
            _shape("x", "e<x:scale a<x out<a", "out"),
            [Iteration(batch_size=2), Iteration()],
            updater,
            frozen="a",
        )
        yield _sketch(
            f"graph-output-layer-inside-{updater.lower()}",
            "A CenterLossOutputLayer that is no output of the graph has no labels, and ends backpropagation.",
            ("GRAPH-11",),
            _shape("x", "a<x loss<a out<a", "out"),
            [Iteration(batch_size=2), Step(), Iteration()],
            layers=[dense(updater, 1, 1), {**center, "updater": updater}, dense(updater, 1, 1)],
        )


def _layouts() -> Iterator[Sketch]:
    for updater in ("ADAM", "ADADELTA", "RMSPROP"):
        yield _sketch(
            f"graph-state-as-added-{updater.lower()}",
            f"Under {updater} the state of a graph is that of its layers in the order in which they were added.",
            ("GRAPH-7",),
            _shape("x", "out<b,c b<a c<a a<x", "out"),
            [Step(batch_size=2), State(tuple(0.125 * i for i in range(8 * STATE_ARRAYS[updater]))), Step()],
            updater,
        )
    for normalization in ("ClipL2PerLayer", "RenormalizeL2PerLayer", "RenormalizeL2PerParamType"):
        settings = {"gradient_normalization": normalization, "gradient_normalization_threshold": 0.5}
        yield _sketch(
            f"graph-views-{normalization.lower()}",
            "The gradients are views in topological order, where the norm of 27 values depends on where it begins.",
            ("GRAPH-7", "GRAPH-9", "ARITH-5"),
            _shape("x", "out<b,c b<a c<x a<x", "out"),
            [Step({"out_W": spread(27, salt=3)})],
            layers=[dense("SGD", 9, 3, **settings), dense("SGD", 1, 1), dense("SGD", 1, 1), dense("SGD", 2, 1)],
            gradient_view=True,
        )
    yield _sketch(
        "graph-search",
        "The first step of a line search is laid out as layers were added, the second in topological order.",
        ("GRAPH-7", "GRAPH-9", "OPT-12"),
        _shape("x", "out<b,c b<a c<x a<x", "out"),
        [Iteration(search=Searched(0.5)), Iteration(search=Searched(0.5))],
        conf={"optimization_algo": "LINE_GRADIENT_DESCENT"},
    )
