"""Every JSON file of the project is strict JSON, and so is everything that commands write."""

from __future__ import annotations

import gzip
import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dl4j_backends import bounded_json, strict_json
from dl4j_backends.bounded_json import JsonError
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.kill_matrix import Kill, from_json, to_json, written
from dl4j_conformance.judging.kill_matrix import Observable as Where
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.report_file import ReportFile
from dl4j_fixtures import FixtureError, canonical_hash, destination, files
from dl4j_fixtures.writing import render

ROOT = Path(__file__).parents[2]
NUMBERS = [math.nan, math.inf, -math.inf, 1.5]
NAMED = ["NaN", "Infinity", "-Infinity", 1.5]


def _refuse(name: str) -> Any:
    raise AssertionError(f"bare {name}")


def _strictly(text: str) -> Any:
    """Return the data of a text, read without the project's own reader."""
    return json.loads(text, parse_constant=_refuse)


def _committed() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    for name in listed.stdout.split("\0"):
        if name.endswith((".json", ".jsonl", ".jsonl.gz")):
            yield ROOT / name


def test_every_committed_file_is_strict() -> None:
    read = 0
    for path in _committed():
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        for document in [text] if path.suffix == ".json" else text.splitlines():
            try:
                _strictly(document)
            except AssertionError as error:
                pytest.fail(f"{path.relative_to(ROOT)}: {error}")
            read += 1
    assert read > 80


def test_numbers_that_json_lacks_have_names() -> None:
    data = {"a": NUMBERS, "b": {"c": math.nan}, "d": (math.inf,)}
    expected = {"a": NAMED, "b": {"c": "NaN"}, "d": ["Infinity"]}
    assert _strictly(strict_json.compact(data)) == _strictly(strict_json.indented(data)) == expected
    assert canonical_hash(data) == canonical_hash(expected)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_bare_names_are_refused_with_their_place(name: str) -> None:
    text = '{"id": "NaN \\" Infinity",\n "x": [1, ' + name + "]}"
    with pytest.raises(JsonError, match=f"{name} is no JSON number, write") as caught:
        bounded_json.parse(text.encode())
    assert caught.value.line == 2
    assert bounded_json.parse(f'["{name}"]'.encode()) == [name]


def test_fixtures_with_bare_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FixtureError, match=r"x\.json:2: not JSON: NaN is no JSON number"):
        files.parse(b'{\n"x":NaN}', tmp_path / "x.json")


def test_fixture_files_are_strict() -> None:
    case = {"id": "a", "dtype": "float32", "hash": "", "script": []}
    case["network"] = {"conf": {"epsilon": math.nan}, "layers": [{"momentum": math.inf}], "params": {}}
    for content in render({"topic": [case]}, {}, {"a": {"b": {"updates": math.inf}}}).values():
        _strictly(content.decode())


@pytest.mark.parametrize("margin", [1.7976931348623157e308, 1.76e308, math.inf])
def test_a_margin_that_rounds_to_infinity_is_stored_as_infinite(margin: float) -> None:
    row = {"misread": {Where.UPDATES: Kill(Level.BOUNDED, margin)}}
    expected = "infinite" if margin > 1.76e308 else 1.8e308
    assert written(row["misread"][Where.UPDATES]) in ("infinite", expected)
    assert to_json(from_json(to_json(row))) == to_json(row)
    _strictly(strict_json.compact(to_json(row)))


def test_report_files_are_strict(tmp_path: Path) -> None:
    with ReportFile(destination(tmp_path / "report.jsonl")) as report:
        report.write({"numbers": NUMBERS})
    assert _strictly((tmp_path / "report.jsonl").read_text()) == {"numbers": NAMED}


#: A port with every number wrong.
_PORT = '''
import numpy as np
from dl4j_backends.numpy import NumpyBackend

class Backend(NumpyBackend):
    """NumPy's, whose updates are NaN or infinite."""
    name = "wrong"
    def open(self, network):
        session = super().open(network)
        update = session.update
        def wrong(gradients, iteration, batch_size):
            seen = update(gradients, iteration, batch_size)
            for number, array in enumerate(seen.updates.values()):
                array[:] = (np.nan, np.inf, -np.inf)[number % 3]
            return seen
        session.update = wrong
        return session
'''


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "nan_port.py").write_text(_PORT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return "python:nan_port:Backend"


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_outputs_of_run_are_strict(port: str) -> None:
    cases = ("--case", "sgd-first-step-float32")
    result = _invoke("run", port, *cases, "--format", "json", "--report", "report.jsonl")
    assert result.exit_code == ExitCode.DOES_NOT_CONFORM, result.output
    _strictly(result.stdout)
    for line in Path("report.jsonl").read_text().splitlines():
        _strictly(line)


def test_a_saved_failure_is_strict_and_is_read(port: str) -> None:
    result = _invoke("fuzz", port, "--examples", "30", "--seed", "1", "--save", "found.jsonl")
    assert result.exit_code == ExitCode.DOES_NOT_CONFORM, result.output
    _strictly(Path("found.jsonl").read_text())
    assert _invoke("replay", "found.jsonl", "oracle").exit_code == ExitCode.CONFORMS


def test_a_saved_failure_with_a_bare_name_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text('{"case": {"id": "x", "conf": {"epsilon": NaN}}, "dl4j": {}}\n')
    result = _invoke("replay", str(path), "oracle")
    assert result.exit_code == ExitCode.UNREADABLE
    assert "NaN is no JSON number" in result.output


@pytest.mark.parametrize(
    "line",
    [
        "list misreadings --format json --verbose",
        "oracle update --updater sgd --learning-rate nan --gradient 1,nan,inf --format json",
        "oracle learning-rate --policy poly --power 0.5 --iterations 4 --format json",
        "bench numpy --report bench.json --rounds 6 --updater sgd --type float32 --size 10",
    ],
)
def test_outputs_of_commands_are_strict(line: str, port: str) -> None:
    result = _invoke(*line.split())
    assert result.exit_code == ExitCode.CONFORMS, result.output
    _strictly(Path("bench.json").read_text() if line.startswith("bench") else result.stdout)
