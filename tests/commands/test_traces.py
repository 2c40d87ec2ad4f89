"""A training run of the real DL4J is reproduced step by step, and ``replay`` shows who drifts from it, and how far."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.interface import OPTIMIZER
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.vectors.training_run import drift, largest_distance, read_training_run
from dl4j_oracle.misreadings import catalogue
from toolchains import required_module

(IRIS,) = dl4j_fixtures.traces()
_SVG = "{http://www.w3.org/2000/svg}"


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["replay", *arguments])


def _lines() -> list[dict[str, Any]]:
    with gzip.open(IRIS, "rt") as lines:
        return [json.loads(line) for line in lines]


def _write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_every_step_of_the_run_and_a_flat_plot(tmp_path: Path) -> None:
    required_module("matplotlib", "plot")
    plot = tmp_path / "drift.svg"
    result = replay(str(IRIS), "oracle", "numpy", "--plot", str(plot))
    assert result.exit_code == 0, result.output
    assert "oracle: 60 of 60 steps of the run reproduced bit for bit" in result.stdout
    assert "numpy: 60 of 60 steps of the run reproduced bit for bit" in result.stdout
    root = ElementTree.parse(plot).getroot()  # noqa: S314 - our own file
    for name in ("oracle", "numpy"):
        assert len(_marks(root, f"line {name}")) == 60
        assert len({y for _, y in _marks(root, f"line {name}")}) == 1
    texts = [text.text for text in root.iter(f"{_SVG}text")]
    for text in ("oracle", "numpy", "step", "largest distance (ulps)", f"Drift from DL4J 0.8.0 along {IRIS.name}"):
        assert text in texts


def _marks(root: ElementTree.Element, name: str) -> list[tuple[float, float]]:
    """The places of the marks of a line."""
    (group,) = (group for group in root.iter(f"{_SVG}g") if group.get("id") == name)
    return [(float(mark.attrib["x"]), float(mark.attrib["y"])) for mark in group.iter(f"{_SVG}use")]


class _Updating(OracleBackend):
    """It updates, and has to be told the parameters."""

    capabilities = OracleBackend.capabilities - {OPTIMIZER}


def test_where_a_gradient_begins_in_the_array_of_all_counts() -> None:
    """The run clips layers whose norms are summed in lanes that do not begin with the gradient."""
    run = read_training_run(IRIS)
    as_arrays = replace(run, network=replace(run.network, gradient_view=False))
    distances = [largest_distance(found) for found in drift(_Updating(), as_arrays)]
    assert any(distances)
    assert not any(drift(_Updating(), run))


def test_the_weights_of_each_step_count() -> None:
    """Penalties read them: the run trains with L2, and a backend without an optimiser is told them."""
    run = read_training_run(IRIS)
    assert not any(drift(_Updating(), run))
    iterations = tuple(replace(iteration, params=run.network.params) for iteration in run.iterations)
    constant = replace(run, iterations=iterations)
    assert [bool(found) for found in drift(_Updating(), constant)] == [False] + 59 * [True]


def test_the_optimiser_follows_the_parameters_by_itself() -> None:
    """One bit of the first parameters, and every iteration's are others."""
    run = read_training_run(IRIS)
    params = {key: array.copy() for key, array in run.network.params.items()}
    params["0_W"][3] = np.nextafter(params["0_W"][3], np.float32(9))
    found = list(drift(OracleBackend(), replace(run, network=replace(run.network, params=params))))
    assert all(any(difference.key == "params.0_W" for difference in differences) for differences in found)


def test_a_changed_bit_is_found_where_it_is(tmp_path: Path) -> None:
    required_module("matplotlib", "plot")
    lines = _lines()
    bits = lines[8]["updates"]["1_b"]
    bits[2] = f"{int(bits[2], 16) ^ 1:08x}"
    plot = tmp_path / "drift.svg"
    result = replay(str(_write(tmp_path / "changed.jsonl", lines)), "--plot", str(plot))
    assert result.exit_code == 1
    assert "59 of 60 steps" in result.stdout
    assert "first at step 7, 1_b[2]" in result.stdout
    assert "largest distance: 1 ulps" in result.stdout


