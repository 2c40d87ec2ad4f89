"""``bench growth``: the slope says how the time of a judgement grows."""

from __future__ import annotations

import shlex
import sys
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.benchmark.growth import Axis, Curve, axes, measure
from dl4j_conformance.cli.main import cli

ADAPTER = Path(__file__).parents[1] / "backends" / "faulty_adapter.py"
VALUES = (10, 100, 1000, 10_000)


def _curve(*powers: float, fixed: float = 0.0) -> Curve:
    """A curve whose rounds grow with these powers of the value."""
    return Curve(Axis("steps", VALUES, lambda _: []), [[fixed + value**power for value in VALUES] for power in powers])


@pytest.mark.parametrize(("power", "is_linear"), [(0.5, True), (1.0, True), (1.3, True), (1.5, False), (2.0, False)])
def test_the_slope_is_the_power(power: float, is_linear: bool) -> None:
    assert _curve(power).slope == pytest.approx(power)
    assert _curve(power).is_linear is is_linear


def test_a_fixed_cost_hides_no_quadratic_growth() -> None:
    assert not _curve(2.0, fixed=10_000.0).is_linear
    assert _curve(1.0, fixed=100.0).is_linear


def test_one_disturbed_round_does_not_bend_the_curve() -> None:
    found = _curve(1.0, 1.0, 3.0)
    assert found.slope == pytest.approx(1.0)
    assert found.seconds == dict(zip(VALUES, map(float, VALUES), strict=True))


def test_the_first_round_does_not_count() -> None:
    clock = count(0, 10**9)
    (axis, *_) = axes("ADAM", "float32", 100)
    assert axis.values == (1, 3, 10, 32, 100)
    found = measure(NumpyBackend(), axis, 2, lambda: next(clock))
    assert found.rounds == 2 * [5 * [1.0]]


@pytest.mark.parametrize("updater", ["ADADELTA", "NONE"])
def test_a_judgement_of_each_axis_has_as_many_cases_and_steps(updater: str) -> None:
    elements, steps, cases = axes(updater, "float64", 1000)
    assert [len(case.script) for case in elements.cases(1000)] == [1]
    assert [len(case.script) for case in steps.cases(30)] == [30]
    assert [len(case.script) for case in cases.cases(3)] == [2, 2, 2]


def test_the_command_prints_three_curves() -> None:
    result = CliRunner().invoke(cli, ["bench", "growth", "numpy", "--largest", "1000", "--rounds", "1"])
    assert result.exit_code == 0
    for axis in ("elements", "steps", "cases"):
        assert f"time against {axis}" in result.stdout
        assert f"{axis}: slope " in result.stdout


def test_what_the_backend_does_not_run_has_no_curve(tmp_path: Path) -> None:
    command = shlex.join([sys.executable, "-S", str(ADAPTER), "none", str(tmp_path / "pids")])
    result = CliRunner().invoke(cli, ["bench", "growth", f"stdio:{command}", "--updater", "ADAM"])
    assert result.exit_code == 3
    assert "does not run the case: unsupported: ADAM (not in the adapter's `updaters`)" in result.stderr


@pytest.mark.parametrize("arguments", [["growth"], ["growth", "nothing-such"], ["growth", "numpy", "dl4j"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["bench", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_help_is_that_of_the_command_asked_for() -> None:
    assert "bench growth [OPTIONS] BACKEND" in CliRunner().invoke(cli, ["bench", "growth", "--help"]).output
    assert "bench [OPTIONS] BACKEND..." in CliRunner().invoke(cli, ["bench", "--help"]).output
