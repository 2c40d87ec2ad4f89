"""``oracle``: the calculator prints the golden numbers, and refuses what is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dl4j_backends.interface import Network
from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import OracleBackend


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


def _rows(*arguments: str) -> list[list[str]]:
    result = oracle(*arguments)
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines()]


_REMEMBERING = [
    "torchstep --decay-rate 0.5 --steps 12",
    "schedule --schedule 3:0.01,5:0.2",
    "exponential --decay-rate 0.9",
    "inverse --decay-rate 0.9 --power 0.5",
    "step --decay-rate 0.5 --steps 3",
    "sigmoid --decay-rate 0.1 --steps 5",
    "poly --power 2 --num-iterations 30",
    "none",
    "score --decay-rate 0.5",
]


@pytest.mark.parametrize("policy", _REMEMBERING)
def test_an_iteration_has_the_rate_that_training_from_0_gives_it(policy: str) -> None:
    """With its note: a rate that fell before the first iteration shown has not fallen there."""
    common = ["learning-rate", "--policy", *policy.split(), "--digits", "8"]
    every = _rows(*common, "--iterations", "14")
    notes = len(every) - 14
    for first in (0, 1, 4, 6, 12):
        assert _rows(*common, "--first-iteration", str(first), "--iterations", "2")[notes:] == every[notes:][first:][:2]


@pytest.mark.parametrize(
    ("updater", "more"),
    [
        ("sgd", "--policy torchstep --decay-rate 0.5 --steps 12"),
        ("sgd", "--weights 1,2 --l2 0.25 --l1 0.5"),
        ("adam", ""),
        ("nesterovs", "--momentum-schedule 2:0.5"),
        ("rmsprop", "--policy schedule --schedule 3:0.01"),
        ("adadelta", "--weights 1,2 --l2 0.25 --rho 0.9"),
        ("none", ""),
    ],
)
def test_an_iteration_has_the_values_that_training_from_0_gives_it(updater: str, more: str) -> None:
    common = ["update", "--updater", updater, *more.split(), "--format", "json"]
    common += [word for g in ("1,2", "3,-4", "0.5,6", "7,8") for word in ("--gradient", g)]
    every = json.loads(oracle(*common).stdout)
    assert [step["iteration"] for step in every] == [0, 1, 2, 3]
    assert json.loads(oracle(*common, "--first-iteration", "2").stdout) == every[2:]
    (last,) = json.loads(oracle(*common, "--first-iteration", "9", "--iterations", "1").stdout)
    assert last == json.loads(oracle(*common, "--iterations", "10").stdout)[9]


def test_the_step_moves_the_parameters() -> None:
    """0.5 * 0.25 * w is subtracted each time, as DL4J's optimizer does it."""
    words = "update --updater none --gradient 0 --weights 8 --l2 0.5 --iterations 3 --batch-size 2 --format json"
    steps = json.loads(oracle(*words.split()).stdout)
    found = [
        [n["decimal"] for n in step["numbers"] if n["name"] in ("update 0_W[0]", "param 0_W[0]")] for step in steps
    ]
    assert found == [["2.0", "6.0"], ["1.5", "4.5"], ["1.125", "3.375"]]


def test_training_as_the_optimizer_trains() -> None:
    """The parameters are those of ``iterate``, in bits."""
    layer = {"updater": "ADAM", "n_in": 2, "n_out": 1, "l2": 0.1, "learning_rate": 0.3}
    params = {"0_W": np.array([1, -2], "float32"), "0_b": np.array([0.5], "float32")}
    session = OracleBackend().open(Network("float32", {"use_regularization": True}, [layer], params))
    gradients = {"0_W": np.array([0.1, 3], "float32"), "0_b": np.array([-1], "float32")}
    seen = [session.iterate(gradients, 1.0, 3) for _ in range(3)]
    words = "update --updater adam --l2 0.1 --learning-rate 0.3 --weights 1,-2 --bias 0.5 --gradient 0.1,3 "
    words += "--bias-gradient -1 --batch-size 3 --iterations 3 --format json"
    for step, expected in zip(json.loads(oracle(*words.split()).stdout), seen, strict=True):
        params = [number["hex"] for number in step["numbers"] if number["name"].startswith("param")]
        assert params == [bits for key in ("0_W", "0_b") for bits in hex_of(expected.params[key])]


