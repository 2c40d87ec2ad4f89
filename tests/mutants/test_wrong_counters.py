"""Every wrong port of counters, precision, events, layers and lengths fails a fixture that is made for it."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from dl4j_backends.interface import ALL_CAPABILITIES
from dl4j_conformance.cases.handwritten import events, lengths, limits, precision, sharing
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.running.run import Attempt
from golden_fixtures import every_fixture
from mutants.wrong_counters import WRONG_COUNTERS
from mutants.wrong_events import EVENTS
from mutants.wrong_numbers import NARROWINGS
from mutants.wrong_precision import ROUNDED

_MADE_FOR_THEM = {case.id for topic in (limits, events, precision, sharing, lengths) for case in topic.cases()}


def _fixtures(pattern: str) -> list[Fixture]:
    return [f for f in every_fixture() if f.case.id in _MADE_FOR_THEM and fnmatchcase(f.case.id, f"{pattern}*")]


@pytest.mark.parametrize("name", WRONG_COUNTERS)
def test_is_failed(name: str) -> None:
    wrong = WRONG_COUNTERS[name]
    made_for_it = _fixtures(wrong.shown_by)
    assert made_for_it
    assert any(Attempt.of(wrong.backend, fixture).differs(ALL_CAPABILITIES) for fixture in made_for_it)


def test_every_mistake_is_made() -> None:
    assert len(WRONG_COUNTERS) >= 100
    for narrowing in NARROWINGS:
        assert f"iteration_{narrowing}_adam" in WRONG_COUNTERS
    for setting in ROUNDED:
        assert f"{setting}_rounded" in WRONG_COUNTERS
    for event in EVENTS:
        assert f"schedule_late_after_{event}" in WRONG_COUNTERS
