"""Cases of line searches: how long a step is, and where it leads to.

Most networks here have two parameters: the order in which BLAS sums more products depends on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import (
    Iteration,
    Numbers,
    Searched,
    Sketch,
    dense,
    rho_if_adadelta,
    spread,
    tried,
)
from dl4j_conformance.cases.operations import SEARCHING, Clone, Restore

_NAN, _INF = math.nan, math.inf
_ALGORITHMS = ("CONJUGATE_GRADIENT", "LBFGS")


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (
        *_updaters(),
        *_step_functions(),
        *_next_steps(),
        *_best_steps(),
        *_smallest_steps(),
        *_failures(),
        *_infinite_directions(),
        *_directions(),
        *_first_calls(),
        *_corrections(),
        *_calls(),
        *_orders(),
        *_centers(),
    ):
        yield from sketch.cases()


def _layer(updater: str = "NONE", **settings: Any) -> dict[str, Any]:
    return dense(updater, 1, 1, learning_rate=0.1, **rho_if_adadelta(updater), **settings)


def _conf(algorithm: str = "LINE_GRADIENT_DESCENT", **conf: Any) -> dict[str, Any]:
    return {"optimization_algo": algorithm, **conf}


def _gradients(weight: Numbers | float, bias: Numbers | float) -> dict[str, Any]:
    return {key: given if callable(given) else (given,) for key, given in (("0_W", weight), ("0_b", bias))}


def _updaters() -> Iterator[Sketch]:
    for number, updater in enumerate(UPDATERS):
        algorithm = SEARCHING[number % len(SEARCHING)]
        yield Sketch(
            f"backtrack-{updater.lower()}",
            f"{algorithm} under {updater} finds the lengths of its steps, in two calls of two iterations.",
            ("OPT-9", "OPT-17", "OPT-23"),
            [_layer(updater, l2=0.01)],
            [
                Iteration(search=tried(1.5, 1.25, 0.5), further=[tried(1.125, 0.75)], batch_size=2),
                Iteration(score=0.5, search=tried(0.75, 0.625, 0.25), further=[tried(2.0, 1.5, 0.25)]),
            ],
            _conf(algorithm, use_regularization=True, iteration_count=number),
        )


def _step_functions() -> Iterator[Sketch]:
    for function in ("NegativeGradient", "NegativeDefault", "Gradient", "Default"):
        for name, scores in (("falls", (0.5,)), ("rises", (1.5,)), ("turns", (0.25, 2.0, 0.5))):
            yield Sketch(
                f"backtrack-{function.lower()}-{name}",
                f"The score {name} under {function}StepFunction.",
                ("OPT-13", "OPT-16"),
                [_layer("SGD")],
                [Iteration(search=tried(*scores)), Iteration(search=tried(*scores))],
                _conf(step_function=function),
            )


def _next_steps() -> Iterator[Sketch]:
    tries: dict[str, Sequence[float]] = {
        "parabola": (1.25, 0.5),
        "parabola-far": (1.0001, 0.5),
        "cubic": (2.0, 1.5, 0.5),
        "cubic-half": (1.5, 1.75, 0.5),
        "cubics": (3.0, 1.125, 1.0625, 1.03125, 0.5),
        "tenth": (1e6, 1e5, 1e4, 0.5),
        "tenth-twice": (1e9, 1e9, 0.5),
        "tenth-once": (1e12, 0.5),
        "infinite": (_INF, 0.5),
        "nan": (_NAN, 2.0, 0.5),
        "minus-infinite": (-_INF,),
        "infinite-later": (1.5, _INF, 1.25, 0.5),
        "nan-always": (_NAN,),
    }
    for number, (name, scores) in enumerate(tries.items()):
        yield Sketch(
            f"backtrack-{name}",
            "The step after one that did not suffice.",
            ("OPT-17",),
            [_layer()],
            [
                Iteration(_gradients(1.5, 0.25), search=tried(*scores)),
                Iteration(score=(1.0, _INF, _NAN)[number % 3], search=tried(*scores)),
            ],
            _conf(),
        )


def _best_steps() -> Iterator[Sketch]:
    for most in (0, 1, 3, 5):
        for name, scores in (("second", (0.9, 0.8, 0.99, 0.9999, 0.99999)), ("first", (0.7, 0.8))):
            yield Sketch(
                f"backtrack-best-{name}-of-{most}",
                f"No step suffices within {most} tries.",
                ("OPT-18",),
                [_layer()],
                [Iteration(_gradients(100.0, 200.0), search=tried(*scores)) for _ in range(2)],
                _conf(max_num_line_search_iterations=most),
            )


def _smallest_steps() -> Iterator[Sketch]:
    for size in (5e-6, 7e-6, 2e-6):
        for name, scores in (("first", (0.5,)), ("second", (3.0, 0.5)), ("third", (3.0, 3.0, 0.5))):
            yield Sketch(
                f"backtrack-small-{name}-{round(size * 1e6)}",
                "Small gradients: a search gives up early, whatever the parameters are.",
                ("OPT-15",),
                [_layer()],
                [Iteration(_gradients(size, size / 2), search=tried(*scores))],
                _conf(),
                params={"0_W": (0.0 if name == "third" else 8.0,), "0_b": (0.0 if name == "third" else -8.0,)},
            )
    for name, gradients in (("first", _gradients(_NAN, 1e-6)), ("second", _gradients(1e-6, _NAN))):
        yield Sketch(
            f"backtrack-small-nan-{name}",
            "A NaN is the largest magnitude only if it stands first.",
            ("OPT-15",),
            [_layer()],
            [Iteration(gradients, search=tried(3.0, 3.0, 0.5))],
            _conf(),
        )
    yield Sketch(
        "backtrack-moves-nothing",
        "The parameters are too large to be moved.",
        ("OPT-15",),
        [_layer()],
        [Iteration(search=tried(0.5)), Iteration(search=tried(_NAN, 3.0))],
        _conf(),
        params={"0_W": (1e30,), "0_b": (-1e30,)},
    )


def _failures() -> Iterator[Sketch]:
    for function in ("NegativeGradient", "Gradient", "Default"):
        yield Sketch(
            f"backtrack-fails-{function.lower()}",
            "The score falls by less than the slope promises. The exception leaves the parameters at the try.",
            ("OPT-16",),
            [_layer("SGD", l2=0.01)],
            [
                Iteration(search=tried(0.5)),
                Iteration(_gradients(4.0, 8.0), search=tried(0.9999999)),
                Iteration(_gradients(4.0, 8.0), search=tried(1.5)),
                Iteration(search=Searched(0.5)),
            ],
            _conf(step_function=function, use_regularization=True),
        )


def _infinite_directions() -> Iterator[Sketch]:
    values = {
        "infinity": (_INF, 1.0),
        "infinity-last": (-0.5, _INF),
        "infinity-and-less": (_INF, 0.25),
        "minus-infinity": (-_INF, -_INF),
        "infinity-and-nan": (_INF, _NAN),
    }
    for algorithm in SEARCHING:
        for name, (weight, bias) in values.items():
            gradients = _gradients(weight, bias)
            yield Sketch(
                f"backtrack-{algorithm.lower().replace('_', '-')}-{name}",
                "The direction has no finite norm, in a call's first iteration and in a further one.",
                ("OPT-14", "OPT-19", "OPT-20"),
                [_layer()],
                [
                    Iteration(gradients, search=tried(-_INF), further=[tried(2.0, 0.5)]),
                    Iteration(search=Searched(0.5, gradients), further=[Searched(0.5), tried(0.5)]),
                ],
                _conf(algorithm),
            )
        yield Sketch(
            f"backtrack-{algorithm.lower().replace('_', '-')}-largest",
            "The squares of the direction overflow, its norm does not, or does.",
            ("OPT-14",),
            [_layer()],
            [
                Iteration(_gradients(_large(0.5), _large(0.25)), search=tried(-_INF)),
                Iteration(_gradients(_large(1.0), _large(0.75)), search=tried(-_INF)),
            ],
            _conf(algorithm),
        )


def _large(factor: float) -> Numbers:
    return lambda dtype: (factor * (3.4028234663852886e38 if dtype == "float32" else 1.7976931348623157e308),)


def _directions() -> Iterator[Sketch]:
    for algorithm in _ALGORITHMS:
        for name, standalone in (("network", False), ("layer", True)):
            prefix = "" if standalone else "0_"
            for number, (later, last) in enumerate(
                (((2.0, 1.0), (3.0, 0.5)), ((0.25, 0.5), (1.0, -1.0)), ((0.5, -0.25), (2.0, 2.0)))
            ):
                first = {f"{prefix}W": (1.0,), f"{prefix}b": (-0.5,)}
                second = {f"{prefix}W": later[:1], f"{prefix}b": later[1:]}
                third = {f"{prefix}W": last[:1], f"{prefix}b": last[1:]}
                yield Sketch(
                    f"directions-{algorithm.lower().replace('_', '-')}-{name}-{number}",
                    "Three iterations in a call, then two calls.",
                    ("OPT-20", "OPT-21" if algorithm == "CONJUGATE_GRADIENT" else "OPT-22"),
                    [_layer()],
                    [
                        Iteration(
                            first,
                            search=Searched(0.5, second),
                            further=[Searched(0.5, third), Searched(0.25, first), Searched(0.5)],
                        ),
                        Iteration(second, search=Searched(0.5, third), further=[tried(2.0, 0.5), Searched(0.125)]),
                        Iteration(third, search=Searched(0.5, first)),
                    ],
                    _conf(algorithm),
                    is_standalone_layer=standalone,
                )
    for number, factor in enumerate((2.0, 3.0, 1.5)):
        yield Sketch(
            f"directions-overflow-{number}",
            "The weight of the last direction is NaN, an infinity over another one, and ND4J takes 0.00001 for it.",
            ("OPT-21",),
            [_layer()],
            [
                Iteration(
                    _gradients(_far(1.0), 1.0),
                    search=Searched(0.5, _gradients(_far(factor), 1.0)),
                    further=[Searched(0.5), Searched(0.25)],
                )
            ],
            _conf("CONJUGATE_GRADIENT"),
        )


def _far(factor: float) -> Numbers:
    """Return a value whose square overflows."""
    return lambda dtype: (factor * (1e25 if dtype == "float32" else 1e200),)


def _first_calls() -> Iterator[Sketch]:
    for algorithm in SEARCHING:
        for name, search in (("given", Searched(0.5)), ("found", tried(2.0, 1.5, 0.5))):
            yield Sketch(
                f"directions-nothing-first-{algorithm.lower().replace('_', '-')}-{name}",
                "Nothing moves in the first call. Then ConjugateGradient's direction is the array of all gradients.",
                ("OPT-11", "OPT-20"),
                [_layer("SGD")],
                [
                    Iteration(_gradients(0.0, -0.0), search=search),
                    Iteration(search=search, further=[search]),
                    Iteration(search=search),
                ],
                _conf(algorithm),
            )


def _corrections() -> Iterator[Sketch]:
    for number, updater in enumerate(("NONE", "SGD", "ADAM")):
        yield Sketch(
            f"directions-corrections-{updater.lower()}",
            "A call makes more iterations than LBFGS keeps corrections, and another one goes on.",
            ("OPT-22",),
            [_layer(updater)],
            [
                Iteration(
                    _gradients(1.0, -0.5),
                    search=Searched(0.5),
                    further=[Searched(0.25 * (i % 3 + 1), _gradients(0.5 + i, 1.0 / (i + 1))) for i in range(7)],
                ),
                Iteration(search=Searched(0.5), further=[tried(1.5, 0.5)]),
            ],
            _conf("LBFGS", iteration_count=number),
        )
        yield Sketch(
            f"directions-calls-{updater.lower()}",
            "Six calls of LBFGS.",
            ("OPT-20", "OPT-22"),
            [_layer(updater)],
            [Iteration(search=Searched(0.5)) for _ in range(6)],
            _conf("LBFGS"),
        )


def _calls() -> Iterator[Sketch]:
    decaying: dict[str, Any] = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    stalling: dict[str, Any] = {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}
    for updater in ("SGD", "ADAM", "RMSPROP"):
        for name, policy in (("decays", decaying), ("stalls", stalling)):
            yield Sketch(
                f"calls-{updater.lower()}-{name}",
                "A call of four iterations: the updater and its policy run five times, the count grows by four.",
                ("OPT-23", "OPT-5") if name == "stalls" else ("OPT-23", "OPT-9"),
                [_layer(updater)],
                [Iteration(search=Searched(0.5), further=[Searched(0.25), Searched(0.5, score=2.0), tried(0.5)])],
                _conf(**policy),
            )
    for name, between in (("clone", Clone()), ("restore", Restore(True))):
        for algorithm in SEARCHING:
            yield Sketch(
                f"calls-{name}-{algorithm.lower().replace('_', '-')}",
                "The optimizer of another network begins its searches anew.",
                ("OPT-12", "OPT-8" if name == "clone" else "STATE-11"),
                [_layer("SGD")],
                [
                    Iteration(search=Searched(0.5), further=[Searched(0.5)]),
                    between,
                    Iteration(search=tried(1.5, 0.5), further=[Searched(0.5), Searched(0.5)]),
                ],
                _conf(algorithm),
            )


def _orders() -> Iterator[Sketch]:
    for outputs in (2, 4, 5, 9, 17):
        length = 2 * outputs
        yield Sketch(
            f"backtrack-order-{length}",
            f"The slope sums {length} products, in an order that the processor decides.",
            ("ARITH-7", "OPT-14"),
            [dense("NONE", 1, outputs)],
            [
                Iteration(
                    {"0_W": spread(outputs, salt=5), "0_b": spread(outputs, salt=77)}, search=tried(1.5, 1.25, 0.5)
                ),
                Iteration(search=tried(1.25, 1.125, 0.5)),
            ],
            _conf(),
        )
    # The salts were found by search: a sum of another order shows in the last bits of the parameters, in both types.
    for outputs, salt in ((5, 20), (5, 60), (9, 276), (17, 74)):
        yield Sketch(
            f"backtrack-order-{2 * outputs}-salt-{salt}",
            f"The slope sums {2 * outputs} products, and its last bits show.",
            ("ARITH-7", "OPT-14"),
            [dense("NONE", 1, outputs)],
            [
                Iteration(
                    {"0_W": spread(outputs, salt=salt), "0_b": spread(outputs, salt=salt + 500)},
                    search=tried(1.5, 1.25, 0.5),
                ),
                Iteration(search=tried(1.25, 1.125, 0.5)),
            ],
            _conf(),
        )


def _centers() -> Iterator[Sketch]:
    for number, algorithm in enumerate(SEARCHING):
        for n_in, n_out in ((2, 2), (2, 3)):
            layer = {"type": "center_loss_output", "n_in": n_in, "n_out": n_out, "updater": "SGD"}
            yield Sketch(
                f"search-centers-{algorithm.lower().replace('_', '-')}-{n_in}-{n_out}",
                "The first step moves the centers by the updates of others, the second by their own.",
                ("OPT-24",),
                [layer],
                [Iteration(search=Searched(0.5)), Iteration(search=Searched(0.5))],
                _conf(algorithm),
                vertices=("a",) if number == 1 else (),
            )
    for order in (("cL", "W", "b"), ("b", "cL", "W")):
        yield Sketch(
            f"iterate-centers-{'-'.join(order).lower()}",
            "A standalone layer whose gradients come in another order than its parameters.",
            ("OPT-24", "BARE-4"),
            [{"type": "center_loss_output", "n_in": 2, "n_out": 3, "updater": "SGD"}],
            [Iteration(order=order), Iteration(order=order)],
            is_standalone_layer=True,
        )
