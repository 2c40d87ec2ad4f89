"""Every wrong backend fails ``run``, with exit code 1 and the case that was made to show it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dl4j_conformance.cli.main import cli
from mutants.wrong_backends import WRONG


@pytest.mark.parametrize("name", WRONG)
def test_is_failed_where_it_is_wrong(name: str) -> None:
    """The selection is the case that was made for it; the whole run has that case too."""
    selection = ["--case", f"{WRONG[name].shown_by}-float*"]
    result = CliRunner().invoke(
        cli, ["run", f"python:mutants.wrong_backends:{name}", "--in-process", "--format", "json", *selection]
    )
    assert result.exit_code == 1, result.output[-2000:]
    (summary,) = json.loads(result.stdout)["backends"]
    failing = {failure["case"].rsplit("-", 1)[0] for failure in summary["failures"]}
    assert WRONG[name].shown_by in failing, f"{WRONG[name].sentence} Shown by {sorted(failing)[:10]}"
    for failure in summary["failures"]:
        for difference in failure["findings"]:
            assert difference["expected"] != difference["got"]


def test_enough_of_them() -> None:
    assert len(WRONG) >= 15


def test_the_report_for_people_shows_the_place() -> None:
    result = CliRunner().invoke(cli, ["run", "python:mutants.wrong_backends:sign_of_zero_is_one", "--case", "l1-sgd-*"])
    assert result.exit_code == 1
    assert "FAILED l1-sgd-float32 (POST-1, POST-3)" in result.stdout
    assert "step 0, 0_W[0]: reading" in result.stdout
    assert "ulps" in result.stdout
    assert "allowed  [" in result.stdout
    assert "does not conform" in result.stdout
