"""The commands that take a saved model: what they show, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_backends.model_files.model import read_model
from dl4j_conformance.cli.main import cli
from models.write_models import DATA, SELECTED

SIGMOID = DATA / "policy-sigmoid.zip"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def _shown(name: str) -> Any:
    result = invoke("model", "show", DATA / f"{name}.zip", "--format", "json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", SELECTED)
def test_what_is_shown_follows_the_published_schema(name: str) -> None:
    schema = json.loads((Path(dl4j_fixtures.__file__).parent / "schema/model.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(_shown(name))


def test_rates_as_decayed_and_state() -> None:
    shown = _shown("policy-sigmoid")
    model = read_model(SIGMOID)
    assert shown["iteration_count"] == 2
    assert model.state is not None
    rate = json.loads(json.dumps(model.data))["confs"][0]["learningRateByParam"]["W"]
    assert [p["learning_rate"] for p in shown["layers"][0]["parameters"]] == [rate, rate]
    first = shown["state"][0]
    assert (first["key"], first["name"], first["start"], first["stop"]) == ("0_W", "v", 0, 12)
    assert first["values"]["minimum"] == float(model.state[:12].min())


def test_where_settings_come_from() -> None:
    shown = _shown("updater-of-each-layer")
    sources = [{setting["name"]: setting["source"] for setting in layer["settings"]} for layer in shown["layers"]]
    assert sources[0]["learning_rate"] == "layer"  # the second layer has its own
    assert sources[1]["bias_learning_rate"] == "layer"
    assert sources[2]["epsilon"] == "default"
    older = _shown("older-0.6.0-adam")
    assert not older["is_filled"]
    epsilon = next(setting for setting in older["layers"][0]["settings"] if setting["name"] == "epsilon")
    assert (epsilon["value"], epsilon["source"]) == ("NaN", "unset")
    epsilon = next(s for s in _shown("older-0.5.0-rmsprop")["layers"][0]["settings"] if s["name"] == "epsilon")
    assert (epsilon["value"], epsilon["source"]) == (0.0, "absent")


def test_penalties_by_parameter() -> None:
    shown = _shown("penalties-of-each-layer")
    rows = [(p["key"], p["l1"], p["l2"]) for layer in shown["layers"] for p in layer["parameters"]]
    assert rows == [
        ("0_W", 0.1, 0.5),
        ("0_b", 0.0, 0.0),
        ("1_W", 0.0, 0.0),
        ("1_b", 0.0, 0.25),
        ("2_W", 0.0, 0.5),
        ("2_b", 0.0, 0.0),
    ]
    off = _shown("changed-penalties-of-one-layer")["layers"]
    assert {(p["l1"], p["l2"]) for p in off[0]["parameters"]} == {(0.0, 0.0)}
    assert {p["key"]: p["l1"] for p in off[1]["parameters"]} == {"1_W": 0.0, "1_b": 0.125}


def test_shapes() -> None:
    (first, *_) = _shown("layer-convolution")["layers"]
    assert [(p["key"], p["shape"]) for p in first["parameters"]] == [("0_b", [1, 3]), ("0_W", [3, 2, 3, 2])]
    (lstm, *_) = _shown("layer-graves-bidirectional-lstm")["layers"]
    assert {p["key"]: p["shape"] for p in lstm["parameters"]}["0_RWF"] == [2, 11]


def test_text_for_people() -> None:
    lines = invoke("model", "show", DATA / "older-0.6.0-adam.zip").stdout.splitlines()
    assert lines[0] == "MultiLayerNetwork, 2 layers, float64: 26 parameters; 52 values of updater state"
    assert any("would not leave the settings so" in line for line in lines)
    assert any(line.split() == ["epsilon", "NaN", "(unset)"] for line in lines)


def _gradients(tmp_path: Path, ending: str, iterations: int = 3) -> Path:
    path = tmp_path / f"gradients.{ending}"
    random = np.random.default_rng(1)
    lengths = {key: len(array) for key, array in read_model(SIGMOID).network.params.items()}
    rows = {key: random.standard_normal((iterations, n)).astype("float32") for key, n in lengths.items()}
    if ending == "npz":
        np.savez(path, **rows)  # type: ignore[arg-type,unused-ignore]
    else:
        path.write_text(
            json.dumps([{key: array[i].tolist() for key, array in rows.items()} for i in range(iterations)])
        )
    return path


def _update(*options: object) -> Any:
    result = invoke("oracle", "update", "--model", SIGMOID, *options, "--format", "json", "--digits", 20)
    assert result.exit_code == 0, result.stderr
    return [{n["name"]: n["hex"] for n in step["numbers"]} for step in json.loads(result.stdout)]


def test_updates_go_on_where_the_model_was_saved(tmp_path: Path) -> None:
    by_npz = _update("--gradients", _gradients(tmp_path, "npz"))
    assert by_npz == _update("--gradients", _gradients(tmp_path, "json"))
    assert len(by_npz) == 3
    longer = _update("--gradients", _gradients(tmp_path, "npz"), "--iterations", 4)
    assert longer[:3] == by_npz


def test_what_happens_between_updates(tmp_path: Path) -> None:
    """The first iteration is the model's count, 2."""
    gradients = _gradients(tmp_path, "npz")
    plain = _update("--gradients", gradients)
    changed = _update("--gradients", gradients, "--set-learning-rate", "3:0_W=0.5")
    assert changed[0] == plain[0]
    assert changed[1]["learning rate 0_W"] != plain[1]["learning rate 0_W"]
    assert changed[1]["learning rate 0_b"] == plain[1]["learning rate 0_b"]
    assert _update("--gradients", gradients, "--new-state")[0] != plain[0]
    # NESTEROVS' velocity has left the view: what is saved is the first update.
    restored = _update("--gradients", gradients, "--restore", "4")
    assert restored[:2] == plain[:2]
    assert restored[2] != plain[2]
    assert _update("--gradients", gradients, "--restore", "4:without-updater")[2] != restored[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--gradients", "G", "--set-learning-rate", "9:0.5"), "iteration 9 is none of those"),
        (("--gradients", "G", "--set-learning-rate", "2:7_W=0.5"), "no parameter '7_W'"),
        (("--gradients", "G", "--set-learning-rate", "soon"), "is not ITERATION:RATE"),
        (("--gradients", "G", "--restore", "soon"), "is not ITERATION"),
        (("--gradients", "G", "--updater", "ADAM"), "the model has its own settings"),
        ((), "add --gradients"),
    ],
)
def test_updates_that_are_refused(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    given = [str(_gradients(tmp_path, "npz")) if option == "G" else option for option in options]
    result = invoke("oracle", "update", "--model", SIGMOID, *given)
    assert result.exit_code == 2
    assert message in result.stderr


def test_options_of_models_need_one(tmp_path: Path) -> None:
    result = invoke("oracle", "update", "--gradient", "1", "--gradients", _gradients(tmp_path, "npz"))
    assert result.exit_code == 2
    assert "--gradients is for a saved model" in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "has 0 iterations"),
        ("1", "must be an object"),
        ('{"0_X": [1]}', "no parameter '0_X'"),
        ('{"0_b": [1]}', "must be an array of 4 numbers"),
        ('{"0_b": [1, 2, 3, "much"]}', "is no number of float32"),
        ('{"0_b": [1, 2, 3, true]}', "is no number"),
        ('{"0_b": [1, 2,', "not JSON"),
    ],
)
def test_gradients_that_are_none(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "gradients.json"
    path.write_text(text)
    result = invoke("oracle", "update", "--model", SIGMOID, "--gradients", path)
    assert result.exit_code == 5
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"0_b": np.ones((2, 3))}, "has the shape"),
        ({"0_b": np.ones(4, "int64")}, "has the type int64"),
        ({"0_b": np.array([None] * 4)}, "has the type object"),
        ({"0_X": np.ones(4)}, "no parameter '0_X'"),
        ({"0_b": np.ones((2, 4)), "1_b": np.ones((3, 2))}, "different numbers of iterations"),
    ],
)
def test_npz_that_has_no_gradients(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    """Pickled arrays are not read."""
    path = tmp_path / "gradients.npz"
    np.savez(path, **arrays)
    result = invoke("oracle", "update", "--model", SIGMOID, "--gradients", path)
    assert result.exit_code == 5
    assert message in result.stderr


def test_special_gradients_in_json(tmp_path: Path) -> None:
    path = tmp_path / "gradients.json"
    path.write_text('{"0_b": ["NaN", "-Infinity", "0x3f800000", 1e-50]}')
    (step,) = _update("--gradients", path)
    assert "update 0_b[0]" in step
    assert "update 0_W[0]" not in step


def test_a_case_of_a_model(tmp_path: Path) -> None:
    path = tmp_path / "case.jsonl"
    made = invoke("case", "new", "--from", SIGMOID, "--iterations", 3, "--restore", 3, "--save", path)
    assert made.exit_code == 0, made.stderr
    assert invoke("replay", path, "numpy").exit_code == 0
    assert invoke("replay", path, "misreading:sigmoid-multiplied").exit_code == 1
    assert invoke("explain", path, "numpy", "--elements", 1).exit_code == 0
    printed = invoke("case", "new", "--from", SIGMOID, "--gradients", _gradients(tmp_path, "npz"))
    assert json.loads(printed.stdout)["case"]["id"].startswith("model-")


def test_run_and_fuzz_and_explain_on_a_model() -> None:
    model = SIGMOID
    right = invoke("run", "numpy", "--network", model)
    assert right.exit_code == 0
    assert "numpy conforms: 100 of 100 cases passed" in right.stdout
    wrong = invoke("run", "misreading:sigmoid-multiplied", "--network", model, "--case", "model-00*")
    assert wrong.exit_code == 1
    assert f"--network {model} --case model-00" in wrong.stdout
    assert invoke("run", "numpy", "--network", model, "--case", "sgd-*").exit_code == 2
    assert invoke("fuzz", "numpy", "--network", model, "--examples", 30).exit_code == 0
    assert invoke("fuzz", "numpy", "--network", model, "--updater", "ADAM").exit_code == 2
    for named in (("model-002", "numpy"), ("numpy",), ()):
        assert invoke("explain", *named, "--network", model, "--elements", 1).exit_code == 0
    assert invoke("explain", "model-999", "--network", model).exit_code == 2
    assert invoke("explain").exit_code == 2


def test_a_trace_that_goes_on_from_a_model() -> None:
    trace = DATA / "graph-branches.jsonl.gz"
    right = invoke("replay", trace, "numpy", "--network", DATA / "graph-branches.zip")
    assert right.exit_code == 0
    assert "10 of 10 steps of the run reproduced bit for bit" in right.stdout
    assert invoke("replay", trace, "numpy", "--network", SIGMOID).exit_code == 5
    recording = Path(dl4j_fixtures.__file__).parent / "recordings/dl4j-0.8.0-sample.jsonl.gz"
    assert invoke("replay", recording, "numpy", "--network", SIGMOID).exit_code == 2
