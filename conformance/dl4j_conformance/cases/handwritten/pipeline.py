"""Cases of the order of stages and layers, frozen layers, visible biases, and missing gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, rho_if_adadelta, steps


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_order(), *_frozen(), *_visible_bias(), *_layers()):
        yield from sketch.cases()


def _order() -> Iterator[Sketch]:
    for updater in UPDATERS:
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"all-stages-{updater.lower()}",
            "Normalisation, policy, updater, L2, L1 and division, all on.",
            ("LAYER-1", "POST-1", "LR-1", "MLU-1"),
            [
                dense(
                    updater,
                    learning_rate=0.1,
                    gradient_normalization="ClipL2PerLayer",
                    gradient_normalization_threshold=2.0,
                    l1=0.05,
                    l2=0.1,
                    l1_bias=0.01,
                    l2_bias=0.02,
                    **rho,
                )
            ],
            steps(3, batch_size=3),
            {"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
            quirks=(1, 2, 3, 4, 9),
        )
    for strategy in ("ClipElementWiseAbsoluteValue", "ClipL2PerLayer", "ClipL2PerParamType"):
        yield Sketch(
            f"clip-sum-not-mean-{strategy.lower()}",
            "The norm of the sum over the batch exceeds the threshold, that of its mean does not.",
            ("LAYER-1", "POST-4"),
            [dense("SGD", gradient_normalization=strategy, gradient_normalization_threshold=2.0)],
            [Step({"0_W": (3.0, 4.0, -1.0, 0.5)}, batch_size=32)],
            quirks=(2, 3),
        )


def _frozen() -> Iterator[Sketch]:
    yield Sketch(
        "frozen-layer",
        "Nothing happens to a frozen layer's gradients, learning rates and state; it owns state all the same.",
        ("LAYER-2", "STATE-2"),
        [
            dense("ADAM", frozen=True, gradient_normalization="RenormalizeL2PerLayer", l2=0.5),
            dense("SGD", learning_rate=0.1),
        ],
        steps(2, batch_size=2),
        {"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        quirks=(46, 54),
    )
    yield Sketch(
        "frozen-rmsprop",
        "The state of a frozen RMSPROP layer stays at epsilon.",
        ("LAYER-2", "STATE-4"),
        [dense("RMSPROP", frozen=True), dense("NESTEROVS")],
        steps(2),
        quirks=(46, 54),
    )

    yield Sketch(
        "frozen-between",
        "A frozen layer between two that learn; nothing of it moves.",
        ("LAYER-2", "MLU-1"),
        [dense("SGD"), dense("ADAGRAD", 2, 3, frozen=True, l1=0.5), dense("NONE", 3, 1)],
        steps(2, batch_size=3),
        {"use_regularization": True},
        quirks=(54,),
    )


def _visible_bias() -> Iterator[Sketch]:
    for updater in UPDATERS:
        rho = rho_if_adadelta(updater)
        auto_encoder = {
            "type": "auto_encoder",
            "n_in": 2,
            "n_out": 1,
            "updater": updater,
            "l2_bias": 0.1,
            "l1_bias": 0.05,
            **rho,
        }
        conf = {"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
        yield Sketch(
            f"visible-bias-skipped-{updater.lower()}",
            "Outside of pretraining the visible bias is not decayed, updated, regularised or divided.",
            ("LAYER-3", "STATE-2"),
            [auto_encoder],
            steps(1, batch_size=2),
            conf,
            quirks=(18, 46),
        )
        yield Sketch(
            f"visible-bias-pretrained-{updater.lower()}",
            "While its layer is pretrained the visible bias is a parameter like any other.",
            ("LAYER-3", "NORM-12"),
            [{**auto_encoder, "pretrain": True, "gradient_normalization": "RenormalizeL2PerLayer"}],
            steps(1, batch_size=2),
            conf,
            quirks=(18,),
        )
    yield Sketch(
        "visible-bias-by-name",
        "Any name that begins with vb and an underscore is skipped, even where there is no such parameter.",
        ("LAYER-3",),
        [dense("SGD")],
        [Step({"0_vb": (1.0, 2.0), "0_vb_x": (3.0, math.nan)}, batch_size=2)],
        quirks=(18,),
    )


def _layers() -> Iterator[Sketch]:
    yield Sketch(
        "missing-gradients",
        "Parameters and layers without a gradient are left alone.",
        ("MLU-2",),
        [dense("ADAM"), dense("ADAGRAD"), dense("NESTEROVS")],
        [
            Step({"0_b": (1.0, -1.0), "2_W": (1.0, 2.0, 3.0, 4.0)}, only=True),
            Step({"1_W": (0.5, 0.5, -0.5, 0.25)}, only=True),
            Step(),
        ],
    )
    yield Sketch(
        "no-gradients",
        "An update with no gradients at all is allowed and does nothing.",
        ("MLU-2",),
        [dense("NESTEROVS"), dense("ADAM")],
        [Step(only=True), Step()],
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
    )
    yield Sketch(
        "activation-layer",
        "A layer without parameters counts in the keys and has no state.",
        ("LAYER-5", "STATE-1", "MLU-2"),
        [dense("ADAM"), {"type": "activation", "updater": "ADAM"}, dense("RMSPROP")],
        steps(2),
    )
    for updater in ("SGD", "ADAM", "NESTEROVS", "ADAGRAD", "RMSPROP", "ADADELTA"):
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"batch-normalization-{updater.lower()}",
            "Running mean and variance have updater NONE and no rate: their gradients are only divided.",
            ("LAYER-5", "STATE-2", "POST-4"),
            [
                dense("SGD", 1, 2),
                {
                    "type": "batch_normalization",
                    "n_out": 2,
                    "updater": updater,
                    "l2": 0.5,
                    "learning_rate": 0.3,
                    **rho,
                },
            ],
            steps(2, batch_size=2),
            {"use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        )
    yield Sketch(
        "four-layers",
        "Four layers, each with its own updater, length and rate.",
        ("MLU-1", "STATE-1"),
        [
            dense("ADAM", 3, 2),
            dense("SGD", 2, 1, learning_rate=0.5),
            dense("RMSPROP", 1, 3),
            dense("ADADELTA", 3, 1, rho=0.9),
        ],
        steps(3, batch_size=5),
    )
