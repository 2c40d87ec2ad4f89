"""Cases of gradient normalization: norms of slices, guards, thresholds, special values, external gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dl4j_conformance.cases.handwritten.sketch import ORDER_SHOWING_SALTS, of_type, spread
from dl4j_conformance.cases.later_versions.sketch import BlockSketch, Call, calls, plain

_RENORMALIZE = ("RenormalizeL2PerLayer", "RenormalizeL2PerParamType")
_CLIP = ("ClipElementWiseAbsoluteValue", "ClipL2PerLayer", "ClipL2PerParamType")
_SLUGS = {
    "RenormalizeL2PerLayer": "renormalize-layer",
    "RenormalizeL2PerParamType": "renormalize-param",
    "ClipElementWiseAbsoluteValue": "clip-value",
    "ClipL2PerLayer": "clip-layer",
    "ClipL2PerParamType": "clip-param",
}
_TINY = of_type((1e-30, 1e-30), (1e-200, 1e-200))
_LARGE = of_type((3e25, -4e25), (3e190, -4e190))


def sketches() -> Iterator[BlockSketch]:
    """Yield the cases of this topic."""
    for strategy in (*_RENORMALIZE, *_CLIP):
        yield from _of_strategy(strategy)
        yield from _external(strategy)
    yield from _thresholds()
    yield from _lengths()
    yield from _layers()


def _clauses(strategy: str) -> tuple[str, ...]:
    of_layer = "BLOCK-12" if "Layer" in strategy or "Element" in strategy else "BLOCK-13"
    return (of_layer, "NATIVE-8") if strategy in _RENORMALIZE else (of_layer,)


def _own(strategy: str, threshold: float = 0.7) -> dict[str, object]:
    return {"gradient_normalization": strategy, "gradient_normalization_threshold": threshold}


def _of_strategy(strategy: str) -> Iterator[BlockSketch]:
    for slug, comment, weights, bias in (
        ("usual", "usual values", (1.5, -2.5), (0.25,)),
        ("zero", "gradients of zero", (0.0, 0.0), (0.0,)),
        ("half-zero", "a bias of zero", (3.0, 4.0), (0.0,)),
        ("nan", "a NaN", (math.nan, 4.0), (0.0,)),
        ("infinite", "an infinity", (math.inf, 4.0), (0.5,)),
        ("tiny", "squares that underflow", _TINY, (0.0,)),
        ("large", "squares that overflow", _LARGE, (-1.0,)),
    ):
        yield BlockSketch(
            f"{_SLUGS[strategy]}-{slug}",
            f"{strategy} of {comment}.",
            _clauses(strategy),
            [plain("Sgd", own=_own(strategy), learning_rate=1.0)],
            (Call({"0_W": weights, "0_b": bias}),),
        )


def _thresholds() -> Iterator[BlockSketch]:
    for strategy in _CLIP:
        for slug, threshold in (
            ("zero", 0.0),
            ("negative", -1.0),
            ("minus-zero", -0.0),
            ("nan", math.nan),
            ("high", 100.0),
        ):
            clauses = _clauses(strategy)
            if strategy == "ClipElementWiseAbsoluteValue":
                clauses = (*clauses, "NATIVE-9")
            yield BlockSketch(
                f"{_SLUGS[strategy]}-threshold-{slug}",
                f"{strategy} with a threshold of {threshold:g}.",
                clauses,
                [plain("NoOp", own=_own(strategy, threshold)), plain("NoOp", own=_own("RenormalizeL2PerLayer"))],
                (Call({"0_W": (3.0, 4.0), "0_b": (0.0,)}, batch_size=2),),
            )


def _lengths() -> Iterator[BlockSketch]:
    """Yield norms of slices that begin anywhere in the flat array, which may change the order of their sums."""
    for length, offset in ((22, 3), (23, 2), (24, 3), (25, 0), (27, 3), (29, 2), (31, 5), (32, 3), (63, 2), (96, 3)):
        salt = ORDER_SHOWING_SALTS[length]
        before = [plain("NoOp", offset - 1, 1)] if offset else []
        key = f"{len(before)}_W"
        for strategy in _RENORMALIZE:
            # The layer of the slice has a bias, so that its weights are one less.
            weights = length - 1 if strategy == "RenormalizeL2PerLayer" else length
            yield BlockSketch(
                f"norm-{length}-{_SLUGS[strategy]}",
                f"The norm of {length} values, from place {offset} of the flat array on.",
                (*_clauses(strategy), "ARITH-5"),
                [*before, plain("NoOp", weights, 1, own=_own(strategy))],
                (Call({key: spread(weights, salt=salt), f"{len(before)}_b": spread(length, salt=salt)[-1:]}),),
                params={key: (0.0,) * weights},
            )


def _layers() -> Iterator[BlockSketch]:
    for strategy in _RENORMALIZE:
        layers = [plain("Adam", own=_own(strategy), learning_rate=0.1), plain("Sgd", learning_rate=0.1)]
        tiny = {"0_W": _TINY, "0_b": (0.0,)}
        comment = f"{strategy} of squares that underflow, under Adam."
        yield BlockSketch(
            f"{_SLUGS[strategy]}-tiny-adam", comment, _clauses(strategy), layers, calls(2, gradients=tiny)
        )
    own = _own("ClipL2PerLayer")
    layers = [
        plain("Adam", 2, 2, own=own, learning_rate=0.1),
        plain("Adam", own=_own("RenormalizeL2PerLayer"), learning_rate=0.1),
        plain("Adam", learning_rate=0.1),
    ]
    yield BlockSketch(
        "norm-layers",
        "Each layer has its own strategy; blocks go over layers.",
        ("BLOCK-12", "BLOCK-2"),
        layers,
        calls(3, batch_size=2),
    )
    for type_, shape in (("auto_encoder", {"n_in": 3, "n_out": 2}), ("batch_normalization", {"n_out": 2})):
        layer = type(layers[0])(
            "Sgd", {"learning_rate": 1.0}, {**_own("RenormalizeL2PerLayer"), "type": type_, **shape}
        )
        yield BlockSketch(
            f"norm-{type_.replace('_', '-')}",
            "Every parameter of the layer is in the norm.",
            ("BLOCK-12", "BLOCK-1"),
            [layer],
            calls(1, batch_size=2),
        )


def _external(strategy: str) -> Iterator[BlockSketch]:
    for form in ("flat", "map"):
        yield BlockSketch(
            f"external-{form}-{_SLUGS[strategy]}",
            f"External gradients ({form}) under {strategy}, which works on the network's own view or on arrays by key.",
            ("BLOCK-16", *_clauses(strategy)),
            [plain("Adam", own={**_own(strategy), "l2": 0.1}, learning_rate=0.1), plain("Sgd", learning_rate=0.1)],
            calls(2, batch_size=2),
            gradient=form,
        )
