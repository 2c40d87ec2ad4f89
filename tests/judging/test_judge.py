"""One judgement: equality of values, the level of each difference, and what ends a case without an outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import ALL_CAPABILITIES, BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.execution.ending import Ending, UndeclaredError
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.kill_matrix import visible
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status, judge
from golden_fixtures import fixtures_by_id, kill_matrix

ADAM = fixtures_by_id()["adam-first-step-float32"]
DECLARATION = Declaration(ALL_CAPABILITIES)
KILLS = visible(kill_matrix().row(ADAM.case), ALL_CAPABILITIES)


def _updated(update: np.ndarray) -> Outcome:
    (step,) = ADAM.expected.steps
    return replace(ADAM.expected, steps=(replace(step, updates={**(step.updates or {}), "0_W": update}),))


def _expected() -> np.ndarray:
    (step,) = ADAM.expected.steps
    return (step.updates or {})["0_W"].copy()


def _judged(got: Outcome | Ending, claimed: Level = Level.BIT_EXACT) -> Result:
    return judge(ADAM, got, DECLARATION, KILLS, claimed)


def _levels(result: Result) -> list[Level]:
    return [finding.level for finding in result.findings]


def test_equal_bits_pass_every_level() -> None:
    result = _judged(ADAM.expected, Level.RECORDED)
    assert (result.status, result.findings, result.identical) == (Status.PASSED, (), result.values)


def test_a_last_bit_fails_level_bit_exact_alone() -> None:
    update = _expected()
    update[0] = np.nextafter(update[0], np.float32(9))
    result = _judged(_updated(update))
    assert (_levels(result), result.status) == ([Level.BIT_EXACT], Status.FAILED)
    assert result.identical == result.values - 1
    assert _judged(_updated(update), Level.BOUNDED).status is Status.PASSED


def test_a_value_outside_of_its_enclosure_says_what_was_allowed() -> None:
    (finding,) = _judged(_updated(_expected() * np.array([1.0, 1.0001, 1, 1], "float32"))).findings
    assert finding.level in (Level.BOUNDED, Level.READING)
    assert finding.allowed.startswith("[")


def test_the_outputs_of_a_misreading_fail_level_reading() -> None:
    """One of the values is zero: of it nothing but the sign differs."""
    assert set(_levels(_judged(_updated(-_expected())))) == {Level.READING, Level.BIT_EXACT}


def test_next_to_a_difference_of_structure_no_misreading_is_looked_for() -> None:
    (step,) = ADAM.expected.steps
    got = replace(ADAM.expected, steps=(replace(step, updates={"0_W": -_expected()}),))
    assert set(_levels(_judged(got))) == {Level.STRUCTURE, Level.BOUNDED, Level.BIT_EXACT}


def test_nan_is_nan_whatever_its_payload() -> None:
    nans = np.array([0x7FC00000, 0x7F800001, 0xFFC12345, 0x7FC00000], "uint32").view("float32")
    fixture = replace(ADAM, expected=_updated(np.full(4, np.nan, "float32")), recorded=None)
    assert judge(fixture, _updated(nans), DECLARATION, {}).findings == ()


def test_zeros_of_two_signs_differ_from_level_bit_exact_on() -> None:
    update = _expected()
    index = int(np.flatnonzero(update == 0)[0])
    update[index] = -update[index]
    assert _levels(_judged(_updated(update))) == [Level.BIT_EXACT]


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        (UndeclaredError("the backend does not declare clone"), Status.NOT_RUN, "the backend does not declare clone"),
        (UnsupportedError("float64"), Status.NOT_RUN, "unsupported: float64"),
        (BackendUnavailableError("no device"), Status.NOT_RUN, "no device"),
        (AdapterFault("timed-out", "no reply"), Status.NOT_RUN, "the adapter: timed-out: no reply"),
        (BackendCrashError("ZeroDivisionError: x"), Status.FAILED, ""),
    ],
)
def test_a_case_that_ends_without_an_outcome(ending: Ending, status: Status, reason: str) -> None:
    result = _judged(ending)
    assert (result.status, result.reason, result.killed) == (status, reason, frozenset())
    assert _levels(result) == ([] if status is Status.NOT_RUN else [Level.STRUCTURE])