def test_starting_afresh_is_asked_for_and_said() -> None:
    common = "learning-rate --policy torchstep --decay-rate 0.5 --steps 12 --first-iteration 6 --iterations 2".split()
    (note, first, second) = oracle(*common, "--afresh").stdout.splitlines()
    assert note == "starts afresh at iteration 6: rates, state and weights are those of a new network"
    assert first.split()[:2] == ["6", "0.05"]
    assert second.split()[:2] == ["7", "0.05"]
    result = oracle("update", "--updater", "adam", "--gradient", "1", *common[1:], "--afresh", "--format", "json")
    assert "starts afresh at iteration 6" in result.stderr
    assert [step["iteration"] for step in json.loads(result.stdout)] == [6, 7]
    assert "starts afresh at iteration -5" in oracle("learning-rate", "--first-iteration", "-5").stdout


def test_settings_in_force() -> None:
    """After inheritance and defaults, by parameter, and only those that the updater reads."""
    words = "update --updater adam --gradient 1,2 --bias-gradient 3 --weights 1,2 --l2 0.5 --momentum 0.3 "
    words += "--adam-var-decay 0.99 --bias-learning-rate 0.7 --policy step --decay-rate 0.5 --steps 3"
    result = oracle(*words.split())
    shown = dict(line.strip().split(None, 1) for line in _before_iterations(result) if "0_" not in line)
    assert shown == {
        "updater": "ADAM",
        "adam_mean_decay": "0.9",
        "adam_var_decay": "0.99",
        "epsilon": "1e-08",
        "lr_policy": "Step",
        "lr_policy_decay_rate": "0.5",
        "lr_policy_steps": "3.0",
        "momentum": "given, and not read",
    }
    by_key = {tuple(line.split()[:2]): line.split()[2] for line in _before_iterations(result) if "0_" in line}
    assert by_key == {
        ("learning_rate", "0_W"): "0.1",
        ("learning_rate", "0_b"): "0.7",
        ("l1", "0_W"): "0.0",
        ("l1", "0_b"): "0.0",
        ("l2", "0_W"): "0.5",
        ("l2", "0_b"): "0.0",
    }
    (step,) = json.loads(oracle(*words.split(), "--format", "json").stdout)
    assert step["settings"]["learning_rate"] == {"0_W": "0.1", "0_b": "0.7"}
    assert step["settings"]["adam_var_decay"] == "0.99"


def _before_iterations(result: Result) -> list[str]:
    head, *lines = result.stdout.partition("iteration 0")[0].splitlines()
    assert head == "settings in force"
    return lines


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--updater adadelta", "rho NaN, epsilon 1e-06"),
        (
            "--updater nesterovs --momentum-schedule 1:0.5",
            "momentum 0.9, momentum_schedule 1:0.5, learning_rate 0_W 0.1",
        ),
        ("--updater rmsprop --rms-decay 0", "rms_decay 0.0, epsilon 1e-08"),
        ("--updater sgd --epsilon 1", "updater SGD, learning_rate 0_W 0.1"),
        ("--updater sgd --epsilon 1", "epsilon given, and not read"),
        ("--updater none --learning-rate 3", "learning_rate given, and not read"),
        ("--updater sgd --bias-learning-rate 0.2", "learning_rate 0_b 0.2 (no gradient: not updated)"),
        (
            "--updater sgd --gradient-normalization clipl2perlayer",
            "gradient_normalization ClipL2PerLayer, gradient_normalization_threshold 1.0",
        ),
        ("--updater sgd --gradient-normalization-threshold 3", "gradient_normalization_threshold given, and not read"),
    ],
)
def test_settings_of_other_updaters(words: str, expected: str) -> None:
    text = ", ".join(
        " ".join(line.split()) for line in _before_iterations(oracle("update", "--gradient", "1", *words.split()))
    )
    assert expected in text


