"""Cases of the configuration: inheritance, defaults, and what the build refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, steps

_POWER = {"lr_policy_power": 2.0}
_STEPS = {"lr_policy_steps": 2.0}
_RATE = {"lr_policy_decay_rate": 0.5}
_MAP = {"learning_rate_schedule": {"1": 0.2}}

#: Slug, clause, settings that the build refuses.
_REFUSED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("exponential-without-rate", "CONF-5", {"lr_policy": "Exponential"}),
    ("exponential-nan-rate", "CONF-5", {"lr_policy": "Exponential", "lr_policy_decay_rate": "NaN"}),
    ("torchstep-without-rate", "CONF-5", {"lr_policy": "TorchStep", **_STEPS}),
    ("score-without-rate", "CONF-5", {"lr_policy": "Score"}),
    ("schedule-without-anything", "CONF-5", {"lr_policy": "Schedule"}),
    ("poly-without-anything", "CONF-5", {"lr_policy": "Poly"}),
    ("inverse-without-power", "CONF-6", {"lr_policy": "Inverse", **_RATE}),
    ("poly-without-power", "CONF-6", {"lr_policy": "Poly", **_RATE}),
    ("step-without-steps", "CONF-6", {"lr_policy": "Step", **_RATE}),
    ("sigmoid-without-steps", "CONF-6", {"lr_policy": "Sigmoid", **_RATE}),
    ("schedule-without-map", "CONF-6", {"lr_policy": "Schedule", **_RATE}),
    ("power-without-policy", "CONF-7", {**_POWER}),
    ("power-with-exponential", "CONF-7", {"lr_policy": "Exponential", **_RATE, **_POWER}),
    ("steps-without-policy", "CONF-7", {**_STEPS}),
    ("steps-with-poly", "CONF-7", {"lr_policy": "Poly", **_POWER, **_STEPS}),
    ("map-without-policy", "CONF-7", {**_MAP}),
    ("map-with-step", "CONF-7", {"lr_policy": "Step", **_RATE, **_STEPS, **_MAP}),
)

#: The settings that each updater reads. Of these, rho has no default.
_NAN_FOR_THE_NETWORK = {
    "ADAM": ("adam_mean_decay", "adam_var_decay", "epsilon"),
    "NESTEROVS": ("momentum",),
    "ADAGRAD": ("epsilon",),
    "RMSPROP": ("rms_decay", "epsilon"),
    "ADADELTA": ("rho", "epsilon"),
}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for number, (slug, clause, conf) in enumerate(_REFUSED):
        yield from Sketch(
            f"refused-{slug}",
            "The build refuses this learning-rate policy.",
            (clause,),
            [dense(UPDATERS[number % len(UPDATERS)])],
            conf=conf,
        ).cases()
    for sketch in (*_inherited(), *_defaults()):
        yield from sketch.cases()


def _inherited() -> Iterator[Sketch]:
    yield Sketch(
        "refused-layer-schedule-only",
        "A schedule given to the layer alone does not count.",
        ("CONF-6",),
        [dense("SGD", learning_rate_schedule={"1": 0.2})],
        conf={"lr_policy": "Schedule"},
    )
    yield Sketch(
        "inherited-settings",
        "What a layer leaves unset comes from the network; what it sets does not.",
        ("CONF-1",),
        [{"n_in": 2, "n_out": 2}, dense("SGD", learning_rate=0.25), dense("RMSPROP", epsilon=1e-4)],
        steps(2),
        {
            "updater": "ADAM",
            "learning_rate": 0.02,
            "adam_mean_decay": 0.7,
            "adam_var_decay": 0.8,
            "rms_decay": 0.6,
            "epsilon": 1e-2,
            "gradient_normalization": "ClipL2PerParamType",
            "gradient_normalization_threshold": 0.75,
        },
    )
    yield Sketch(
        "inherited-rho-and-momentum",
        "rho, momentum and the penalties of the network.",
        ("CONF-1",),
        [dense("ADADELTA"), dense("NESTEROVS")],
        steps(2),
        {
            "rho": 0.8,
            "momentum": 0.4,
            "l1": 0.1,
            "l2": 0.2,
            "l1_bias": 0.3,
            "l2_bias": 0.4,
            "use_regularization": True,
        },
    )
    yield Sketch(
        "global-bias-rate-ignored",
        "The network's bias learning rate is never read: biases take their layer's rate.",
        ("CONF-4",),
        [dense("SGD"), dense("ADAM", learning_rate=0.3), dense("SGD", bias_learning_rate=0.05)],
        steps(2),
        {"bias_learning_rate": 0.7, "learning_rate": 0.2},
        quirks=(33,),
    )
    for updater in ("NESTEROVS", "RMSPROP"):
        yield Sketch(
            f"global-bias-rate-ignored-{updater.lower()}",
            "The network's bias learning rate is never read.",
            ("CONF-4",),
            [dense(updater, 1, 2)],
            [Step()],
            {"bias_learning_rate": 0.9},
            quirks=(33,),
        )
    yield Sketch(
        "bias-rate-zero",
        "A bias learning rate of zero is set, not unset.",
        ("CONF-4",),
        [dense("SGD", bias_learning_rate=0.0)],
        quirks=(21,),
    )
    yield Sketch(
        "global-rate-nan",
        "An explicit NaN rate of the network stays NaN: the layers without a rate of their own have it.",
        ("CONF-1", "CONF-3", "ARITH-2"),
        [dense("SGD"), dense("ADAM", epsilon=0.25), dense("SGD", learning_rate=0.5)],
        conf={"learning_rate": "NaN"},
        quirks=(25,),
    )
    for updater, settings in _NAN_FOR_THE_NETWORK.items():
        yield Sketch(
            f"global-nan-{updater.lower()}",
            "NaN given to the network for a setting of the updater is as if it were not given.",
            ("CONF-1", "CONF-2"),
            [{"n_in": 2, "n_out": 1, "updater": updater}],
            steps(2),
            dict.fromkeys(settings, "NaN"),
        )
    for updater in UPDATERS:
        yield Sketch(
            f"inherited-under-another-{updater.lower()}",
            "A layer takes over the settings that its own updater reads, whatever the updater of the network.",
            ("CONF-1", "CONF-2"),
            [{"n_in": 2, "n_out": 1, "updater": updater}],
            steps(2),
            {
                "updater": "SGD" if updater != "SGD" else "NESTEROVS",
                "momentum": 0.5,
                "epsilon": 0.25,
                "rho": 0.75,
                "rms_decay": 0.125,
                "adam_mean_decay": 0.25,
                "adam_var_decay": 0.75,
                "momentum_schedule": {"1": 0.3},
            },
        )
    yield Sketch(
        "own-momentum-under-another",
        "The momentum that a layer shows is its own, even if its updater does not read it.",
        ("CONF-1",),
        [dense("SGD", momentum=0.3), dense("SGD")],
        conf={"updater": "NESTEROVS", "momentum": 0.5},
    )
    yield Sketch(
        "global-threshold-nan",
        "An explicit NaN threshold of the network stays NaN, and clips nothing.",
        ("CONF-1", "NORM-11"),
        [
            dense("NONE", gradient_normalization="ClipL2PerLayer"),
            dense("NONE", gradient_normalization="ClipL2PerParamType"),
        ],
        conf={"gradient_normalization_threshold": "NaN"},
    )


def _defaults() -> Iterator[Sketch]:
    for updater in UPDATERS:
        yield Sketch(
            f"defaults-{updater.lower()}",
            f"{updater} with nothing set: DL4J's defaults, which for rho is none.",
            ("CONF-2", "CONF-3"),
            [{"n_in": 2, "n_out": 1, "updater": updater}],
            steps(3),
        )
    yield Sketch(
        "defaults-everything",
        "Nothing set at all: SGD with a rate of 0.1, divided by the batch size.",
        ("CONF-3",),
        [{"n_in": 2, "n_out": 1}],
        steps(2, batch_size=4),
    )
