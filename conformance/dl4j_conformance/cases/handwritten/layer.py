"""Cases of a standalone layer."""

from __future__ import annotations

import math
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
from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    Compare,
    EndPretraining,
    ReadState,
    SetLearningRate,
    Switch,
)
from dl4j_conformance.cases.parameter_lengths import STATE_ARRAYS


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_updates(), *_views(), *_clones(), *_iterations(), *_averages()):
        yield from sketch.cases()


def _layer(updater: str = "SGD", **settings: Any) -> dict[str, Any]:
    return dense(updater, 1, 1, **{"learning_rate": 0.1, **rho_if_adadelta(updater), **settings})


def _updates() -> Iterator[Sketch]:
    for updater in UPDATERS:
        yield Sketch(
            f"layer-{updater.lower()}",
            f"A dense layer alone, under {updater} and a policy: keys are the names of parameters.",
            ("DISPATCH-1", "BARE-1"),
            quirks=(47,),
            layers=[_layer(updater, l2=0.05)],
            script=steps(2, batch_size=3),
            conf={"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
            is_standalone_layer=True,
        )
    for pretrain in (True, False):
        for updater in ("SGD", "ADAM"):
            yield Sketch(
                f"layer-auto-encoder-{'pretrained' if pretrain else 'supervised'}-{updater.lower()}",
                "An auto-encoder alone: pretraining updates vb and normalises nothing.",
                ("BARE-1", "LAYER-3", "NORM-12"),
                [
                    {
                        **_layer(updater, gradient_normalization="ClipL2PerLayer", bias_learning_rate=0.5),
                        "type": "auto_encoder",
                        "pretrain": pretrain,
                    }
                ],
                steps(2, batch_size=2),
                is_standalone_layer=True,
            )
    for key in ("q", "W_x", "0_W", ""):
        yield Sketch(
            f"layer-key-{key.lower().replace('_', '-') or 'empty'}",
            f'"{key}" is the name of a parameter that the layer does not have.',
            ("BARE-1", "KEY-6"),
            [_layer("NONE")],
            [Step({key: (1.0, 2.0)})],
            is_standalone_layer=True,
        )


def _views() -> Iterator[Sketch]:
    for updater in UPDATERS:
        size = 2 * STATE_ARRAYS[updater]
        for longer in (0, 3):
            yield Sketch(
                f"layer-view-{updater.lower()}{'-longer' if longer else ''}",
                "A view is given, the updater works in it; then another, in which NESTEROVS finds its velocity.",
                ("BARE-2",),
                [_layer(updater)],
                [Step(), State(tuple(0.25 + 0.125 * i for i in range(max(1, size + longer)))), Step(), ReadState()],
                is_standalone_layer=True,
            )
    yield Sketch(
        "layer-view-again",
        "NESTEROVS is given another view in every step, and starts from it.",
        ("BARE-2",),
        [_layer("NESTEROVS", momentum=0.5)],
        [Step(), Step(), State((0.5, -0.5)), Step(), State((2.0, 1.0)), Step()],
        is_standalone_layer=True,
    )
    yield Sketch(
        "layer-view-of-nothing",
        "Without state not even null is looked at.",
        ("BARE-2",),
        [_layer("SGD")],
        has_state=True,
        is_standalone_layer=True,
    )
    yield Sketch(
        "layer-view-null",
        "A null view where there is state.",
        ("BARE-2",),
        [_layer("ADAM")],
        has_state=True,
        is_standalone_layer=True,
    )
    yield Sketch(
        "layer-view-short",
        "A view that is one value too short.",
        ("BARE-2",),
        [dense("ADAGRAD", 1, 2)],
        [Step(), State((0.25, 0.5, 0.75))],
        is_standalone_layer=True,
    )


def _clones() -> Iterator[Sketch]:
    for updater in UPDATERS:
        for epsilon in (0.01, 0.5, 4.0, "NaN") if updater == "ADAM" else (0.01, "NaN"):
            suffix = "" if epsilon == "NaN" else f"-epsilon-{epsilon:g}".replace(".", "-")
            yield Sketch(
                f"layer-clone-{updater.lower()}{suffix}",
                f"A clone under {updater} goes on with what aggregators keep; the original with everything.",
                ("BARE-3",),
                quirks=(48,),
                layers=[_layer(updater, epsilon=epsilon, momentum=0.75 if updater == "NESTEROVS" else "NaN")],
                script=[Step(), Step(), Clone(), Step(), Switch(0), Step()],
                is_standalone_layer=True,
            )
    for updater in ("SGD", "NESTEROVS", "ADAGRAD", "RMSPROP"):
        yield Sketch(
            f"layer-clone-rate-{updater.lower()}",
            "The clone's updaters keep the rates that were pushed, whatever the configuration says since.",
            ("BARE-3",),
            [_layer(updater, learning_rate=0.3)],
            [Step(), SetLearningRate("W", 0.75), Clone(), Step()],
            is_standalone_layer=True,
        )


def _iterations() -> Iterator[Sketch]:
    for updater in UPDATERS:
        yield Sketch(
            f"layer-pretraining-{updater.lower()}",
            f"Two iterations of an auto-encoder's own optimiser under {updater}: gradients come in the order vb, b, W.",
            ("BARE-4", "BARE-1"),
            [{**_layer(updater, l2=0.05), "n_in": 2, "type": "auto_encoder", "pretrain": True}],
            [Iteration(order=("vb", "b", "W"), batch_size=2), Iteration(order=("vb", "b", "W"), score=0.5)],
            {"use_regularization": True, "iteration_count": 3},
            quirks=(18,),
            is_standalone_layer=True,
        )
        yield Sketch(
            f"layer-pretraining-ends-{updater.lower()}",
            f"Under {updater} a graph pretrains with its first batch alone: then vb's raw gradient is subtracted.",
            ("GRAPH-14", "LAYER-3", "BARE-4"),
            [
                {
                    **_layer(updater, l2=0.05, gradient_normalization="ClipElementWiseAbsoluteValue"),
                    "n_in": 2,
                    "type": "auto_encoder",
                    "pretrain": True,
                }
            ],
            [
                Iteration(order=("vb", "b", "W"), batch_size=2),
                EndPretraining(0),
                *(Iteration(order=("vb", "b", "W"), batch_size=2, score=0.5) for _ in range(2)),
            ],
            {"use_regularization": True},
            quirks=(18,),
            is_standalone_layer=True,
        )
    yield Sketch(
        "layer-iterate-aligned",
        "Gradients in the order of the parameters.",
        ("BARE-4",),
        [_layer("NESTEROVS")],
        [Iteration(), Iteration(), Clone(), Iteration()],
        is_standalone_layer=True,
    )
    yield Sketch(
        "layer-iterate-score",
        "Policy Score decays the rates of a layer alone.",
        ("BARE-4", "OPT-5"),
        [_layer("SGD")],
        [Iteration(), Iteration(), Iteration()],
        {"lr_policy": "Score", "lr_policy_decay_rate": 0.5},
        is_standalone_layer=True,
    )
    for updater in ("SGD", "ADAM", "RMSPROP"):
        yield Sketch(
            f"layer-iterate-score-encoder-{updater.lower()}",
            "Policy Score does nothing to a variational auto-encoder alone.",
            ("BARE-6",),
            [{**_layer(updater), "type": "variational_autoencoder"}],
            [Iteration(), Iteration(), Iteration()],
            {"lr_policy": "Score", "lr_policy_decay_rate": 0.5},
            is_standalone_layer=True,
        )
    yield Sketch(
        "layer-search",
        "A layer's own line search goes along the names first, then along the order of the gradients.",
        ("BARE-4", "OPT-12"),
        [{**_layer("SGD"), "n_in": 2, "type": "auto_encoder", "pretrain": True}],
        [Iteration(order=("vb", "b", "W"), search=Searched(0.5)) for _ in range(2)],
        {"optimization_algo": "LINE_GRADIENT_DESCENT"},
        is_standalone_layer=True,
    )


def _averages() -> Iterator[Sketch]:
    for updater in UPDATERS:
        wide = dense(updater, 2, 3, epsilon=0.01, momentum=0.75 if updater == "NESTEROVS" else "NaN")
        for combined in (False, True):
            yield Sketch(
                f"layer-average-{updater.lower()}-{'combined' if combined else 'aggregated'}",
                f"Four updaters of {updater} that have gone different ways, and their average's next steps.",
                ("BARE-5",),
                [{**wide, **rho_if_adadelta(updater)}],
                [
                    *(Step(), Clone(), Step(), Step(), Clone(), Step(), Clone(), Step()),
                    Average((0, 2, 1), combined),
                    *steps(2),
                ],
                {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
                quirks=(48,),
                is_standalone_layer=True,
            )
        yield Sketch(
            f"layer-average-of-equals-{updater.lower()}",
            "The average of three equal updaters: the sum of three equal rates, divided by three, may be another.",
            ("BARE-5",),
            [_layer(updater, learning_rate=0.7)],
            [Step(), Average((0, 0), combined=False), Step()],
            is_standalone_layer=True,
        )
    for updater in ("ADAGRAD", "RMSPROP", "NESTEROVS"):
        for name, numbers in (("second", (2.0, 2.0, math.nan, math.nan)), ("first", (math.nan, math.nan, 2.0, 2.0))):
            yield Sketch(
                f"layer-average-nan-{name}-{updater.lower()}",
                "A state of one value that is NaN counts as 0.00001 where it is added, and not where it is added to.",
                ("BARE-5", "ARITH-3"),
                [_layer(updater)],
                [State(numbers[2:]), Clone(), State(numbers[:2]), Average((0,), combined=False), Step()],
                is_standalone_layer=True,
            )
    yield Sketch(
        "layer-average-sizes-of-numbers",
        "Sums that overflow, vanish and cancel before they are divided.",
        ("BARE-5",),
        [dense("ADAGRAD", 1, 3)],
        [
            State((1e30, 3e38, 1e-30) * 2),
            Clone(),
            State((1e30, 3e38, 1e-45) * 2),
            Average((0,), combined=False),
            Step(),
        ],
        is_standalone_layer=True,
    )
    for count in (1, 2, 3, 5):
        yield Sketch(
            f"layer-average-calls-{count}",
            "ADAGRAD's count of calls is divided as an integer: the average equals a clone that counted as much.",
            ("BARE-5", "EQ-2"),
            [_layer("ADAGRAD", epsilon=1e-6)],
            [
                Step({"W": (0.0,), "b": (0.0,)}),
                Clone(),
                *(Step({"W": (0.0,), "b": (0.0,)}) for _ in range(count)),
                Average((0,), combined=False),
                Compare(0),
                Switch(0),
                *(Step({"W": (0.0,), "b": (0.0,)}) for _ in range(count // 2)),
                Compare(1),
            ],
            is_standalone_layer=True,
        )
