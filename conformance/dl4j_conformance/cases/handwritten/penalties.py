"""Cases of the regularization by L2 and L1, and of the division by the batch size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, of_type, rho_if_adadelta, steps

_ON = {"use_regularization": True}
_WEIGHTS = {"0_W": (0.0, -0.0, 1.5, -2.5), "0_b": (3.0, -0.5)}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_of_every_updater(), *_coefficients(), *_values(), *_division()):
        yield from sketch.cases()


def _of_every_updater() -> Iterator[Sketch]:
    for updater in UPDATERS:
        u = updater.lower()
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"l2-{u}",
            "L2 is added to the update, not to the gradient.",
            ("POST-1", "POST-2"),
            [dense(updater, learning_rate=0.1, l2=0.5, **rho)],
            steps(2, batch_size=2),
            _ON,
            _WEIGHTS,
            quirks=(1, 4, 5),
        )
        yield Sketch(
            f"l1-{u}",
            "L1 is added to the update; the sign of a zero weight is zero.",
            ("POST-1", "POST-3"),
            [dense(updater, learning_rate=0.1, l1=0.5, **rho)],
            steps(2, batch_size=2),
            _ON,
            _WEIGHTS,
            quirks=(1, 4, 5, 7),
        )
        yield Sketch(
            f"l1-l2-{u}",
            "L2 first, then L1, then division: three roundings.",
            ("POST-1", "POST-2", "POST-3", "POST-4"),
            [dense(updater, learning_rate=0.1, l1=0.1, l2=0.3, l1_bias=0.7, l2_bias=0.01, **rho)],
            steps(1, batch_size=3),
            _ON,
            quirks=(8, 9),
        )


def _coefficients() -> Iterator[Sketch]:
    switched: tuple[tuple[str, dict[str, Any]], ...] = (
        ("off", {"l1": 0.5, "l2": 0.5, "l1_bias": 0.5, "l2_bias": 0.5}),
        ("default-off", {"l1": 0.5, "l2": 0.5}),
    )
    for name, settings in switched:
        yield Sketch(
            f"penalties-{name}",
            "Coefficients without useRegularization do nothing.",
            ("POST-2", "POST-3", "CONF-3"),
            [dense("SGD", **settings)],
            conf={"use_regularization": False} if name == "off" else {},
        )
    for name, value in (
        ("zero", 0.0),
        ("negative", -0.5),
        ("unset", "NaN"),
        ("tiny", 1e-310),
        ("infinite", "Infinity"),
    ):
        yield Sketch(
            f"coefficients-{name}",
            f"Coefficients of {value}: only those above zero count, whatever the weights.",
            ("POST-2", "POST-3"),
            [dense("SGD", 2, 3, l1=value, l2=value)],
            [Step({"0_W": (0.0, -0.0, 1.0, -2.0, 0.5, 0.25)})],
            _ON,
            {"0_W": (-0.0, 1.0, math.inf, math.nan, 1.5, -2.5)},
        )
    yield Sketch(
        "penalties-of-weights-only",
        "l1 and l2 do not touch the bias.",
        ("POST-2", "CONF-4"),
        [dense("NONE", l1=0.5, l2=0.25)],
        conf=_ON,
        quirks=(8,),
    )
    yield Sketch(
        "penalties-of-bias-only",
        "l1_bias and l2_bias do not touch the weights.",
        ("POST-3", "CONF-4"),
        [dense("NONE", l1_bias=0.5, l2_bias=0.25)],
        conf=_ON,
        quirks=(8,),
    )


def _values() -> Iterator[Sketch]:
    yield Sketch(
        "penalties-of-special-weights",
        "Weights that are NaN, infinite and zero.",
        ("POST-2", "POST-3"),
        [dense("SGD", 2, 3, l1=0.5, l2=0.25)],
        [Step()],
        _ON,
        {"0_W": (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0)},
        quirks=(7,),
    )
    yield Sketch(
        "l1-of-nan-weights",
        "The sign of NaN is 0, in long arrays and in those of one element.",
        ("POST-3",),
        [dense("SGD", 4, 1, l1=0.5, l1_bias=0.25)],
        [Step()],
        _ON,
        {"0_W": (math.nan, 1.0, -math.inf, -math.nan), "0_b": (math.nan,)},
        quirks=(7,),
    )
    yield Sketch(
        "l1-of-nan-weights-adam",
        "The sign of NaN is 0 under ADAM too, where the update is finite.",
        ("POST-3",),
        [dense("ADAM", 3, 1, l1=0.25)],
        steps(2),
        _ON,
        {"0_W": (math.nan, -2.0, math.nan)},
        quirks=(7,),
    )
    yield Sketch(
        "l1-of-nan-bias",
        "The sign of a bias that is NaN is 0.",
        ("POST-3",),
        [dense("NONE", 1, 3, l1_bias=2.0)],
        [Step(batch_size=2)],
        _ON,
        {"0_b": (math.nan, 3.0, -0.0)},
        quirks=(7,),
    )
    yield Sketch(
        "penalties-of-one-nan-weight",
        "w * l2 of one NaN element is an operand: 1e-5 is added.",
        ("POST-2", "ARITH-3"),
        [dense("SGD", 1, 1, l2=0.25, l2_bias=0.25)],
        steps(2),
        _ON,
        {"0_W": (math.nan,), "0_b": (math.nan,)},
        quirks=(51,),
    )
    yield Sketch(
        "penalties-overflowing",
        "A penalty that overflows, and one that is lost in a subnormal update.",
        ("POST-2",),
        [dense("NONE", l2=10.0)],
        [Step({"0_W": of_type((1e38, -1e38, 1e-45, 0.0), (1e308, -1e308, 5e-324, 0.0))}, batch_size=2)],
        _ON,
        {"0_W": of_type((3e38, -3e38, 1e-45, 1e-44), (1.7e308, -1.7e308, 5e-324, 1e-323))},
    )


def _division() -> Iterator[Sketch]:
    for updater in UPDATERS:
        rho = rho_if_adadelta(updater)
        yield Sketch(
            f"division-{updater.lower()}",
            "The batch size divides the update, not the gradient: no state sees it.",
            ("POST-4", "POST-1"),
            [dense(updater, learning_rate=0.1, **rho)],
            [Step(batch_size=7), Step(batch_size=32)],
            quirks=(2,),
        )
    for size in (0, -3, -2147483648, 2147483647, 16777217):
        yield Sketch(
            f"batch-size-{str(size).replace('-', 'minus-')}",
            f"A batch size of {size}, rounded once to the type.",
            ("POST-4", "ARITH-4"),
            [dense("SGD", 2, 2)],
            [Step({"0_W": (1.0, -2.0, 0.0, -0.0)}, batch_size=size)],
            quirks=(52,),
        )
    yield Sketch(
        "mini-batch-off",
        "Without miniBatch nothing is divided.",
        ("POST-4",),
        [dense("SGD", l2=0.5)],
        [Step(batch_size=8)],
        {"mini_batch": False, "use_regularization": True},
    )
    yield Sketch(
        "mini-batch-off-adam",
        "Without miniBatch nothing is divided under ADAM either, in a batch of three.",
        ("POST-4",),
        [dense("ADAM", l1=0.5)],
        [Step(batch_size=3), Step(batch_size=7)],
        {"mini_batch": False, "use_regularization": True},
    )
