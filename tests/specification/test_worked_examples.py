"""The examples that the clauses give in words, with DL4J's numbers: by the oracle, and by the engine of the backends.

``tests/jvm`` asks the real DL4J. A text that is quoted here stands on its page.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest

from dl4j_backends.engine.java import power as power_of_engine
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_oracle.arithmetic import java
from dl4j_oracle.clauses import clauses
from dl4j_oracle.optimizer import eps_termination
from specification.worked_examples import EXAMPLES, Example, check

STATEMENTS = {clause.id: clause.statement for clause in clauses()}
BACKENDS = [OracleBackend(), NumpyBackend()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.clause} {example.quoted}")
def test_examples_of_the_clauses(example: Example) -> None:
    assert example.quoted in STATEMENTS[example.clause]
    for backend in BACKENDS:
        check(example, backend)


@pytest.mark.parametrize(
    ("old", "score", "stalls"),
    [
        (0.0, 0.0, False),
        (-0.0, 0.0, False),
        (0.0, 5e-10, True),
        (0.0, 1e-9, False),
        (math.inf, 1.0, True),
        (math.inf, math.inf, False),
        (math.nan, 1.0, False),
    ],
)
def test_scores_that_stall(old: float, score: float, stalls: bool) -> None:
    assert eps_termination(score, old) is stalls
    assert "The scores 0 and 5e-10 stall, the scores 0 and 1e-9 do not." in STATEMENTS["OPT-5"]
    by_formula = not (old == 0 and score == 0) and 2 * abs(old - score) <= 1e-5 * (abs(old) + abs(score) + 1e-4)
    assert by_formula is stalls


@pytest.mark.parametrize("power", [java.power, power_of_engine], ids=["oracle", "engine"])
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1.0, math.nan, math.nan),
        (1.0, math.inf, math.nan),
        (-1.0, -math.inf, math.nan),
        (math.nan, 0.0, 1.0),
        (-2.0, 0.5, math.nan),
        (10.0, 400.0, math.inf),
    ],
)
def test_powers_that_are_not_those_of_c(power: Any, x: float, y: float, expected: float) -> None:
    np.testing.assert_equal([power(x, y)], [expected])


def test_a_loop_of_multiplications_is_no_power_of_fast_math() -> None:
    product = 1.0
    for _ in range(1000):
        product *= 0.999
    for value in (java.fast_math_power(0.999, 1000), product):
        assert struct.pack(">d", value).hex() in STATEMENTS["ADAM-4"]
    assert product != java.fast_math_power(0.999, 1000)
