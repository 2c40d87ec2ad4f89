"""Exit codes: one list of them, which the help and the README show and every command returns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args, get_type_hints

import click
import pytest
from click.testing import CliRunner

import dl4j_conformance.cli
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli

README = Path(__file__).parents[2] / "README.md"


def _commands(group: click.Group) -> Iterator[click.Command]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command
        yield from _commands(command) if isinstance(command, click.Group) else (command,)


@pytest.mark.parametrize("command", list(_commands(cli)), ids=lambda command: command.name)
def test_every_command_returns_its_exit_code(command: click.Command) -> None:
    returned = get_type_hints(command.callback)["return"]
    assert set(get_args(returned) or (returned,)) <= {ExitCode, NoneType}


def test_only_the_entry_ends_the_process() -> None:
    folder = Path(dl4j_conformance.cli.__path__[0])
    assert [path.name for path in folder.glob("*.py") if "exit(" in path.read_text()] == ["main.py"]


def test_click_has_the_same_code_for_usage() -> None:
    assert click.UsageError.exit_code == ExitCode.USAGE


def test_the_help_lists_them() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).stdout.partition("Exit codes:\n")[2]
    rows = [(int(code), meaning) for code, meaning in re.findall(r"^ +(\d+)  (.*)$", shown, re.M)]
    assert rows == [(code, code.meaning) for code in ExitCode]


def test_the_readme_lists_them() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", README.read_text(encoding="utf-8"), re.M)
    assert [(int(code), meaning) for code, meaning in rows] == [(code, code.meaning) for code in ExitCode]
