"""The reach of rounding: what lies beyond it fails for certain, and nothing else is decided by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import dl4j_fixtures
from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, Accuracy
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import findings
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import outcome_of, visible
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.reach import Reach, beyond, reach, to_json
from dl4j_conformance.judging.verdict import Result, judge
from dl4j_oracle.misreadings import by_id
from golden_fixtures import every_fixture, fixtures_by_id, kill_matrix

SGD = fixtures_by_id()["sgd-first-step-float64"]
TINY = float.fromhex("0x1p-1074")


def _with(fixture: Fixture, update: Floats) -> Outcome:
    (step,) = fixture.expected.steps
    return replace(fixture.expected, steps=(replace(step, updates={**(step.updates or {}), "0_W": update}),))


def _beyond(exponent: int, wanted: Sequence[float], seen: Sequence[float]) -> list[int | None]:
    """Return the indices of the values beyond a reach."""
    case, expected, got = SGD.case, _with(SGD, np.array(wanted)), _with(SGD, np.array(seen))
    found = differences(case, expected, got, ALL_CAPABILITIES)
    return [difference.index for difference in beyond([{"0_W": exponent}], found, expected, got)]


def test_a_value_is_beyond_if_it_is_farther_off_than_the_reach() -> None:
    assert _beyond(-3, [1.0, 1.0, -8.0, -8.0], [1.125, 1.1251, -9.0, -9.1]) == [1, 3]


def test_nan_and_infinity_are_beyond_any_reach_of_a_number() -> None:
    assert _beyond(60, [1.0, 1.0, -1.0, 2.0], [np.nan, np.inf, 1e300, 2.5]) == [0, 1, 2]


def test_a_zero_has_no_reach() -> None:
    """Its sign is no matter of levels below bit-exact."""
    assert _beyond(60, [0.0, 0.0, -0.0, 0.0], [-0.0, 1e-300, 1.0, np.nan]) == [1, 2, 3]


def test_the_last_bit_of_a_subnormal_is_within_the_least_reach() -> None:
    """The product that bounds the distance underflows: rounding it down would condemn a right value."""
    assert _beyond(-99, [TINY, 3 * TINY, 1.0, 1.0], [2 * TINY, 5 * TINY, 1.0, 1.0]) == [1]


def _outcomes(part: int) -> list[tuple[Fixture, Outcome]]:
    """Return outcomes of misreadings, one of each case."""
    found = []
    for number, fixture in enumerate(every_fixture()[::part]):
        ids = list(kill_matrix().row(fixture.case))
        outcome = outcome_of(by_id(ids[number * 7 % len(ids)]), fixture.case) if ids else None
        if outcome is not None:
            found.append((fixture, outcome))
    return found


def _judged(fixture: Fixture, got: Outcome, known: Reach, accuracy: Accuracy = CORRECTLY_ROUNDED) -> Result:
    kills = visible(kill_matrix().row(fixture.case), ALL_CAPABILITIES)
    return judge(replace(fixture, reach=known), got, Declaration(ALL_CAPABILITIES, accuracy), kills)


def test_findings_are_those_of_the_enclosures() -> None:
    """The reach saves time; every level, and what is allowed, is the same without it."""
    saved = 0
    for fixture, got in _outcomes(67):
        with_reach, without = _judged(fixture, got, fixture.reach), _judged(fixture, got, ())
        assert with_reach.findings == without.findings, fixture.case.id
        assert [with_reach.fails(level) for level in Level] == [without.fails(level) for level in Level]
        saved += bool(with_reach.differing and with_reach.differing.plain)
    assert saved > 20


def test_a_case_beyond_reach_fails_without_an_enclosure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(findings, "bounds")
    monkeypatch.delattr(findings, "GrowingCheck")
    (step,) = SGD.expected.steps
    result = _judged(SGD, _with(SGD, 2 * (step.updates or {})["0_W"]), SGD.reach)
    assert [result.fails(level) for level in (Level.STRUCTURE, Level.READING, Level.BOUNDED)] == [False, True, True]
    assert result.differing is not None
    assert result.differing.is_grave
    with pytest.raises(NameError):
        _ = result.findings


def test_another_arithmetic_has_no_reach() -> None:
    """A value beyond the reach that is stored may be right in an arithmetic that is declared to have fewer digits."""
    (step,) = SGD.expected.steps
    got = _with(SGD, (step.updates or {})["0_W"] * 1.001)
    assert _judged(SGD, got, SGD.reach).fails(Level.READING)
    assert not _judged(SGD, got, SGD.reach, Accuracy(reading_digits=8)).fails(Level.READING)


def test_too_wide_a_reach_changes_no_verdict() -> None:
    for fixture, got in _outcomes(211):
        wide = [{key: exponent + 60 for key, exponent in step.items()} for step in fixture.reach]
        assert _judged(fixture, got, wide).findings == _judged(fixture, got, ()).findings


def test_stored_reaches_are_what_is_computed() -> None:
    stored = dl4j_fixtures.reach()
    for fixture in every_fixture()[::97]:
        assert to_json(reach(fixture.case)) == stored[fixture.case.id], fixture.case.id


def test_most_arrays_have_a_reach() -> None:
    """Otherwise nothing would be saved."""
    having = sum(len(step) for fixture in every_fixture() for step in fixture.reach)
    assert having > 40_000
