"""The format of traces: absent fields are not judged, the schema and ``replay`` accept and refuse the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_backends.interface import OPTIMIZER
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_conformance.vectors.training_run import RECORDABLE, drift, read_training_run

Lines = list[dict[str, Any]]
Change = Callable[[Lines], object]

(IRIS,) = dl4j_fixtures.traces()
SCHEMA = Draft202012Validator(
    json.loads((Path(dl4j_fixtures.__file__).parent / "schema/trace.schema.json").read_text())
)


def _lines(count: int = 4) -> Lines:
    with gzip.open(IRIS, "rt") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]


def _write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _replay(path: Path, *backends: str) -> Result:
    return CliRunner().invoke(cli, ["replay", str(path), *backends])


class _Updating(OracleBackend):
    """It updates, and has to be told the parameters."""

    capabilities = OracleBackend.capabilities - {OPTIMIZER}


def _found(path: Path, lines: Lines, backend: OracleBackend) -> list[tuple[Difference, ...]]:
    return list(drift(backend, read_training_run(_write(path, lines))))


def test_the_committed_traces_follow_the_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    for path in dl4j_fixtures.traces():
        with gzip.open(path, "rt") as lines:
            for line in lines:
                SCHEMA.validate(json.loads(line))


@pytest.mark.parametrize("name", sorted(RECORDABLE))
def test_an_absent_field_is_not_judged(name: str, tmp_path: Path) -> None:
    lines = _lines()
    del lines[2][name]
    assert _found(tmp_path / "absent.jsonl", lines, OracleBackend()) == [(), (), ()]
    result = _replay(tmp_path / "absent.jsonl", "oracle", "numpy")
    assert result.exit_code == 0
    assert f"not judged, since not recorded (in so many of 3 steps): {name} (1)" in result.stdout
    if name != "params":
        assert _found(tmp_path / "absent.jsonl", lines, _Updating()) == [(), (), ()]


@pytest.mark.parametrize(
    ("name", "key"), [("updates", "0_b"), ("params", "1_W"), ("learning_rates", "0_W"), ("momentum", "1")]
)
def test_an_absent_parameter_is_not_judged(name: str, key: str, tmp_path: Path) -> None:
    lines = _lines()
    del lines[2][name][key]
    assert _found(tmp_path / "absent.jsonl", lines, OracleBackend()) == [(), (), ()]


def test_what_is_recorded_beside_it_is_judged(tmp_path: Path) -> None:
    lines = _lines()
    for line in lines[1:]:
        for name in RECORDABLE - {"state"}:
            del line[name]
    assert _found(tmp_path / "state.jsonl", lines, OracleBackend()) == [(), (), ()]
    lines[3]["state"][7] = f"{int(lines[3]['state'][7], 16) ^ 1:08x}"
    assert [[d.key for d in found] for found in _found(tmp_path / "state.jsonl", lines, OracleBackend())] == [
        [],
        [],
        ["state"],
    ]


def test_state_null_says_that_there_is_none(tmp_path: Path) -> None:
    lines = _lines()
    lines[2]["state"] = None
    (_, (difference,), _) = _found(tmp_path / "null.jsonl", lines, OracleBackend())
    assert difference.key == "state"


def test_the_score_is_needed_under_policy_score_alone(tmp_path: Path) -> None:
    lines = _lines()
    for line in lines[1:]:
        del line["score"]
    assert _found(tmp_path / "no_score.jsonl", lines, OracleBackend()) == [(), (), ()]
    lines[0]["network"]["conf"] = {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}
    for layer in lines[0]["network"]["layers"]:
        del layer["learning_rate_schedule"]
    result = _replay(_write(tmp_path / "score.jsonl", lines))
    assert result.exit_code == 5
    assert "score.jsonl:2: 'score' is missing" in result.stderr


def test_penalties_read_the_parameters_before_the_update(tmp_path: Path) -> None:
    """Who only updates cannot be told them; who has an optimizer has its own."""
    lines = _lines()
    del lines[1]["params"]["0_b"]
    (tmp_path / "updating_port.py").write_text(
        "from dl4j_backends.numpy import NumpyBackend\n"
        "class Port(NumpyBackend):\n"
        "    capabilities = NumpyBackend.capabilities - {'optimizer'}\n"
    )
    path = _write(tmp_path / "run.jsonl", lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        result = _replay(path, "python:updating_port:Port")
    assert result.exit_code == 3
    assert "does not have 0_b of `params` before iteration 1" in result.stderr
    assert _replay(path, "numpy").exit_code == 0


def test_the_last_line_is_about_the_replay() -> None:
    (sample,) = dl4j_fixtures.recordings()
    result = _replay(sample, "oracle")
    assert "misreading" not in result.stdout
    assert result.stdout.splitlines()[-1] == "oracle: 60 of 60 recorded networks reproduced (899 steps)"


_REFUSED_BY_BOTH: dict[str, tuple[Change, str]] = {
    "version": (lambda lines: lines[0].update(trace=2), ":1: trace: "),
    "no network": (lambda lines: lines[0].pop("network"), ":1: 'network' is missing"),
    "network": (lambda lines: lines[0].update(network=[]), ":1: network: "),
    "no params": (lambda lines: lines[0]["network"].pop("params"), ":1: network: 'params' is missing"),
    "params": (lambda lines: lines[0]["network"]["params"].update({"0_b": ["x"]}), ":1: network.params.0_b: "),
    "updater": (lambda lines: lines[0]["network"]["layers"][0].update(updater="x"), ":1: layers[0].updater: "),
    "setting": (lambda lines: lines[0]["network"]["conf"].update(epsilon="1"), ":1: conf.epsilon: "),
    "unknown": (lambda lines: lines[0]["network"]["conf"].update(epsilom=1), ":1: conf.epsilom: "),
    "no gradients": (lambda lines: lines[2].pop("gradients"), "'gradients' is missing"),
    "no iteration": (lambda lines: lines[2].pop("iteration"), "'iteration' is missing"),
    "no batch size": (lambda lines: lines[2].pop("batch_size"), "'batch_size' is missing"),
    "iteration": (lambda lines: lines[2].update(iteration="1"), "iteration.iteration: must be an integer"),
    "batch size": (lambda lines: lines[2].update(batch_size=1 << 31), "iteration.batch_size: must be an integer"),
    "gradients": (lambda lines: lines[2].update(gradients=[]), "iteration.gradients: must be an object"),
    "bits": (lambda lines: lines[2]["gradients"]["0_W"].append("3F800000"), "iteration.gradients.0_W: [36]: "),
    "updates": (lambda lines: lines[2].update(updates=None), "updates: must be an object"),
    "params after": (lambda lines: lines[2]["params"].update({"0_b": 1.0}), "iteration.params.0_b: "),
    "state": (lambda lines: lines[2].update(state="x"), "iteration.state: "),
    "rates": (lambda lines: lines[2]["learning_rates"].update({"0_b": "3f800000"}), "iteration.learning_rates.0_b: "),
    "momentum": (lambda lines: lines[2].update(momentum=[]), "iteration.momentum: must be an object"),
    "score": (lambda lines: lines[2].update(score="40041d7d9455d5e"), "score: "),
    "nothing": (lambda lines: [lines[2].pop(name) for name in RECORDABLE], "records nothing that could be compared"),
}


@pytest.mark.parametrize("name", _REFUSED_BY_BOTH)
def test_refused_by_schema_and_replay(name: str, tmp_path: Path) -> None:
    change, message = _REFUSED_BY_BOTH[name]
    lines = _lines()
    change(lines)
    path = _write(tmp_path / "broken.jsonl", lines)
    assert not all(SCHEMA.is_valid(line) for line in lines)
    result = _replay(path)
    assert result.exit_code == 5
    assert message in result.stderr
    assert f"{path}:{message[1] if message[0] == ':' else 3}: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda lines: lines[2]["gradients"].update({"2_W": []}),
            ":3: gradients.2_W: the network has no such parameter",
        ),
        (lambda lines: lines[2]["gradients"]["0_b"].pop(), ":3: gradients.0_b: has 8 values, the parameter 9"),
        (lambda lines: lines[2]["updates"].update({"x": []}), ":3: updates.x: the network has no such parameter"),
        (lambda lines: lines[2]["params"]["1_b"].append("00000000"), ":3: params.1_b: has 4 values, the parameter 3"),
        (lambda lines: lines[2]["state"].pop(), ":3: state: has 149 values, the network's state view 150"),
        (lambda lines: lines.pop(2), ":3: iteration: is 2 where 1 is due"),
        (lambda lines: lines[0]["network"]["conf"].update(iteration_count=7), ":2: iteration: is 0 where 7 is due"),
        (lambda lines: lines[0]["network"]["params"]["0_b"].pop(), ":1: network.params.0_b: "),
        (lambda lines: lines[0]["network"]["conf"].update(lr_policy="Step"), ":1: network: DL4J does not build it: "),
    ],
)
def test_refused_by_replay_alone(change: Change, message: str, tmp_path: Path) -> None:
    """Lengths, names and order, which a schema of lines does not know."""
    lines = _lines()
    change(lines)
    path = _write(tmp_path / "broken.jsonl", lines)
    result = _replay(path)
    assert result.exit_code == 5
    assert f"{path}{message}" in result.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[0].pop("java"),
        lambda lines: lines[0].update(comment="mine"),
        lambda lines: lines[1].update(comment="mine"),
        lambda lines: lines[0]["network"]["conf"].pop("lr_policy_power"),
        lambda lines: lines[0]["network"].update(gradient_view=True),
        lambda lines: lines[0]["network"].update(state=["00000000"] * 150),
    ],
)
def test_accepted_by_both(change: Change, tmp_path: Path) -> None:
    lines = deepcopy(_lines())
    change(lines)
    assert all(SCHEMA.is_valid(line) for line in lines)
    assert _replay(_write(tmp_path / "run.jsonl", lines)).exit_code == 0
    with pytest.raises(UnreadableFileError):
        read_training_run(_write(tmp_path / "head.jsonl", lines[:1]))
