"""``fixtures changes``: what was added, changed and removed, and the release that this asks for."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_conformance.cli.main import cli

_ENTRY = {"dtype": "float32", "sha256": "0" * 64}
_BASE: dict[str, Any] = {
    "format_version": 1,
    "version": "1.4.2",
    "files": {
        "keys-float32.json": {**_ENTRY, "topic": "keys", "cases": {"a-float32": "1", "b-float32": "2"}},
        "keys-float64.json": {
            **_ENTRY,
            "dtype": "float64",
            "topic": "keys",
            "cases": {"a-float64": "3", "b-float64": "4"},
        },
    },
    "counts": {},
    "floors": {},
}


def _changes(*arguments: Path | str) -> Result:
    return CliRunner().invoke(cli, ["fixtures", "changes", *map(str, arguments)])


def _stored(path: Path, manifest: Any) -> Path:
    path.write_text(json.dumps(manifest))
    return path


def _with(version: str, **changed: dict[str, str | None]) -> dict[str, Any]:
    """The base with other hashes of cases, by type; None removes a case."""
    manifest = copy.deepcopy(_BASE)
    manifest["version"] = version
    for dtype, hashes in changed.items():
        cases = manifest["files"][f"keys-{dtype}.json"]["cases"]
        for id_, hash_ in hashes.items():
            cases.pop(id_, None)
            if hash_ is not None:
                cases[id_] = hash_
    return manifest


@pytest.mark.parametrize(
    ("new", "lines", "least"),
    [
        (_with("1.4.2"), ["- none"], None),
        (_with("1.4.2", float32={"c-float32": "5"}), ["- keys: 1 added: c-float32"], "1.5.0"),
        (
            _with("1.5.0", float32={"c-float32": "5"}, float64={"c-float64": "6", "d-float64": "7"}),
            ["- keys: 3 added: c, d-float64"],
            None,
        ),
        (_with("1.5.0", float32={"a-float32": "9"}), ["- keys: 1 changed: a-float32"], "2.0.0"),
        (
            _with("2.0.0", float32={"a-float32": None}, float64={"a-float64": None, "b-float64": "0"}),
            ["- keys: 1 changed: b-float64", "- keys: 2 removed: a"],
            None,
        ),
    ],
)
def test_changes(tmp_path: Path, new: Any, lines: list[str], least: str | None) -> None:
    result = _changes(_stored(tmp_path / "old.json", _BASE), _stored(tmp_path / "new.json", new))
    assert [line for line in result.stdout.splitlines() if line.startswith("- ")] == lines
    assert result.stdout.startswith(f"## {new['version']}+")
    assert result.exit_code == (0 if least is None else 1)
    assert least is None or f"it has to be {least} at least" in result.stderr


def test_a_moved_case_is_removed_and_added(tmp_path: Path) -> None:
    moved = copy.deepcopy(_BASE)
    entry = moved["files"]["keys-float64.json"]
    moved["files"]["state-float64.json"] = {
        **entry,
        "topic": "state",
        "cases": {"a-float64": entry["cases"].pop("a-float64")},
    }
    result = _changes(_stored(tmp_path / "old.json", _BASE), _stored(tmp_path / "new.json", moved))
    assert "- keys: 1 removed: a-float64\n- state: 1 added: a-float64\n" in result.stdout


def test_a_revision_and_what_lies_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "fixtures" / "dl4j_fixtures" / "data"
    folder.mkdir(parents=True)
    before = {key: value for key, value in _BASE.items() if key != "version"}  # as they were before the first release
    _stored(folder / "manifest.json", before)
    monkeypatch.chdir(tmp_path)
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "v1"]):
        subprocess.run(["git", *identity, *command], check=True)  # noqa: S603, S607
    _stored(folder / "manifest.json", _with("1.0.0", float32={"c-float32": "5"}))
    result = _changes("v1")
    assert (result.exit_code, "- keys: 1 added: c-float32" in result.stdout) == (0, True), result.output
    assert "since 0.0.0+" in result.stdout
    result = _changes("v2")
    assert (result.exit_code, "v2: is neither a file, a folder nor a revision" in result.stderr) == (5, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "old.json:1: not JSON"),
        ("[]", "is not a manifest"),
        (json.dumps({**_BASE, "version": "one"}), "version: must be a release such as 1.0.0"),
        (json.dumps({**_BASE, "version": 1}), "version: must be a release such as 1.0.0"),
        (json.dumps({**_BASE, "format_version": 2}), "format version 2"),
    ],
)
def test_files_that_are_no_manifests(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "old.json").write_text(content)
    result = _changes(tmp_path / "old.json", dl4j_fixtures.DATA)
    assert (result.exit_code, message in result.stderr) == (5, True), result.output


def test_the_version_is_shown() -> None:
    version = dl4j_fixtures.version(dl4j_fixtures.manifest())
    result = CliRunner().invoke(cli, ["--version"])
    assert (result.exit_code, result.stdout.splitlines()[1]) == (0, f"fixtures, version {version}")


def test_the_version_tells_cases_apart() -> None:
    versions = {dl4j_fixtures.version(m) for m in (_BASE, _with("1.4.2", float32={"a-float32": "9"}), _with("1.4.3"))}
    assert len(versions) == 3
    hashes = {name: dict(reversed(entry["cases"].items())) for name, entry in _BASE["files"].items()}
    turned = {**_BASE, "files": {name: {**_BASE["files"][name], "cases": cases} for name, cases in hashes.items()}}
    assert dl4j_fixtures.version(turned) == dl4j_fixtures.version(_BASE)
