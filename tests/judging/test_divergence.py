"""What is wrong first, in the order in which DL4J computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dl4j_backends.interface import ALL_CAPABILITIES, Failure, Observation
from dl4j_conformance.diagnosis.first_divergence import earliest
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.interval_distance import distance, gap, widths
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_oracle.arithmetic.intervals import Intervals, points


def _fixture(id_: str) -> Fixture:
    (found,) = fixtures(Selection(id_))
    return found


def _with(outcome: Outcome, step: int, **changed: object) -> Outcome:
    steps = list(outcome.steps)
    steps[step] = replace(steps[step], **changed)  # type: ignore[arg-type]
    return replace(outcome, steps=tuple(steps))


def _off(array: np.ndarray, index: int) -> np.ndarray:
    copy = array.copy()
    copy[index] += 1
    return copy


ADAM = _fixture("adam-three-steps-float32")


def _state(step: int) -> np.ndarray:
    state = ADAM.expected.steps[step].state
    assert state is not None
    return state


def _updates(step: int) -> dict[str, np.ndarray]:
    return dict(ADAM.expected.steps[step].updates or {})


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (_with(ADAM.expected, 1, state=_off(_state(1), 0)), "step 1, key 0_W, index 0: m"),
        (_with(ADAM.expected, 1, state=_off(_state(1), 5)), "step 1, key 0_W, index 1: v"),
        (_with(ADAM.expected, 2, state=_off(_state(2), 11)), "step 2, key 0_b, index 1: v"),
        (
            _with(
                ADAM.expected, 1, state=_off(_state(1), 8), updates={**_updates(1), "0_W": _off(_updates(1)["0_W"], 3)}
            ),
            "step 1, key 0_W, index 3: update",
        ),
        (
            _with(
                ADAM.expected, 1, state=_off(_state(1), 6), updates={**_updates(1), "0_W": _off(_updates(1)["0_W"], 0)}
            ),
            "step 1, key 0_W, index 2: v",
        ),
        (
            _with(ADAM.expected, 0, learning_rates={"0_W": 0.5, "0_b": 0.01}, state=_off(_state(0), 0)),
            "step 0, key 0_W: learning rate",
        ),
        (_with(ADAM.expected, 1, updates={"0_W": _updates(1)["0_W"]}), "step 1: keys"),
        (_with(ADAM.expected, 1, state=_state(1)[:-1]), "step 1: state"),
        (replace(ADAM.expected, failure=Failure("NullPointerException", "")), "construction: error"),
        (
            replace(ADAM.expected, steps=(Observation(failure=Failure("X", "")), *ADAM.expected.steps[1:])),
            "step 0: error",
        ),
    ],
)
def test_the_first_thing_wrong(got: Outcome, words: str) -> None:
    found = earliest(ADAM.case, differences(ADAM.case, ADAM.expected, got, ALL_CAPABILITIES))
    assert found
    assert found.words == words


def test_nothing_wrong() -> None:
    assert earliest(ADAM.case, differences(ADAM.case, ADAM.expected, ADAM.expected, ALL_CAPABILITIES)) is None


def test_nesterovs_view_is_written_after_the_update() -> None:
    fixture = _fixture("nesterovs-three-steps-float64")
    step = fixture.expected.steps[0]
    assert step.state is not None
    assert step.updates is not None
    got = _with(
        fixture.expected, 0, state=_off(step.state, 0), updates={**step.updates, "0_W": _off(step.updates["0_W"], 1)}
    )
    found = earliest(fixture.case, differences(fixture.case, fixture.expected, got, ALL_CAPABILITIES))
    assert found
    assert found.words == "step 0, key 0_W, index 1: update"


def test_parameters_move_when_every_update_is_computed() -> None:
    """The parameters of one key are wrong, and the update of another: the update comes first."""
    fixture = _fixture("iterate-sgd-float32")
    step = fixture.expected.steps[0]
    updates = {**(step.updates or {}), "0_b": _off((step.updates or {})["0_b"], 0)}
    got = _with(fixture.expected, 0, updates=updates, params={**step.params, "0_W": _off(step.params["0_W"], 0)})
    first = earliest(fixture.case, differences(fixture.case, fixture.expected, got, ALL_CAPABILITIES))
    assert first is not None
    assert first.words == "step 0, key 0_b, index 0: update"


def _interval(low: float, high: float, nan: bool = False) -> Intervals:
    return Intervals(np.array([low]), np.array([high]), np.array([nan]))


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (_interval(1, 2), _interval(3, 4), 1),
        (_interval(3, 4), _interval(1, 2), 1),
        (_interval(1, 3), _interval(3, 4), 0),
        (_interval(-np.inf, np.inf), _interval(3, 4), 0),
        (_interval(1, np.inf), points([np.inf]), 0),
        (points([np.inf]), points([np.inf]), 0),
        (points([np.inf]), points([-np.inf]), np.inf),
        (points([np.inf]), points([1.0]), np.inf),
        (points([np.nan]), points([np.nan]), 0),
        (points([np.nan]), points([1.0]), np.inf),
        (points([np.nan]), _interval(1, 2, nan=True), 0),
        (points([3.0]), _interval(1, 2, nan=True), 1),
        (points([1.7e308]), points([-1.7e308]), np.finfo("float64").max),
        (points([0.0]), points([-0.0]), 0),
        (points([5e-324]), points([0.0]), 5e-324),
    ],
)
def test_gaps(x: Intervals, y: Intervals, expected: float) -> None:
    assert gap(x, y)[0] == gap(y, x)[0] == expected


def test_a_value_inside_has_no_distance() -> None:
    assert distance(np.array([1.5], "float32"), _interval(1, 2))[0] == 0
    assert distance(np.array([np.nan]), _interval(1, 2))[0] == np.inf


def test_a_width_is_at_least_one_step_of_the_type() -> None:
    assert widths(points([1.0]), "float32")[0] == 2.0**-23
    assert widths(points([1.0]), "float64")[0] == 2.0**-52
    assert widths(points([0.0]), "float64")[0] == 5e-324
    assert widths(_interval(1, 2), "float32")[0] == 1