def test_texts_are_rounded_once() -> None:
    words = "update --updater none --gradient 1.00000017881393432617187499,3.4028235677973366e38 --format json"
    (step,) = json.loads(oracle(*words.split()).stdout)
    assert [n["hex"] for n in step["numbers"] if n["name"].startswith("update")] == ["3f800001", "7f7fffff"]


def test_the_help_says_whose_a_setting_is() -> None:
    text = " ".join(oracle("update", "--help").stdout.split())
    assert "--bias-learning-rate FLOAT Of 0_b. Default: that of 0_W." in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("update --gradient 1 --l2 0.5", "--l2 reads the weights: add --weights W,W,..."),
        ("update --gradient 1 --l1 0.5 --bias 1", "--l1 reads the weights: add --weights W,W,..."),
        ("update --gradient 1 --l2-bias 0.5 --bias-gradient 1", "--l2-bias reads the bias: add --bias B,B,..."),
        ("update --gradient 1 --l1-bias 0.5 --bias 1", "add --bias-gradient G,G,..."),
        ("update --updater adam --gradient 1 --first-iteration 200000", "add --afresh"),
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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--dl4j 0.9.1 --updater ADAM --learning-rate 0.01", "0.009999981733482264"),
        ("--dl4j 0.9.1 --updater NADAM --learning-rate 0.01", "0.23180278404686488"),
        ("--dl4j 1.0.0-M2.1 --updater NADAM --learning-rate 0.01", "0.23180278404686486"),
        ("--dl4j 1.0.0-M2.1 --updater ADAGRAD --learning-rate 0.01", "0.005773373137227132"),
        ("--dl4j 1.0.0-M2.1 --updater RMSPROP --learning-rate 0.01", "0.026478949475772222"),
        ("--dl4j 1.0.0-M2.1 --updater NESTEROVS --schedule 0:0.01", "0.0034389999999999998"),
        ("--dl4j 1.0.0-M2.1 --updater ADADELTA", "0.004562998933404645"),
        ("--dl4j 1.0.0-M2.1 --updater SGD", "0.0001"),
    ],
)
def test_updates_of_later_versions(arguments: str, expected: str) -> None:
    """The third update of the first weight, on values that were seen on the jars."""
    schedule = ["--policy", "Schedule"] if "--schedule" in arguments else []
    given = [*arguments.split(), *schedule, *"--gradient 0.1,-0.2,0.3 --iterations 3 --type float64".split()]
    result = oracle("update", *given, "--format", "json")
    assert result.exit_code == 0, result.output
    last = {number["name"]: number for number in json.loads(result.stdout)[-1]["numbers"]}
    assert last["update 0_W[0]"]["decimal"] == expected
    assert float(last["update 0_W[0]"]["exact"]) == pytest.approx(float(expected), rel=1e-12)
    shown = oracle("update", *given)
    assert f"DL4J {given[1]}" in shown.stdout
    assert expected in shown.stdout


def test_parameters_step_in_later_versions() -> None:
    given = "--updater NONE --gradient 0 --weights 1 --l2 0.5 --iterations 2 --type float64 --format json".split()
    for version in ("0.8.0", "0.9.1", "1.0.0-M2.1"):
        result = oracle("update", "--dl4j", version, *given)
        steps = [{n["name"]: n["decimal"] for n in step["numbers"]} for step in json.loads(result.stdout)]
        assert [step["update 0_W[0]"] for step in steps] == ["0.5", "0.25"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--updater NADAM", "0.8.0 has no such updater"),
        ("--dl4j 1.0.0-M2.1 --policy Poly --power 2", "has schedules, and no policies"),
        ("--dl4j 1.0.0-M2.1 --updater SGD --rho 0.5", "--rho: Sgd of 1.0.0-M2.1 has no such setting"),
        ("--dl4j 0.9.1 --updater AMSGRAD", "must be one of SGD"),
        ("--dl4j 2.0", "'2.0' is not one of '0.8.0', '0.9.1', '1.0.0-M2.1'"),
    ],
)
def test_options_that_a_version_does_not_have(arguments: str, message: str) -> None:
    result = oracle("update", "--gradient", "1", *arguments.split())
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
