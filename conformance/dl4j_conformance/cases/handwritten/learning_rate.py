"""Cases of the learning-rate policies and the momentum schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, rho_if_adadelta, steps
from dl4j_conformance.cases.operations import SetLearningRate
from dl4j_oracle import updaters
from dl4j_oracle.configuration import Updater

#: Slug, clause, settings, quirks.
_POLICIES: tuple[tuple[str, str, dict[str, Any], tuple[int, ...]], ...] = (
    ("exponential", "LR-4", {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9}, (20,)),
    ("inverse", "LR-5", {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5, "lr_policy_power": 2.0}, (20,)),
    ("step", "LR-6", {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0}, (20,)),
    (
        "torchstep",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 6.0},
        (23,),
    ),
    ("poly", "LR-8", {"lr_policy": "Poly", "lr_policy_power": 0.5, "num_iterations": 5}, (20, 24)),
    ("sigmoid", "LR-9", {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0}, (34,)),
    ("schedule", "LR-10", {"lr_policy": "Schedule", "learning_rate_schedule": {"1": 0.2, "3": 0.05}}, (27,)),
    ("score", "LR-3", {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}, ()),
)

#: Slug, clause, settings, iterations, quirks: under SGD, whose update shows the rate.
_EDGES: tuple[tuple[str, str, dict[str, Any], tuple[int, ...], tuple[int, ...]], ...] = (
    (
        "torchstep-divisors",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 12.0},
        tuple(range(14)),
        (23,),
    ),
    (
        "torchstep-prime",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.9, "lr_policy_steps": 7.0},
        tuple(range(16)),
        (23,),
    ),
    (
        "torchstep-fractional",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.5},
        (0, 1, 2, 5, 10),
        (23,),
    ),
    (
        "torchstep-zero",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 0.0},
        (0, 1, 2, 3, 4),
        (23,),
    ),
    (
        "torchstep-negative",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": -10.0},
        (1, 2, 3, 5, 10, 20),
        (23,),
    ),
    (
        "torchstep-unset",
        "LR-7",
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5},
        (0, 1, 2, 3),
        (23,),
    ),
    (
        "step-fractional",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.5},
        (0, 2, 3, 5, 8),
        (35,),
    ),
    (
        "step-half",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.7, "lr_policy_steps": 0.5},
        (0, 1, 2),
        (35,),
    ),
    (
        "step-one-and-a-half",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.9, "lr_policy_steps": 1.5},
        (1, 2, 3, 4),
        (35,),
    ),
    (
        "step-zero",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 0.0},
        (0, 1),
        (35,),
    ),
    (
        "step-zero-decay-one",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 1.0, "lr_policy_steps": 0.0},
        (0, 1),
        (35,),
    ),
    (
        "step-zero-decay-one-later",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 1.0, "lr_policy_steps": 0.0},
        (3, 4),
        (35,),
    ),
    (
        "step-negative-iteration",
        "LR-6",
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0},
        (-1, 0, 4),
        (35,),
    ),
    (
        "exponential-growing",
        "LR-2",
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 2.0},
        (0, 1, 2, 40, 1000, 1024),
        (20,),
    ),
    (
        "exponential-tie",
        "LR-4",
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 3.0},
        # 3^34 lies exactly between two doubles.
        (34,),
        (20,),
    ),
    (
        "exponential-underflow",
        "LR-2",
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.1},
        (0, 20, 300, 3),
        (20,),
    ),
    (
        "exponential-from-the-middle",
        "LR-2",
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.99},
        (10, 11, 12),
        (20,),
    ),
    (
        "inverse-fractional-power",
        "LR-5",
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.3, "lr_policy_power": 0.75},
        (0, 1, 2, 3, 4, 5),
        (20,),
    ),
    (
        "inverse-zero-base",
        "LR-5",
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 1.0, "lr_policy_power": 0.5},
        (-1, 0),
        (20,),
    ),
    (
        "inverse-negative-base",
        "LR-5",
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 2.0, "lr_policy_power": 3.0},
        (-1, -2),
        (20,),
    ),
    (
        "inverse-first-power",
        "LR-5",
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 1.0, "lr_policy_power": 1.0},
        (0, 1, 2, 3),
        (20,),
    ),
    ("poly-default-iterations", "LR-8", {"lr_policy": "Poly", "lr_policy_power": 0.5}, (0, 1, 2, 3), (24,)),
    ("poly-odd-power", "LR-8", {"lr_policy": "Poly", "lr_policy_power": 1.0}, (0, 1, 2, 3), (24,)),
    ("poly-even-power", "LR-8", {"lr_policy": "Poly", "lr_policy_power": 2.0}, (0, 2, 3), (24,)),
    (
        "poly-negative-power",
        "LR-8",
        {"lr_policy": "Poly", "lr_policy_power": -1.0, "num_iterations": 3},
        (0, 1, 2, 3),
        (24,),
    ),
    (
        "poly-past-the-end",
        "LR-8",
        {"lr_policy": "Poly", "lr_policy_power": 0.5, "num_iterations": 5},
        (3, 4, 5, 6),
        (24,),
    ),
    (
        "poly-zero-iterations",
        "LR-8",
        {"lr_policy": "Poly", "lr_policy_power": 2.0, "num_iterations": 0},
        (0, 1),
        (24,),
    ),
    (
        "sigmoid-negative-rate",
        "LR-9",
        {"lr_policy": "Sigmoid", "lr_policy_decay_rate": -0.5, "lr_policy_steps": 2.0},
        (0, 1, 2, 3),
        (34,),
    ),
    (
        "sigmoid-overflow",
        "LR-9",
        {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 2.0, "lr_policy_steps": 1000.0},
        (0, 1, 2000),
        (34,),
    ),
    (
        "schedule-from-the-middle",
        "LR-10",
        {"lr_policy": "Schedule", "learning_rate_schedule": {"1": 0.2, "5": 0.01}},
        (3, 4, 5, 6),
        (27,),
    ),
    (
        "schedule-key-just-missed",
        "LR-10",
        {"lr_policy": "Schedule", "learning_rate_schedule": {"0": 0.7, "4": 0.3}},
        (1, 2, 3),
        (27,),
    ),
    (
        "schedule-keys-all-behind",
        "LR-10",
        {"lr_policy": "Schedule", "learning_rate_schedule": {"2": 0.02, "3": 0.03}},
        (100, 101),
        (27,),
    ),
    (
        "schedule-empty",
        "LR-10",
        {"lr_policy": "Schedule", "learning_rate_schedule": {}},
        (0, 1),
        (27,),
    ),
    (
        "schedule-nan-and-zero",
        "LR-10",
        {"lr_policy": "Schedule", "learning_rate_schedule": {"1": "NaN", "2": 0.0, "3": "Infinity"}},
        (0, 1, 2, 3),
        (25, 27),
    ),
)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for slug, clause, conf, quirks in _POLICIES:
        for updater in UPDATERS:
            if not updaters.UPDATERS[Updater(updater)].reads_learning_rate and clause not in ("LR-4", "LR-8"):
                continue  # they read no rate: two policies show that it decays all the same
            rho = rho_if_adadelta(updater)
            yield from Sketch(
                f"{slug}-{updater.lower()}",
                f"The policy {conf['lr_policy']} under {updater}: it compounds and is used in the same iteration.",
                (clause, "LR-1", *(("LR-2",) if 20 in quirks else ())),
                [
                    dense(
                        updater,
                        1,
                        2 if updater == "SGD" else 1,
                        learning_rate=0.1,
                        bias_learning_rate=0.4,
                        **rho,
                    )
                ],
                # SGD shows the rate itself, from the first iteration; the others a few compounded ones.
                steps(7) if updater == "SGD" else [Step(iteration=t) for t in (1, 2, 3)],
                conf,
                quirks=(*quirks, 21, 22),
            ).cases()
    for slug, clause, conf, iterations, quirks in _EDGES:
        yield from Sketch(
            slug,
            f"The policy {conf['lr_policy']} at iterations {', '.join(map(str, iterations))}.",
            (clause,),
            [dense("SGD", 1, 1, learning_rate=0.1)],
            [Step({"0_W": (1.0,), "0_b": (-2.0,)}, iteration=t) for t in iterations],
            conf,
            quirks=quirks,
        ).cases()
    for sketch in (*_pushing(), *_momentum()):
        yield from sketch.cases()


def _pushing() -> Iterator[Sketch]:
    for updater in ("SGD", "ADAM", "ADAGRAD", "RMSPROP", "NESTEROVS"):
        yield Sketch(
            f"external-rate-without-policy-{updater.lower()}",
            "A rate set from outside reaches the updater only under a policy or NESTEROVS.",
            ("LAYER-4", "MOM-2"),
            [dense(updater, learning_rate=0.1)],
            [Step(), SetLearningRate("0_W", 0.5), Step(), Step()],
            quirks=(30,),
        )
        yield Sketch(
            f"external-rate-with-policy-{updater.lower()}",
            "Under a policy the rate set from outside is decayed and used.",
            ("LAYER-4", "LR-1"),
            [dense(updater, learning_rate=0.1)],
            [Step(), SetLearningRate("0_W", 0.5), Step(), Step()],
            {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
            quirks=(30,),
        )
    yield Sketch(
        "rates-of-missing-gradients",
        "A parameter without a gradient keeps its rate: decay counts calls.",
        ("LR-1", "LR-2", "MLU-2"),
        [dense("SGD", learning_rate=0.1)],
        [Step(), Step({"0_W": (1.0, 2.0, 3.0, 4.0)}, only=True), Step()],
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        quirks=(21,),
    )
    for updater, without in (("NESTEROVS", "0_W"), ("SGD", "0_b")):
        yield Sketch(
            f"rates-of-missing-gradients-{updater.lower()}",
            f"The rate of {without} does not decay while it has no gradient; later it does.",
            ("LR-1", "LR-2", "MLU-2"),
            [dense(updater, 1, 2, learning_rate=0.1)],
            [
                Step({key: (1.0, 2.0) for key in ("0_W", "0_b") if key != without}, iteration=t, only=True)
                for t in (1, 2)
            ]
            + [Step(iteration=3)],
            {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5, "lr_policy_power": 1.0},
            quirks=(21,),
        )
    yield Sketch(
        "layer-schedule",
        "A layer's own schedule wins over the network's.",
        ("LR-10", "CONF-1"),
        [dense("SGD", learning_rate_schedule={"1": 0.7}), dense("SGD")],
        steps(3),
        {"lr_policy": "Schedule", "learning_rate_schedule": {"2": 0.3}},
        quirks=(27,),
    )


def _momentum() -> Iterator[Sketch]:
    yield Sketch(
        "momentum-schedule",
        "The schedule writes the layer's momentum, which persists.",
        ("MOM-1", "NESTEROVS-1"),
        [dense("NESTEROVS", learning_rate=0.1, momentum_schedule={"1": 0.5, "3": 0.25})],
        steps(5),
        quirks=(29,),
    )
    yield Sketch(
        "momentum-schedule-from-the-middle",
        "An earlier key that was not met has no effect.",
        ("MOM-1",),
        [dense("NESTEROVS", momentum=0.3, momentum_schedule={"1": 0.5, "4": 0.25})],
        [Step(iteration=2), Step(), Step()],
        quirks=(29,),
    )
    for slug, schedule, first in (("just-missed", {"0": 0.2}, 1), ("all-behind", {"2": 0.4, "3": 0.1}, 50)):
        yield Sketch(
            f"momentum-schedule-{slug}",
            "Keys that lie behind do not count.",
            ("MOM-1",),
            [dense("NESTEROVS", 1, 2, momentum=0.7, momentum_schedule=schedule)],
            [Step(iteration=first), Step()],
            quirks=(29,),
        )
    yield Sketch(
        "momentum-schedule-with-policy",
        "Both at once.",
        ("MOM-1", "MOM-2", "LR-4"),
        [dense("NESTEROVS", momentum_schedule={"1": 0.5})],
        steps(3),
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
        quirks=(29,),
    )
    for updater in ("SGD", "ADAM", "RMSPROP"):
        yield Sketch(
            f"momentum-schedule-ignored-{updater.lower()}",
            "For other updaters the schedule does nothing, not even to the layer's momentum.",
            ("MOM-2",),
            [dense(updater, momentum=0.3, momentum_schedule={"1": 0.5})],
            steps(3),
            quirks=(29,),
        )
    yield Sketch(
        "momentum-per-layer",
        "Each layer has its own momentum; the network's schedule is inherited.",
        ("MOM-1", "CONF-1"),
        [dense("NESTEROVS", momentum=0.8), dense("NESTEROVS", momentum_schedule={"2": 0.1}), dense("SGD")],
        steps(4),
        {"momentum_schedule": {"1": 0.6}},
        quirks=(29,),
    )
