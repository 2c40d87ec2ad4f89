"""``oracle schedule``: values that were seen on the jars of 1.0.0-M2.1, and what is said of wrong schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli

BY_ITERATION = {"schedule_type": "ITERATION"}


def shown(schedule: Any, *arguments: str) -> Result:
    text = schedule if isinstance(schedule, str) else json.dumps(schedule)
    return CliRunner().invoke(cli, ["oracle", "schedule", text, *arguments])


def test_a_cycle_jumps_at_the_position_that_it_does_not_cover() -> None:
    result = shown({"type": "CycleSchedule", "max_learning_rate": 0.1, "cycle_length": 10, **BY_ITERATION})
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stdout.splitlines()] == [
        *("0.010000000000000002", "0.0325", "0.055", "0.07750000000000001", "0.1"),
        *("0.07750000000000001", "0.05500000000000001", "0.0325", "0.10000000000000002", "0.010000000000000002"),
    ]


def test_epochs_go_by_the_iterations_of_each() -> None:
    schedule = {"type": "MapSchedule", "schedule_type": "EPOCH", "values": {"0": 0.5, "2": 0.125}}
    result = shown(schedule, "--iterations-per-epoch", "2", "--iterations", "5", "--format", "json", "--digits", "3")
    assert [(one["epoch"], one["decimal"], one["hex"], one["exact"]) for one in json.loads(result.stdout)] == [
        *[(epoch, "0.5", "3fe0000000000000", "5.0e-1") for epoch in (0, 0, 1, 1)],
        (2, "0.125", "3fc0000000000000", "1.25e-1"),
    ]


def test_exact_values_stand_beside_the_doubles() -> None:
    """Two thirds are no double: the bits are those of the nearest one."""
    result = shown(
        {"type": "InverseSchedule", "initial_value": 1.0, "gamma": 0.5, "power": 1.0, **BY_ITERATION},
        *("--iterations", "2", "--digits", "20"),
    )
    assert result.stdout.splitlines()[1].split() == [
        *("1", "0.6666666666666666", "3fe5555555555555", "exact", "6.6666666666666666667e-1")
    ]


@pytest.mark.parametrize(
    ("schedule", "code", "message"),
    [
        ("{", ExitCode.USAGE, "Invalid value for SCHEDULE: not JSON"),
        ([], ExitCode.USAGE, "must be an object"),
        ({"type": "Cycle"}, ExitCode.USAGE, "must be one of ExponentialSchedule"),
        ({"type": "PolySchedule", "power": 1.0, **BY_ITERATION}, ExitCode.USAGE, "schedule.initial_value"),
        ({"type": "MapSchedule", "values": {"1": 0.5}, **BY_ITERATION}, 1, "must contain initial value (position 0)"),
    ],
)
def test_errors(schedule: Any, code: int, message: str) -> None:
    result = shown(schedule)
    assert result.exit_code == code
    assert message in result.output
