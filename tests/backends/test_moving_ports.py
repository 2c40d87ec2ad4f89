"""Backends that move parameters: a right one conforms, a wrong one fails, and no update is lost in the step."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_ports import WRONG, Moving, MovingSession, _OneUlp, wrong

import dl4j_fixtures
from dl4j_backends.interface import SET_PARAMS
from dl4j_conformance.cases.drawn.values import edge_values
from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.moving import _nearest
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.fuzzing import fuzz
from dl4j_conformance.running.run import Attempt, run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_conformance.vectors.training_run import drift, read_training_run

ADAPTER = shlex.join([sys.executable, str(Path(__file__).with_name("numpy_adapter.py")), "moving"])


@cache
def _sample() -> tuple[Fixture, ...]:
    return tuple(fixtures(Selection()))[::17]


def _attempts(backend: Moving) -> Iterator[Attempt]:
    return (Attempt.of(backend, fixture) for fixture in _sample())


def test_a_right_port_conforms() -> None:
    attempts = [attempt for attempt in _attempts(Moving()) if isinstance(attempt.got, Outcome)]
    assert len(attempts) > 90
    assert [attempt.fixture.case.id for attempt in attempts if attempt.differs(Moving.capabilities)] == []


@pytest.mark.parametrize("session", WRONG)
def test_a_wrong_port_fails(session: type[MovingSession]) -> None:
    assert any(attempt.differs(Moving.capabilities) for attempt in _attempts(wrong(session)))


def test_a_last_bit_is_a_matter_of_level_bit_exact() -> None:
    """Without regularization the update is known exactly, with its enclosure."""
    (fixture,) = fixtures(Selection("adam-first-step-float32"))
    (result,) = run([wrong(_OneUlp)], [fixture], no_row)
    assert result.status is Status.FAILED
    assert result.fails(Level.BIT_EXACT)
    assert not result.fails(Level.STRUCTURE)


def test_a_training_run() -> None:
    (trace,) = dl4j_fixtures.traces()
    training = read_training_run(trace)
    short = replace(training, iterations=training.iterations[:4])
    assert list(drift(Moving(), short)) == 4 * [()]
    assert all(drift(wrong(_OneUlp), short))


def test_it_needs_set_params() -> None:
    backend = Moving()
    backend.capabilities = Moving.capabilities - {SET_PARAMS}
    (result,) = run([backend], _sample()[:1], no_row)
    assert result.reason == "moves_params needs set_params"


def test_drawn_cases_and_live_sessions() -> None:
    found = fuzz(Moving(), 60, seed=3)
    assert (list(found.finds), found.broken) == ([], None)
    assert found.judged > 20


def test_over_the_wire() -> None:
    for arguments in (["run", f"stdio:{ADAPTER}", "--strict-wire", "--case", "l2-*"], ["adapter", "check", ADAPTER]):
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output


@settings(max_examples=200)
@given(st.data(), st.sampled_from(["float32", "float64"]))
def test_the_nearest_update_that_moves_there(data: st.DataObject, dtype: str) -> None:
    start, expected, real = (np.array([data.draw(edge_values(dtype))], dtype) for _ in range(3))
    with np.errstate(all="ignore"):
        after = start - real
        found = _nearest(start, after, expected)
        assert hex_of(start - found) == hex_of(after)
        if hex_of(start - expected) == hex_of(after):
            assert hex_of(found) == hex_of(expected)
        elif not np.isnan([*real, *expected, *found]).any():
            assert min(real, expected) <= found <= max(real, expected)


@given(st.data(), st.sampled_from(["float32", "float64"]))
def test_from_minus_zero_every_update_is_known(data: st.DataObject, dtype: str) -> None:
    expected, real = (np.array([data.draw(edge_values(dtype))], dtype) for _ in range(2))
    start = np.array([-0.0], dtype)
    assert hex_of(_nearest(start, start - real, expected)) == hex_of(real)
