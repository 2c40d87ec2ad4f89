"""A repository of somebody else, with a port and three lines for CI: everything that its maintainer gets to see."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from composite_action import Ran, run_action, yaml

from toolchains import required_module

TESTS = Path(__file__).parents[1]
FOREIGN = TESTS / "foreign"
WORKFLOW = ".github/workflows/conformance.yml"
#: The schema of JUnit XML that CI services read.
SCHEMA = TESTS / "commands" / "junit.xsd"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a copy of the foreign repository, whose port can be changed."""
    return shutil.copytree(FOREIGN, tmp_path / "repository", ignore=shutil.ignore_patterns("__pycache__"))


def pushed(repository: Path) -> Ran:
    """Run the repository's workflow, as a push would."""
    workflow = yaml.safe_load((repository / WORKFLOW).read_text(encoding="utf-8"))
    *_, step = workflow["jobs"]["dl4j"]["steps"]
    return run_action(step["with"], repository, repository.parent / "runner")


def test_it_has_a_port_and_three_lines() -> None:
    text = (FOREIGN / WORKFLOW).read_text(encoding="utf-8")
    _, _, lines = text.partition("- uses: actions/checkout@v4\n")
    assert [line.strip() for line in lines.splitlines()] == [
        "- uses: OWNER/dl4j-conformance@v0.1.0",
        "with:",
        "backend: stdio:python adapter.py",
    ]
    files = {str(path.relative_to(FOREIGN)) for path in FOREIGN.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {
        WORKFLOW,
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


def test_the_reports_of_a_failing_run(repository: Path) -> None:
    ran = pushed(repository)
    assert ran.codes["Write the reports"] == 0
    assert "does not conform" in ran.summary
    assert "bias-rate-ignored: Biases take their layer's rate." in ran.summary
    page = (ran.reports / "report.html").read_text(encoding="utf-8")
    assert "bias-rate-ignored" in page
    assert "Intermediates, step by step" in page
    xmlschema = required_module("xmlschema", "test")
    xmlschema.XMLSchema(SCHEMA).validate(ran.reports / "junit.xml")


def test_known_deviations_make_it_green_until_something_else_fails(repository: Path) -> None:
    # What the maintainer does once, at home.
    conformance = str(Path(sys.executable).parent / "dl4j-conformance")
    command = [conformance, "run", "stdio:python adapter.py", "--write-deviations", "deviations.toml"]
    assert subprocess.run(command, cwd=repository, capture_output=True, check=False).returncode == 1  # noqa: S603
    workflow = repository / WORKFLOW
    text = workflow.read_text(encoding="utf-8")
    workflow.write_text(f"{text}          deviations: deviations.toml\n", encoding="utf-8")
    green = pushed(repository)
    assert green.succeeded, green.log
    assert "conforms but for what is declared" in green.summary
    # A regression: the division by the batch size is lost.
    port = repository / "port.py"
    port.write_text(port.read_text(encoding="utf-8").replace(" / batch_size", ""), encoding="utf-8")
    red = pushed(repository)
    assert red.codes["judge"] == 1
    assert "does not conform" in red.summary
    assert "FAILED sgd-constant-gradient-float64" in red.log
