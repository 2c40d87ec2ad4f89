"""Recordings that are missing, cut short, changed or added end a run as changed fixtures do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import golden

NAME = "updaters-float32.json"


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped bit": _flip,
    "truncated": _truncate,
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
    "line break added": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "all missing": lambda path: shutil.rmtree(path.parent),
}


def _small_copy(folder: Path) -> Path:
    """Make a folder of the cases of one topic, with their recordings."""
    data = folder / "data"
    (data / "recorded").mkdir(parents=True)
    cases = list(dl4j_fixtures.load("updaters", "float32"))
    (data / "recorded" / NAME).write_bytes(dl4j_fixtures.read(dl4j_fixtures.DATA / "recorded" / NAME))
    for name in ("recordings", "traces"):
        (folder / name).mkdir()
    shutil.copy(dl4j_fixtures.DATA.parent / "recorded.py", folder)
    for path in (*dl4j_fixtures.recordings()[:1], *dl4j_fixtures.traces()[:1]):
        shutil.copy(path, folder / path.parent.name)
    rows = dl4j_fixtures.kills()
    kills = {case["id"]: rows[case["id"]] for case in cases}
    files = dl4j_fixtures.render({"updaters": cases}, golden.ABOUT, kills, dl4j_fixtures.recordings_of(data))
    dl4j_fixtures.write(files, data)
    return data


def _code(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.output


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_recording_ends_a_run(damage: str, tmp_path: Path) -> None:
    folder = _small_copy(tmp_path)
    selection = ("numpy", "--case", "sgd-first-step-*", "--level", "recorded", "--folder", str(folder))
    assert _code("run", *selection)[0] == 0
    DAMAGES[damage](folder / "recorded" / NAME)
    code, said = _code("run", *selection)
    assert (code, f"recorded/{NAME}" in said) == (5, True)
    code, said = _code("fixtures", "verify", "--folder", str(folder))
    assert (code, f"recorded/{NAME}" in said) == (5, True)


def test_a_recording_that_the_manifest_does_not_name(tmp_path: Path) -> None:
    folder = _small_copy(tmp_path)
    shutil.copy(folder / "recorded" / NAME, folder / "recorded" / "other.json")
    code, said = _code("run", "numpy", "--case", "sgd-first-step-*", "--folder", str(folder))
    assert (code, "recorded/other.json: is not in the manifest" in said) == (5, True)


@pytest.mark.parametrize("beside", ["recordings", "traces"])
def test_verify_covers_the_recordings_beside_the_fixtures(beside: str, tmp_path: Path) -> None:
    folder = _small_copy(tmp_path)
    assert dl4j_fixtures.verify(folder) == []
    (path,) = (tmp_path / beside).iterdir()
    _flip(path)
    (problem,) = dl4j_fixtures.verify(folder)
    assert path.name in problem
    path.unlink()
    assert path.name in dl4j_fixtures.verify(folder)[0]


def test_without_a_recording_nothing_conforms_at_level_recorded(tmp_path: Path) -> None:
    cases = [case for case in dl4j_fixtures.load("updaters") if case["id"].startswith("sgd-first-step-")]
    dl4j_fixtures.write(dl4j_fixtures.render({"updaters": cases}, {}, {}), tmp_path)
    code, said = _code("run", "numpy", "--level", "recorded", "--folder", str(tmp_path))
    assert (code, "conforms" in said) == (4, False)


def test_a_key_that_stands_twice_in_a_fixture_file(tmp_path: Path) -> None:
    folder = _small_copy(tmp_path)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 1', '"format_version": 1, "format_version": 1'))
    code, said = _code("run", "numpy", "--folder", str(folder))
    assert (code, "'format_version' stands twice" in said) == (5, True)
    case = tmp_path / "case.jsonl"
    case.write_text('{"case": {}, "case": {}, "dl4j": {}}\n')
    code, said = _code("explain", str(case))
    assert (code, "'case' stands twice" in said) == (5, True)
