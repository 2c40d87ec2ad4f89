"""Cases of the gradient-normalisation strategies: lengths, thresholds, and norms at the edges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import (
    ORDER_SHOWING_SALTS,
    Sketch,
    Step,
    dense,
    of_type,
    rho_if_adadelta,
    spread,
    steps,
)

STRATEGIES = {
    "RenormalizeL2PerLayer": "NORM-2",
    "RenormalizeL2PerParamType": "NORM-3",
    "ClipElementWiseAbsoluteValue": "NORM-4",
    "ClipL2PerLayer": "NORM-5",
    "ClipL2PerParamType": "NORM-6",
}
_SHORT = {
    "RenormalizeL2PerLayer": "renormalize-per-layer",
    "RenormalizeL2PerParamType": "renormalize-per-param-type",
    "ClipElementWiseAbsoluteValue": "clip-element-wise",
    "ClipL2PerLayer": "clip-per-layer",
    "ClipL2PerParamType": "clip-per-param-type",
}
#: Some lengths around those at which the order of summation changes; ``arithmetic`` has them all.
_LENGTHS = {
    "RenormalizeL2PerLayer": (1, 2, 3, 7, 32),
    "RenormalizeL2PerParamType": (3, 23, 33),
    "ClipElementWiseAbsoluteValue": (33,),
    "ClipL2PerLayer": (2, 7, 22, 31, 64),
    "ClipL2PerParamType": (3, 27, 31),
}
_NAN, _INF = math.nan, math.inf

#: Name, gradient of W (4 values), gradient of b (2 values), clause and quirk shown.
_EDGES = (
    ("zero", (0.0, -0.0, 0.0, 0.0), (0.0, 0.0), "NORM-8", 12),
    ("zero-bias", (3.0, 4.0, 0.0, 0.0), (0.0, 0.0), "NORM-8", 12),
    ("nan", (_NAN, 4.0, -3.0, 0.0), (0.5, -0.5), "NORM-7", 13),
    ("infinite", (_INF, 4.0, -_INF, -0.0), (0.5, -0.5), "NORM-8", 14),
    ("norm-overflow", of_type((3e19, -4.0, 1e19, 0.0), (3e154, -4.0, 1e154, 0.0)), (0.5, -0.5), "NORM-8", 16),
    (
        "norm-underflow",
        of_type((1e-24, -2e-24, 0.0, 3e-23), (1e-170, -2e-170, 0.0, 3e-163)),
        (0.0, 0.0),
        "NORM-8",
        16,
    ),
    (
        "subnormal",
        of_type((1e-45, -1e-42, 0.0, 1e-38), (5e-324, -1e-320, 0.0, 1e-308)),
        (1.0, 0.0),
        "NORM-8",
        16,
    ),
)
_THRESHOLDS = (
    ("at-threshold", 5.0, "NORM-11", 11),
    ("below-threshold", 7.0, "NORM-11", 11),
    ("above-threshold", 1.0, "NORM-11", 10),
    ("threshold-third", 1 / 3, "NORM-11", 10),
    ("threshold-zero", 0.0, "NORM-11", 10),
    ("threshold-negative", -1.0, "NORM-11", 15),
    ("threshold-negative-zero", -0.0, "NORM-11", 15),
    ("threshold-infinite", "Infinity", "NORM-11", 11),
)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for number, strategy in enumerate(STRATEGIES):
        for sketch in (
            *_edges(strategy),
            *_thresholds(strategy),
            *_lengths(strategy, number),
            *_others(strategy),
        ):
            yield from sketch.cases()
    for sketch in _special():
        yield from sketch.cases()


def _edges(strategy: str) -> Iterator[Sketch]:
    for name, weights, bias, clause, quirk in _EDGES:
        yield Sketch(
            f"{_SHORT[strategy]}-{name}",
            f"{strategy} of a gradient whose norm is at an edge: {name}.",
            (STRATEGIES[strategy], clause),
            [dense("NONE", gradient_normalization=strategy)],
            [Step({"0_W": weights, "0_b": bias})],
            quirks=(quirk,),
        )


def _thresholds(strategy: str) -> Iterator[Sketch]:
    if strategy.startswith("Renormalize"):
        return
    for name, threshold, clause, quirk in _THRESHOLDS:
        yield Sketch(
            f"{_SHORT[strategy]}-{name}",
            f"{strategy} with a gradient of norm 5 and the threshold {threshold}; then with a zero gradient.",
            (STRATEGIES[strategy], clause),
            [dense("NONE", gradient_normalization=strategy, gradient_normalization_threshold=threshold)],
            [
                Step({"0_W": (3.0, 4.0, 0.0, 0.0), "0_b": (0.0, -0.0)}),
                Step({"0_W": (-5.0, 0.1, 0.7, 5.0), "0_b": (0.3, -7.0)}),
                Step({"0_W": (0.0, 0.0, 0.0, 0.0), "0_b": (0.0, 0.0)}),
            ],
            quirks=(quirk,),
        )
    yield Sketch(
        f"{_SHORT[strategy]}-threshold-and-norm-infinite",
        "An infinite norm does not exceed an infinite threshold.",
        (STRATEGIES[strategy], "NORM-11"),
        [dense("NONE", gradient_normalization=strategy, gradient_normalization_threshold="Infinity")],
        [Step({"0_W": (_INF, 4.0, -3.0, 0.0), "0_b": (-_INF, 1.0)})],
        quirks=(11,),
    )
    yield Sketch(
        f"{_SHORT[strategy]}-threshold-and-norm-infinite-sgd",
        "The same under SGD, with a batch.",
        (STRATEGIES[strategy], "NORM-11"),
        [dense("SGD", gradient_normalization=strategy, gradient_normalization_threshold="Infinity")],
        [Step({"0_W": (2.0, -_INF, -3.0, 0.5), "0_b": (_INF, -1.0)}, batch_size=4)],
        quirks=(11,),
    )
    yield Sketch(
        f"{_SHORT[strategy]}-threshold-infinite-norm-overflow",
        "A norm of finite values that overflows does not exceed an infinite threshold either.",
        (STRATEGIES[strategy], "NORM-11"),
        [dense("NONE", gradient_normalization=strategy, gradient_normalization_threshold="Infinity")],
        [Step({"0_W": of_type((3e38, 4.0, -3e38, 0.0), (1.7e308, 4.0, -1.7e308, 0.0)), "0_b": (_INF, 1.0)})],
        quirks=(11, 16),
    )
    yield Sketch(
        f"{_SHORT[strategy]}-threshold-unset",
        "A layer's NaN threshold becomes the network's, here 0.5.",
        (STRATEGIES[strategy], "CONF-1"),
        [dense("NONE", gradient_normalization=strategy, gradient_normalization_threshold="NaN")],
        [Step({"0_W": (3.0, 4.0, 0.0, 0.0)})],
        {"gradient_normalization_threshold": 0.5},
    )


def _lengths(strategy: str, salt: int) -> Iterator[Sketch]:
    """Yield norms of every length at which the order of summation changes, under each updater in turn."""
    for number, length in enumerate(_LENGTHS[strategy]):
        updater = UPDATERS[(number + salt) % len(UPDATERS)]
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"{_SHORT[strategy]}-length-{length}",
            f"{strategy} of {length} values, in ND4J's order of summation, under {updater}.",
            (STRATEGIES[strategy], "ARITH-5"),
            [
                dense(
                    updater,
                    length,
                    1,
                    gradient_normalization=strategy,
                    gradient_normalization_threshold=0.7,
                    **rho,
                )
            ],
            [Step({"0_W": spread(length, salt=ORDER_SHOWING_SALTS.get(length, 3 * length))})],
            quirks=(16,),
        )


def _others(strategy: str) -> Iterator[Sketch]:
    clause = STRATEGIES[strategy]
    settings: dict[str, Any] = {"gradient_normalization": strategy, "gradient_normalization_threshold": 0.5}
    for updater in UPDATERS[list(STRATEGIES).index(strategy) % 2 : -1 : 2]:
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"{_SHORT[strategy]}-{updater.lower()}",
            f"{strategy} before {updater}, on sums over a batch of 4.",
            (clause, "LAYER-1"),
            [dense(updater, learning_rate=0.1, **rho, **settings)],
            steps(1, batch_size=4),
            quirks=(2, 3),
        )
    tiny = of_type((1e-30,), (1e-200,))
    subnormal = of_type((1e-45,), (5e-324,))
    huge = of_type((1e25,), (1e200,))
    for name, numbers in (("tiny", tiny), ("subnormal", subnormal), ("huge", huge)):
        yield Sketch(
            f"{_SHORT[strategy]}-one-element-{name}",
            f"One {name} element: its absolute value and the root of its square are not the same.",
            (clause, "NORM-9", "NORM-10"),
            [dense("NONE", 1, 1, gradient_normalization=strategy, gradient_normalization_threshold=-1.0)],
            [Step({"0_W": (2.0,), "0_b": numbers}), Step({"0_W": numbers, "0_b": numbers})],
            quirks=(17,),
        )
    yield Sketch(
        f"{_SHORT[strategy]}-two-layers",
        "Each layer has its own norm.",
        (clause, "NORM-8"),
        [dense("SGD", **settings), dense("NONE", 2, 3, **settings)],
        [Step({"0_W": (30.0, -40.0, 1.0, 0.0)})],
    )


def _special() -> Iterator[Sketch]:
    auto_encoder = {"type": "auto_encoder", "n_in": 2, "n_out": 2, "updater": "SGD"}
    for strategy in STRATEGIES:
        yield Sketch(
            f"{_SHORT[strategy]}-visible-bias",
            "The visible bias is normalised and counts in the layer's norm, though nothing else is done to it.",
            (STRATEGIES[strategy], "LAYER-3"),
            [{**auto_encoder, "gradient_normalization": strategy}],
            [Step({"0_W": (3.0, 0.0, 0.0, 0.0), "0_b": (0.0, 0.0), "0_vb": (4.0, 0.0)}, batch_size=2)],
            quirks=(18,),
        )
        yield Sketch(
            f"{_SHORT[strategy]}-pretrain",
            "While a layer is pretrained nothing is normalised.",
            ("NORM-12", "LAYER-3"),
            [{**auto_encoder, "pretrain": True, "gradient_normalization": strategy}],
            [Step({"0_W": (3.0, 0.0, 0.0, 0.0), "0_vb": (4.0, 0.0)}, batch_size=2)],
            quirks=(18,),
        )
    for updater in ("SGD", "ADAM"):
        yield Sketch(
            f"renormalize-per-layer-zero-of-two-layers-{updater.lower()}",
            "The layer whose gradients are zero has NaN updates, the other one none.",
            ("NORM-2", "NORM-8"),
            [
                dense(updater, gradient_normalization="RenormalizeL2PerLayer"),
                dense(updater, 2, 1, gradient_normalization="RenormalizeL2PerLayer"),
            ],
            [Step({"0_W": (0.0, 0.0, -0.0, 0.0), "0_b": (-0.0, 0.0)}, batch_size=2)],
            quirks=(12,),
        )
    yield Sketch(
        "batch-normalization-statistics",
        "Zero gradients of running mean and variance become NaN under RenormalizeL2PerParamType.",
        ("NORM-3", "LAYER-5"),
        [
            dense("SGD"),
            {
                "type": "batch_normalization",
                "n_out": 2,
                "updater": "NESTEROVS",
                "gradient_normalization": "RenormalizeL2PerParamType",
            },
        ],
        [Step({"1_mean": (0.0, 0.0), "1_var": (0.0, 0.0)}, batch_size=4)],
        quirks=(19,),
    )
    yield Sketch(
        "no-normalization",
        "None leaves even NaN and infinities as they are.",
        ("NORM-1",),
        [dense("NONE", gradient_normalization="None")],
        [Step({"0_W": (_NAN, _INF, -0.0, 1e30)})],
    )
