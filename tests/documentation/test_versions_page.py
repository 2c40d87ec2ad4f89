"""The page about the versions is what the profiles say."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import versions_page

PAGE = Path(__file__).parents[2] / "docs" / "versions.md"


def test_the_page_is_what_the_profiles_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == versions_page.page(), (
        "run `python -m dl4j_conformance.reporting.versions_page docs`"
    )


def _row(name: str) -> list[str]:
    (line,) = (line for line in versions_page.page().splitlines() if line.startswith(f"| {name} | "))
    return [cell.strip() for cell in line.strip("|").replace("\\|", "\x00").split("|")][1:]


def test_cells_say_what_is_as_before_and_what_is_missing() -> None:
    assert _row("Nesterovs | float32") == ["float32", "0.0034390003", "0.0034390003", "0.0034390003"]
    assert _row("AMSGrad | float32")[1:3] == ["-", "-"]
    assert _row("weight decay")[:2] == ["-", "-"]
    assert "as 0.8.0" in versions_page.page()


def test_clauses_of_a_version_are_listed() -> None:
    def listed(*arguments: str) -> list[str]:
        result = CliRunner().invoke(cli, ["list", "clauses", *arguments])
        assert result.exit_code == 0
        return [line.split()[0] for line in result.stdout.splitlines()]

    assert listed() == listed("--dl4j", "0.8.0")
    assert "BLOCK-3" not in listed()
    assert {"BLOCK-3", "LR-7", "SGD-1"} <= set(listed("--dl4j", "0.9.1"))
    latest = set(listed("--dl4j", "1.0.0-M2.1"))
    assert {"BLOCK-2", "NATIVE-3", "SCHED-5", "RMSPROP-1"} <= latest
    assert not {"BLOCK-3", "LR-7", "SGD-1", "STATE-3"} & latest