def test_a_misreading_drifts() -> None:
    run = read_training_run(IRIS)
    misreading = next(m for m in catalogue() if m.id == "adam-epsilon-inside-root")
    distances = [largest_distance(found) for found in drift(OracleBackend(misreading.rules), run)]
    assert len(distances) == 60
    assert all(d is None or d > 0 for d in distances)


_CURVES = {"oracle": [0, 0, 0], "x & $y $z": [0, None, 1000]}


def test_what_has_no_distance_is_a_cross() -> None:
    drawn = required_module("dl4j_conformance.reporting.drift_plot", "plot").drawn
    root = ElementTree.fromstring(drawn("a < $b$", _CURVES, "svg"))  # noqa: S314 - our own text
    (cross,) = _marks(root, "no distance x & $y $z")
    first, last = _marks(root, "line x & $y $z")
    assert first[0] < cross[0] < last[0]
    assert first[1] > last[1] > cross[1]
    assert _marks(root, "no distance oracle") == []
    texts = [text.text for text in root.iter(f"{_SVG}text")]
    assert {"a < $b$", "x & $y $z"} <= set(texts)


@pytest.mark.parametrize(("style", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_drawing_is_reproducible(style: str, begins: bytes) -> None:
    drawn = required_module("dl4j_conformance.reporting.drift_plot", "plot").drawn
    drawing = drawn("drift", _CURVES, style)
    assert drawing.startswith(begins)
    assert drawing == drawn("drift", _CURVES, style)


def test_the_ending_decides_on_the_format(tmp_path: Path) -> None:
    required_module("matplotlib", "plot")
    plot = tmp_path / "drift.PNG"
    assert replay(str(IRIS), "--plot", str(plot)).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["drift.PNG"]


@pytest.mark.parametrize("name", ["drift", "drift.jpeg", "svg"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    result = replay(str(IRIS), "--plot", str(tmp_path / name))
    assert result.exit_code == 2
    assert "the name ends in .png or .svg" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_nothing_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "dl4j_conformance.reporting.drift_plot", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = replay(str(IRIS), "--plot", str(tmp_path / "drift.svg"))
    assert result.exit_code == 3
    assert "pip install 'dl4j-conformance[plot]'" in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []
    assert replay(str(IRIS)).exit_code == 0


def test_a_backend_that_cannot_be_told_the_weights_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "port.py").write_text(
        "from dl4j_backends.numpy import NumpyBackend\n"
        "class Port(NumpyBackend):\n"
        "    capabilities = NumpyBackend.capabilities - {'set_params', 'optimizer'}\n"
    )
    monkeypatch.chdir(tmp_path)
    result = replay(str(IRIS), "python:port:Port")
    assert result.exit_code == 3
    assert "declares neither optimizer nor set_params" in result.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[0].pop("network"), "'network' is missing"),
        (lambda lines: lines[0]["network"].update(dtype="half"), "dtype must be one of"),
        (lambda lines: lines[3].pop("gradients"), "'gradients' is missing"),
        (lambda lines: lines[3]["params"].update({"0_W": ["zz"]}), "not 8 lower-case hex digits"),
        (lambda lines: lines[0]["network"]["layers"][0].update(updater="ADAMAX"), "must be one of SGD"),
        (lambda lines: lines.__delitem__(slice(1, None)), "no update was traced"),
    ],
)
def test_broken_traces(tmp_path: Path, change: Callable[[list[dict[str, Any]]], object], message: str) -> None:
    lines = _lines()[:6]
    change(lines)
    path = _write(tmp_path / "broken.jsonl", lines)
    result = replay(str(path))
    assert result.exit_code == 5
    assert message in result.stderr
    assert f"{path}:" in result.stderr
    assert "Traceback" not in result.output


def test_a_recording_has_no_drift_to_plot(tmp_path: Path) -> None:
    (sample,) = dl4j_fixtures.recordings()
    result = replay(str(sample), "--plot", str(tmp_path / "x.svg"))
    assert result.exit_code == 2
    assert not (tmp_path / "x.svg").exists()
