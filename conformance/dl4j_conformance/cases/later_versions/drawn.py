"""Cases that a generator with a fixed seed drew: settings that meet by chance, with several updates each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass

#: How many networks of each version are drawn.
_COUNT = 24
_RATES, _DECAYS, _EPSILONS = (0.001, 0.01, 0.1, 0.5), (0.5, 0.9, 0.95, 0.999), (1e-8, 1e-6, 0.01)
_NORMALIZATIONS = (
    "RenormalizeL2PerLayer",
    "RenormalizeL2PerParamType",
    "ClipElementWiseAbsoluteValue",
    "ClipL2PerLayer",
    "ClipL2PerParamType",
)
_ENUM = ("SGD", "ADAM", "ADAMAX", "NADAM", "ADADELTA", "ADAGRAD", "NESTEROVS", "RMSPROP")
_CLASSES = ("Sgd", "Adam", "AMSGrad", "AdaMax", "Nadam", "AdaDelta", "AdaGrad", "Nesterovs", "RmsProp", "NoOp")
_POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
    {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
    {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
    {"lr_policy": "Poly", "lr_policy_decay_rate": 0.5, "lr_policy_power": 0.5},
)
_CLAUSES = ("BLOCK-2", "BLOCK-7", "BLOCK-12")


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    for version, draw in ((OLD, _old), (NEW, _new)):
        for number in range(_COUNT):
            source = random.Random(f"{version} {number}")  # noqa: S311 - not for secrets
            conf, layers = draw(source)
            script = tuple(Call(epoch=i // 2, batch_size=source.choice((1, 2, 3, 32))) for i in range(3))
            form = source.choice(("own", "own", "own", "flat", "map"))
            comment = f"Drawn network {number + 1}."
            yield BlockSketch(
                f"drawn-{number + 1}", comment, _CLAUSES, layers, script, conf, gradient=form, versions=(version,)
            )


def _some(source: random.Random, chance: float, **settings: tuple[float, ...]) -> dict[str, Any]:
    return {name: source.choice(values) for name, values in settings.items() if source.random() < chance}


def _shape(source: random.Random) -> dict[str, Any]:
    shape: dict[str, Any] = {"n_in": source.randint(1, 3), "n_out": source.randint(1, 2)}
    type_ = source.choice(("dense", "dense", "dense", "dense", "batch_normalization", "auto_encoder"))
    if type_ == "batch_normalization":
        del shape["n_in"]
    shape |= {} if type_ == "dense" else {"type": type_}
    if source.random() < 0.4:
        shape["gradient_normalization"] = source.choice(_NORMALIZATIONS)
        shape |= _some(source, 0.7, gradient_normalization_threshold=(0.1, 0.5, 2.0))
    return shape


def _old(source: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    conf: dict[str, Any] = {"use_regularization": source.random() < 0.7, "mini_batch": source.random() < 0.8}
    conf |= _some(source, 0.3, bias_learning_rate=_RATES) | _some(source, 0.5, learning_rate=_RATES)
    conf |= source.choice(_POLICIES)
    layers = []
    for _ in range(source.randint(1, 4)):
        penalties = _some(source, 0.4, l1=_RATES, l2=_RATES, l1_bias=_RATES, l2_bias=_RATES)
        rates = _some(source, 0.3, learning_rate=_RATES, bias_learning_rate=_RATES)
        setters = _some(
            source, 0.2, epsilon=_EPSILONS, rho=_DECAYS, momentum=_DECAYS, adam_mean_decay=_DECAYS, rms_decay=_DECAYS
        )
        layers.append({"updater": source.choice(_ENUM), **_shape(source), **penalties, **rates, **setters})
    return conf, layers


def _new(source: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    def penalties(chance: float) -> dict[str, Any]:
        found = _some(
            source,
            chance,
            l1=_RATES,
            l2=_RATES,
            l1_bias=_RATES,
            l2_bias=_RATES,
            weight_decay=_RATES,
            weight_decay_bias=_RATES,
        )
        return found | ({"weight_decay_apply_lr": False} if source.random() < 0.3 else {})

    conf = {"mini_batch": source.random() < 0.8, "updater": _updater(source), **penalties(0.15)}
    conf |= {"bias_updater": _updater(source)} if source.random() < 0.3 else {}
    layers = []
    for _ in range(source.randint(1, 4)):
        own = {"updater": _updater(source)} if source.random() < 0.6 else {}
        own |= {"bias_updater": _updater(source)} if source.random() < 0.2 else {}
        layers.append({**_shape(source), **penalties(0.25), **own})
    return conf, layers


def _updater(source: random.Random) -> dict[str, Any]:
    type_ = source.choice(_CLASSES)
    known = DEFAULTS[UpdaterClass(type_)]
    drawn = _some(
        source,
        0.6,
        learning_rate=_RATES,
        beta1=_DECAYS,
        beta2=_DECAYS,
        rho=_DECAYS,
        rms_decay=_DECAYS,
        momentum=_DECAYS,
    )
    drawn |= _some(source, 0.4, epsilon=_EPSILONS)
    updater: dict[str, Any] = {"type": type_, **{name: value for name, value in drawn.items() if name in known}}
    if "learning_rate" in known and source.random() < 0.3:
        updater.pop("learning_rate", None)
        updater["learning_rate_schedule"] = {
            "type": "StepSchedule",
            "schedule_type": source.choice(("ITERATION", "EPOCH")),
            "initial_value": 0.5,
            "decay_rate": 0.5,
            "step": 2.0,
        }
    return updater
