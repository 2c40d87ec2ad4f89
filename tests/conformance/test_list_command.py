"""``list``, ``--help`` and the command itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.command_line import cli


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_cases() -> None:
    result = invoke("list", "cases", "--clause", "LR-7")
    assert result.exit_code == 0
    assert "torchstep-divisors-float32\tLR-7\t" in result.stdout
    assert "adam-first-step" not in result.stdout


def test_clauses_have_counts_and_rules() -> None:
    result = invoke("list", "clauses")
    line = next(line for line in result.stdout.splitlines() if line.startswith("LR-7\t"))
    _, count, title, rules = line.split("\t")
    assert int(count.split()[0]) > 2
    assert title.startswith("TorchStep")
    assert rules == "dl4j_oracle.learning_rate.torch_step"


def test_backends() -> None:
    result = invoke("list", "backends")
    addresses = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert addresses == ["oracle", "numpy", "python:MODULE:OBJECT", "stdio:COMMAND"]


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("run",),
        ("fuzz",),
        ("oracle", "update"),
        ("oracle", "learning-rate"),
        ("fixtures", "verify"),
        ("fixtures", "regenerate"),
        ("replay",),
        ("list", "cases"),
        ("adapter", "new"),
        ("adapter", "check"),
        ("adapter", "bench"),
    ],
)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    result = invoke(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_unknown_command() -> None:
    assert invoke("judge").exit_code == 2


def test_the_console_script_starts_without_the_heavy_parts() -> None:
    """Before the first progress line only what `run numpy` needs is imported: no Hypothesis, no jsonschema."""
    script = (
        "import sys\n"
        "from dl4j_conformance.command_line import cli\n"
        "try: cli(['run', 'numpy', '--case', 'sgd-first-step-*'])\n"
        "except SystemExit as done: assert done.code == 0, done.code\n"
        "print(sorted({'hypothesis', 'jsonschema', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"
