"""Cases of gradient keys, well-formed and not."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, rho_if_adadelta

_TWO = (1.0, -2.0)
#: Slug, key, clause.
_MALFORMED = (
    ("no-underscore", "W", "KEY-2"),
    ("empty", "", "KEY-2"),
    ("no-index", "_W", "KEY-3"),
    ("letter-index", "a_W", "KEY-3"),
    ("fractional-index", "0.0_W", "KEY-3"),
    ("spaced-index", " 0_W", "KEY-3"),
    ("index-blank-after", "0 _W", "KEY-3"),
    ("index-tab-after", "0\t_W", "KEY-3"),
    ("index-letter-after", "0x_W", "KEY-3"),
    ("sign-alone", "-_W", "KEY-3"),
    ("index-beyond-int", "2147483648_W", "KEY-3"),
    ("index-below-int", "-2147483649_W", "KEY-3"),
    ("index-beyond-layers", "5_W", "KEY-4"),
    ("index-negative", "-1_W", "KEY-4"),
    ("index-padded-beyond-layers", "007_W", "KEY-4"),
    ("index-least-int", "-2147483648_W", "KEY-4"),
    ("index-digit-beyond-16-bits", "\U0001d7ce_W", "KEY-3"),
    ("index-superscript", "\u2070_W", "KEY-3"),
    ("index-minus-sign", "\u22120_W", "KEY-3"),
    ("index-of-other-script-beyond-layers", "\u0665_W", "KEY-4"),
    ("name-underscore", "0__", "KEY-5"),
    ("name-underscores", "0____", "KEY-5"),
)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for slug, key, clause in _MALFORMED:
        yield from Sketch(
            f"key-{slug}",
            f'The key "{key}" is refused; the next update is as if nothing had happened to the layers before it.',
            (clause, "MLU-1", "LAYER-7"),
            [dense("SGD", learning_rate=0.1), dense("NESTEROVS")],
            [Step({key: _TWO}), Step()],
            quirks=(44,),
        ).cases()
    for sketch in (*_accepted(), *_unknown()):
        yield from sketch.cases()


def _accepted() -> Iterator[Sketch]:
    four = (1.0, 2.0, -3.0, 0.5)
    for slug, key in (
        ("plus", "+0_W"),
        ("padded", "000_W"),
        ("minus-zero", "-0_W"),
    ):
        yield Sketch(
            f"key-{slug}",
            f'The key "{key}" is layer 0.',
            ("KEY-1", "KEY-3"),
            [dense("ADAM")],
            [Step({key: four}, only=True), Step()],
            quirks=(44,),
        )
    for slug, key in (("arabic-indic", "\u0660_W"), ("full-width-plus", "+\uff10_W")):
        yield Sketch(
            f"key-{slug}",
            f'The key "{key}" is layer 0.',
            ("KEY-1", "KEY-3"),
            [dense("ADAM", 1, 4)],
            [Step({key: four}, only=True), Step()],
            quirks=(44,),
        )
    yield Sketch(
        "key-twice",
        "Of two keys for one parameter the later counts; the array of the earlier is not touched.",
        ("KEY-1", "MLU-1"),
        [dense("SGD")],
        [Step({"0_W": four, "+0_W": (5.0, 6.0, 7.0, 8.0)}, only=True)],
        quirks=(44,),
    )
    for updater in ("NONE", "SGD"):
        yield Sketch(
            f"key-underscores-while-pretraining-{updater.lower()}",
            "A layer that is pretrained does not look for the visible bias: the name of underscores is unknown to it.",
            ("KEY-5", "KEY-6", "LAYER-3"),
            [dense(updater, 1, 2, type="auto_encoder", pretrain=True)],
            [Step({"0___": _TWO}, only=True, batch_size=2), Step()],
            quirks=(18,),
        )
    yield Sketch(
        "key-order",
        "Keys may come in any order of layers and parameters.",
        ("KEY-1", "MLU-1"),
        [dense("ADAM"), dense("RMSPROP")],
        [Step({"1_b": _TWO, "0_b": _TWO, "1_W": four, "0_W": four}, only=True), Step()],
    )


def _unknown() -> Iterator[Sketch]:
    for updater in UPDATERS:
        rho = rho_if_adadelta(updater)
        layers = [dense(updater, learning_rate=0.1, **rho)]
        for slug, conf in (("", {}), ("-regularized", {"use_regularization": True})):
            yield Sketch(
                f"unknown-parameter{slug}-{updater.lower()}",
                "A key for a parameter that the layer does not have. What came before it in the call stays done.",
                ("KEY-6", "LAYER-7"),
                layers,
                [Step({"0_q": _TWO}, batch_size=2), Step()],
                conf,
            )
    yield Sketch(
        "unknown-parameter-with-underscores",
        "The name is everything after the first underscore.",
        ("KEY-1", "KEY-6"),
        [dense("NONE")],
        [Step({"0_my_param": _TWO, "0__vb": _TWO, "0_": _TWO}, batch_size=2)],
        quirks=(44,),
    )
    yield Sketch(
        "unknown-parameter-with-policy",
        "A policy needs the missing learning rate, even under NONE.",
        ("KEY-6",),
        [dense("NONE")],
        [Step({"0_q": _TWO})],
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        flags=("basic",),
    )
    for key in ("-1_W", "-2_b"):
        yield Sketch(
            f"key-index-{key[:2].replace('-', 'minus-')}-of-two",
            "A negative index is no index from the end.",
            ("KEY-4",),
            [dense("SGD"), dense("ADAM")],
            [Step({key: _TWO}, only=True), Step()],
            quirks=(44,),
        )
    yield Sketch(
        "unknown-parameter-is-normalized",
        "An unknown parameter's gradient counts in its layer's norm before the update fails.",
        ("KEY-6", "LAYER-7"),
        [dense("SGD", gradient_normalization="RenormalizeL2PerLayer"), dense("SGD")],
        [Step({"0_q": _TWO}), Step()],
    )
