"""``oracle``: the calculator prints the golden numbers, and refuses what is none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.main import cli


def oracle(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["oracle", *arguments])


def test_torchstep_drops_at_the_divisors() -> None:
    result = oracle(
        *[
            "learning-rate",
            "--policy",
            "torchstep",
            "--learning-rate",
            "0.1",
            "--decay-rate",
            "0.5",
            "--steps",
            "12",
            "--iterations",
            "14",
        ]
    )
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 14
    assert [int(line.split()[0]) for line in lines if line.endswith("drop")] == [2, 3, 4, 6, 12]
    assert lines[13].split()[1:3] == ["0.003125", "3f6999999999999a"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "--updater ADAM --learning-rate 0.01 --gradient 1,-2,0 --type float64",
            ["0.00999999683772334", "-0.00999999841886142", "0.0"],
        ),
        ("--updater RMSPROP --learning-rate 0.01 --gradient 1 --type float64", ["0.04472135330146769"]),
        ("--updater ADAGRAD --learning-rate 0.01 --gradient 1e-6 --type float64", ["9.99000499999875e-06"]),
        ("--updater ADADELTA --gradient 1 --type float64", ["0.3015113445777636"]),
        ("--updater ADADELTA --rho 0.95 --gradient 1 --type float64", ["0.0044720912343108364"]),
        (
            "--updater NONE --gradient 3,4 --bias-gradient 0,0 --gradient-normalization ClipL2PerLayer --type float64",
            ["0.6000000000000001", "0.8", "0.0", "0.0"],
        ),
        (
            "--updater NONE --gradient 3,4 --bias-gradient 0,0 --gradient-normalization clipl2perparamtype "
            "--gradient-normalization-threshold -1 --type float64",
            ["-0.6", "-0.8", "NaN", "NaN"],
        ),
        ("--updater ADAM --learning-rate 0.01 --gradient 0.1,-0.2,0.3 --batch-size 4", ["0.002499992"]),
        ("--updater SGD --gradient 0x3f800000,NaN,-Infinity", ["0.1", "NaN", "-Infinity"]),
        ("--updater NONE --gradient 0,0 --weights 2,-0.5 --l1 0.25 --l2 0.5", ["1.25", "-0.5"]),
    ],
)
def test_updates(arguments: str, expected: list[str]) -> None:
    result = oracle("update", *arguments.split(), "--format", "json")
    assert result.exit_code == 0, result.output
    (step,) = json.loads(result.stdout)
    updates = [n["decimal"] for n in step["numbers"] if n["name"].startswith("update")]
    assert updates[: len(expected)] == expected


def test_steps_states_and_bits() -> None:
    result = oracle(
        *[
            "update",
            "--updater",
            "NESTEROVS",
            "--gradient",
            "1",
            "--gradient",
            "2",
            "--type",
            "float64",
            "--digits",
            "20",
        ]
    )
    assert result.exit_code == 0
    assert "update 0_W[0]          0.461                    3fdd810624dd2f1b" in result.stdout
    assert result.stdout.count("state 0_W v[0]         0.19 ") == 2
    assert "exact 1.9000000000000001277e-1" in result.stdout


def test_the_last_gradient_repeats() -> None:
    result = oracle(*"update --updater SGD --gradient 1 --gradient 2 --iterations 4 --format json".split())
    updates = [step["numbers"][2]["decimal"] for step in json.loads(result.stdout)]
    assert updates == ["0.1", "0.2", "0.2", "0.2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("update --gradient 1,x", "'x' is not a number"),
        ("update --gradient 0x3f80", "not 8 lower-case hex digits"),
        ("update --gradient 1,2,3 --bias-gradient 1,2", "3 weights cannot belong to 2 outputs"),
        ("update --gradient 1,2 --gradient 1", "same number of values"),
        ("update --gradient 1,2 --weights 1", "1 values for 2 gradients"),
        ("update", "Missing option '--gradient'"),
        ("update --gradient 1 --first-iteration 2147483646 --iterations 2", "beyond 2147483646"),
        ("learning-rate --policy schedule --schedule 1=2", "is not ITERATION:VALUE"),
        ("learning-rate --policy cosine", "'cosine' is not one of"),
    ],
)
def test_usage_errors(arguments: str, message: str) -> None:
    result = oracle(*arguments.split())
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_what_dl4j_refuses_is_said() -> None:
    result = oracle("learning-rate", "--policy", "step", "--decay-rate", "0.5")
    assert result.exit_code == 1
    assert "IllegalStateException" in result.output
    assert "(lrPolicySteps) must be set to use Step" in result.output
