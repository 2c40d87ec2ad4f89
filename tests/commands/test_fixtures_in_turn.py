"""The fixtures of a run are counted before they are read, and read as the run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import fixtures as module
from dl4j_conformance.vectors.fixtures import FixturesInTurn, Selection, fixtures

Written = list[Mapping[str, Any]]


@pytest.fixture(scope="module")
def keys() -> Written:
    return list(dl4j_fixtures.load("keys"))


def written(cases: Written, folder: Path) -> Path:
    """Write a folder of fixtures whose manifest fits them."""
    dl4j_fixtures.write(dl4j_fixtures.render({"keys": cases}, {}, {}), folder)
    return folder


def ids(found: FixturesInTurn | list[module.Fixture]) -> list[str]:
    return [fixture.case.id for fixture in found]


@pytest.mark.parametrize(
    "selection", [Selection(), Selection("*-float64"), Selection(updater="ADAM"), Selection("nothing-*")]
)
def test_they_are_those_that_are_read_at_once(selection: Selection, keys: Written, tmp_path: Path) -> None:
    folder = written(keys, tmp_path)
    found = FixturesInTurn(selection, folder)
    expected = ids(fixtures(selection, folder))
    assert len(found) == len(expected)
    first = iter(found)
    assert next(first, None) is next(iter(found), None)
    assert ids(found) == expected
    assert [fixture.case.id for fixture in first] == expected[1:]
    assert [fixture.case.id for fixture in found[1:3]] == expected[1:3]


def test_nothing_is_read_to_count_and_little_to_begin(
    keys: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(data: Mapping[str, Any], *others: Any) -> module.Fixture:
        read.append(data["id"])
        return one(data, *others)

    one = module.read_fixture
    monkeypatch.setattr(module, "read_fixture", counted)
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    found = FixturesInTurn(Selection(), written(keys, tmp_path))
    assert len(found) == len(keys)
    assert read == []
    next(iter(found))
    assert len(read) == 7


@pytest.mark.parametrize("name", ["keys-float64.json", "kills.json", "reach.json"])
def test_a_changed_file_is_told_before_anything_runs(name: str, keys: Written, tmp_path: Path) -> None:
    folder = written(keys, tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    result = CliRunner().invoke(cli, ["run", "numpy", "--folder", str(folder)])
    assert result.exit_code == 5
    assert name in result.stderr
    assert "cases\n" not in result.stderr


def test_nonsense_that_the_manifest_knows_ends_the_run_without_a_report(keys: Written, tmp_path: Path) -> None:
    *others, last = keys
    folder = written([*others, {**last, "script": [{"op": "dance"}]}], tmp_path)
    report = tmp_path / "report.jsonl"
    result = CliRunner().invoke(cli, ["run", "numpy", "--folder", str(folder), "--report", str(report)])
    assert result.exit_code == 5
    assert last["id"] in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not report.exists()


def test_a_manifest_with_more_cases_than_the_files(keys: Written, tmp_path: Path) -> None:
    folder = written(keys, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["keys-float32.json"]["cases"]["one-more-float32"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(
        dl4j_fixtures.FixtureError, match=rf"names {len(keys) + 1} cases, and the files have {len(keys)}"
    ):
        list(FixturesInTurn(Selection(), folder))
