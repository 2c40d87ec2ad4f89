"""Reports that say something odd though their hash is right: each is refused, or shown in every form."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting.badge import badge
from dl4j_conformance.reporting.baseline import read_baseline, render
from dl4j_conformance.reporting.comparison import compared
from dl4j_conformance.reporting.html.page import page
from dl4j_conformance.reporting.junit import junit
from dl4j_conformance.reporting.report_file import Report, ReportFile, read_report
from dl4j_conformance.reporting.report_markdown import markdown
from dl4j_conformance.reporting.report_summary import summary
from dl4j_conformance.reporting.result_table import table
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_fixtures import destination
from robustness.mutations import JSON

_SAMPLES = 150
_RUN = ("run", "misreading:adam-epsilon-inside-root", "--case", "adam-f*")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.jsonl"
    assert CliRunner().invoke(cli, [*_RUN, "--report", str(path)]).exit_code == 1
    return path


def test_an_odd_report_is_refused_or_shown(written: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    (right,) = read_report(written)
    path, refused, shown = tmp_path / "odd.jsonl", 0, 0
    for number in range(_SAMPLES):
        random = Random(number)  # noqa: S311
        at = random.choice([0, 1, len(lines) - 1])
        _write([*lines[:at], random.choice(JSON)(lines[at], random), *lines[at + 1 :]], path)
        try:
            found = read_report(path)
        except UnreadableFileError as error:
            refused += str(error).startswith(f"{path}:")
        else:
            _show(found, right, tmp_path / "baseline.toml")
            assert number % 4 or page((*found, right))
            shown += 1
    assert refused + shown == _SAMPLES
    assert min(refused, shown) > 10


def _write(lines: list[Any], path: Path) -> None:
    with ReportFile(destination(path)) as file:
        for line in lines:
            if isinstance(line, dict) and line.get("type") == "footer":
                file.seal({name: value for name, value in line.items() if name != "sha256"})
            else:
                file.write(line)


def _show(found: tuple[Report, ...], right: Report, baseline: Path) -> None:
    for report in found:
        assert list(summary(report))
        assert markdown(report)
        assert list(compared(right, report).lines(80))
        assert compared(report, right).json
        baseline.write_text(render(report), encoding="utf-8")
        read_baseline(baseline)
    assert junit(found)
    assert badge(found).svg
    assert table(found)
