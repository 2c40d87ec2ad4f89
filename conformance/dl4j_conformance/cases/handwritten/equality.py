"""Cases of equality: an updater with itself, with its clone, and with one that has seen other gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, State, Step, dense, rho_if_adadelta
from dl4j_conformance.cases.operations import Clone, Compare, SetLearningRate


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_of_every_updater(), *_states(), *_settings()):
        yield from sketch.cases()


def _layer(updater: str = "SGD", **settings: Any) -> dict[str, Any]:
    return dense(updater, 2, 1, learning_rate=0.1, **{**rho_if_adadelta(updater), **settings})


def _of_every_updater() -> Iterator[Sketch]:
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("network", {}),
        ("graph", {"vertices": ("a",)}),
        ("layer", {"is_standalone_layer": True}),
    )
    for updater in UPDATERS:
        for kind, what in kinds:
            clause = {"network": "EQ-1", "graph": "EQ-4", "layer": "EQ-2"}[kind]
            yield Sketch(
                f"equal-{kind}-{updater.lower()}",
                f"{updater}: a clone, before and after it takes a step of its own.",
                (clause, "EQ-2", "EQ-5"),
                [_layer(updater)],
                [Step(), Compare(0), Clone(), Compare(0), Compare(1), Step(), Compare(0)],
                quirks=(49,),
                **what,
            )


def _states() -> Iterator[Sketch]:
    # Differences from 1 and from 0 around the tolerance: of W, which has two values, and of b, which has one.
    for name, w, b in (
        ("near", (1.00001, 1.0), 1.000009),
        ("apart-in-several", (1.00003, 1.0), 1.0),
        ("apart-in-one", (1.0, 1.0), 1.00002),
        ("large-near", (1.00001, 1.0), 1.0),
        ("zero-near", (0.0, 1.0), 1.0),
        ("nan-in-several", (math.nan, 1.0), 1.0),
        ("nan-in-one", (1.0, 1.0), math.nan),
        ("infinite", (math.inf, 1.0), 1.0),
        ("hardly-apart", (1e-40, 1.0), 1.0),
    ):
        given = {"zero-near": 0.000009, "hardly-apart": 2e-40}
        first = (given.get(name, w[0] if not math.isfinite(w[0]) else 1.0), 1.0)
        second = b if math.isnan(b) else 1.0
        for updater in ("ADAGRAD", "RMSPROP"):
            yield Sketch(
                f"equal-state-{name}-{updater.lower()}",
                "Two states that differ by the tolerance, or hardly less or more, or are no numbers.",
                ("EQ-3",),
                [_layer(updater)],
                [State((*first, second)), Clone(), State((*w, b)), Compare(0)],
                quirks=(50,),
            )


def _settings() -> Iterator[Sketch]:
    yield Sketch(
        "equal-network-mixed",
        "One layer under NONE, and no network equals another.",
        ("EQ-1", "EQ-2"),
        [_layer("SGD"), _layer("NONE")],
        [Clone(), Compare(0), Compare(1)],
        quirks=(49,),
    )
    for updater in ("SGD", "ADAM", "NESTEROVS"):
        for name, rate in (("other", 0.1000001), ("negative-zero", -0.0), ("nan", math.nan)):
            yield Sketch(
                f"equal-rate-{name}-{updater.lower()}",
                "The clone takes a rate from outside, the original does not; then the original does too.",
                ("EQ-2",),
                [_layer(updater)],
                [SetLearningRate("0_W", rate), Clone(), Compare(0), SetLearningRate("0_W", 0.0), Clone(), Compare(1)],
            )
