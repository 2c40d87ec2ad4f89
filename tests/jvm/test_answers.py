"""The answers of docs/questions.md, asked of the real DL4J."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_backends.dl4j import build
from dl4j_conformance.cli.main import cli
from models.write_models import run_java

pytestmark = pytest.mark.usefixtures("dl4j")
_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model and the gradients of the page."""
    folder = tmp_path_factory.mktemp("questions")
    page = (_ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(# make_network\.py\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "make_network.py").write_text(program)
    subprocess.run([sys.executable, "make_network.py"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, str]:
    program = _ROOT / "tests" / "models" / "AskModel.java"
    printed = run_java(program, build.built() / "lib", str(folder / "network.zip"))
    return dict(line.split("\t") for line in printed.splitlines())


def _json(*arguments: object) -> object:
    result = CliRunner().invoke(cli, [*map(str, arguments), "--format", "json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_rates(folder: Path, answers: dict[str, str]) -> None:
    at = [part for number in (1000, 1100, 1_000_000) for part in ("--at", number)]
    shown: dict = _json("model", "rates", folder / "network.zip", *at)  # type: ignore[assignment, type-arg]
    for number in (1000, 1100, 1_000_000):
        assert float(shown["1_W"][str(number)]) == float(answers[f"rate at {number}"])
    options = ["--policy", "schedule", "--schedule", "0:0.1,500000:0.05", "--at", 499_999, "--at", 1_000_000]
    scheduled: list = _json("oracle", "learning-rate", *options)  # type: ignore[assignment, type-arg]
    for entry in scheduled:
        assert float(entry["learning_rate"]) == float(answers[f"scheduled at {entry['iteration']}"])


def test_settings_and_state(folder: Path, answers: dict[str, str]) -> None:
    shown: dict = _json("model", "show", folder / "network.zip")  # type: ignore[assignment, type-arg]
    assert shown["state_size"] == int(answers["state"])
    places: dict[str, list[int]] = {}
    for part in shown["state"]:
        places.setdefault(part["key"], []).extend(range(part["start"], part["stop"]))
    for key, found in places.items():
        assert ",".join(map(str, found)) == answers[f"places {key}"]
    epsilon = next(setting for setting in shown["layers"][1]["settings"] if setting["name"] == "epsilon")
    assert epsilon["value"] == float(answers["epsilon 1"])
    for index, layer in enumerate(shown["layers"]):
        assert layer["parameters"][0]["learning_rate"] == float(answers[f"rate {index}"])


def test_loading(folder: Path, answers: dict[str, str]) -> None:
    arguments = (folder / "network.zip", "--gradients", folder / "ones.npz", "--iterations", 3)
    shown: dict = _json("model", "reload", *arguments)  # type: ignore[assignment, type-arg]
    columns = {"going_on": "not saved", "restored": "loaded", "afresh": "loaded without updater"}
    for name, answer in columns.items():
        assert [p[name] for p in shown["parameters"]] == [float(value) for value in answers[answer].split()]


def test_a_rate_that_is_changed_in_the_middle(folder: Path, answers: dict[str, str]) -> None:
    arguments = ("--model", folder / "network.zip", "--gradients", folder / "ones.npz", "--iterations", 2)
    shown: list = _json("oracle", "update", *arguments, "--set-learning-rate", "11:0.001")  # type: ignore[assignment, type-arg]
    numbers = {number["name"]: number["decimal"] for number in shown[-1]["numbers"]}
    # Java prints a float's value as a double.
    assert float(answers["changed"]) == float(np.float32(numbers["update 0_W[0]"]))
