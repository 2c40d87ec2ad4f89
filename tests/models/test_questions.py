"""The commands that answer questions about a model: rates at distant iterations, loading, Keras, later versions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.main import cli
from dl4j_conformance.models.reloading import Reloaded
from dl4j_conformance.vectors.distant_rates import rates_at
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.configuration import GlobalConfiguration, LearningRatePolicy
from dl4j_oracle.learning_rate import POLICIES, PolicySettings
from models.write_models import DATA


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def _one_by_one(conf: GlobalConfiguration, schedule: Mapping[int, float], count: int) -> list[float]:
    """Return the rates of the first iterations, each by a call of the rule."""
    arithmetic = IeeeArithmetic("float64")
    scalar = arithmetic.scalar
    settings = PolicySettings(
        scalar(conf.lr_policy_decay_rate),
        scalar(conf.lr_policy_power),
        scalar(conf.lr_policy_steps),
        conf.num_iterations,
        {iteration: scalar(value) for iteration, value in schedule.items()},
        arithmetic,
        scalar(0.1),
    )
    rate, found = scalar(0.1), []
    for iteration in range(count):
        rate = POLICIES[conf.lr_policy].rule(rate, iteration, settings)  # type: ignore[assignment]
        found.append(rate.value)
    return found


@pytest.mark.parametrize(
    ("policy", "decay_rate", "power", "steps", "num_iterations"),
    [
        ("None", math.nan, math.nan, math.nan, 1),
        ("Score", 0.5, math.nan, math.nan, 1),
        ("Exponential", 0.99, math.nan, math.nan, 1),
        ("Exponential", -0.9, math.nan, math.nan, 1),
        ("Exponential", math.nan, math.nan, math.nan, 1),
        ("Inverse", 1e-4, 0.75, math.nan, 1),
        ("Inverse", 2.0, -1.0, math.nan, 1),
        ("Poly", math.nan, 0.5, math.nan, 40),
        ("Poly", math.nan, 3.0, math.nan, 1),
        ("Sigmoid", 0.5, math.nan, 4.0, 1),
        ("Sigmoid", -0.01, math.nan, 30.0, 1),
        ("Sigmoid", -1000.0, math.nan, 1.0, 1),
        ("Step", 0.5, math.nan, 2.5, 1),
        ("Step", 0.999, math.nan, 7.0, 1),
        ("Step", 0.5, math.nan, 0.0, 1),
        ("TorchStep", 0.5, math.nan, 24.0, 1),
        ("TorchStep", 0.5, math.nan, 0.0, 1),
        ("TorchStep", 0.5, math.nan, math.nan, 1),
        ("TorchStep", 0.5, math.nan, -10.0, 1),
        ("Schedule", math.nan, math.nan, math.nan, 1),
    ],
)
def test_rates_together_are_those_one_by_one(
    policy: str, decay_rate: float, power: float, steps: float, num_iterations: int
) -> None:
    """Bit for bit, NaN and the signs of zeros included."""
    conf = GlobalConfiguration(
        lr_policy=LearningRatePolicy(policy),
        lr_policy_decay_rate=decay_rate,
        lr_policy_power=power,
        lr_policy_steps=steps,
        num_iterations=num_iterations,
    )
    schedule = {0: 0.2, 17: 0.03, 250: math.nan}
    expected = _one_by_one(conf, schedule, 300)
    got = rates_at(range(300), 0, 0.1, conf, schedule)
    assert [repr(got[iteration]) for iteration in range(300)] == [repr(rate) for rate in expected]
    alone = rates_at([299], 0, 0.1, conf, schedule)
    assert repr(alone[299]) == repr(expected[299])


def test_a_rate_that_was_not_compounded_is_another() -> None:
    conf = GlobalConfiguration(lr_policy=LearningRatePolicy.STEP, lr_policy_decay_rate=0.5, lr_policy_steps=10.0)
    assert rates_at([25], 0, 0.1, conf, {})[25] == 0.1 * 0.5**22  # 1 for each of 10 to 19, and 2 for each of 20 to 25
    assert rates_at([25], 20, 0.1, conf, {})[25] == 0.1 * 0.5**12


def test_rates_of_a_model_go_on_from_the_file() -> None:
    shown = invoke("model", "rates", DATA / "changed-rates.zip", "--format", "json")
    assert json.loads(shown.stdout) == {
        "0_W": {"2": "0.5"},
        "0_b": {"2": "0.1"},
        "1_W": {"2": "0.1"},
        "1_b": {"2": "0.0"},
    }


def test_an_iteration_that_is_over() -> None:
    result = invoke("model", "rates", DATA / "changed-rates.zip", "--at", 1)
    assert result.exit_code == 2
    assert "the model has made iteration 1, and goes on with 2" in result.stderr


def test_distant_rates_of_numbers() -> None:
    options = ("--policy", "schedule", "--schedule", "0:0.1,500000:0.05", "--at", 1_000_000)
    shown = invoke("oracle", "learning-rate", *options, "--format", "json")
    assert json.loads(shown.stdout) == [{"iteration": 1_000_000, "learning_rate": "0.05"}]


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (["--policy", "step", "--at", "5"], 1, "(lrPolicyDecayRate) must be set"),
        (["--at", "5", "--first-iteration", "3"], 2, "--first-iteration and --at contradict each other"),
        (["--at", "-1"], 2, "-1 is not in the range"),
    ],
)
def test_distant_rates_that_are_refused(options: list[str], exit_code: int, message: str) -> None:
    result = invoke("oracle", "learning-rate", *options)
    assert result.exit_code == exit_code
    assert message in result.stderr


def _reloaded(name: str) -> Mapping[str, Reloaded]:
    result = invoke("model", "reload", DATA / f"{name}.zip", "--format", "json")
    assert result.exit_code == 0, result.stderr
    return {entry["key"]: Reloaded(**entry) for entry in json.loads(result.stdout)["parameters"]}


def test_what_loading_changes() -> None:
    for row in _reloaded("updater-adam-epsilon-0").values():
        assert row.going_on == row.restored != row.afresh
    for row in _reloaded("updater-nesterovs-own").values():
        assert row.going_on != row.restored
    for row in _reloaded("updater-none-defaults").values():
        assert row.going_on == row.restored == row.afresh


def test_dl4j_s_error_is_told() -> None:
    """A center loss cannot be read back by DL4J in the Java that was recorded."""
    result = invoke("model", "reload", DATA / "layer-center-loss.zip")
    assert result.exit_code == 1
    assert "DL4J throws: RuntimeException: Could not resolve type id" in result.stderr


@pytest.mark.parametrize("name", ["updater-adam-epsilon-0.zip", "layer-convolution.yaml"])
def test_keras_for_a_model(name: str) -> None:
    result = invoke("suggest", "--network", DATA / name, "--to", "keras")
    assert result.exit_code == 0, result.stderr
    assert "keras.optimizers.Adam(" in result.stdout


def test_nothing_is_filled_for_an_older_file() -> None:
    result = invoke("suggest", "--network", DATA / "older-0.6.0-adam.zip", "--to", "keras")
    assert result.exit_code == 2
    assert "layers[0].epsilon: is nan, with which no library does what DL4J does" in result.stderr


def test_a_damaged_model_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(b"PK\x03\x04")
    for command in (["suggest", "--to", "keras", "--network"], ["model", "rates"], ["model", "reload"]):
        result = invoke(*command, tmp_path / "model.zip")
        assert (result.exit_code, result.stdout) == (5, "")


def test_what_later_versions_changed() -> None:
    shown = invoke("list", "changes", "--dl4j", "0.9.1", "--updater", "nesterovs").stdout
    assert "\nNesterovs\n  0.8.0: the update of `Nesterovs`: the velocity leaves the view" in shown
    assert "\nAdam\n" not in shown
    assert "a NaN number meets an array" not in shown  # as in 0.8.0
    assert "\nAdam\n" in invoke("list", "changes").stdout
    assert "\\|" not in shown
