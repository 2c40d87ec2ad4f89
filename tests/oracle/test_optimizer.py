"""The optimiser's rules against values seen on the real DL4J 0.8.0."""

from __future__ import annotations

import math

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.java import in_hash_order
from dl4j_oracle.equality import arrays_are_equal
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated, eps_termination


@pytest.mark.parametrize(
    ("score", "old_score", "stalls"),
    [
        (1.00001, 1.0, True),
        (1.0000101, 1.0, False),
        (0.0, 0.0, False),
        (5e-10, 0.0, True),
        (5.1e-10, 0.0, False),
        (math.inf, 1.0, True),
        (1.0, math.inf, True),
        (-math.inf, math.inf, True),
        (math.inf, math.inf, False),
        (math.nan, 1.0, False),
        (math.nan, math.nan, False),
    ],
)
def test_eps_termination(score: float, old_score: float, stalls: bool) -> None:
    assert eps_termination(score, old_score) is stalls


def _network(**conf: object) -> MultiLayerUpdater:
    layer = {"n_in": 1, "n_out": 1, "updater": "SGD", "learning_rate": 1e-9}
    params = {"0_W": [1.0], "0_b": [0.5]}
    return updater_of(Description({"mini_batch": False, **conf}, [layer], params), IeeeArithmetic("float64"))


def _rate(updater: MultiLayerUpdater) -> float:
    rate = updater.learning_rates["0_W"]
    assert isinstance(rate, IeeeScalar)
    return rate.value


def _iterate(updater: MultiLayerUpdater, score: float) -> None:
    optimize(updater, Backpropagated(updater.views({"0_W": [1.0], "0_b": [2.0]}), score), 1)


def test_policy_score_decays_by_a_bit_more_than_the_rate() -> None:
    updater = _network(lr_policy="Score", lr_policy_decay_rate=0.7)
    rates = []
    for _ in range(4):
        _iterate(updater, 1.0)
        rates.append(_rate(updater))
    assert rates == [1e-9, 7.000099999999999e-10, 4.900140000999999e-10, 3.430147002100009e-10]


def test_the_count_wraps_around_as_a_java_int_does() -> None:
    updater = _network(iteration_count=2147483647)
    iterated = optimize(updater, Backpropagated(updater.views({"0_W": [1.0]}), 1.0), 1)
    assert (iterated.iteration_done, iterated.iteration_count) == (2147483647, -2147483648)


def test_default_step_function_leaves_parameters_and_count() -> None:
    updater = _network(step_function="Default")
    with pytest.raises(Dl4jError, match="UnsupportedOperationException"):
        _iterate(updater, 1.0)
    weights = updater.params["0_W"]
    assert isinstance(weights, IeeeArray)
    assert weights.values.tolist() == [1.0]
    assert updater.optimizer.iteration_count == 0


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        # String.hashCode: a 97, b 98, p 112, "Aa" and "BB" both 2112, "zz" 3904.
        (["b", "a"], ["a", "b"]),
        (["p", "a"], ["p", "a"]),
        (["BB", "Aa"], ["BB", "Aa"]),
        (["Aa", "BB"], ["Aa", "BB"]),
        # Thirteen entries double the table: p moves from bucket 0 to 16.
        ([*"abcdefghijkl", "p"], [*"abcdefghijkl", "p"]),
        (["zz", "a"], ["zz", "a"]),
        (["\U0001f600", "a"], ["a", "\U0001f600"]),
    ],
)
def test_the_order_of_a_hash_map(keys: list[str], order: list[str]) -> None:
    assert in_hash_order(keys) == order


@pytest.mark.parametrize(
    ("x", "y", "equal"),
    [
        ((1e-40, 1.0), (2e-40, 1.0), True),
        ((1e-38, 1.0), (2e-38, 1.0), True),
        ((1.2e-38, 1.0), (2.4e-38, 1.0), False),
        ((1e-38, 1.0), (-1e-38, 1.0), False),
        ((1e-30, 1.0), (1.3e-30, 1.0), False),
        ((0.0, 1.0), (0.000009, 1.0), True),
        ((1.0, 1.0), (1.000019, 1.0), True),
        ((1.0, 1.0), (1.00003, 1.0), False),
        ((math.nan, 1.0), (math.nan, 1.0), False),
    ],
)
def test_arrays_that_dl4j_takes_for_equal(x: tuple[float, ...], y: tuple[float, ...], equal: bool) -> None:
    assert arrays_are_equal(x, y) is equal
