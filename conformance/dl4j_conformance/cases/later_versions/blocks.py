"""Cases of blocks: which parameters share an updater, how state is laid out, and what is divided."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call, calls, dense, given, plain
from dl4j_conformance.cases.plain_network import PlainLayer

_ADAM = {"learning_rate": 0.1}


def _normal(updater: str = "Adam", **settings: float) -> PlainLayer:
    return PlainLayer(updater, settings or _ADAM, {"type": "batch_normalization", "n_out": 2})


def _encoder(updater: str = "Adam", **settings: float) -> PlainLayer:
    return PlainLayer(updater, settings or _ADAM, {"type": "auto_encoder", "n_in": 3, "n_out": 2})


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    yield from _shared()
    yield from _division()
    yield from _own_of_0_9_1()
    yield from _own_of_1_0_0()


def _shared() -> Iterator[BlockSketch]:
    adam, other = plain("Adam", 2, 2, **_ADAM), plain("Adam", 2, 1, beta1=0.8, **_ADAM)
    for slug, comment, layers, clauses in (
        (
            "one-block",
            "Equal updaters share a block over layers, and their state is one array after the other.",
            [adam, adam],
            ("BLOCK-2", "BLOCK-7"),
        ),
        ("two-blocks", "Another beta1 begins a new block.", [adam, other, other], ("BLOCK-2", "BLOCK-7")),
        (
            "mixed",
            "Three classes, three blocks, one of them without state.",
            [adam, plain("Sgd", learning_rate=0.1), plain("RmsProp", learning_rate=0.1)],
            ("BLOCK-2", "BLOCK-7"),
        ),
        (
            "zeros-differ",
            "Settings of 0.0 and -0.0 are not equal.",
            [plain("Sgd", learning_rate=0.1), plain("Adam", beta1=0.0, **_ADAM), plain("Adam", beta1=-0.0, **_ADAM)],
            ("BLOCK-2",),
        ),
        (
            "estimates",
            "The estimates of batch normalization have NoOp, in a block of their own.",
            [adam, _normal(), adam],
            ("BLOCK-1", "BLOCK-2"),
        ),
        (
            "visible-bias",
            "A visible bias stands alone, owns state, and is not updated.",
            [_encoder(), adam],
            ("BLOCK-1", "BLOCK-2", "BLOCK-7"),
        ),
        (
            "visible-bias-rms",
            "The state of a visible bias begins as others do.",
            [_encoder("RmsProp", learning_rate=0.1, epsilon=0.01)],
            ("BLOCK-7", "BLOCK-9"),
        ),
        (
            "amsgrad-state",
            "Three state arrays over two layers.",
            [plain("AMSGrad", 2, 2, **_ADAM), plain("AMSGrad", **_ADAM)],
            ("BLOCK-7", "NATIVE-4"),
        ),
        (
            "adadelta-state",
            "msg, then msdx, over two layers.",
            [plain("AdaDelta", 2, 2), plain("AdaDelta")],
            ("BLOCK-7",),
        ),
        (
            "adamax-state",
            "m, then u, over two layers.",
            [plain("AdaMax", 2, 2, **_ADAM), plain("AdaMax", **_ADAM)],
            ("BLOCK-7",),
        ),
        (
            "nadam-state",
            "m, then v, over two layers.",
            [plain("Nadam", 2, 2, **_ADAM), plain("Nadam", **_ADAM)],
            ("BLOCK-7",),
        ),
        (
            "adagrad-state",
            "The history begins at 1e-6, whatever epsilon is.",
            [plain("AdaGrad", learning_rate=0.1, epsilon=0.01), plain("AdaGrad", learning_rate=0.1, epsilon=1e-9)],
            ("BLOCK-9",),
        ),
        (
            "rmsprop-state",
            "The cache begins at the configured epsilon.",
            [plain("RmsProp", learning_rate=0.1, epsilon=0.01), plain("RmsProp", learning_rate=0.1, epsilon=1e-9)],
            ("BLOCK-9",),
        ),
        (
            "nesterovs-state",
            "The view is the velocity.",
            [plain("Nesterovs", 2, 2, learning_rate=0.1, momentum=0.7), plain("Nesterovs", learning_rate=0.1)],
            ("BLOCK-8",),
        ),
        (
            "eleven-layers",
            "More layers than have one digit.",
            [plain("Adam", 1, 1, **_ADAM)] * 11,
            ("BLOCK-1", "BLOCK-2"),
        ),
    ):
        versions = (NEW,) if slug == "amsgrad-state" else (OLD, NEW)
        yield BlockSketch(f"block-{slug}", comment, clauses, layers, calls(2), versions=versions)


def _division() -> Iterator[BlockSketch]:
    for version, clauses in ((OLD, ("BLOCK-15",)), (NEW, ("NATIVE-14",))):
        for updater in ("Sgd", "Adam", "RmsProp", "Nesterovs", "AdaGrad", "AdaDelta", "AdaMax", "Nadam"):
            rate = {} if updater == "AdaDelta" else {"learning_rate": 0.1}
            comment = f"{updater} and the division by the batch size, in the order of the version."
            yield BlockSketch(
                f"batch-{updater.lower()}",
                comment,
                clauses,
                [plain(updater, 3, 1, **rate)],
                calls(3, batch_size=3),
                versions=(version,),
            )
        for slug, size in (("zero", 0), ("negative", -3), ("large", 1000003)):
            yield BlockSketch(
                f"batch-{slug}",
                f"A batch size of {size}.",
                clauses,
                [plain("Sgd", learning_rate=0.1)],
                (Call({"0_W": (0.0, -2.0)}, batch_size=size),),
                versions=(version,),
            )
        yield BlockSketch(
            "batch-estimates",
            "Estimates and the division.",
            (*clauses, "BLOCK-1"),
            [_normal("Sgd", learning_rate=0.1)],
            calls(1, batch_size=4),
            versions=(version,),
        )
        yield BlockSketch(
            "batch-visible-bias",
            "A visible bias is divided, and not updated.",
            clauses,
            [_encoder("Sgd", learning_rate=0.1)],
            calls(1, batch_size=3),
            versions=(version,),
        )
        yield BlockSketch(
            "batch-off",
            "Without miniBatch nothing is divided.",
            clauses,
            [plain("Adam", **_ADAM)],
            calls(2, batch_size=3),
            conf={"mini_batch": False},
            versions=(version,),
        )
        for strategy, threshold in (
            ("ClipElementWiseAbsoluteValue", 0.3),
            ("ClipL2PerLayer", 0.9),
            ("ClipL2PerParamType", 0.9),
        ):
            own = {"gradient_normalization": strategy, "gradient_normalization_threshold": threshold}
            yield BlockSketch(
                f"batch-{strategy.lower()}",
                f"{strategy} sees the sum or the mean of the batch.",
                (*clauses, "BLOCK-12"),
                [plain("Sgd", 3, 1, own=own, learning_rate=0.1)],
                calls(2, batch_size=4),
                versions=(version,),
            )
        penalty = {"l1": 0.1, "l2": 0.2, "l2_bias": 0.3}
        yield BlockSketch(
            "batch-penalties",
            "L1, L2 and the division.",
            (*clauses, "BLOCK-14" if version == OLD else "NATIVE-10"),
            [plain("Sgd", 3, 1, own=penalty, learning_rate=0.1)],
            calls(2, batch_size=4),
            versions=(version,),
        )


def _own_of_0_9_1() -> Iterator[BlockSketch]:
    def sketch(slug: str, comment: str, layers: list[Any], clauses: Any = ("BLOCK-3",), **conf: object) -> BlockSketch:
        return BlockSketch(f"block-{slug}", comment, clauses, layers, calls(3), conf=conf, versions=(OLD,))

    adam = dense("ADAM", 2, 2, learning_rate=0.1)
    yield sketch(
        "bias-rate",
        "Another bias rate separates W and b, and has no other effect.",
        [dense("ADAM", learning_rate=0.1, bias_learning_rate=0.2)],
        ("BLOCK-3", "BLOCK-6"),
    )
    yield sketch(
        "global-bias-rate",
        "The network's bias rate separates W and b in every layer.",
        [adam, adam],
        ("BLOCK-3", "BLOCK-6"),
        bias_learning_rate=0.3,
    )
    yield sketch("other-rate", "Another rate of a layer begins a block.", [adam, dense("ADAM", learning_rate=0.2)])
    yield sketch(
        "stateless-rate",
        "Rates matter to blocks even where the updater has none.",
        [dense("ADADELTA", learning_rate=0.1), dense("ADADELTA", learning_rate=0.2), dense("NONE", learning_rate=0.2)],
    )
    policy = {"lr_policy_decay_rate": 0.9, "lr_policy_steps": 2}
    yield sketch(
        "torchstep", "Under TorchStep no parameters share a block.", [adam, adam], lr_policy="TorchStep", **policy
    )
    yield sketch(
        "score", "Under Score no parameters share a block.", [adam, adam], lr_policy="Score", lr_policy_decay_rate=0.9
    )
    yield sketch("step", "Under Step they do.", [adam, adam], lr_policy="Step", **policy)
    maps = [
        dense("ADAM", learning_rate_schedule=given_map)
        for given_map in ({"1": 0.5}, {"1": 0.5}, {"2": 0.5}, {"1": 0.4})
    ]
    yield sketch(
        "schedule-maps",
        "Under Schedule the maps of the layers must be equal.",
        maps,
        lr_policy="Schedule",
        learning_rate_schedule={"1": 0.3},
    )
    momenta = [
        dense(given("Nesterovs", momentum=0.7, momentum_schedule=m)) for m in ({"1": 0.5}, {"1": 0.5}, {"2": 0.5})
    ]
    yield sketch("momentum-maps", "Momentum schedules are part of an updater's equality.", momenta, ("BLOCK-2",))
    yield sketch(
        "enum-and-object",
        "A name and an object of the same settings are equal.",
        [adam, dense(given("Adam"), learning_rate=0.1)],
        ("BLOCK-2",),
    )


def _own_of_1_0_0() -> Iterator[BlockSketch]:
    def sketch(slug: str, comment: str, layers: list[Any], clauses: Any = ("BLOCK-2",), **conf: object) -> BlockSketch:
        return BlockSketch(f"block-{slug}", comment, clauses, layers, calls(3), conf=conf, versions=(NEW,))

    adam = given("Adam", learning_rate=0.1)
    ramp = {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.1}, "num_iter": 3}
    step = {"type": "StepSchedule", "schedule_type": "ITERATION", "initial_value": 0.1, "decay_rate": 0.5, "step": 2.0}
    yield sketch(
        "bias-updater",
        "An updater of biases begins a block at each bias.",
        [dense(adam, bias_updater=given("Sgd")), dense(adam)],
    )
    yield sketch(
        "equal-bias-updater", "An equal updater of biases does not.", [dense(adam, bias_updater=adam), dense(adam)]
    )
    yield sketch(
        "global-bias-updater",
        "The network's updater of biases.",
        [{"n_in": 2, "n_out": 1}, dense(adam)],
        updater=given("RmsProp"),
        bias_updater=given("Sgd"),
    )
    yield sketch(
        "nan-rates",
        "NaN equals NaN.",
        [dense(given("Sgd", learning_rate=math.nan)), dense(given("Sgd", learning_rate=math.nan))],
    )
    yield sketch(
        "ramps",
        "Ramps of two layers are never equal.",
        [dense(given("Adam", learning_rate_schedule=ramp)), dense(given("Adam", learning_rate_schedule=dict(ramp)))],
        ("BLOCK-2", "SCHED-10"),
    )
    yield sketch(
        "global-ramp",
        "A ramp of the network is one object.",
        [{"n_in": 2, "n_out": 1}, {"n_in": 2, "n_out": 1}],
        ("BLOCK-2", "SCHED-10", "NATIVE-11"),
        updater=given("Adam", learning_rate_schedule=ramp),
    )
    yield sketch(
        "equal-schedules",
        "Equal schedules are equal, whatever object they are.",
        [dense(given("Adam", learning_rate_schedule=step)), dense(given("Adam", learning_rate_schedule=dict(step)))],
    )
    yield sketch(
        "other-schedules",
        "Other schedules begin a block.",
        [
            dense(given("Adam", learning_rate_schedule=step)),
            dense(given("Adam", learning_rate_schedule={**step, "step": 3.0})),
        ],
    )
    yield sketch(
        "gain",
        "Layer normalization's gain follows the bias.",
        [dense(adam, 2, 2, has_layer_norm=True), dense(adam)],
        ("BLOCK-1",),
    )
    yield sketch(
        "log-stdev",
        "By default the fourth parameter of batch normalization is log10stdev.",
        [{"type": "batch_normalization", "n_out": 2, "updater": adam}, dense(adam)],
        ("BLOCK-1",),
    )
    yield sketch(
        "adagrad-clone",
        "The clone of the network's AdaGrad has lost its schedule.",
        [{"n_in": 2, "n_out": 1}, dense(given("AdaGrad", learning_rate_schedule=step))],
        ("NATIVE-11",),
        updater=given("AdaGrad", learning_rate_schedule=step),
    )
    other = {"type": "ExponentialSchedule", "schedule_type": "EPOCH", "initial_value": 0.2, "gamma": 0.5}
    empty = {"n_in": 2, "n_out": 1}
    yield sketch(
        "adagrad-clones",
        "So has that of every layer, and of the bias.",
        [empty, empty],
        ("NATIVE-11",),
        updater=given("AdaGrad", learning_rate_schedule=other),
    )
    yield sketch(
        "adagrad-of-biases",
        "The network's AdaGrad of biases loses its schedule too.",
        [dense(adam)],
        ("NATIVE-11",),
        bias_updater=given("AdaGrad", learning_rate_schedule=step),
    )
    slow = {**ramp, "base_schedule": step, "num_iter": 2}
    yield sketch(
        "ramps-over-steps",
        "Ramps over equal schedules are not equal.",
        [
            dense(given("Nesterovs", learning_rate_schedule=slow)),
            dense(given("Nesterovs", learning_rate_schedule=dict(slow))),
        ],
        ("BLOCK-2", "SCHED-10"),
    )
    yield sketch(
        "ramp-of-bias",
        "Nor are those of a layer and of its biases.",
        [
            dense(
                given("RmsProp", learning_rate_schedule=ramp),
                bias_updater=given("RmsProp", learning_rate_schedule=dict(ramp)),
            )
        ],
        ("BLOCK-2", "SCHED-10"),
    )
    yield BlockSketch(
        "batch-log-stdev",
        "log10stdev is not divided.",
        ("NATIVE-14",),
        [{"type": "batch_normalization", "n_out": 2, "updater": given("Sgd")}],
        calls(1, batch_size=4),
        versions=(NEW,),
    )
