"""The check of a session after each of its operations: what a check of the whole script says, with less work."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings

from agreement.other_arithmetics import ArithmeticBackend, wide
from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.operations import Operation, Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.enclosure_check import Bounds, EnclosureCheck, Place, bounds
from dl4j_conformance.judging.growing_check import GrowingCheck
from dl4j_oracle.profile import DEFAULT_RULES
from golden_fixtures import fixtures_by_id


def prefixes(case: Case, got: Outcome) -> Iterator[tuple[Case, Outcome]]:
    """Yield the case as a session judges it, after each operation."""
    for count in range(1, len(got.steps) + 1):
        shorter = dataclasses.replace(case, script=case.script[:count])
        yield shorter, dataclasses.replace(got, steps=got.steps[:count])


def places(case: Case, got: Outcome) -> set[Place]:
    expected = observe(OracleBackend(), case)
    found = differences(case, expected, got, ALL_CAPABILITIES)
    return {(d.step, d.key, d.index) for d in found if not d.is_structural}


def asked(check: GrowingCheck, case: Case, got: Outcome, where: set[Place]) -> Bounds:
    return check.bounds(case, got, ALL_CAPABILITIES, CORRECTLY_ROUNDED, where)


def alike(one: Bounds, other: Bounds) -> bool:
    """Return whether both found the same; NaN is NaN."""
    return repr(one) == repr(other)


@settings(max_examples=8)
@given(cases(dtype="float32", max_layers=1, max_steps=3))
def test_a_growing_script_is_checked_as_a_whole_one(case: Case) -> None:
    for backend in (wide, ArithmeticBackend("a thousandth off", factor=1.001)):
        check = GrowingCheck()
        for shorter, got in prefixes(case, observe(backend, case)):
            where = places(shorter, got)
            whole = bounds(shorter, got, ALL_CAPABILITIES, places=where)
            assert alike(asked(check, shorter, got, where), whole)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the operations that are checked."""
    numbers: list[int] = []
    step = EnclosureCheck.step

    def counted(self: EnclosureCheck, number: int, *seen: object) -> None:
        numbers.append(number)
        step(self, number, *seen)  # type: ignore[arg-type]

    monkeypatch.setattr(EnclosureCheck, "step", counted)
    return numbers


def wrong_at(step: int) -> tuple[Case, Outcome]:
    """Return a case of several steps, and an outcome whose updates are off by a thousandth from ``step`` on."""
    fixture = fixtures_by_id()["step-adam-float32"]
    steps = [
        seen if number < step else dataclasses.replace(seen, updates=off(seen.updates))
        for number, seen in enumerate(fixture.expected.steps)
    ]
    return fixture.case, dataclasses.replace(fixture.expected, steps=tuple(steps))


def off(updates: object) -> dict[str, np.ndarray]:
    return {key: array * np.float32(1.001) for key, array in (updates or {}).items()}  # type: ignore[attr-defined]


def test_operations_are_checked_once_and_the_wrong_one_is_caught(checked: list[int]) -> None:
    case, got = wrong_at(2)
    check = GrowingCheck()
    escapes = [
        {escape.step for escape in asked(check, *given, places(*given)).escapes} for given in prefixes(case, got)
    ]
    assert escapes == [set(), set(), {2}]
    assert checked == [0, 1, 2]


def test_another_question_is_answered_anew(checked: list[int]) -> None:
    case, got = wrong_at(0)
    check = GrowingCheck()
    (first, one), (second, two), _ = prefixes(case, got)
    where = places(second, two)
    assert len({escape.step for escape in asked(check, second, two, where).escapes}) == 2
    # A shorter script; other bits at an operation that was checked; fewer places there; another network.
    assert {escape.step for escape in asked(check, first, one, places(first, one)).escapes} == {0}
    right = fixtures_by_id()["step-adam-float32"].expected
    assert asked(check, case, right, where).escapes == ()
    assert asked(check, case, right, set()).escapes == ()
    other = dataclasses.replace(case, network=dataclasses.replace(case.network))
    assert asked(check, other, got, where).escapes != ()
    assert checked == [0, 1, 0, *range(3), *range(3), *range(3)]


def test_another_process_begins_anew() -> None:
    case, got = wrong_at(1)
    check = GrowingCheck()
    found = asked(check, case, got, places(case, got))
    assert found.escapes
    assert alike(asked(pickle.loads(pickle.dumps(check)), case, got, places(case, got)), found)  # noqa: S301


def test_states_are_decided_exactly_from_the_second_one_with_other_bits_on() -> None:
    """Up to the first state with other bits, values with the model's bits lie inside, whatever float64 says."""
    gradient = np.array([0.7, -0.3, 0.2, 0.9], "float64")
    params = {"0_W": np.ones(4), "0_b": np.ones(2)}
    network = Network("float64", {}, ({"updater": "ADAM", "n_in": 2, "n_out": 2},), params)
    case = Case("states", network, tuple(Update({"0_W": gradient, "0_b": gradient[:2]}, i, 1) for i in range(3)))
    exactly = []
    for wrong in ((1,), (1, 2)):
        steps = list(observe(OracleBackend(), case).steps)
        for number in wrong:
            state = np.array(steps[number].state)
            state[0] = np.nextafter(state[0], np.inf)
            steps[number] = dataclasses.replace(steps[number], state=state)
        where = {(number, "state", 0) for number in wrong}
        check = EnclosureCheck(case, ALL_CAPABILITIES, DEFAULT_RULES, CORRECTLY_ROUNDED, where)
        check._inner = _Undecided()  # type: ignore[assignment]
        for number in range(wrong[-1] + 1):
            check.step(number, steps[number])
        assert check.found.escapes == ()
        exactly.append(check.exactly)
    # The state has m and v of six values.
    assert exactly == [1, 1 + 12]


class _Undecided:
    """An inner enclosure that says nothing."""

    def perform(self, operation: Operation) -> None:
        """Do nothing."""

    def observe_state(self, values: np.ndarray) -> None:
        """Do nothing."""

    def found(self) -> None:
        """Return nothing."""
