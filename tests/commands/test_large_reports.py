"""Reports with more results than are kept: the commands give what they give for few, and refuse what was changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dl4j_conformance.benchmark.large_report import repeat
from dl4j_conformance.cli import report as report_command
from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import report_file
from dl4j_conformance.reporting.report_file import read_report
from dl4j_conformance.reporting.stored_results import StoredResults
from dl4j_conformance.vectors.json_lines import UnreadableFileError

COMMANDS = (
    *(("report", form) for form in ("summary", "markdown", "csv", "badge", "junit")),
    ("compare", "{}"),
    ("compare", "{}", "--format", "json"),
    ("baseline", "update", "--baseline", "{}.toml"),
    ("baseline", "check", "--baseline", "{}.toml"),
)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    arguments = ["run", "misreading:adam-epsilon-inside-root", "--case", "adam-*-float64"]
    CliRunner().invoke(cli, [*arguments, "--report", str(folder / "small.jsonl")])
    repeat(folder / "small.jsonl", folder / "large.jsonl", 300)
    return folder / "large.jsonl"


def _given(path: Path) -> list[tuple[int, str]]:
    """Return the exit code and the output of every command for a report."""
    runner = CliRunner()
    made = [runner.invoke(cli, [part.format(path) for part in command] + [str(path)]) for command in COMMANDS]
    return [(result.exit_code, result.output) for result in made]


def test_the_commands_give_the_same_where_results_stay_in_the_file(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = read_report(large)
    in_memory = _given(large)
    monkeypatch.setattr(report_file, "MOST_KEPT", 10)
    (stored,) = read_report(large)
    assert isinstance(stored.results, StoredResults)
    assert (len(stored.results), tuple(stored.results)) == (300, kept.results)
    assert (stored.results[7], stored.results[-1]) == (kept.results[7], kept.results[-1])
    assert stored.results[2:4] == kept.results[2:4]
    assert _given(large) == in_memory
    assert [code for code, _ in in_memory] == 9 * [0]


def test_a_large_report_that_was_cut_off_or_changed_is_refused_before_anything_is_said(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_file, "MOST_KEPT", 10)
    lines = large.read_bytes().splitlines(keepends=True)
    cut, changed = tmp_path / "cut.jsonl", tmp_path / "changed.jsonl"
    cut.write_bytes(b"".join(lines[:-1]))
    changed.write_bytes(b"".join(lines).replace(b'"values":9', b'"values":8', 1))
    for path in (cut, changed):
        for form in ("summary", "markdown", "csv", "badge", "junit"):
            result = CliRunner().invoke(cli, ["report", form, str(path)])
            assert (result.exit_code, result.stdout) == (5, ""), result.output


@pytest.mark.parametrize("change", [b"{}\n", b"no JSON\n", b""])
def test_a_file_that_changes_between_two_looks_is_refused(
    change: bytes, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_file, "MOST_KEPT", 10)
    path = tmp_path / "report.jsonl"
    path.write_bytes(large.read_bytes())
    (report,) = read_report(path)
    first, second, *_ = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second + change)
    with pytest.raises(UnreadableFileError, match="was changed while it was read"):
        list(report.results)


def test_documents_of_all_results_are_refused_for_too_many(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_command, "_MOST_IN_A_DOCUMENT", 299)
    for form in ("junit", "html"):
        result = CliRunner().invoke(cli, ["report", form, str(large)])
        assert (result.exit_code, result.stdout) == (3, "")
        assert "300 results are too many" in result.stderr
