"""``promote``: what fuzzing found becomes a fixture, or is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_conformance.cases.handwritten import keys
from dl4j_conformance.cli.main import cli
from dl4j_conformance.running.fuzzing import recorded
from dl4j_conformance.vectors import golden
from dl4j_conformance.vectors.fixtures import Selection, fixtures

CASES = tuple(keys.cases())[:4]
BAD_IDS = [
    "../../evil",
    "a/b",
    "a\\b",
    "..",
    "",
    "-float32",
    "Upper",
    "a b",
    "a\nb",
    "\x1b[2J",
    "\u202etxt",
    "²",
    "x" * 101,
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fixtures of a few cases, which regenerate quickly."""
    monkeypatch.setattr("dl4j_conformance.vectors.golden.topics", lambda: {"keys": CASES})
    where = tmp_path / "data"
    dl4j_fixtures.write(golden.all_files(where, lambda topic: None), where)
    return where


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """A file as `fuzz` saves it."""
    (fixture,) = fixtures(Selection("adam-first-step-float32"))
    path = tmp_path / "failure.jsonl"
    path.write_text(json.dumps(recorded(fixture.case)) + "\n")
    return path


def promote(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["promote", *map(str, arguments)])


def regenerate(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["fixtures", "regenerate", *map(str, arguments)])


def test_it_becomes_a_fixture_that_regenerates(folder: Path, found: Path) -> None:
    options = ("--id", "adam-found", "--clause", "ADAM-2", "--comment", "It was off.", "--folder", folder)
    result = promote(found, *options)
    assert result.exit_code == 0, result.output
    assert "adam-found-float32 excludes" in result.stdout
    (fixture,) = dl4j_fixtures.load("promoted", folder=folder)
    assert fixture["id"] == "adam-found-float32"
    assert fixture["clauses"] == ["ADAM-2"]
    assert fixture["comment"] == "It was off."
    assert fixture["provenance"] == "promoted from fuzzing"
    assert fixture["expected"]["steps"][0]["updates"]["0_W"]["exact"]
    assert "adam-negated" in dl4j_fixtures.kills(folder)["adam-found-float32"]
    assert dl4j_fixtures.verify(folder) == []
    checked = regenerate("--check", "--folder", folder)
    assert checked.exit_code == 0, checked.output


def test_the_same_again_is_refused(folder: Path, found: Path) -> None:
    assert promote(found, "--id", "adam-found", "--folder", folder).exit_code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    twice = promote(found, "--id", "adam-found", "--folder", folder)
    assert twice.exit_code == 2
    assert "there is a case adam-found-float32 already" in twice.stderr
    renamed = promote(found, "--id", "adam-found-again", "--folder", folder)
    assert renamed.exit_code == 2
    assert "are the case adam-found-float32 already" in renamed.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_another_expectation_is_refused(folder: Path, found: Path) -> None:
    found.write_text(found.read_text().replace("3c23d70a", "3c23d70b"))
    data = json.loads(found.read_text())
    data["dl4j"]["steps"][0]["updates"]["0_W"] = ["3c23d70b", *data["dl4j"]["steps"][0]["updates"]["0_W"]["hex"][1:]]
    found.write_text(json.dumps(data))
    result = promote(found, "--folder", folder)
    assert result.exit_code == 1
    assert "step 0, 0_W[0]" in result.stderr
    assert "3c23d70b" in result.stderr
    assert "promoted-float32.json" not in {path.name for path in folder.iterdir()}


def test_what_tells_nothing_apart_is_basic(folder: Path, tmp_path: Path) -> None:
    (fixture,) = fixtures(Selection("unknown-parameter-with-policy-float64"))
    path = tmp_path / "failure.jsonl"
    path.write_text(json.dumps(recorded(fixture.case)))
    result = promote(path, "--folder", folder)
    assert result.exit_code == 0, result.output
    assert "flagged basic" in result.stdout
    (promoted,) = dl4j_fixtures.load("promoted", folder=folder)
    assert promoted["flags"] == ["basic"]
    assert dl4j_fixtures.verify(folder) == []


@pytest.mark.parametrize("place", ["option", "file"])
def test_an_id_is_checked_wherever_it_stands(place: str, folder: Path, found: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    data = json.loads(found.read_text())
    for id_ in BAD_IDS:
        data["case"]["id"] = id_ if place == "file" else "adam-found"
        found.write_text(json.dumps(data))
        result = promote(found, *(("--id", id_) if place == "option" else ()), "--folder", folder)
        assert result.exit_code == 2
        assert "must be lower-case words and digits joined by hyphens" in result.stderr
        assert "\x1b" not in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_one_id_twice_in_a_file_is_refused(folder: Path, found: Path) -> None:
    found.write_text(found.read_text() * 2)
    result = promote(found, "--folder", folder)
    assert result.exit_code == 2
    assert "ids are never reused" in result.stderr


@pytest.mark.parametrize("command", ["promote", "regenerate"])
def test_installed_fixtures_are_written_on_request_only(
    command: str, folder: Path, found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl4j_fixtures.write", lambda *_: pytest.fail("it writes"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    result = promote(found, "--id", "adam-found") if command == "promote" else regenerate()
    assert result.exit_code == 2
    assert "--folder" in result.stderr


def test_a_checkout_in_the_current_folder_is_written(
    folder: Path, found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "checkout" / "fixtures" / "dl4j_fixtures" / "data"
    place.parent.mkdir(parents=True)
    folder.rename(place)
    monkeypatch.chdir(tmp_path / "checkout")
    assert promote(found, "--id", "adam-found").exit_code == 0
    assert [fixture["id"] for fixture in dl4j_fixtures.load("promoted", folder=place)] == ["adam-found-float32"]


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--id", "Not A Slug"), "lower-case words"), (("--clause", "ADAM-99"), "ADAM-99")],
)
def test_usage_errors(folder: Path, found: Path, options: tuple[str, ...], message: str) -> None:
    result = promote(found, *options, "--folder", folder)
    assert result.exit_code == 2
    assert message in result.stderr


def test_unreadable_files(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text("{")
    assert promote(path, "--folder", folder).exit_code == 5
    path.write_text("")
    assert promote(path, "--folder", folder).exit_code == 5
