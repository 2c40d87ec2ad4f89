"""Every command with every option and odd values: an exit code of the list, and never a traceback.

More examples: ``pytest tests/robustness/test_command_line.py --hypothesis-profile=thorough``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dl4j_fixtures
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import golden

settings.register_profile("thorough", settings.get_profile("suite"), max_examples=2000, derandomize=False)

#: What is given to an option or an argument: of its kind, or of another.
ODD = [
    *(
        "",
        " ",
        "-",
        "--",
        "\0",
        "\n",
        "\x1b[2J",
        "\udcff",
        "\ud800",
        "é\u202e",
        "[/x]",
        "%s",
        "{}",
        "*",
        "[",
        "x" * 5000,
    ),
    *("0", "-1", "1", "3", "1.5", "1e400", "-1e400", "nan", "inf", "-inf", "0x1", "9" * 400, "٣", "1_0", "2147483648"),
    *("1,2", "1,,2", ",", "1:0.5", "0:1,x", "60s", "0s", "1h", "true", "None", "SGD", "adam", "float32", "json"),
    *("/", ".", "..", "/dev/null", "/dev/zero", "absent", "absent/file.json", "~", "fifo", "file", "file/x", "folder"),
    *("numpy", "oracle", "misreading:", "misreading:x", "python:", "python:a:b", "python:os:getcwd", "python:sys:exit"),
    *("stdio:", "stdio:'", "stdio:absent", "stdio:/", "dl4j:threads=x", "torch:x", "adam-first-step-float32", "ADAM-1"),
]
#: Commands that would compute for minutes or start Maven get values that cannot do so.
SLOW = {
    *(("fixtures", "regenerate"), ("fixtures", "verify"), ("list", "widths"), ("list", "misreadings"), ("record",)),
    *(("fuzz",), ("sweep",), ("bench",), ("adapter", "bench"), ("run",), ("baseline", "update"), ("baseline", "check")),
}
VALUES = st.sampled_from(ODD) | st.text(max_size=5)


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(_commands(cli))


@st.composite
def command_lines(draw: st.DrawFn, path: tuple[str, ...]) -> list[str]:
    """Return the words behind the command's name."""
    words: list[str] = []
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Argument):
            words += draw(st.lists(VALUES, min_size=0, max_size=2))
        elif draw(st.sampled_from([False, False, True])):
            assert isinstance(parameter, click.Option)
            flag = draw(st.sampled_from(parameter.opts))
            words += [flag] if parameter.is_flag else [flag, draw(VALUES)]
    return words


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few fixtures, an odd file and a FIFO."""
    folder = tmp_path_factory.mktemp("place")
    fixtures = list(dl4j_fixtures.load("keys", "float32"))[:2]
    rows = {fixture["id"]: dl4j_fixtures.kills()[fixture["id"]] for fixture in fixtures}
    dl4j_fixtures.write(dl4j_fixtures.render({"keys": fixtures}, golden.ABOUT, rows), folder / "folder")
    (folder / "file").write_bytes(b"\xff{")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "fifo")
    return folder


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in SLOW], ids=" ".join)
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_command(path: tuple[str, ...], place: Path, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        check([*path, *data.draw(command_lines(path))])


@pytest.mark.parametrize(
    "words",
    [
        *(("run", value, "--folder", "folder") for value in ODD[::2]),
        *(("run", "numpy", "--folder", value) for value in ODD[1::2]),
        *(("replay", value) for value in ODD[::2]),
        *(("fuzz", "oracle", "--examples", value) for value in ("0", "-1", "x", "")),
        *(("bench", "numpy", "--rounds", value) for value in ("0", "-1", "x", "")),
        *(("record", value, "--into", "folder") for value in ODD[1::4]),
        *(("record", "oracle", "--into", value) for value in ODD[::4]),
        *(("fixtures", "regenerate", "--check", "--folder", value) for value in ("file", "\0")),
        *(("fixtures", "verify", "--folder", value) for value in ODD[1::4]),
        *((value,) for value in ODD[::2]),
    ],
    ids=str,
)
def test_odd_words(words: Sequence[str], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    check(words)


def check(words: Sequence[str]) -> None:
    """Run the command; the console script makes the streams take any character."""
    result = CliRunner().invoke(cli, list(words))
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    assert result.exit_code in set(ExitCode), words
