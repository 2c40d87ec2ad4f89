"""Cases of first line searches that have no gradient for some parameters, such as those of a frozen layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dl4j_backends.topology import Topology, Vertex
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Entry, Iteration, Numbers, Searched, Sketch, dense, tried
from dl4j_conformance.cases.operations import SEARCHING, Clear, Clone, Freeze

_UPPER: Mapping[str, Numbers] = {"1_W": (1.0,), "1_b": (-0.5,)}
_NOTHING: Mapping[str, Numbers] = {"0_W": (0.0,), "0_b": (0.0,), "1_W": (0.0,), "1_b": (0.0,)}
_GIVEN = Searched(0.5)
_SEARCHES = {"given": _GIVEN, "found": tried(1.5, 0.5), "zero": Searched(0.0)}
_LAYERS = (dense("SGD", 1, 1, learning_rate=0.5), dense("SGD", 1, 1))


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_first_searches(), *_without_any(), *_one_element(), *_later(), *_graphs()):
        yield from sketch.cases()


def _name(algorithm: str) -> str:
    return algorithm.lower().replace("_", "-")


def _conf(algorithm: str, **conf: Any) -> dict[str, Any]:
    return {"optimization_algo": algorithm, **conf}


def _looks_at_params() -> tuple[Entry, ...]:
    """Return what shows the parameters after an exception: the first iteration of a clone, which moves nothing."""
    return (Clone(), Iteration(_NOTHING, search=Searched(0.0, _NOTHING)))


def _first_searches() -> Iterator[Sketch]:
    """Yield calls whose first one lacks the gradients of the lower layer."""
    for algorithm in SEARCHING:
        for function, how in (
            (None, "given"),
            (None, "found"),
            ("NegativeGradient", "given"),
            ("Gradient", "given"),
            ("Default", "found"),
        ):
            own: dict[str, Any] = {} if function is None else {"step_function": function}
            search = _SEARCHES[how]
            yield Sketch(
                f"missing-{_name(algorithm)}-{(function or 'own').lower()}-{how}",
                "The lower layer has no gradients in a first search; three calls with all gradients follow.",
                ("OPT-25",) if algorithm == "LINE_GRADIENT_DESCENT" else ("OPT-25", "OPT-26"),
                _LAYERS,
                [
                    Iteration(_UPPER, only=True, search=search),
                    Iteration(search=search),
                    Iteration(_UPPER, only=True, search=search, further=[_GIVEN]),
                    *_looks_at_params(),
                ],
                _conf(algorithm, **own),
            )
        yield Sketch(
            f"missing-further-{_name(algorithm)}",
            "A call of three iterations that begins without the gradients of the lower layer.",
            ("OPT-25", "OPT-26"),
            _LAYERS,
            [
                Iteration(_UPPER, only=True, search=_GIVEN, further=[Searched(0.25), tried(1.5, 0.5)]),
                *_looks_at_params(),
            ],
            _conf(algorithm, iteration_count=3),
        )
        yield Sketch(
            f"missing-stays-short-{_name(algorithm)}",
            "Calls after a first search without the gradients of the lower layer, whose lengths are given.",
            ("OPT-26",),
            _LAYERS,
            [
                Iteration(_UPPER, only=True, search=Searched(0.25)),
                Iteration(search=tried(1.5, 0.5)),
                Iteration(search=Searched(0.25)),
                *_looks_at_params(),
            ],
            _conf(algorithm),
        )


def _without_any() -> Iterator[Sketch]:
    for algorithm, how in zip(SEARCHING * 2, ("given", "found", "zero", "zero", "given", "found"), strict=True):
        search = _SEARCHES[how]
        yield Sketch(
            f"missing-all-{_name(algorithm)}-{how}",
            "A first search without any gradient: what steps afterwards has no parameters to step from.",
            ("OPT-27",),
            _LAYERS,
            [
                Iteration(only=True, search=search),
                Iteration(search=search),
                Iteration(search=search, further=[search]),
                *_looks_at_params(),
            ],
            _conf(algorithm),
        )


def _one_element() -> Iterator[Sketch]:
    """Yield first searches with a single gradient, which ND4J takes for a number."""
    for algorithm in SEARCHING:
        for function, how in (("NegativeGradient", "given"), ("NegativeDefault", "found")):
            search = _SEARCHES[how]
            yield Sketch(
                f"missing-all-but-one-{_name(algorithm)}-{function.lower()}-{how}",
                "A first search with one gradient of one value.",
                ("OPT-25", "OPT-26", "ARITH-3"),
                _LAYERS,
                [
                    Iteration({"1_W": (2.0,)}, only=True, search=search),
                    Iteration(search=search),
                    *_looks_at_params(),
                ],
                _conf(algorithm, step_function=function),
            )


def _later() -> Iterator[Sketch]:
    for algorithm in SEARCHING:
        yield Sketch(
            f"missing-later-{_name(algorithm)}",
            "Gradients are missing in a later search, and in the first one after the network is cleared.",
            ("OPT-7", "OPT-25", "STATE-14"),
            _LAYERS,
            [
                Iteration(search=_GIVEN),
                Freeze(0),
                Iteration(_UPPER, only=True, search=tried(1.5, 0.5, only=True, gradients=_UPPER)),
                Clear(),
                Iteration(_UPPER, only=True, search=_GIVEN),
                *_looks_at_params(),
            ],
            _conf(algorithm),
        )


def _graphs() -> Iterator[Sketch]:
    """Yield graphs with frozen vertices."""
    branches = Topology(
        ("x",),
        (Vertex("b", ("x",)), Vertex("a", ("x",)), Vertex("sum", ("a", "b"), "element_wise"), Vertex("out", ("sum",))),
        ("out",),
    )
    for number, algorithm in enumerate(SEARCHING):
        for how in ("given", "found")[: 2 if number == 0 else 1]:
            search = _SEARCHES[how]
            yield Sketch(
                f"missing-graph-{_name(algorithm)}-{how}",
                "A vertex is frozen, and one before it gets no gradients. Both move in the first search with a length.",
                ("GRAPH-10", "OPT-25"),
                [dense("SGD", 1, 1, frozen=name == "a") for name in ("b", "a", "out")],
                [Iteration(search=search), Iteration(search=search)],
                _conf(algorithm, iteration_count=number),
                vertices=("b", "a", "out"),
                topology=branches,
            )
        yield Sketch(
            f"missing-graph-later-{_name(algorithm)}",
            "A vertex is frozen after the first search: its last update moves it again and again.",
            ("GRAPH-10", "OPT-7"),
            [dense("SGD", 1, 1) for _ in range(3)],
            [Iteration(search=_GIVEN), Freeze(1), Iteration(search=_GIVEN), Iteration(search=tried(1.5, 0.5))],
            _conf(algorithm),
            vertices=("b", "a", "out"),
            topology=branches,
        )
        yield Sketch(
            f"missing-graph-all-{_name(algorithm)}",
            "Nothing in the graph is trained: a first search has no gradient.",
            ("GRAPH-10", "OPT-27"),
            [dense("SGD", 1, 1), dense("SGD", 1, 1, frozen=True)],
            [Iteration(search=_GIVEN), Iteration(search=_GIVEN)],
            _conf(algorithm),
            vertices=("a", "b"),
        )
