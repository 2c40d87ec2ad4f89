"""Cases of exceptions, of builds and of updates, and of what stays done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call, calls, dense, given


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    sgd = dense("SGD")
    for slug, comment, layer, conf in (
        ("custom", "CUSTOM is no updater.", dense("CUSTOM"), {}),
        ("no-decay-rate", "Exponential without a decay rate.", sgd, {"lr_policy": "Exponential"}),
        ("no-steps", "Step without steps.", sgd, {"lr_policy": "Step", "lr_policy_decay_rate": 0.5}),
        ("no-power", "Inverse without a power.", sgd, {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5}),
        (
            "no-map",
            "Schedule without the network's map.",
            {**sgd, "learning_rate_schedule": {"1": 0.5}},
            {"lr_policy": "Schedule", "lr_policy_decay_rate": 0.9},
        ),
    ):
        yield BlockSketch(f"error-{slug}", comment, ("CONF-5", "CONF-6"), [layer], conf=conf, versions=(OLD,))
    no_zero = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"1": 0.1}}
    yield _sketch(
        "no-first-value", "A map without position 0.", [dense(given("Sgd", learning_rate_schedule=no_zero))], "SCHED-8"
    )
    cycle = {"type": "CycleSchedule", "schedule_type": "ITERATION", "max_learning_rate": 0.1, "cycle_length": 0}
    layers = [dense(given("Adam", learning_rate=0.1)), dense(given("Sgd", learning_rate_schedule=cycle))]
    yield _sketch("no-cycle", "A cycle of length 0: blocks before it are updated.", layers, "SCHED-9")
    refused = {"gradient_normalization": "ClipElementWiseAbsoluteValue", "gradient_normalization_threshold": 0.0}
    usual = {"gradient_normalization": "RenormalizeL2PerLayer"}
    layers = [dense(given("Sgd"), **usual), dense(given("Sgd"), **refused), dense(given("Sgd"), **usual)]
    yield _sketch(
        "refused-threshold", "A threshold that is refused: division and earlier layers are done.", layers, "NATIVE-9"
    )
    values = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"0": 0.1}}
    script = (Call(iteration=-1), Call(iteration=0))
    yield _sketch(
        "before-first",
        "An iteration before a map's first.",
        [dense(given("Sgd", learning_rate_schedule=values))],
        "SCHED-8",
        script=script,
    )


def _sketch(
    slug: str, comment: str, layers: list[Any], clause: str, script: tuple[Call, ...] = calls(2, batch_size=2)
) -> BlockSketch:
    return BlockSketch(f"error-{slug}", comment, (clause,), layers, script, versions=(NEW,))
