"""Hints fit the mistake: addresses, programs that do not start, modules and cases that are misspelt."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from dl4j_conformance.cli.main import cli

CASE = ("--case", "sgd-first-step-float32")


def _said(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["run", *arguments])
    return result.exit_code, result.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("stdio:", 2, "the command is missing"),
        ("node adapter.js", 2, "'stdio:node adapter.js'"),
        ("./adapter", 2, "stdio:./adapter"),
        ("python:my_port", 2, "python:MODULE:OBJECT"),
        ("python:nunpy:ndarray", 3, "'numpy'?"),
    ],
)
def test_addresses(address: str, code: int, said: str) -> None:
    found = _said(address, *CASE)
    assert (found[0], said in found[1]) == (code, True)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("#!/bin/sh\n", 0o644, "chmod +x"),
        ("print()\n", 0o755, "a script begins with a line"),
        ("#!/no/such/interpreter\n", 0o755, "the interpreter that its first line names"),
    ],
)
def test_a_program_that_does_not_start(text: str, mode: int, said: str, tmp_path: Path) -> None:
    program = tmp_path / "my adapter"
    program.write_text(text)
    program.chmod(mode)
    code, found = _said(f"stdio:{shlex.quote(str(program))}", *CASE)
    assert (code, said in found) == (3, True)


def test_a_misspelt_case() -> None:
    code, found = _said("numpy", "--case", "adam-frist-step-float32")
    assert (code, "did you mean adam-first-step-float32" in found) == (2, True)
