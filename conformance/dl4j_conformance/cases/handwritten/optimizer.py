"""Cases of the optimiser around an update: listeners, counts, steps, policy Score."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Iteration, Searched, Sketch, Step, dense, rho_if_adadelta
from dl4j_conformance.cases.operations import Clone, Freeze, Switch

_NAN, _INF = math.nan, math.inf


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (
        *_updaters(),
        *_step_functions(),
        *_scores(),
        *_missing(),
        *_clones(),
        *_searches(),
        *_frozen_later(),
    ):
        yield from sketch.cases()


def _layer(updater: str = "SGD", **settings: Any) -> dict[str, Any]:
    return dense(updater, 1, 2, learning_rate=0.1, **rho_if_adadelta(updater), **settings)


def _iterations(*scores: float, **fixed: Any) -> list[Iteration]:
    return [Iteration(score=score, **fixed) for score in scores]


def _updaters() -> Iterator[Sketch]:
    for number, updater in enumerate(UPDATERS):
        yield Sketch(
            f"iterate-{updater.lower()}",
            f"Three iterations with {updater}, counted from {5 * number}: penalties read parameters that move.",
            ("OPT-1", "OPT-2", "OPT-3"),
            [_layer(updater, l2=0.01)],
            _iterations(1.0, 0.5, 2.0, batch_size=2),
            {"use_regularization": True, "iteration_count": 5 * number},
            quirks=(53, 55),
        )


def _step_functions() -> Iterator[Sketch]:
    for function in ("NegativeGradient", "NegativeDefault", "Gradient", "Default"):
        for updater in ("SGD", "ADAM", "NESTEROVS"):
            yield Sketch(
                f"step-{function.lower()}-{updater.lower()}",
                f"{function}StepFunction, under {updater}.",
                ("OPT-4",) if function == "Default" else ("OPT-3",),
                [_layer(updater)],
                _iterations(1.0, 2.0),
                {"step_function": function, "minimize": updater != "ADAM"},
            )
        yield Sketch(
            f"step-{function.lower()}-one-value",
            "A NaN update of a parameter with one value is no scalar operand: the step is taken on all at once.",
            ("OPT-4",) if function == "Default" else ("OPT-3", "ARITH-3"),
            [{"type": "batch_normalization", "n_out": 1, "updater": "NONE"}],
            [Iteration({"0_gamma": (_NAN,), "0_beta": (_INF,)}), Iteration()],
            {"step_function": function},
        )
    for updater in ("RMSPROP", "ADAGRAD"):
        yield Sketch(
            f"step-nan-{updater.lower()}",
            f"A bias of one value becomes NaN under {updater}, and stays it.",
            ("OPT-3", "ARITH-3"),
            [dense(updater, 2, 1)],
            [Iteration({"0_b": (_NAN,)}), Iteration()],
        )


def _scores() -> Iterator[Sketch]:
    score = {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}
    # The last two stall, or do not, by the definition alone: see EpsTermination.
    histories = {
        "constant": (1.0, 1.0, 1.0, 1.0),
        "first-tiny": (4e-10, 1.0, 1.0),
        "first-infinite": (_INF, 1.0, 1.0),
        "between-infinities": (1.0, _INF, _INF, 1.0),
        "nan": (1.0, _NAN, _NAN, 1.0, 1.0),
        "zeros": (0.0, 0.0, 0.0, 1.0),
        "large": (1e9, 1e9 + 100, 1e9 + 200),
        "small": (1e-3, 1.000001e-3, 1.00001e-3, 1.02e-3),
        "edge": (1.0, 1.00001, 1.0000201),
        "growing": (1.0, 2.0, 4.0, 4.0),
        "zeros-again": (1.0, 0.0, 0.0),
        "zeros-only": (0.0, 0.0),
    }
    for number, (name, scores) in enumerate(histories.items()):
        updater = UPDATERS[number % len(UPDATERS)]
        yield Sketch(
            f"score-{name}",
            f"Policy Score under {updater}: does the score stall?",
            ("OPT-5", "LR-3"),
            [_layer(updater)],
            _iterations(*scores),
            score,
            quirks=(28,),
        )
    for updater in ("SGD", "ADAM", "NONE"):
        yield Sketch(
            f"score-zero-direction-{updater.lower()}",
            "The score stalls, but no update moves anything.",
            ("OPT-6",),
            [_layer(updater)],
            [Iteration({"0_W": (0.0, -0.0), "0_b": (0.0, 0.0)}) for _ in range(3)],
            score,
        )
    yield Sketch(
        "score-two-layers",
        "The rates of every layer decay, the frozen one's and the bias's too.",
        ("OPT-5",),
        [_layer(frozen=True), _layer("RMSPROP", bias_learning_rate=0.3)],
        _iterations(1.0, 1.0, 1.0),
        score,
    )


def _missing() -> Iterator[Sketch]:
    for updater in ("SGD", "ADAM", "ADADELTA"):
        yield Sketch(
            f"iterate-without-gradient-{updater.lower()}",
            "W has no gradient in the second iteration, and moves by its last update again.",
            ("OPT-7",),
            [_layer(updater)],
            [Iteration(), Iteration({"0_b": (0.5, -1.5)}, only=True)],
        )
    for updater in ("SGD", "ADAM", "NESTEROVS"):
        encoder = {"0_pZXMeanW": (1.0, -1.0), "0_pZXMeanb": (0.5,), "0_e0W": (0.25, 2.0), "0_e0b": (-0.5, 1.5)}
        yield Sketch(
            f"iterate-encoder-{updater.lower()}",
            "A variational auto-encoder is trained after pretraining: the decoder moves by its last update.",
            ("OPT-7", "PARAM-6"),
            [{"type": "variational_autoencoder", "n_in": 1, "n_out": 1, "updater": updater}, _layer()],
            [Iteration(), *(Iteration({**encoder, "1_W": (1.0, 2.0), "1_b": (0.5, 1.0)}, only=True) for _ in range(2))],
        )
    yield Sketch(
        "iterate-frozen",
        "A frozen layer without gradients stays where it is: its part of the array holds zeros.",
        ("OPT-7", "LAYER-2"),
        [_layer(frozen=True), _layer()],
        [Iteration({"1_W": (1.0, -1.0), "1_b": (0.5, 0.25)}, only=True) for _ in range(2)],
    )


def _clones() -> Iterator[Sketch]:
    score = {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}
    for updater in ("SGD", "ADAM", "RMSPROP"):
        yield Sketch(
            f"iterate-clone-{updater.lower()}",
            "The clone counts on and has no score yet; both go on by themselves.",
            ("OPT-8", "STATE-9"),
            [_layer(updater)],
            [*_iterations(1.0), Clone(), *_iterations(1.0, 1.0), Switch(0), *_iterations(1.0)],
            score,
        )


def _searching(**conf: Any) -> dict[str, Any]:
    return {"optimization_algo": "LINE_GRADIENT_DESCENT", **conf}


def _searches() -> Iterator[Sketch]:
    decaying = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    for number, updater in enumerate(UPDATERS):
        yield Sketch(
            f"search-{updater.lower()}",
            f"Two iterations with line search under {updater} and a policy: each updates and decays twice.",
            ("OPT-9", "OPT-10"),
            [_layer(updater, l2=0.01)],
            [Iteration(search=Searched(0.5), batch_size=2), Iteration(score=0.5, search=Searched(0.75, score=0.25))],
            _searching(use_regularization=True, iteration_count=number, **decaying),
            quirks=(32,),
        )
    for function in ("NegativeGradient", "NegativeDefault", "Gradient", "Default"):
        for name, length in (("short", 0.25), ("none", 0.0), ("none-negative", -0.0), ("back", -0.5)):
            yield Sketch(
                f"search-step-{function.lower()}-{name}",
                f"{function}StepFunction after a search that found the length {length}.",
                ("OPT-10",),
                [_layer("RMSPROP" if name == "short" else "SGD")],
                [Iteration(search=Searched(length)), Iteration(search=Searched(length))],
                _searching(step_function=function),
            )
        yield Sketch(
            f"search-step-{function.lower()}-one-value",
            "A NaN update of a parameter with one value, where there are others.",
            ("OPT-10", "ARITH-3"),
            [{"type": "batch_normalization", "n_out": 1, "updater": "NONE"}],
            [Iteration({"0_gamma": (_NAN,), "0_beta": (_INF,)}, search=Searched(0.5))],
            _searching(step_function=function),
        )
    for name, length in (("nan", _NAN), ("infinite", _INF), ("tiny", 1e-50)):
        yield Sketch(
            f"search-length-{name}",
            "A length that is no number, or none of the type.",
            ("OPT-10",),
            [_layer("ADAM")],
            [Iteration({"0_b": (_INF, 1.0)}, search=Searched(length))],
            _searching(),
        )
    for number, scores in enumerate(((1.0, 1.0), (1.0, 2.0), (1.0, 1.000001), (_NAN, 1.0))):
        yield Sketch(
            f"search-score-{number}",
            "Policy Score compares the scores before and after the step.",
            ("OPT-5", "OPT-9"),
            [_layer()],
            [Iteration(score=scores[0], search=Searched(1.0, score=scores[1])) for _ in range(2)],
            _searching(lr_policy="Score", lr_policy_decay_rate=0.5),
            quirks=(28, 32),
        )
    nothing = {"0_W": (0.0, -0.0), "0_b": (0.0, 0.0)}
    for updater in ("SGD", "RMSPROP", "NONE"):
        yield Sketch(
            f"search-zero-direction-{updater.lower()}",
            "Nothing moves: the policy has decayed once, nothing is counted. Then something does.",
            ("OPT-11",),
            [_layer(updater)],
            [
                Iteration(nothing, search=Searched()),
                Iteration(search=Searched()),
                Iteration(nothing, search=Searched()),
            ],
            _searching(**decaying),
        )
    for updater in ("SGD", "ADAM", "NONE"):
        yield Sketch(
            f"search-convolution-{updater.lower()}",
            "The first step is laid out weights first, the second as the parameters lie.",
            ("OPT-12",),
            [{**_layer(updater), "type": "convolution"}],
            [Iteration(search=Searched(0.5)), Iteration(search=Searched(0.5))],
            _searching(),
        )
    yield Sketch(
        "search-graph",
        "A graph searches as a network does.",
        ("OPT-9", "GRAPH-1"),
        [_layer("ADAM"), _layer("NESTEROVS")],
        [Iteration(search=Searched(0.5)), Iteration(search=Searched(0.5))],
        _searching(),
        vertices=("a", "b"),
    )


def _frozen_later() -> Iterator[Sketch]:
    upper = {"1_W": (1.0, -1.0), "1_b": (0.5, 0.25)}
    for updater in ("SGD", "ADAM", "NESTEROVS"):
        yield Sketch(
            f"freeze-after-training-{updater.lower()}",
            "A layer is frozen after an iteration, whose update moves it again in each that follows.",
            ("LAYER-8", "OPT-7"),
            [_layer(updater), _layer()],
            [Iteration(batch_size=2), Freeze(0), *(Iteration(upper, only=True) for _ in range(2))],
            quirks=(54,),
        )
        yield Sketch(
            f"freeze-update-{updater.lower()}",
            "The updater leaves the gradients of a frozen layer as they are.",
            ("LAYER-8", "LAYER-2"),
            [_layer(updater), _layer(updater)],
            [Step(), Freeze(0), Step()],
            quirks=(54,),
        )
        yield Sketch(
            f"freeze-output-layer-{updater.lower()}",
            "An output layer cannot be frozen, and goes on as before.",
            ("LAYER-8",),
            [_layer(updater)],
            [Step(), Freeze(0), Step()],
        )
        last = {**_layer(updater), "type": "embedding"}
        yield Sketch(
            f"freeze-last-clone-{updater.lower()}",
            "The clone of a network of which the last layer alone is frozen has none that is.",
            ("LAYER-9",),
            [_layer(updater), last],
            [Freeze(1), Step(), Clone(), Step(), Switch(0), Step()],
        )
        yield Sketch(
            f"freeze-both-clone-{updater.lower()}",
            "With another one the last layer is seen, and frozen in the clone too.",
            ("LAYER-9",),
            [_layer(updater), last],
            [Freeze(1), Freeze(0), Clone(), Step()],
        )
