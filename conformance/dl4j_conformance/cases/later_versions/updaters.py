"""Cases of every updater: what it does to gradients, its settings, its state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from dl4j_conformance.cases.handwritten.sketch import of_type
from dl4j_conformance.cases.later_versions.sketch import NEW, OLD, BlockSketch, Call, calls, dense, given, plain
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass

#: The clauses of an updater, by version.
_CLAUSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Sgd": {OLD: ("SGD-1",), NEW: ("SGD-1", "NATIVE-1")},
    "Adam": {OLD: ("ADAM-1", "BLOCK-7"), NEW: ("NATIVE-1", "NATIVE-2", "NATIVE-3")},
    "AdaMax": {OLD: ("BLOCK-10",), NEW: ("NATIVE-2", "NATIVE-5")},
    "Nadam": {OLD: ("BLOCK-11",), NEW: ("NATIVE-2", "NATIVE-6")},
    "AMSGrad": {NEW: ("NATIVE-2", "NATIVE-4")},
    "AdaDelta": {OLD: ("ADADELTA-1",), NEW: ("ADADELTA-1", "NATIVE-1")},
    "AdaGrad": {OLD: ("ADAGRAD-1", "BLOCK-9"), NEW: ("NATIVE-7", "BLOCK-9")},
    "Nesterovs": {OLD: ("BLOCK-8",), NEW: ("BLOCK-8", "NATIVE-1")},
    "RmsProp": {OLD: ("RMSPROP-1", "BLOCK-9"), NEW: ("RMSPROP-1", "NATIVE-1")},
    "NoOp": {OLD: ("BLOCK-2",), NEW: ("BLOCK-2",)},
}
_OTHER = {"learning_rate": 0.3, "beta1": 0.6, "beta2": 0.7, "epsilon": 0.01, "rho": 0.8, "rms_decay": 0.7}
_SMALL = of_type((1e-40, -1e-38, 3e-42), (1e-310, -2e-308, 5e-324))
_EDGES = of_type((1e-20, 3e38, -1e19), (1e-160, 1.7e308, -1e155))


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    for updater, clauses in _CLAUSES.items():
        for version, of_version in clauses.items():
            yield from _cases(updater, of_version, version)
    yield from _own_of_0_9_1()
    yield from _own_of_1_0_0()


def _cases(updater: str, clauses: tuple[str, ...], version: str) -> Iterator[BlockSketch]:
    slug = updater.lower()
    own = {
        name: value for name, value in (_OTHER | {"momentum": 0.6}).items() if name in DEFAULTS[UpdaterClass(updater)]
    }
    rate = {"learning_rate": 0.01} if "learning_rate" in own else {}
    layer = plain(updater, 3, 1, **rate)

    def sketch(name: str, comment: str, layers: list[Any], script: tuple[Call, ...]) -> BlockSketch:
        return BlockSketch(f"{slug}-{name}", comment, clauses, layers, script, versions=(version,))

    known = {"0_W": (0.1, -0.2, 0.3), "0_b": (0.4,)}
    yield sketch("defaults", f"Four updates under {updater} with its default settings.", [layer], calls(4))
    yield sketch("equal", f"The same gradient three times under {updater}.", [layer], calls(3, gradients=known))
    yield sketch("settings", f"Other settings of {updater}.", [plain(updater, 3, 1, **own)], calls(3))
    zero = {"0_W": (0.0, -0.0, 1.0), "0_b": (0.0,)}
    script = (Call(zero), Call(zero), Call(known))
    yield sketch("zeros", f"Gradients of zero under {updater}, and then others.", [layer], script)
    small, edges = {"0_W": _SMALL, "0_b": (1e-6,)}, {"0_W": _EDGES, "0_b": (-1.0,)}
    yield sketch("subnormal", f"Subnormal gradients under {updater}.", [layer], calls(2, gradients=small))
    yield sketch("edges", f"Squares that underflow and overflow under {updater}.", [layer], calls(2, gradients=edges))
    special = {"0_W": (math.nan, math.inf, -math.inf), "0_b": (1.0,)}
    yield sketch("special", f"NaN and infinities under {updater}.", [layer], (Call(special), Call(known)))
    if own:
        late = tuple(Call(iteration=iteration) for iteration in (7, 30, 100))
        yield sketch("late", f"Later iterations under {updater}.", [plain(updater, 3, 1, **own)], late)
    if rate:
        for name, number in (("zero", 0.0), ("nan", math.nan)):
            layers = [plain(updater, 2, 1, learning_rate=number)]
            yield sketch(f"rate-{name}", f"A learning rate of {number:g} under {updater}.", layers, calls(2))


def _own_of_0_9_1() -> Iterator[BlockSketch]:
    one = {"bias_learning_rate": 0.5, "n_in": 1, "n_out": 1}
    for updater in ("ADAM", "ADAMAX", "NADAM", "ADADELTA", "ADAGRAD", "NESTEROVS", "RMSPROP", "SGD"):
        yield BlockSketch(
            f"{updater.lower()}-one-element",
            f"A NaN in blocks of one element under {updater}.",
            ("ARITH-2", "BLOCK-8"),
            [{"updater": updater, **one}],
            (Call(), Call({"0_W": (math.nan,), "0_b": (math.inf,)}), Call()),
            versions=(OLD,),
        )
    yield BlockSketch(
        "older-setters",
        "The setters of 0.8.0 change updater objects, but not Nadam's.",
        ("BLOCK-5",),
        [
            dense("ADAM", adam_mean_decay=0.5, adam_var_decay=0.6, epsilon=0.1, learning_rate=0.2),
            dense("NADAM", adam_mean_decay=0.5, adam_var_decay=0.6, epsilon=0.1, learning_rate=0.2),
            dense("ADADELTA", rho=0.5, epsilon=0.01, learning_rate=0.2),
            dense("RMSPROP", rms_decay=0.5, epsilon=0.01, learning_rate=0.2),
            dense("ADAGRAD", epsilon=0.01, learning_rate=0.2),
            dense("ADAMAX", adam_mean_decay=0.5, adam_var_decay=0.6, epsilon=0.1, learning_rate=0.2),
            dense("NESTEROVS", momentum=0.5, learning_rate=0.2),
        ],
        calls(2),
        versions=(OLD,),
    )
    yield BlockSketch(
        "builder-momentum",
        "Nesterovs.builder() has a momentum of 0.1, the constructor one of 0.9.",
        ("BLOCK-5",),
        [dense(given("Nesterovs", builder=True)), dense(given("Nesterovs"))],
        calls(3),
        versions=(OLD,),
    )
    yield BlockSketch(
        "no-updater", "SGD with 0.1 where none is set.", ("BLOCK-4",), [{"n_in": 2, "n_out": 1}], versions=(OLD,)
    )
    yield BlockSketch(
        "rate-of-object",
        "The learning rate of an updater object never counts: the network's default of 0.1 does, or the layer's.",
        ("BLOCK-4",),
        [
            dense(given("Sgd", learning_rate=0.3)),
            dense(given("Adam", learning_rate=0.3)),
            dense(given("RmsProp"), learning_rate=0.7),
        ],
        calls(2),
        versions=(OLD,),
    )


def _own_of_1_0_0() -> Iterator[BlockSketch]:
    rate = {"learning_rate": 0.1}
    for updater in ("Adam", "AMSGrad", "AdaMax", "Nadam", "AdaDelta", "AdaGrad", "Nesterovs", "RmsProp", "Sgd"):
        settings = rate if "learning_rate" in DEFAULTS[UpdaterClass(updater)] else {}
        other = "Sgd" if updater != "Sgd" else "NoOp"
        yield BlockSketch(
            f"{updater.lower()}-one-element",
            f"A NaN in a block of one element under {updater} is not replaced.",
            ("NATIVE-1",),
            [dense(given(updater, **settings), 1, 1, bias_updater=given(other))],
            (Call(), Call({"0_W": (math.nan,), "0_b": (math.inf,)}), Call()),
            versions=(NEW,),
        )
    for updater in ("Adam", "AMSGrad", "AdaMax", "Nadam"):
        for name, settings in (("beta1-one", {"beta1": 1.0}), ("beta2-zero", {"beta2": 0.0})):
            yield BlockSketch(
                f"{updater.lower()}-{name}",
                f"{updater} with a decay rate at its edge: the step size may be infinite, and is epsilon then.",
                ("NATIVE-3", "NATIVE-5", "NATIVE-6"),
                [dense(given(updater, learning_rate=0.1, **settings))],
                calls(2),
                versions=(NEW,),
            )
    yield BlockSketch(
        "no-updater", "Sgd with 0.001 where none is set.", ("NATIVE-1",), [{"n_in": 2, "n_out": 1}], versions=(NEW,)
    )
    yield BlockSketch(
        "no-updater-l2", "So it is with L2.", ("NATIVE-11",), [{"n_in": 2, "n_out": 1, "l2": 0.1}], versions=(NEW,)
    )
    normal = {"type": "batch_normalization", "n_out": 2}
    yield BlockSketch("no-updater-normal", "And in batch normalization.", ("NATIVE-11",), [normal], versions=(NEW,))
    yield BlockSketch(
        "adabelief", "AdaBelief cannot be instantiated.", ("NATIVE-1",), [dense(given("AdaBelief"))], versions=(NEW,)
    )
    yield BlockSketch(
        "amsgrad-falling",
        "AMSGrad keeps the greatest second moment when gradients become small.",
        ("NATIVE-4",),
        [dense(given("AMSGrad", learning_rate=0.1, beta2=0.5))],
        (
            Call({"0_W": (3.0, -4.0)}),
            Call({"0_W": (0.01, 5.0)}),
            Call({"0_W": (0.01, 0.01)}),
            Call({"0_W": (math.nan, 1.0)}),
        ),
        versions=(NEW,),
    )
