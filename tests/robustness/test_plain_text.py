"""No word of a backend, of an adapter or of a file reaches a terminal, Markdown or JSON as anything but text."""

from __future__ import annotations

import gzip
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, strategies

import dl4j_conformance.cli
import dl4j_fixtures
from dl4j_backends import plain_text, strict_json
from dl4j_conformance.cli.main import cli
from robustness.hostile import FORGED, HOSTILE, is_plain, outside_of_code, unseen

HERE = Path(__file__).parent
CASE = "adam-first-step-float32"
PORTS = ["Refusing", "Throwing", "Crashing", "Renaming", "Absent"]
ADAPTERS = ["name", "hello", "reason", "kind", "reply", "line", "death", "update"]


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where the hostile modules can be imported."""
    monkeypatch.chdir(HERE)
    monkeypatch.syspath_prepend(str(HERE))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording whose id, keys and messages are hostile."""
    with gzip.open(dl4j_fixtures.recordings()[0], "rt") as lines:
        record: dict[str, Any] = json.loads(min(lines, key=len))
    # Files are refused if they hold half a surrogate pair.
    record["case"]["id"] = HOSTILE.replace("\ud800", "")
    record["dl4j"] = {"error": HOSTILE.replace("\ud800", ""), "message": HOSTILE.replace("\ud800", "")}
    path = tmp_path / "recording.jsonl"
    path.write_text(json.dumps(record))
    return path


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.usefixtures("here")
def test_python_backends(port: str, tmp_path: Path, recording: Path) -> None:
    address = f"python:hostile_port:{port}"
    report = tmp_path / "report.jsonl"
    for arguments in (
        ("run", address, "--case", CASE, "--report", str(report)),
        ("explain", CASE, address),
        ("explain", str(recording), address),
        ("replay", str(recording), address),
        ("bench", address, "--updater", "SGD", "--size", "10", "--rounds", "10"),
        ("fuzz", address, "--examples", "2", "--save", str(tmp_path / "saved.jsonl")),
    ):
        assert is_plain(invoke(*arguments).output), arguments
    for line in report.read_text(encoding="utf-8", errors="strict").splitlines():
        json.loads(line)
    page = invoke("run", address, "--case", CASE, "--format", "markdown").stdout
    assert not unseen(page)
    assert not [bad for bad in ("<script", "@me", "http:", "## T", FORGED) if bad in outside_of_code(page)]
    document = invoke("run", address, "--case", CASE, "--format", "json").stdout
    json.loads(document)
    document.encode("utf-8", "strict")


@pytest.mark.parametrize("where", ADAPTERS)
@pytest.mark.usefixtures("here")
def test_adapters(where: str, tmp_path: Path) -> None:
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'hostile_adapter.py'))} {where}"
    report = tmp_path / "report.jsonl"
    for arguments in (
        ("run", f"stdio:{command}", "--case", CASE, "--report", str(report)),
        ("adapter", "check", command),
    ):
        assert is_plain(invoke(*arguments).output), arguments
    page = invoke("run", f"stdio:{command}", "--case", CASE, "--format", "markdown").stdout
    assert not [bad for bad in ("<script", "@me", "http:", "## T", FORGED) if bad in outside_of_code(page)]
    report.read_bytes().decode("utf-8", "strict")


def test_files_and_arguments(recording: Path, tmp_path: Path) -> None:
    hostile = HOSTILE.replace("\ud800", "").replace("/", "")
    for arguments in (
        ("replay", str(recording)),
        ("explain", str(recording)),
        ("repro", str(recording)),
        ("promote", str(recording), "--folder", str(tmp_path)),
        ("explain", hostile),
        ("run", hostile),
        ("run", f"stdio:{hostile}"),
        ("run", f"python:{hostile}:x"),
        ("run", f"misreading:{hostile}"),
        ("run", "numpy", "--folder", hostile),
        ("run", "numpy", f"--{hostile}"),
        ("replay", hostile),
        ("fixtures", "verify", "--folder", hostile),
        ("promote", str(recording), "--id", hostile),
        ("promote", str(recording), "--clause", hostile),
        ("bench", hostile),
        ("fuzz", hostile),
        ("record", hostile, "--into", str(tmp_path)),
        ("list", "cases", "--clause", hostile),
        ("adapter", "check", hostile),
        (hostile,),
    ):
        assert is_plain(invoke(*arguments).output), arguments


@given(strategies.text())
def test_any_text(text: str) -> None:
    assert not unseen(plain_text.line(text))
    assert "\n" not in plain_text.line(text)
    assert all(line.startswith("  ") or not line for line in plain_text.paragraph(text).split("\n")[1:])
    json.loads(strict_json.compact([text])).__str__()
    strict_json.compact({text: text}).encode("utf-8", "strict")
    plain = outside_of_code(plain_text.markdown(text))
    assert not set(plain) & set("<>&|*[]#@~!\\`")
    assert outside_of_code("\n".join(plain_text.markdown_block(text.splitlines()))) == ""


def test_long_text_is_shortened() -> None:
    assert plain_text.line("x" * 10_000_000) == "x" * 4000 + "... (9996000 more characters)"


def test_numbers_that_json_has_not() -> None:
    text = strict_json.compact({"a": [float("nan"), float("inf"), (-float("inf"),)]})
    assert text == '{"a":["NaN","Infinity",["-Infinity"]]}'


def test_nothing_is_printed_elsewhere() -> None:
    """`oracle` prints what it computed from numbers, and no words of others."""
    folder = Path(dl4j_conformance.cli.__path__[0])
    printing = {path.name for path in folder.glob("*.py") if "click.echo(" in path.read_text(encoding="utf-8")}
    assert printing <= {"terminal.py", "exit_code.py", "oracle.py"}
