"""Values of different arithmetics are never combined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact import ExactArithmetic
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.interface import Arithmetic, Operation
from dl4j_oracle.arithmetic.trace import TraceArithmetic

ARITHMETICS: dict[str, Callable[[], Arithmetic]] = {
    "ieee": lambda: IeeeArithmetic("float64"),
    "exact": lambda: ExactArithmetic(160),
    "enclosure": lambda: EnclosureArithmetic(error_model("float64")),
    "exact enclosure": lambda: ExactEnclosureArithmetic(error_model("float64"), 160),
    "trace": lambda: TraceArithmetic(IeeeArithmetic("float64")),
}
OPERATIONS: dict[str, Callable[[Arithmetic, Arithmetic], Any]] = {
    "scalar + scalar": lambda own, other: own.scalar(1.0) + other.scalar(1.0),
    "array with scalar": lambda own, other: own.array([1.0, 2.0]).with_scalar(Operation.MUL, other.scalar(1.0)),
    "clip": lambda own, other: own.array([1.0, 2.0]).clip_above(other.scalar(1.0)),
    "full": lambda own, other: own.full(2, other.scalar(1.0)),
    "join": lambda own, other: own.join([own.array([1.0]), other.array([1.0])]),
    "slice": lambda own, other: own.slice(other.array([1.0, 2.0]), 0, 1),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("own", "other"), [(a, b) for a in ARITHMETICS for b in ARITHMETICS if a != b])
def test_values_of_two_arithmetics_are_refused(own: str, other: str, operation: str) -> None:
    with pytest.raises(TypeError):
        OPERATIONS[operation](ARITHMETICS[own](), ARITHMETICS[other]())


def test_own_returns_the_value_itself() -> None:
    scalar = IeeeArithmetic("float64").scalar(1.0)
    assert type(scalar).own(scalar) is scalar
