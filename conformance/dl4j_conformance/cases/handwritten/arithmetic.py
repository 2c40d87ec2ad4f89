"""Cases of the arithmetic: which operations round, and the NaN and one-element rules of ND4J."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import ORDER_SHOWING_SALTS, Sketch, Step, dense, rho_if_adadelta, spread

_ULP32, _ULP64 = 2.0**-23, 2.0**-52


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for updater in UPDATERS:
        rho = rho_if_adadelta(updater)
        yield from Sketch(
            f"rounding-{updater.lower()}",
            "Neighbours of 1, thirds and tenths: every rounding shows, and scalars are rounded once.",
            ("ARITH-1", "ARITH-4"),
            [dense(updater, 3, 2, learning_rate=0.1, l2=1 / 3, l1=0.7, **rho)],
            [
                Step({"0_W": _neighbours}, batch_size=3),
                Step({"0_W": (0.1, -0.3, 1 / 3, 0.7, 1e-3, 7.0)}, batch_size=10),
            ],
            {"use_regularization": True},
            quirks=(9, 52),
        ).cases()
        yield from Sketch(
            f"wide-range-{updater.lower()}",
            "Large and small in one array.",
            ("ARITH-1",),
            [dense(updater, 3, 2, learning_rate=0.1, **rho)],
            [Step({"0_W": (1e30, -1e-30, 1e15, 1e-15, 1.0, -1e7)})],
        ).cases()
    for sketch in (*_scalars(), *_norms(), *_views(), *_functions()):
        yield from sketch.cases()


def _neighbours(dtype: str) -> tuple[float, ...]:
    ulp = _ULP32 if dtype == "float32" else _ULP64
    return (1.0, 1.0 + ulp, 1.0 - ulp / 2, -1.0 - ulp, 3.0 + 2 * ulp, 1 / 3)


def _scalars() -> Iterator[Sketch]:
    yield Sketch(
        "rate-below-float32",
        "A rate that float32 cannot hold becomes 0, or a subnormal, when it meets the array.",
        ("ARITH-4",),
        [dense("SGD", learning_rate=1e-50, bias_learning_rate=1e-44)],
        [Step({"0_W": (1e30, -1e30, 1.0, 0.0)})],
        quirks=(52,),
    )
    yield Sketch(
        "rate-above-float32",
        "A rate that float32 cannot hold becomes infinite.",
        ("ARITH-4",),
        [dense("SGD", learning_rate=1e39)],
        [Step({"0_W": (1e-10, -1.0, 0.0, 1e-40)})],
        quirks=(52,),
    )
    yield Sketch(
        "nan-rate-everywhere",
        "A rate that a schedule makes NaN, under every updater at once.",
        ("ARITH-2",),
        [dense(updater, 1, 2, rho=0.9) for updater in ("SGD", "ADAM", "NESTEROVS", "ADAGRAD")],
        [Step(), Step(), Step()],
        {"lr_policy": "Schedule", "learning_rate_schedule": {"1": "NaN"}},
        quirks=(25,),
    )
    yield Sketch(
        "nan-in-longer-arrays",
        "In arrays of more than one element NaN stays NaN.",
        ("ARITH-3",),
        [dense(updater, 1, 2, rho=0.9) for updater in ("ADAM", "ADAGRAD", "RMSPROP", "ADADELTA")],
        [Step({f"{i}_W": (math.nan, 1.0) for i in range(4)}), Step()],
        quirks=(51,),
    )


def _norms() -> Iterator[Sketch]:
    """Yield norms whose last bit depends on the order in which squares are added."""
    for length, salt in ORDER_SHOWING_SALTS.items():
        yield Sketch(
            f"summation-{length}",
            f"The squares of {length} values in ND4J's order; any other order gives another norm.",
            ("ARITH-5", "NORM-2"),
            [dense("NONE", length, 1, gradient_normalization="RenormalizeL2PerLayer")],
            [Step({"0_W": spread(length, salt=salt)}, only=True)],
            quirks=(16,),
        )


#: Length of a view, the ``n_in`` of the layer before it (so many values and a bias come first), a strategy that takes
#: its norm, and a salt of :func:`spread`, found by search, with which any other order or place gives another norm (in
#: float64: any place of the other parity).
_VIEWS = (
    (31, 1, "RenormalizeL2PerLayer", 19),
    (23, 2, "ClipL2PerParamType", 164),
    (27, 4, "RenormalizeL2PerParamType", 95),
)


def _views() -> Iterator[Sketch]:
    """Yield norms whose last bit depends on the place of a gradient in the array of all gradients."""
    for length, before, strategy, salt in _VIEWS:
        settings = {"gradient_normalization": strategy, "gradient_normalization_threshold": 0.5}
        yield Sketch(
            f"summation-view-{length}",
            f"The squares of {length} values that begin {before + 1} values into the array of all gradients.",
            ("ARITH-5", "NORM-2"),
            [dense("NONE", before, 1), dense("NONE", length, 1, **settings)],
            [Step({"1_W": spread(length, salt=salt)})],
            quirks=(16,),
            gradient_view=True,
        )


def _functions() -> Iterator[Sketch]:
    yield Sketch(
        "java-pow",
        "Math.pow with fractional, negative and large exponents.",
        ("ARITH-6", "LR-5"),
        [dense("SGD", 1, 1, learning_rate=0.1)],
        [Step(iteration=t) for t in (0, 1, 3, 10, 1000)],
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.3, "lr_policy_power": 0.75},
    )
    yield Sketch(
        "java-exp",
        "Math.exp from tiny to infinite.",
        ("ARITH-6", "LR-9"),
        [dense("SGD", 1, 1, learning_rate=0.1)],
        [Step(iteration=t) for t in (1, 2, 5, 20, 400)],
        {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 1.1, "lr_policy_steps": 2.5},
    )
