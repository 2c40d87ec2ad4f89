"""Cases of settings that float32 cannot hold. DL4J keeps Java doubles in networks of either type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Iteration, Searched, Sketch, Step, dense, steps
from dl4j_conformance.cases.operations import SetLearningRate

#: Values that float32 rounds: a little, to 1, to 0, and to 0 where subnormals are flushed.
_VALUES: Mapping[str, float] = {"tenth": 0.1, "below-one": 1 - 2.0**-30, "tiny": 1e-50, "subnormal": 1e-40}

#: Setting, its reader, further settings, clause.
_SETTINGS: tuple[tuple[str, str, Mapping[str, Any], str], ...] = (
    *(("learning_rate", updater, {}, "LR-1") for updater in ("SGD", "ADAM", "NESTEROVS", "ADAGRAD", "RMSPROP")),
    ("bias_learning_rate", "SGD", {}, "CONF-4"),
    ("momentum", "NESTEROVS", {}, "NESTEROVS-1"),
    ("adam_mean_decay", "ADAM", {}, "ADAM-1"),
    ("adam_var_decay", "ADAM", {}, "ADAM-1"),
    ("rho", "ADADELTA", {}, "ADADELTA-1"),
    ("rms_decay", "RMSPROP", {}, "RMSPROP-1"),
    ("epsilon", "ADAM", {}, "ADAM-2"),
    ("epsilon", "ADADELTA", {"rho": 0.9}, "ADADELTA-1"),
    ("epsilon", "ADAGRAD", {}, "ADAGRAD-1"),
    ("epsilon", "RMSPROP", {}, "RMSPROP-1"),
    ("l1", "SGD", {}, "POST-3"),
    ("l2", "SGD", {}, "POST-2"),
    ("l1_bias", "SGD", {}, "POST-3"),
    ("l2_bias", "SGD", {}, "POST-2"),
)

#: Thresholds that float32 rounds; two of them to 5, the norm of one of the gradients.
_THRESHOLDS = (0.3, 0.7, 1 / 3, 1e-3, 5 * (1 - 2.0**-30), 5 * (1 + 2.0**-30), 1e-50)

_STRATEGIES = {
    "ClipElementWiseAbsoluteValue": "NORM-4",
    "ClipL2PerLayer": "NORM-5",
    "ClipL2PerParamType": "NORM-6",
}

#: Slug, clause and settings of a policy.
_POLICIES: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("exponential", "LR-4", {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.1}),
    ("inverse", "LR-5", {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.1, "lr_policy_power": 0.7}),
    ("step", "LR-6", {"lr_policy": "Step", "lr_policy_decay_rate": 0.1, "lr_policy_steps": 1 + 2.0**-30}),
    ("torchstep", "LR-7", {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.1, "lr_policy_steps": 6.0}),
    ("torchstep-steps", "LR-7", {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 6 + 1e-9}),
    ("poly", "LR-8", {"lr_policy": "Poly", "lr_policy_power": 0.7, "num_iterations": 5}),
    ("sigmoid", "LR-9", {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.1, "lr_policy_steps": 2.1}),
    ("schedule", "LR-10", {"lr_policy": "Schedule", "learning_rate_schedule": {"1": 0.1, "2": 1e-50, "3": 1 / 3}}),
)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_settings(), *_thresholds(), *_policies(), *_others()):
        yield from sketch.cases()


def _settings() -> Iterator[Sketch]:
    for name, updater, further, clause in _SETTINGS:
        slug = name.replace("_", "-")
        of_updater = f"-{updater.lower()}" if name in ("learning_rate", "epsilon") else ""
        yield Sketch(
            f"double-{slug}{of_updater}",
            f"Values of {name} that float32 rounds: {', '.join(map(str, _VALUES.values()))}.",
            (clause, "ARITH-1"),
            [dense(updater, 2, 2, **{"learning_rate": 0.7, **further, name: value}) for value in _VALUES.values()],
            steps(2),
            {"use_regularization": True},
        )


def _thresholds() -> Iterator[Sketch]:
    for strategy, clause in _STRATEGIES.items():
        slug = "".join(f"-{c.lower()}" if c.isupper() else c for c in strategy.replace("L2", ""))[1:]
        yield Sketch(
            f"double-threshold-{slug}",
            f"Thresholds that float32 rounds: {', '.join(map(str, _THRESHOLDS))}.",
            (clause, "ARITH-1"),
            [
                dense("NONE", 2, 2, gradient_normalization=strategy, gradient_normalization_threshold=threshold)
                for threshold in _THRESHOLDS
            ],
            [Step(), Step({f"{i}_W": (3.0, 4.0, 0.0, 0.0) for i in range(len(_THRESHOLDS))}), Step()],
        )


def _policies() -> Iterator[Sketch]:
    for slug, clause, conf in _POLICIES:
        yield Sketch(
            f"double-policy-{slug}",
            f"Settings of {conf['lr_policy']} that float32 rounds, and a rate that it cannot hold between two calls.",
            (clause, "LR-1"),
            [dense("SGD", 1, 1, learning_rate=0.1, bias_learning_rate=0.3)],
            steps(4),
            conf,
        )


def _others() -> Iterator[Sketch]:
    yield Sketch(
        "double-momentum-schedule",
        "Momenta of a schedule that float32 rounds.",
        ("MOM-1",),
        [dense("NESTEROVS", 1, 2, momentum_schedule={"1": 0.1, "2": 1e-50, "3": 1 - 2.0**-30})],
        steps(4),
    )
    yield Sketch(
        "double-rate-from-outside",
        "A rate set from outside that float32 rounds.",
        ("LAYER-4",),
        [dense("SGD", 1, 1, learning_rate=0.1)],
        [SetLearningRate("0_W", 1 / 3), SetLearningRate("0_b", 1e-50), *steps(2)],
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
    )
    yield Sketch(
        "double-searched-step",
        "A line search whose step float32 rounds.",
        ("OPT-10",),
        [dense("SGD", 1, 2, learning_rate=0.1)],
        [Iteration(search=Searched(step=1 / 3))],
        {"optimization_algo": "LINE_GRADIENT_DESCENT"},
    )
    yield Sketch(
        "double-scores",
        "Two scores that float32 makes equal: the policy Score compares doubles.",
        ("OPT-5",),
        [dense("SGD", 1, 1, learning_rate=0.1)],
        [Iteration(score=1e-9), Iteration(score=1e-9 * (1 + 2.0**-30)), Iteration(score=1e-50), Iteration(score=2e-50)],
        {"lr_policy": "Score", "lr_policy_decay_rate": 0.1},
    )
