"""Cases of regularization: before or after the updater, lists and how they merge, weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call, calls, dense, given, plain
from dl4j_conformance.cases.plain_network import PlainLayer

_WEIGHTS = {"0_W": (0.5, -0.25), "0_b": (2.0,)}
_SPECIAL = {"0_W": (math.nan, math.inf), "0_b": (-0.0,)}


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    yield from _shared()
    yield from _own_of_0_9_1()
    yield from _own_of_1_0_0()


def _shared() -> Iterator[BlockSketch]:
    for version, clause in ((OLD, "BLOCK-14"), (NEW, "NATIVE-10")):
        for slug, comment, own in (
            ("l2", "L2 of weights", {"l2": 0.1}),
            ("l1", "L1 of weights", {"l1": 0.1}),
            ("both", "L1 and L2 of weights and biases", {"l1": 0.1, "l2": 0.3, "l1_bias": 0.2, "l2_bias": 0.4}),
            ("zero", "coefficients of zero", {"l1": 0.0, "l2": 0.0}),
            ("negative", "negative coefficients", {"l1": -0.1, "l2": -0.2}),
        ):
            for updater in ("Sgd", "Adam", "Nesterovs") if slug == "negative" else ("Sgd", "Adam"):
                layer = plain(updater, own=own, learning_rate=0.1)
                yield BlockSketch(
                    f"penalty-{slug}-{updater.lower()}",
                    f"{comment[0].upper()}{comment[1:]}, under {updater}.",
                    (clause,),
                    [layer],
                    calls(3),
                    params=_WEIGHTS,
                    versions=(version,),
                )
        layer = plain("Sgd", own={"l1": 0.1, "l2": 0.2}, learning_rate=0.1)
        comment = "Weights that are NaN, infinite or -0."
        yield BlockSketch(
            "penalty-special", comment, (clause,), [layer], calls(1), params=_SPECIAL, versions=(version,)
        )
        normal = PlainLayer(
            "Sgd", {"learning_rate": 0.1}, {"type": "batch_normalization", "n_out": 2, "l1": 0.1, "l2": 0.2}
        )
        encoder = PlainLayer(
            "Sgd", {"learning_rate": 0.1}, {"type": "auto_encoder", "n_in": 2, "n_out": 2, "l2": 0.2, "l2_bias": 0.1}
        )
        comment = "Gamma, beta and a visible bias have none."
        yield BlockSketch(
            "penalty-roles", comment, (clause, "BLOCK-1"), [normal, encoder], calls(1), versions=(version,)
        )
        shared = [
            plain("Nesterovs", own={"l2": 0.1}, learning_rate=0.1),
            plain("Nesterovs", own={"l1": 0.2}, learning_rate=0.1),
        ]
        comment = "Layers of one block have their own coefficients."
        yield BlockSketch(
            "penalty-in-a-block", comment, (clause, "BLOCK-2"), shared, calls(2, batch_size=3), versions=(version,)
        )


def _own_of_0_9_1() -> Iterator[BlockSketch]:
    layer = dense("SGD", l1=0.1, l2=0.2)
    comment = "Without useRegularization coefficients do not count."
    yield BlockSketch("penalty-unused", comment, ("BLOCK-14",), [layer], calls(1), params=_WEIGHTS, versions=(OLD,))


def _own_of_1_0_0() -> Iterator[BlockSketch]:
    def sketch(slug: str, comment: str, layers: list[Any], *clauses: str, **conf: object) -> BlockSketch:
        script = (Call(), Call(epoch=1, batch_size=2), Call(epoch=2))
        return BlockSketch(
            f"penalty-{slug}", comment, clauses or ("NATIVE-10",), layers, script, conf, _WEIGHTS, versions=(NEW,)
        )

    def decay(coefficient: object, *, apply_lr: bool) -> dict[str, object]:
        return {"type": "WeightDecay", "coefficient": coefficient, "apply_lr": apply_lr}

    def l2(coefficient: object) -> dict[str, object]:
        return {"type": "L2Regularization", "coefficient": coefficient}

    def l1(coefficient: object) -> dict[str, object]:
        return {"type": "L1Regularization", "coefficient": coefficient}

    sgd, adam, ada_delta = given("Sgd", learning_rate=0.1), given("Adam", learning_rate=0.1), given("AdaDelta")
    for name, updater in (
        ("sgd", sgd),
        ("adam", adam),
        ("adadelta", ada_delta),
        ("noop", given("NoOp")),
        ("nesterovs", given("Nesterovs")),
    ):
        yield sketch(
            f"decay-{name}",
            f"Weight decay times the rate, under {updater['type']}.",
            [dense(updater, weight_decay=0.2)],
        )
    yield sketch(
        "decay-plain", "Weight decay without the rate.", [dense(adam, weight_decay=0.2, weight_decay_apply_lr=False)]
    )
    yield sketch("decay-bias", "Weight decay of biases.", [dense(adam, weight_decay_bias=0.2, weight_decay=0.1)])
    yield sketch(
        "decay-bias-plain",
        "Weight decay of biases without the rate.",
        [dense(adam, weight_decay_bias=0.2, weight_decay_bias_apply_lr=False)],
    )
    lists = [l2(0.1), l1(0.2), decay(0.3, apply_lr=True), l2(0.05)]
    yield sketch(
        "list",
        "A list in its order, L2 twice.",
        [dense(sgd, 2, 1, regularization=lists, regularization_bias=[l1(0.3)])],
    )
    yield sketch("list-reversed", "The other order, which rounds otherwise.", [dense(sgd, regularization=lists[::-1])])
    for slug, penalty in (
        ("l2", l2(0.0)),
        ("decay", decay(0.0, apply_lr=False)),
        ("decay-rate", decay(0.0, apply_lr=True)),
    ):
        layers = [dense(sgd, regularization=[penalty])]
        comment = "A coefficient of zero is applied: zero times infinity is NaN."
        yield BlockSketch(f"penalty-zero-{slug}", comment, ("NATIVE-10",), layers, params=_SPECIAL, versions=(NEW,))
    zeros = [l2(0.0), l1(0.0), decay(0.0, apply_lr=False)]
    yield BlockSketch(
        "penalty-list-zero",
        "Coefficients of zero are applied: zero times infinity is NaN.",
        ("NATIVE-10",),
        [dense(sgd, regularization=zeros)],
        params=_SPECIAL,
        versions=(NEW,),
    )
    schedule = {"type": "MapSchedule", "schedule_type": "EPOCH", "values": {"0": 0.1, "2": 0.5}}
    scheduled = [dense(adam, regularization=[l2(schedule), l1(schedule), decay(schedule, apply_lr=True)])]
    yield sketch("schedules", "Coefficients follow schedules.", scheduled, "NATIVE-10", "SCHED-8")
    rate = given(
        "Sgd",
        learning_rate_schedule={
            "type": "ExponentialSchedule",
            "schedule_type": "ITERATION",
            "initial_value": 0.5,
            "gamma": 0.3,
        },
    )
    yield sketch(
        "decay-schedule",
        "Weight decay times a rate that falls.",
        [dense(rate, weight_decay=0.2)],
        "NATIVE-10",
        "SCHED-3",
    )
    empty = {"n_in": 2, "n_out": 1}
    yield sketch(
        "decay-twice",
        "Weight decay of the network counts twice in a layer without a list.",
        [empty],
        "NATIVE-13",
        weight_decay=0.2,
        updater=adam,
    )
    yield sketch(
        "decay-twice-bias", "So it does for biases.", [empty], "NATIVE-13", weight_decay_bias=0.2, updater=adam
    )
    yield sketch(
        "decay-merged",
        "A layer's own weight decay, and the network's after it.",
        [dense(adam, weight_decay=0.3)],
        "NATIVE-13",
        weight_decay=0.2,
        weight_decay_apply_lr=False,
    )
    yield sketch(
        "global-l2",
        "The network's L1 and L2 in a layer without any.",
        [empty],
        "NATIVE-13",
        l1=0.1,
        l2=0.2,
        updater=adam,
    )
    yield sketch("l2-and-l2", "A layer's L2 in place of the network's.", [dense(adam, l2=0.3)], "NATIVE-13", l2=0.2)
    yield sketch("l1-and-l2", "A layer's L1 and the network's L2.", [dense(adam, l1=0.3)], "NATIVE-13", l2=0.2)
    yield sketch(
        "l2-and-decay",
        "A layer's L2 and the network's weight decay.",
        [dense(adam, l2=0.3)],
        "NATIVE-13",
        weight_decay=0.2,
    )
    yield sketch(
        "l2-then-decay", "In one builder weight decay removes L2.", [dense(adam, l2=0.3, weight_decay=0.2)], "NATIVE-12"
    )
    yield sketch(
        "both-in-network",
        "In the network's builder too.",
        [empty],
        "NATIVE-12",
        "NATIVE-13",
        l2=0.3,
        weight_decay=0.2,
        updater=sgd,
    )
    yield sketch(
        "bias-list",
        "The network's L2 of biases and a layer's L1 of biases.",
        [dense(adam, l1_bias=0.3)],
        "NATIVE-13",
        l2_bias=0.2,
        l2=0.1,
    )
    gain = dense(adam, 1, 2, has_layer_norm=True, l2=0.2, l1_bias=0.1)
    yield BlockSketch(
        "penalty-gain",
        "Layer normalization's gain has the weights' list.",
        ("NATIVE-10", "BLOCK-1"),
        [gain],
        calls(2),
        versions=(NEW,),
    )
    merged = [dense(adam, regularization=[l1(0.1)])]
    yield sketch("list-and-network", "A list and the network's coefficients.", merged, "NATIVE-13", l2=0.2, l1=0.3)
    normalized = dense(adam, l2=0.2, gradient_normalization="RenormalizeL2PerLayer")
    yield sketch(
        "after-norm", "L2 comes after normalization, and is not divided.", [normalized], "NATIVE-10", "NATIVE-14"
    )
