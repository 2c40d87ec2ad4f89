"""A repository of somebody else, with a port and three lines for CI: everything that its maintainer gets to see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from composite_action import Ran, run_action, yaml

FOREIGN = Path(__file__).parents[1] / "foreign"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a copy of the foreign repository, whose port can be changed."""
    return shutil.copytree(FOREIGN, tmp_path / "repository", ignore=shutil.ignore_patterns("__pycache__"))


def pushed(repository: Path) -> Ran:
    """Run the repository's workflow, as a push would."""
    workflow = yaml.safe_load((repository / ".github/workflows/conformance.yml").read_text(encoding="utf-8"))
    *_, step = workflow["jobs"]["dl4j"]["steps"]
    return run_action(step["with"], repository, repository.parent / "runner")


def test_it_has_a_port_and_three_lines() -> None:
    text = (FOREIGN / ".github/workflows/conformance.yml").read_text(encoding="utf-8")
    _, _, lines = text.partition("- uses: actions/checkout@v4\n")
    assert [line.strip() for line in lines.splitlines()] == [
        "- uses: OWNER/dl4j-conformance@v0.1.0",
        "with:",
        "backend: stdio:python adapter.py",
    ]
    files = {str(path.relative_to(FOREIGN)) for path in FOREIGN.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {
        ".github/workflows/conformance.yml",
        "adapter.py",
        "port.py",
    }


def test_a_failing_verdict_is_explained(repository: Path) -> None:
    ran = pushed(repository)
    assert ran.codes["judge"] == 1
    assert not ran.succeeded
    assert "FAILED sgd-settings-float64" in ran.log
    assert "bias-rate-ignored: Biases take their layer's rate." in ran.log
    assert ran.uploads == [
        {"name": "dl4j-conformance", "path": str(ran.reports), "if-no-files-found": "ignore"},
    ]
