"""Cases of computation graphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import (
    Iteration,
    Searched,
    Sketch,
    State,
    Step,
    dense,
    rho_if_adadelta,
    steps,
)
from dl4j_conformance.cases.operations import Clone, ReadState, SetLearningRate, Switch
from dl4j_conformance.cases.parameter_lengths import STATE_ARRAYS


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_updaters(), *_keys(), *_optimizer(), *_chains()):
        yield from sketch.cases()


def _layer(updater: str = "SGD", **settings: Any) -> dict[str, Any]:
    return dense(updater, 1, 1, learning_rate=0.1, **rho_if_adadelta(updater), **settings)


def _updaters() -> Iterator[Sketch]:
    for number, updater in enumerate(UPDATERS):
        other = UPDATERS[(number + 3) % len(UPDATERS)]
        yield Sketch(
            f"graph-{updater.lower()}",
            f"Two vertices, under {updater} and {other}: the second has no gradients in the second update.",
            ("GRAPH-1", "GRAPH-4"),
            [_layer(updater), _layer(other)],
            [*steps(1, batch_size=2), Step({"dense_1_W": (0.5,), "dense_1_b": (-2.0,)}, only=True)],
            quirks=(44,),
            vertices=("dense_1", "out"),
        )
    yield Sketch(
        "graph-state-and-rate",
        "The state is set, and a learning rate from outside, under a policy that pushes it.",
        ("GRAPH-1", "STATE-7", "LR-1"),
        [_layer("ADAM"), _layer("NESTEROVS")],
        [Step(), State(tuple(0.125 * i for i in range(6))), SetLearningRate("a_W_b", 0.5), Step()],
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
        vertices=("a", "a_W"),
    )


def _keys() -> Iterator[Sketch]:
    for updater in ("SGD", "ADAM", "RMSPROP", "NESTEROVS"):
        yield Sketch(
            f"graph-nested-names-{updater.lower()}",
            "Vertices a, a_W and a_W_W: the last underscore counts.",
            ("GRAPH-1",),
            [dense(updater, 1, 1) for _ in range(3)],
            [Step({"a_W_W": (3.0,), "a_W": (0.5,), "a_W_W_W": (-2.0,)})],
            vertices=("a", "a_W", "a_W_W"),
            quirks=(44,),
        )
        for key, name, clause in (
            ("W", "without-vertex", "GRAPH-2"),
            ("nobody_W", "of-nobody", "GRAPH-3"),
            ("_W", "of-no-name", "GRAPH-3"),
            ("b_", "of-no-parameter", "KEY-6"),
        ):
            yield Sketch(
                f"graph-key-{name}-{updater.lower()}",
                f'The key "{key}" beside those of three vertices, of which the hash decides the order.',
                (clause,),
                [dense(updater, 1, 1) for _ in range(3)],
                [Step({key: (1.0,)}), Step()],
                vertices=("zz", "b", "vertex_7"),
            )


def _optimizer() -> Iterator[Sketch]:
    score = {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}
    for updater in ("SGD", "ADAM", "ADAGRAD"):
        yield Sketch(
            f"graph-score-{updater.lower()}",
            "The score stalls, and nothing decays.",
            ("GRAPH-5",),
            [_layer(updater)],
            [Iteration(), Iteration(), Iteration()],
            score,
            vertices=("only",),
            quirks=(28,),
        )
        yield Sketch(
            f"graph-clone-{updater.lower()}",
            "A clone of a graph counts from 0, the original goes on.",
            ("GRAPH-6",),
            [_layer(updater), _layer("ADAM")],
            [Iteration(), Clone(), Iteration(), Switch(0), Iteration()],
            {"iteration_count": 3},
            vertices=("first", "second"),
        )


def _chains() -> Iterator[Sketch]:
    for updater in filter(STATE_ARRAYS.get, UPDATERS):
        yield Sketch(
            f"graph-chain-{updater.lower()}",
            f"Under {updater} a vertex that was added last feeds the others: its state comes last all the same.",
            ("GRAPH-7",),
            [dense(updater, 1, 2, **rho_if_adadelta(updater)), _layer(updater), _layer(updater)],
            [Iteration(), State(tuple(0.125 * i for i in range(8 * STATE_ARRAYS[updater]))), Iteration(), ReadState()],
            vertices=("a", "b", "c"),
            chain=("c", "a", "b"),
        )
    yield Sketch(
        "graph-chain-search",
        "The first step of a line search is laid out as layers were added, the second as they are fed.",
        ("GRAPH-7", "OPT-12"),
        [dense("SGD", 1, 2), _layer("SGD")],
        [Iteration(search=Searched(0.5)), Iteration(search=Searched(0.5))],
        {"optimization_algo": "LINE_GRADIENT_DESCENT"},
        vertices=("a", "b"),
        chain=("b", "a"),
    )
    yield Sketch(
        "graph-chain-views",
        "The gradients are views in the order of the chain, where the norm of 27 values depends on where it begins.",
        ("GRAPH-7", "ARITH-5"),
        [dense("SGD", 9, 3, gradient_normalization="ClipL2PerLayer"), dense("SGD", 1, 1)],
        steps(2),
        gradient_view=True,
        vertices=("a", "b"),
        chain=("b", "a"),
    )
