"""Cases of the gradient updaters: values, lengths, edges, and the mistakes that each is known to invite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, of_type, rho_if_adadelta, steps

#: The clauses of every updater's rule and first state.
CLAUSES = {
    "SGD": ("SGD-1",),
    "ADAM": ("ADAM-1", "ADAM-2", "ADAM-3"),
    "ADADELTA": ("ADADELTA-1",),
    "NESTEROVS": ("NESTEROVS-1", "NESTEROVS-2"),
    "ADAGRAD": ("ADAGRAD-1", "STATE-4"),
    "RMSPROP": ("RMSPROP-1", "STATE-4"),
    "NONE": ("NONE-1",),
}

#: For every updater settings that are no defaults.
_OTHER_SETTINGS: dict[str, dict[str, Any]] = {
    "SGD": {},
    "ADAM": {"adam_mean_decay": 0.8, "adam_var_decay": 0.888, "epsilon": 1e-3},
    "ADADELTA": {"rho": 0.9, "epsilon": 1e-4},
    "NESTEROVS": {"momentum": 0.5},
    "ADAGRAD": {"epsilon": 1e-3},
    "RMSPROP": {"rms_decay": 0.5, "epsilon": 1e-3},
    "NONE": {},
}

_NAN, _INF = math.nan, math.inf
_SUBNORMAL = of_type((1e-45, -1e-42, 1e-38, 3e-39), (5e-324, -1e-320, 1e-308, 3e-309))
_OVERFLOWING = of_type((3e38, -2e19, 1e30, 1.9e19), (1.7e308, -1.4e154, 1e200, 1.3e154))
_UNDERFLOWING = of_type((1e-23, -3e-23, 1e-20, 2e-30), (1e-162, -3e-162, 1e-150, 2e-200))
_SPECIAL = (_NAN, _INF, -_INF, -0.0)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for updater in UPDATERS:
        for sketch in _of_every_updater(updater):
            yield from sketch.cases()
    for sketch in (*_adam(), *_ada_delta(), *_nesterovs(), *_epsilons()):
        yield from sketch.cases()


def _of_every_updater(updater: str) -> Iterator[Sketch]:
    u, clauses = updater.lower(), CLAUSES[updater]
    rho = rho_if_adadelta(updater)

    def layer(**settings: Any) -> dict[str, Any]:
        return dense(updater, learning_rate=0.01, **rho, **settings)

    yield Sketch(
        f"{u}-first-step",
        "Ordinary gradients, signs and zero included, from a fresh state.",
        (*clauses, "ARITH-1", "LAYER-6"),
        [layer()],
        [Step({"0_W": (1.0, -2.0, 0.0, 1e-6), "0_b": (0.5, -0.25)})],
        quirks=(42,),
    )
    yield Sketch(
        f"{u}-three-steps",
        "State is carried from step to step.",
        (*clauses, "ARITH-4"),
        [layer()],
        steps(3),
        quirks=(52,),
    )
    yield Sketch(
        f"{u}-constant-gradient",
        "The same gradient again and again, with minibatch division.",
        clauses,
        [layer()],
        steps(3, gradients={"0_W": (0.1, -0.2, 0.3, 0.4), "0_b": (0.1, -0.1)}, batch_size=4),
    )
    yield Sketch(
        f"{u}-lengths",
        "Parameters of 1, 2, 3 and 7 values.",
        clauses,
        [
            dense(updater, 2, 1, learning_rate=0.05, **rho),
            dense(updater, 1, 3, **rho),
            dense(updater, 1, 7, **rho),
        ],
        steps(2),
    )
    yield Sketch(
        f"{u}-settings",
        "Settings other than the defaults, and a learning rate of its own for the bias.",
        (*clauses, "LR-1"),
        [dense(updater, learning_rate=0.3, bias_learning_rate=0.02, **_OTHER_SETTINGS[updater])],
        steps(3),
        quirks=(21,),
    )
    for name, numbers in (
        ("subnormal", _SUBNORMAL),
        ("overflowing", _OVERFLOWING),
        ("underflowing", _UNDERFLOWING),
        ("special", _SPECIAL),
    ):
        yield Sketch(
            f"{u}-{name}",
            f"A step of {name} gradients, and an ordinary one after it.",
            (*clauses, "ARITH-1"),
            [layer()],
            [Step({"0_W": numbers}), Step()],
        )
    yield Sketch(
        f"{u}-one-element-nan",
        "NaN in arrays of one element, which ND4J reads as a number where it is an operand.",
        (*clauses, "ARITH-3"),
        [dense(updater, 1, 1, learning_rate=0.01, **rho)],
        [Step({"0_W": (_NAN,), "0_b": (0.5,)}), Step({"0_W": (1.0,), "0_b": (_NAN,)}), Step()],
        quirks=(51,),
    )
    yield Sketch(
        f"{u}-rate-zero",
        "A learning rate of zero: signed zeros for most, epsilon for Adam.",
        (*clauses, *(("ADAM-5",) if updater == "ADAM" else ())),
        [dense(updater, learning_rate=0.0, **rho)],
        steps(2, gradients={"0_W": (1.0, -2.0, 0.0, -0.0), "0_b": (3.0, -4.0)}),
        quirks=(26,) if updater == "ADAM" else (),
    )
    yield Sketch(
        f"{u}-rate-nan",
        "Poly makes the rate NaN at the third iteration: it acts as 1e-5, or as epsilon in Adam.",
        (*clauses, "ARITH-2", "LR-8", *(("ADAM-5",) if updater == "ADAM" else ())),
        [layer()],
        steps(4),
        {"lr_policy": "Poly", "lr_policy_power": 0.5},
        quirks=(24, 25),
    )
    yield Sketch(
        f"{u}-late-start",
        "The first iteration seen is 1000, as after a restore.",
        clauses,
        [layer()],
        [Step(iteration=1000)],
    )


def _adam() -> Iterator[Sketch]:
    layer = dense("ADAM", learning_rate=0.01)
    gradients = {"0_W": (1.0, -2.0, 0.5, 4.0), "0_b": (1e-6, -1e-7)}
    yield Sketch(
        "adam-one-element-nan-later",
        "NaN in arrays of one element after an ordinary step: the moments and the divisor are operands.",
        ("ADAM-1", "ADAM-2", "ARITH-3"),
        [dense("ADAM", 1, 1, learning_rate=0.01)],
        [Step({"0_W": (0.5,), "0_b": (-2.0,)}), Step({"0_W": (_NAN,), "0_b": (_NAN,)}), Step()],
        quirks=(51,),
    )
    yield Sketch(
        "adam-one-element-nan-between",
        "NaN in arrays of one element between ordinary steps, with other decay rates.",
        ("ADAM-1", "ADAM-2", "ARITH-3"),
        [dense("ADAM", 1, 1, learning_rate=0.01, **_OTHER_SETTINGS["ADAM"])],
        [Step({"0_W": (2.0,), "0_b": (0.25,)}), Step({"0_W": (_NAN,), "0_b": (1.0,)}), *steps(2)],
        quirks=(51,),
    )
    yield Sketch(
        "adam-iteration-minus-one",
        "0/0 in the step size: epsilon takes its place.",
        ("ADAM-3", "ADAM-5"),
        [layer],
        [Step(gradients, iteration=-1), Step(gradients)],
        quirks=(36,),
    )
    yield Sketch(
        "adam-large-iterations",
        "Powers of the decay rates far out.",
        ("ADAM-4", "ADAM-3"),
        [dense("ADAM", learning_rate=0.01, adam_mean_decay=0.99, adam_var_decay=0.9999)],
        [Step(iteration=t) for t in (7, 100, 2047, 12345, 99999, 2147483646)],
        quirks=(36,),
    )
    yield Sketch(
        "adam-mean-decay-one",
        "1 - b1^t is zero: the step size is infinite, which is not replaced.",
        ("ADAM-3", "ADAM-5"),
        [dense("ADAM", learning_rate=0.01, adam_mean_decay=1.0)],
        steps(2),
        quirks=(36,),
    )
    yield Sketch(
        "adam-rate-infinite",
        "An infinite learning rate makes the step size infinite, which is not replaced.",
        ("ADAM-5",),
        [dense("ADAM", learning_rate="Infinity")],
        [Step(gradients), Step()],
        quirks=(36,),
    )
    yield Sketch(
        "adam-mean-decay-one-rate-negative",
        "The step size is infinite and negative.",
        ("ADAM-3", "ADAM-5"),
        [dense("ADAM", learning_rate=-0.01, adam_mean_decay=1.0)],
        [Step(gradients), Step()],
        quirks=(36,),
    )
    yield Sketch(
        "adam-var-decay-one",
        "The root in the step size is zero: epsilon takes its place.",
        ("ADAM-3", "ADAM-5"),
        [dense("ADAM", learning_rate=0.01, adam_var_decay=1.0)],
        steps(2),
        quirks=(36,),
    )
    yield Sketch(
        "adam-decays-zero",
        "No memory at all.",
        ("ADAM-1", "ADAM-3"),
        [dense("ADAM", learning_rate=0.01, adam_mean_decay=0.0, adam_var_decay=0.0)],
        steps(2),
    )
    yield Sketch(
        "adam-epsilon-zero",
        "Without epsilon a zero gradient is 0/0.",
        ("ADAM-2",),
        [dense("ADAM", learning_rate=0.01, epsilon=0.0)],
        [Step({"0_W": (0.0, 1.0, -1e-6, 2.0)}), Step()],
    )


def _ada_delta() -> Iterator[Sketch]:
    yield Sketch(
        "adadelta-rho-unset",
        "rho has no default: both weights act as 1e-5, and the result looks plausible.",
        ("ADADELTA-3", "ARITH-2", "CONF-2"),
        [dense("ADADELTA")],
        steps(3, gradients={"0_W": (1.0, 1.0, -2.0, 0.5), "0_b": (1e-3, -1.0)}),
        quirks=(39,),
    )
    yield Sketch(
        "adadelta-rho-unset-batch",
        "The batch size divides the update, not what the averages see.",
        ("ADADELTA-3", "POST-4"),
        [dense("ADADELTA")],
        steps(3, gradients={"0_W": (1.0, 1.0, -2.0, 0.5)}, batch_size=8),
        quirks=(39,),
    )
    yield Sketch(
        "adadelta-no-learning-rate",
        "A policy decays the configured rate; the update does not change.",
        ("ADADELTA-2", "LR-4"),
        [dense("ADADELTA", rho=0.95, learning_rate=0.7)],
        steps(3, gradients={"0_W": (1.0, -1.0, 2.0, 0.5)}),
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        quirks=(31,),
    )


def _nesterovs() -> Iterator[Sketch]:
    yield Sketch(
        "nesterovs-detached-view",
        "The state view holds the first update for ever while the velocity goes on elsewhere.",
        ("NESTEROVS-1", "NESTEROVS-2"),
        [dense("NESTEROVS", 1, 2, learning_rate=0.1, momentum=0.9)],
        [Step({"0_W": (float(g), -g), "0_b": (g / 2, 0.0)}) for g in (1, 2, 3, -1)],
        quirks=(40, 41),
    )
    yield Sketch(
        "nesterovs-state-before-penalties",
        "What the view keeps is the updater's result, before L2, L1 and division.",
        ("NESTEROVS-2", "POST-1"),
        [dense("NESTEROVS", learning_rate=0.1, l2=0.5, l1=0.25)],
        steps(2, batch_size=2),
        {"use_regularization": True},
        quirks=(4, 40),
    )
    yield Sketch(
        "nesterovs-momentum-zero",
        "Without momentum the update is lr * g, with signs of zero of its own.",
        ("NESTEROVS-1",),
        [dense("NESTEROVS", momentum=0.0)],
        steps(2, gradients={"0_W": (1.0, -2.0, 0.0, -0.0)}),
    )


def _epsilons() -> Iterator[Sketch]:
    """Yield gradients whose root mean square is about epsilon: the place of epsilon decides the result."""
    for updater, epsilon in (("ADAM", 1e-8), ("ADAGRAD", 1e-6), ("RMSPROP", 1e-8), ("ADADELTA", 1e-6)):
        near = (epsilon, -30 * epsilon, 1e3 * epsilon, math.sqrt(epsilon))
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"{updater.lower()}-near-epsilon",
            "Gradients near epsilon and its root.",
            CLAUSES[updater],
            [dense(updater, learning_rate=0.01, **rho)],
            steps(3, gradients={"0_W": near}),
            quirks={"ADAM": (36,), "ADAGRAD": (37,), "RMSPROP": (38,), "ADADELTA": (39,)}[updater],
        )
        yield Sketch(
            f"{updater.lower()}-large-epsilon",
            "An epsilon that is not negligible.",
            CLAUSES[updater],
            [dense(updater, learning_rate=0.01, epsilon=0.5, **rho)],
            steps(2),
        )
