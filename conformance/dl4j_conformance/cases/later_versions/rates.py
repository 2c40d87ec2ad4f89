"""Cases of learning rates and momenta: policies and pushed rates of 0.9.1, schedules of 1.0.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call, calls, dense, given

_POLICIES: dict[str, dict[str, object]] = {
    "None": {},
    "Exponential": {"lr_policy_decay_rate": 0.9},
    "Inverse": {"lr_policy_decay_rate": 0.5, "lr_policy_power": 2.0},
    "Poly": {"lr_policy_power": 0.5, "num_iterations": 3},
    "Sigmoid": {"lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0},
    "Step": {"lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
    "TorchStep": {"lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
    "Schedule": {"learning_rate_schedule": {"1": 0.5, "3": 0.25}},
    "Score": {"lr_policy_decay_rate": 0.5},
}


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    yield from _policies()
    yield from _pushed()
    for name, schedule in _schedules():
        yield from _scheduled(name, schedule)
    yield from _of_schedules()


def _policies() -> Iterator[BlockSketch]:
    for policy, settings in _POLICIES.items():
        conf = {"lr_policy": policy, **settings}
        for slug, comment, layers in (
            ("adam", "one layer", [dense("ADAM", learning_rate=0.1)]),
            ("bias-rate", "another bias rate", [dense("SGD", learning_rate=0.1, bias_learning_rate=0.3)]),
            (
                "layers",
                "blocks over layers",
                [
                    dense("RMSPROP", learning_rate=0.1),
                    dense("RMSPROP", learning_rate=0.1),
                    dense("NESTEROVS", learning_rate=0.2),
                ],
            ),
        ):
            yield BlockSketch(
                f"policy-{policy.lower()}-{slug}",
                f"Policy {policy}: {comment}.",
                ("BLOCK-6", "BLOCK-3"),
                layers,
                calls(5),
                conf,
                versions=(OLD,),
            )


def _pushed() -> Iterator[BlockSketch]:
    def sketch(
        slug: str, comment: str, layers: list[Any], *clauses: str, script: tuple[Call, ...] = calls(4), **conf: object
    ) -> BlockSketch:
        return BlockSketch(f"rate-{slug}", comment, clauses, layers, script, conf, versions=(OLD,))

    yield sketch(
        "nesterovs-bias",
        "Under Nesterovs a bias rate counts, without any policy.",
        [dense("NESTEROVS", learning_rate=0.1, bias_learning_rate=0.3)],
        "BLOCK-6",
    )
    yield sketch(
        "nesterovs-global-bias", "So does the network's.", [dense("NESTEROVS")] * 2, "BLOCK-6", bias_learning_rate=0.3
    )
    yield sketch(
        "adam-bias", "Under Adam it does not.", [dense("ADAM", learning_rate=0.1, bias_learning_rate=0.3)], "BLOCK-6"
    )
    yield sketch(
        "network",
        "The network's rate, and a layer's in its place.",
        [dense("ADAM"), dense("ADAM", learning_rate=0.01)],
        "BLOCK-4",
        learning_rate=0.3,
    )
    yield sketch(
        "momentum-schedule",
        "Momentum changes at exactly the iterations of its schedule, and stays.",
        [dense("NESTEROVS", momentum=0.7, momentum_schedule={"1": 0.5, "3": 0.2})],
        "BLOCK-5",
        script=tuple(Call(iteration=i) for i in (0, 1, 2, 3, 5)),
    )
    yield sketch(
        "momentum-at-zero",
        "A momentum schedule of the object with a value for iteration 0.",
        [dense(given("Nesterovs", momentum=0.7, momentum_schedule={"0": 0.4, "2": 0.3}))],
        "BLOCK-4",
        "BLOCK-5",
    )
    yield sketch(
        "momentum-skipped",
        "An iteration that is passed over changes nothing.",
        [dense(given("Nesterovs", momentum=0.7, momentum_schedule={"1": 0.4}))],
        "BLOCK-5",
        script=(Call(iteration=0), Call(iteration=2), Call(iteration=1), Call(iteration=4)),
    )
    for slug, first in (("late", 3), ("from-two", 2)):
        layers = [dense(given("Nesterovs", momentum=0.7, momentum_schedule={"1": 0.4, "6": 0.2})), dense("SGD")]
        script = tuple(Call(iteration=i) for i in (first, first + 1, 6, 7))
        yield sketch(
            f"momentum-{slug}",
            "Iterations of a momentum schedule were passed over before the first update.",
            layers,
            "BLOCK-5",
            script=script,
        )
    yield sketch(
        "layer-schedule",
        "A layer's schedule in place of the network's.",
        [dense("SGD", learning_rate_schedule={"1": 0.7}), dense("SGD")],
        "BLOCK-6",
        lr_policy="Schedule",
        learning_rate_schedule={"2": 0.3},
    )
    yield sketch(
        "estimates",
        "Estimates have no rate, and policies decay one all the same.",
        [{"type": "batch_normalization", "n_out": 2, "updater": "ADAM", "learning_rate": 0.1}],
        "BLOCK-6",
        lr_policy="Exponential",
        lr_policy_decay_rate=0.9,
    )
    yield sketch(
        "nesterovs-estimates",
        "So it is in a layer of Nesterovs.",
        [{"type": "batch_normalization", "n_out": 2, "updater": "NESTEROVS", "learning_rate": 0.1}],
        "BLOCK-6",
    )
    yield sketch(
        "zero-decay",
        "Exponential with a rate of zero.",
        [dense("ADAM", learning_rate=0.1)],
        "BLOCK-6",
        lr_policy="Exponential",
        lr_policy_decay_rate=0.0,
    )


def _schedules() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "fixed", {"type": "FixedSchedule", "value": 0.3}
    yield "exponential", {"type": "ExponentialSchedule", "initial_value": 0.1, "gamma": 0.9}
    yield "inverse", {"type": "InverseSchedule", "initial_value": 0.1, "gamma": 0.5, "power": 2.0}
    yield "inverse-root", {"type": "InverseSchedule", "initial_value": 0.3, "gamma": 0.2, "power": 0.5}
    yield "poly", {"type": "PolySchedule", "initial_value": 0.1, "power": 2.0, "max_iter": 5}
    yield "poly-root", {"type": "PolySchedule", "initial_value": 0.1, "power": 0.5, "max_iter": 5}
    yield "sigmoid", {"type": "SigmoidSchedule", "initial_value": 0.1, "gamma": 0.5, "step_size": 3}
    yield "sigmoid-steep", {"type": "SigmoidSchedule", "initial_value": 0.3, "gamma": 2.0, "step_size": 1}
    yield "step", {"type": "StepSchedule", "initial_value": 0.1, "decay_rate": 0.5, "step": 2.0}
    yield "step-half", {"type": "StepSchedule", "initial_value": 0.1, "decay_rate": 0.5, "step": 2.5}
    yield "map", {"type": "MapSchedule", "values": {"0": 0.1, "3": 0.05, "5": 0.2}}
    yield "cycle", {"type": "CycleSchedule", "max_learning_rate": 0.1, "cycle_length": 5}
    yield (
        "cycle-long",
        {
            "type": "CycleSchedule",
            "max_learning_rate": 0.1,
            "cycle_length": 8,
            "initial_learning_rate": 0.01,
            "annealing_length": 2,
            "annealing_decay": 0.5,
        },
    )
    yield (
        "cycle-odd",
        {
            "type": "CycleSchedule",
            "max_learning_rate": 0.1,
            "cycle_length": 7,
            "initial_learning_rate": 0.01,
            "annealing_length": 2,
            "annealing_decay": 0.5,
        },
    )
    yield (
        "cycle-odd-short",
        {
            "type": "CycleSchedule",
            "max_learning_rate": 0.1,
            "cycle_length": 4,
            "initial_learning_rate": 0.02,
            "annealing_length": 1,
            "annealing_decay": 0.25,
        },
    )


_CLAUSES = {
    "fixed": "SCHED-2",
    "exponential": "SCHED-3",
    "inverse": "SCHED-4",
    "poly": "SCHED-5",
    "sigmoid": "SCHED-6",
    "step": "SCHED-7",
    "map": "SCHED-8",
    "cycle": "SCHED-9",
}


def _scheduled(name: str, schedule: dict[str, Any]) -> Iterator[BlockSketch]:
    kinds = ("ITERATION",) if name == "fixed" else ("ITERATION", "EPOCH")
    for kind in kinds:
        counted = schedule if name == "fixed" else {**schedule, "schedule_type": kind}
        script = tuple(
            Call(iteration=i, epoch=i) if kind == "ITERATION" else Call(iteration=3 * i, epoch=i) for i in range(9)
        )
        yield BlockSketch(
            f"schedule-{name}-{kind.lower()}",
            f"{schedule['type']} by {kind.lower()}.",
            ("SCHED-1", _CLAUSES[name.partition("-")[0]]),
            [dense(given("Sgd", learning_rate_schedule=counted), 1, 1)],
            script,
            versions=(NEW,),
        )


def _of_schedules() -> Iterator[BlockSketch]:
    exponential = {"type": "ExponentialSchedule", "schedule_type": "ITERATION", "initial_value": 0.5, "gamma": 0.9}
    by_epoch = {**exponential, "schedule_type": "EPOCH"}
    script = tuple(Call(iteration=i, epoch=i // 2) for i in range(6))

    def sketch(
        slug: str, comment: str, layers: list[Any], *clauses: str, script: tuple[Call, ...] = script
    ) -> BlockSketch:
        return BlockSketch(f"schedule-{slug}", comment, clauses, layers, script, versions=(NEW,))

    for slug, base in (("iteration", exponential), ("epoch", by_epoch)):
        ramp = {"type": "RampSchedule", "base_schedule": base, "num_iter": 4}
        yield sketch(
            f"ramp-{slug}",
            "A ramp counts iterations, whatever its base reads.",
            [dense(given("Sgd", learning_rate_schedule=ramp))],
            "SCHED-10",
        )
        yield sketch(
            f"ramp-adam-{slug}", "A ramp under Adam.", [dense(given("Adam", learning_rate_schedule=ramp))], "SCHED-10"
        )
    slow = {"type": "StepSchedule", "schedule_type": "EPOCH", "initial_value": 0.4, "decay_rate": 0.5, "step": 1.0}
    ramp = {"type": "RampSchedule", "base_schedule": slow, "num_iter": 5}
    yield sketch(
        "ramp-steps", "A ramp over steps by epoch.", [dense(given("RmsProp", learning_rate_schedule=ramp))], "SCHED-10"
    )
    momentum = given(
        "Nesterovs",
        learning_rate=0.1,
        momentum_schedule={"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"0": 0.9, "2": 0.5}},
    )
    yield sketch("momentum", "The momentum follows a schedule.", [dense(momentum)], "SCHED-1")
    yield sketch(
        "momentum-epoch", "So it does by epoch.", [dense({**momentum, "momentum_schedule": by_epoch})], "SCHED-1"
    )
    for updater in ("Adam", "AMSGrad", "AdaMax", "Nadam", "AdaGrad", "RmsProp", "Nesterovs"):
        yield sketch(
            f"under-{updater.lower()}",
            f"{updater} with a rate that falls.",
            [dense(given(updater, learning_rate_schedule=exponential))],
            "SCHED-1",
            script=calls(3),
        )
    again = tuple(Call(iteration=i, epoch=0) for i in (0, 1, 1, 0, 3))
    yield sketch(
        "again",
        "A schedule knows nothing of earlier calls.",
        [dense(given("Sgd", learning_rate_schedule=exponential))],
        "SCHED-1",
        script=again,
    )
