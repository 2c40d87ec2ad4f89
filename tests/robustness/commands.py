"""The campaign `commands`: odd command lines, made from the commands' own options."""

from __future__ import annotations

import glob
import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import click

from dl4j_conformance.cli.main import cli
from robustness.attempt import Attempt
from robustness.campaign import Campaign
from robustness.material import BASELINE, FAILURE, FIXTURES, RECORDER, RECORDING, REPORT, environment, in_process

_USAGE = frozenset({2})
#: Exit code for a file that cannot be read, which an option may say before another one is refused.
_UNREADABLE = frozenset({5})
#: Exit code of a command that is done, but could not write what it should.
_NOT_WRITTEN = 6


@dataclass(frozen=True)
class _Base:
    """Arguments with which a command is fine and fast, and the exit codes that it can have at all."""

    arguments: tuple[str, ...]
    codes: frozenset[int]


def _base(arguments: tuple[str, ...], *codes: int) -> _Base:
    return _Base(arguments, frozenset(codes))


#: `fixtures regenerate` is not among them: it takes minutes.
_BASES = {
    ("run",): _base(("numpy", "--folder", FIXTURES), 0, 1, 2, 3, 4, 5),
    ("report", "summary"): _base((REPORT,), 0, 2, 5),
    ("report", "markdown"): _base((REPORT,), 0, 2, 5),
    ("report", "junit"): _base((REPORT,), 0, 2, 5),
    ("report", "csv"): _base((REPORT,), 0, 2, 5),
    ("report", "badge"): _base((REPORT,), 0, 2, 5),
    ("report", "html"): _base((REPORT,), 0, 2, 5, 6),
    ("compare",): _base((REPORT, REPORT), 0, 2, 5),
    # The option stands first, so that the report stays: a backend's name in its place would run all fixtures.
    ("baseline", "update"): _base(("--baseline", BASELINE, REPORT), 0, 2),
    ("baseline", "check"): _base(("--baseline", BASELINE, REPORT), 0, 2, 5),
    ("fuzz",): _base(("numpy", "--examples", "3"), 0, 1, 2, 3, 4, 5),
    # Every float32 takes minutes; the range stands behind the backend's name, and is never left out.
    ("sweep",): _base(("numpy", "--updater", "SGD", "--range", "0x3f800000:0x3f800010"), 0, 1, 2, 3, 5),
    ("bench",): _base(("numpy", "--size", "10", "--rounds", "6", "--updater", "sgd"), 0, 2, 3),
    ("explain",): _base((FAILURE,), 0, 1, 2, 3, 5),
    ("repro",): _base((FAILURE,), 0, 2, 5),
    # 1: DL4J throws.
    ("oracle", "learning-rate"): _base(("--iterations", "3"), 0, 1, 2),
    ("oracle", "update"): _base(("--gradient", "1"), 0, 1, 2),
    ("suggest",): _base(("--to", "torch"), 0, 2, 5),
    ("fixtures", "verify"): _base(("--folder", FIXTURES), 0, 2, 5),
    ("fixtures", "export"): _base(("exported", "--folder", FIXTURES), 0, 2, 5),
    ("fixtures", "changes"): _base((FIXTURES, FIXTURES), 0, 2, 5),
    ("promote",): _base((FAILURE, "--folder", FIXTURES), 0, 1, 2, 5),
    ("replay",): _base((RECORDING, "numpy"), 0, 1, 2, 3, 5),
    ("record",): _base((RECORDER, "--into", FIXTURES, *in_process("record")), 0, 1, 2, 3, 5),
    ("adapter", "bench"): _base(("true",), 0, 2, 3),
    ("adapter", "check"): _base(("true",), 0, 1, 2, 3),
    ("adapter", "new"): _base(("python", "new"), 0, 2),
    ("list", "cases"): _base((), 0, 2, 5),
    ("list", "clauses"): _base((), 0, 2, 5),
    ("list", "misreadings"): _base((), 0, 2, 5),
    ("list", "backends"): _base((), 0, 2, 5),
    ("docs",): _base((), 0, 2),
}

#: Values for anything.
_ODD = (
    *("", " ", "\n", "-", "--", "-1", "0", "1", "-0", "nan", "NaN", "inf", "-inf", "1e400", "1e-400", "0x10", "1_0"),
    *("0.1", "3", "7", "100", "100000", "2147483647", "1e308", "5e-324", "-1e-320", "1e10", "0.5", "0.999"),
    *("٣", "½", "1.5", "1,5", "2147483648", "-2147483649", "9" * 400, "0." + "3" * 5000, "true", "None", "null"),
    *("\x1b[2J", "\u202e", "a\tb", "%s%n", "{0}", "[", "*", "**/*", "\\", "'", '"', "`id`", "$(id)", "; id", "|"),
    *("x" * 100_000, "\udcff", "../x", "missing/x", ".", "folder", "pipe", "link", "precious", FAILURE, FIXTURES),
    *("numpy", "oracle", "stdio:", "stdio:'", "stdio: ", "stdio:missing", "stdio:./folder", "stdio:true", "stdio:cat"),
    *("python:", "python::", "python:os:", "python:os:path", "python:missing:x", "python:os:getcwd", "python:a:b:c"),
    *("misreading:", "misreading:x", "torch:device=x", "dl4j:threads=0", "dl4j:threads=x", "NUMPY", "numpy:x"),
    *(
        "adam-first-step-float32",
        "adam-frist-step-float32",
        "ADAM-1",
        "ADAM-99",
        "--help",
        "-h",
        "0:0.1,5:x",
        "0:,",
        ":",
    ),
    *("1,2,", ",", "0x3f800000", "0xzz", "5:0.1", "1h", "0s", "1e9h", "-1s"),
)
#: Values by which some options take for ever, as they should.
_ENDLESS = {
    ("fuzz", "--examples"),
    ("fuzz", "--time"),
    ("bench", "--rounds"),
    ("sweep", "--sample"),
    ("sweep", "--range"),
}
_NUMERIC = "0123456789٣½"
#: Of so many values the option's own type takes each.
_TAKEN = 0.85

