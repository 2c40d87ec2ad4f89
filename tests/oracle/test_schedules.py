"""The schedules of DL4J 1.0.0-M2.1, on values that were seen on its jars."""

from __future__ import annotations

from typing import Any

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.blocks.schedule import schedules_are_equal
from dl4j_oracle.blocks.schedule_form import read_schedule
from dl4j_oracle.errors import ConfigurationError, Dl4jError


def _schedule(type_: str, **settings: Any) -> dict[str, Any]:
    return {"type": type_, "schedule_type": "ITERATION", **settings}


EXPONENTIAL = _schedule("ExponentialSchedule", initial_value=0.1, gamma=0.9)
#: Values at 0, 1, 2 ...
_GOLDEN: list[tuple[dict[str, Any], list[float]]] = [
    (
        EXPONENTIAL,
        [
            *(0.1, 0.09000000000000001, 0.08100000000000002, 0.0729),
            *(0.06561, 0.05904900000000001, 0.05314410000000001, 0.04782969000000001),
        ],
    ),
    (
        _schedule("InverseSchedule", initial_value=0.1, gamma=0.5, power=2.0),
        [
            *(0.1, 0.044444444444444446, 0.025, 0.016),
            *(0.011111111111111112, 0.00816326530612245, 0.00625, 0.0049382716049382715),
        ],
    ),
    (
        _schedule("PolySchedule", initial_value=0.1, power=0.5, max_iter=5),
        [0.1, 0.10954451150103323, 0.11832159566199232, 0.1264911064067352, 0.1341640786499874, 0, 0, 0],
    ),
    (
        _schedule("PolySchedule", initial_value=0.1, power=2.0, max_iter=5),
        [0.1, 0.144, 0.19599999999999998, 0.25600000000000006, 0.32400000000000007, 0],
    ),
    (
        _schedule("SigmoidSchedule", initial_value=0.1, gamma=0.5, step_size=3),
        [
            *(0.018242552380635636, 0.026894142136999515, 0.03775406687981454, 0.05),
            *(0.06224593312018546, 0.07310585786300049, 0.08175744761936436, 0.08807970779778825),
        ],
    ),
    (
        _schedule("StepSchedule", initial_value=0.1, decay_rate=0.5, step=2.0),
        [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125],
    ),
    (
        _schedule("StepSchedule", initial_value=0.1, decay_rate=0.5, step=2.5),
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025],
    ),
    (_schedule("MapSchedule", values={"0": 0.1, "3": 0.05, "5": 0.2}), [0.1, 0.1, 0.1, 0.05, 0.05, 0.2, 0.2, 0.2]),
    (
        _schedule("CycleSchedule", max_learning_rate=0.1, cycle_length=10),
        [
            *(0.010000000000000002, 0.0325, 0.055, 0.07750000000000001, 0.1),
            *(0.07750000000000001, 0.05500000000000001, 0.0325, 0.10000000000000002, 0.010000000000000002),
        ],
    ),
    (
        _schedule(
            "CycleSchedule",
            initial_learning_rate=0.01,
            max_learning_rate=0.1,
            cycle_length=8,
            annealing_length=2,
            annealing_decay=0.5,
        ),
        [0.01, 0.04, 0.07, 0.1, 0.07, 0.04, 0.01, 0.005],
    ),
    (
        _schedule(
            "CycleSchedule",
            initial_learning_rate=0.01,
            max_learning_rate=0.1,
            cycle_length=3,
            annealing_length=3,
            annealing_decay=0.5,
        ),
        [0.01, 0.005, 0.0025, 0.01],
    ),
    (
        {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.1}, "num_iter": 4},
        [0.025, 0.05, 0.07500000000000001, 0.1, 0.1],
    ),
    (
        {"type": "RampSchedule", "base_schedule": EXPONENTIAL, "num_iter": 4},
        [0.025, 0.045000000000000005, 0.06075000000000001, 0.0729, 0.06561],
    ),
]


def _value(data: dict[str, Any], iteration: int, epoch: int) -> float:
    found = read_schedule(data, "schedule").value_at(iteration, epoch, IeeeArithmetic("float64"))
    return found.value  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(("data", "expected"), _GOLDEN)
def test_values_by_iteration(data: dict[str, Any], expected: list[float]) -> None:
    assert [_value(data, i, 7) for i in range(len(expected))] == expected


@pytest.mark.parametrize(("data", "expected"), [pair for pair in _GOLDEN if "schedule_type" in pair[0]])
def test_values_by_epoch(data: dict[str, Any], expected: list[float]) -> None:
    assert [_value({**data, "schedule_type": "EPOCH"}, 7, i) for i in range(len(expected))] == expected


def test_a_ramp_counts_iterations_even_over_epochs() -> None:
    base = {**EXPONENTIAL, "schedule_type": "EPOCH"}
    assert _value({"type": "RampSchedule", "base_schedule": base, "num_iter": 4}, 1, 3) == 0.5 * 0.0729


def test_a_map_needs_position_0() -> None:
    with pytest.raises(Dl4jError, match="must contain initial value") as error:
        read_schedule(_schedule("MapSchedule", values={"1": 0.1}), "schedule")
    assert error.value.kind == "IllegalArgumentException"


def test_equality_compares_fields_and_ramps_by_identity() -> None:
    first, second = (read_schedule(EXPONENTIAL, "schedule") for _ in range(2))
    assert schedules_are_equal(first, second)
    assert not schedules_are_equal(first, read_schedule({**EXPONENTIAL, "gamma": 0.8}, "schedule"))
    assert not schedules_are_equal(first, read_schedule({**EXPONENTIAL, "schedule_type": "EPOCH"}, "schedule"))
    ramps = [
        read_schedule({"type": "RampSchedule", "base_schedule": EXPONENTIAL, "num_iter": 4}, "schedule")
        for _ in range(2)
    ]
    assert schedules_are_equal(ramps[0], ramps[0])
    assert not schedules_are_equal(*ramps)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "CosineSchedule"}, r"rate\.type: must be one of ExponentialSchedule"),
        ({**EXPONENTIAL, "gama": 1.0}, r"rate\.gama: unknown key; did you mean 'gamma'"),
        (_schedule("ExponentialSchedule", initial_value=0.1), r"rate\.gamma: must be a number"),
        ({**EXPONENTIAL, "schedule_type": "STEP"}, r"rate\.schedule_type: must be one of ITERATION, EPOCH"),
        (
            _schedule("CycleSchedule", max_learning_rate=0.1, cycle_length=9, annealing_length=2),
            "rate: needs all of initial_learning_rate, annealing_length, annealing_decay, or none",
        ),
        (0.1, "rate: must be an object"),
    ],
)
def test_forms_that_are_none(data: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_schedule(data, "rate")
