"""``list``, ``--help`` and the command itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.main import cli


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


def test_widths_are_a_few_ulps() -> None:
    result = invoke("list", "widths", "--case", "sgd-first-step-*")
    _, *rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[:2] for row in rows] == [["SGD", "float32"], ["SGD", "float64"]]
    assert all(0 < float(row[3]) < 20 for row in rows)


_ADDRESSES = [
    "oracle",
    "misreading:ID",
    "numpy",
    "torch",
    "torch.optim",
    "optax",
    "keras",
    "python:MODULE:OBJECT",
    "dl4j",
    "stdio:COMMAND",
]


def test_backends() -> None:
    result = invoke("list", "backends")
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == _ADDRESSES


@pytest.mark.parametrize("command", ["run", "fuzz", "bench", "explain", "replay"])
def test_help_names_every_kind_of_backend(command: str) -> None:
    words = " ".join(invoke(command, "--help").stdout.split())
    assert f"A BACKEND is {', '.join(_ADDRESSES[:-1])} or {_ADDRESSES[-1]}" in words


def test_an_unknown_backend_is_told_every_kind() -> None:
    result = invoke("run", "misread:sgd-negated")
    assert result.exit_code == 2
    assert all(address in result.stderr for address in _ADDRESSES)


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
        "from dl4j_conformance.cli.main import cli\n"
        "try: cli(['run', 'numpy', '--case', 'sgd-first-step-*'])\n"
        "except SystemExit as done: assert done.code == 0, done.code\n"
        "print(sorted({'hypothesis', 'jsonschema', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"


def test_misreadings_have_level_counts_and_margin() -> None:
    lines = invoke("list", "misreadings").stdout.splitlines()
    by_id = {line.split("\t")[0]: line.split("\t") for line in lines}
    assert len(by_id) == len(lines) > 200
    _, clauses, level, counts, margin, sentence, _ = by_id["adam-epsilon-inside-root"]
    assert (clauses, level, sentence) == ("ADAM-2", "bounded", "ADAM: Epsilon stands inside the root.")
    assert all(int(count) >= 3 for count in counts.split("/"))
    assert float(margin) > 1e6
    assert by_id["clip-per-layer-divides"][2:5:2] == ["bit-exact", "by bits"]
    assert by_id["adagrad-from-zero"][2] == "structure"


def test_misreadings_as_json_and_with_cases() -> None:
    entries = json.loads(invoke("list", "misreadings", "--format", "json", "--verbose").stdout)
    (negated,) = [entry for entry in entries if entry["id"] == "sgd-negated"]
    assert negated["cases"]["sgd-first-step-float32"]["updates"] > 1e6
    assert negated["excluding_cases"]["float32"] >= 3
    text = invoke("list", "misreadings", "--verbose").stdout
    assert "  sgd-first-step-float32: updates " in text


def test_a_misreading_has_an_address() -> None:
    result = invoke("run", "misreading:sgd-negated", "--case", "sgd-first-step-*")
    assert result.exit_code == 1
    assert "sgd-negated: SGD: The update has the other sign." in result.stdout
    wrong = invoke("run", "misreading:sgd-negate")
    assert wrong.exit_code == 2
    assert "did you mean 'sgd-negated'?" in wrong.stderr