#: Options that name a file to write.
_OUTPUTS = ("--report", "--save", "--plot", "--baseline", "--write-deviations", "--output")
_HELD: list[int] = []


@cache
def _leaves() -> dict[tuple[str, ...], click.Command]:
    return {path: command for path, command in _commands(cli, ()) if path in _BASES}


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        elif command:
            yield (*path, name), command


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number: the commands take turns."""
    leaves = _leaves()
    path = tuple(leaves)[number % len(leaves)]
    command, base = leaves[path], _BASES[path]
    added: list[str] = []
    refused = False
    options = [option for option in command.params if isinstance(option, click.Option) and "--help" not in option.opts]
    for option in random.sample(options, min(len(options), random.choice([0, 1, 1, 1, 2, 3]))):
        value = _value(path, option, random)
        added += [option.opts[0]] if option.is_flag else [option.opts[0], value]
        refused |= not option.is_flag and _is_refused(option, value)
    arguments, changed = _arguments(base, random, keep=bool(added))
    sort, extra, always_refused = random.choice(_EXTRAS)
    return Attempt(
        " ".join(path),
        sort,
        (*path, *arguments, *added, *extra),
        (_USAGE | _UNREADABLE if "--network" in added else _USAGE)
        if (refused or always_refused) and not _asks_for_help((*changed, *added))
        else base.codes | {0, _NOT_WRITTEN},
        prepare=partial(_fill, material),
        written=tuple(_written(path, (*arguments, *added))),
        written_by_success=(f"{FIXTURES}/*", f"{FIXTURES}/recorded/*") if path[0] in ("promote", "record") else (),
        environment=environment(),
    )


#: What stands at the end, and whether it is always refused.
_EXTRAS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    *[("options", (), False)] * 20,
    ("unknown option", ("--unknown",), True),
    ("unknown option with value", ("--report-file=x",), True),
    ("unknown short option", ("-Z",), True),
)


def _value(path: tuple[str, ...], option: click.Option, random: Random) -> str:
    """Return an odd value for an option: mostly one that its type takes, since the others all end alike."""
    choices = tuple(map(str, option.type.choices)) if isinstance(option.type, click.Choice) else ()
    values = _ODD + choices
    if (path[0], option.opts[0]) in _ENDLESS:
        values = tuple(value for value in values if not any(digit in value for digit in _NUMERIC))
    taken = [value for value in values if not _is_refused(option, value)]
    return random.choice(taken if taken and random.random() < _TAKEN else values)


def _is_refused(option: click.Option, value: str) -> bool:
    """Return whether click itself cannot make a value of a text."""
    try:
        option.type.convert(value, option, click.Context(click.Command("any")))
    except click.UsageError:
        return True
    return False


def _asks_for_help(arguments: tuple[str, ...]) -> bool:
    return any(argument in ("--help", "-h") for argument in arguments)


def _arguments(base: _Base, random: Random, *, keep: bool) -> tuple[list[str], list[str]]:
    """Return a command's own arguments, one of those before its options changed unless there is something else odd."""
    arguments = list(base.arguments)
    plain = next((i for i, argument in enumerate(arguments) if argument.startswith("--")), len(arguments))
    if not plain or (keep and random.random() < 0.7):
        return arguments, []
    arguments[random.randrange(plain)] = value = random.choice(_ODD)
    return arguments, [value]


def _written(path: tuple[str, ...], arguments: tuple[str, ...]) -> Iterator[str]:
    """Yield patterns of the files that a command may write: through a link, never in its place."""
    named = itertools.pairwise(("--report", *arguments) if path == ("fixtures", "export") else arguments)
    for option, value in named:
        if option in _OUTPUTS:
            match value:
                case "pipe" | "folder":
                    continue
                case "link":
                    yield "precious"
                case _:
                    yield glob.escape(value) or "?"
        if option == "--checkpoint":
            yield from (glob.escape(value) + part for part in ("", "/*", "/*/*"))
    if path == ("sweep",):
        yield from ("dl4j-sweep-*", "dl4j-sweep-*/*", "dl4j-sweep-*/*/*")
    if path == ("fuzz",):
        yield "dl4j-fuzz-failure-*.jsonl"
    if path == ("adapter", "new"):
        yield from ("*", "*/*", "*/*/*") if len(arguments) > 1 else ()


def _fill(material: Path, folder: Path) -> None:
    """Copy the material, and make what should not be written over."""
    shutil.copytree(material, folder, dirs_exist_ok=True)
    (folder / "folder").mkdir()
    (folder / "precious").write_text("precious\n")
    (folder / "link").symlink_to("precious")
    os.mkfifo(folder / "pipe")
    # A reader, so that writing into the pipe does not wait for one.
    while _HELD:
        os.close(_HELD.pop())
    _HELD.append(os.open(folder / "pipe", os.O_RDWR | os.O_NONBLOCK))


CAMPAIGN = Campaign("commands", 400, draw)
