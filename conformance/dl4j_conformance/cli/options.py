"""Options that several commands have."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

import dl4j_fixtures
from dl4j_backends.addresses import forms
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cli.exit_code import ExitCode, UnreadableError
from dl4j_conformance.cli.path_type import PathType, note
from dl4j_conformance.execution.oracle_backend import SCHEMES
from dl4j_conformance.judging.level import Level
from dl4j_conformance.vectors.fixtures import read_fixture
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_conformance.vectors.recording import read_recording
from dl4j_fixtures import Destination, destination
from dl4j_oracle.clauses import VERSIONS
from dl4j_oracle.suggestion import did_you_mean

updater_option = click.option(
    "--updater",
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="Only cases with this updater in a layer.",
)

dl4j_option = click.option(
    "--dl4j",
    "version",
    type=click.Choice(VERSIONS),
    default=VERSIONS[0],
    show_default=True,
    help="The version of DL4J.",
)

updaters_option = click.option(
    "--updater",
    "updaters",
    multiple=True,
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="Again for more than one.  [default: all]",
)

folder_option = click.option(
    "--folder",
    type=PathType(file_okay=False, path_type=Path),
    help="The fixtures' folder. Default: that of the checkout in the current folder, else, to read, the installed one.",
)


@dataclass(frozen=True)
class FixturesFolder:
    """The folder of fixtures, in a checkout and installed."""

    in_checkout: Path
    installed: Path

    def default(self) -> Path:
        """Return the folder of the checkout in the current folder, else the installed one."""
        return self.in_checkout if self.in_checkout.is_dir() else self.installed

    def of_checkout(self) -> Path:
        """Return the folder of the checkout in the current folder: installed files are written on request only.

        Raises :class:`click.UsageError` if there is none.
        """
        if not self.in_checkout.is_dir():
            raise click.UsageError(
                f"there is no checkout here ({self.in_checkout}): name the fixtures' folder with --folder"
            )
        return self.in_checkout


_PACKAGE = Path("fixtures", "dl4j_fixtures")
FIXTURES = FixturesFolder(_PACKAGE / "data", dl4j_fixtures.DATA)
LATER_FIXTURES = FixturesFolder(_PACKAGE / "later_versions", dl4j_fixtures.LATER_VERSIONS)

level_option = click.option(
    "--level",
    "claimed",
    type=click.Choice([str(level) for level in Level]),
    default=str(Level.BIT_EXACT),
    show_default=True,
    help="What the backend claims: a case fails if it fails this level. All levels are shown.",
)

#: Longer than anybody waits, and no timer of any system overflows.
_LONGEST = 1e8


class _Seconds(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A finite positive number of seconds."""

    name = "seconds"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; raises :class:`click.BadParameter`, through ``fail``."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= _LONGEST:
            self.fail(f"{value!r} is not a number of seconds, more than 0 and at most {_LONGEST:g}", param, ctx)
        return seconds


SECONDS = _Seconds()


class _Output(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """The path of a file that can be written, as far as can be seen before; the value is a :class:`Destination`."""

    name = "file"

    def convert(
        self, value: str | Destination, param: click.Parameter | None, ctx: click.Context | None
    ) -> Destination:
        """Return the destination; raises :class:`click.BadParameter`, through ``fail``."""
        if isinstance(value, Destination):
            return value
        if not value:
            self.fail("the name is empty", param, ctx)
        if value.endswith(("/", os.sep)):
            self.fail(f"{value}: is a folder", param, ctx)
        try:
            found = destination(Path(value))
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        except ValueError as error:  # a null character
            self.fail(f"{value!r}: {error}", param, ctx)
        if param and ctx:
            note(found.path, param, ctx, is_written=True)
        return found


OUTPUT = _Output()

#: Files that `--plot` writes, by their endings.
_DRAWN = (".png", ".svg")


def _check_ending(context: click.Context, parameter: click.Parameter, plot: Destination | None) -> Destination | None:
    if plot and plot.path.suffix.lower() not in _DRAWN:
        raise click.BadParameter(f"{plot.path}: the name ends in {' or '.join(_DRAWN)}")
    return plot


def plot_option(draws: str) -> Callable[[Any], Any]:
    """Return the option `--plot` of a command that ``draws`` something, as its help has it."""
    return click.option(
        "--plot",
        type=OUTPUT,
        metavar="FILE",
        callback=_check_ending,
        help=f"{draws}, as FILE.svg or FILE.png. Needs the extra `plot`.",
    )


timeout_option = click.option(
    "--timeout",
    type=SECONDS,
    default=WireOptions().timeout,
    show_default=True,
    metavar="SECONDS",
    help="How long a backend in a process of its own may take for a reply; six times as long for the first.",
)


in_process_option = click.option(
    "--in-process",
    is_flag=True,
    help="Run a Python backend in this process, for print and for debuggers. It can then do anything to this suite.",
)


@dataclass(frozen=True)
class Connection:
    """The options of backends in processes of their own."""

    timeout: float
    in_process: bool

    @property
    def wire_options(self) -> WireOptions:
        """Return them as the backends take them."""
        return WireOptions(timeout=self.timeout, in_process=self.in_process)

    @property
    def options(self) -> tuple[str, ...]:
        """Return those that do not have their usual value, as they are given."""
        timeout = () if self.timeout == WireOptions().timeout else ("--timeout", f"{self.timeout:g}")
        return (*timeout, *(("--in-process",) if self.in_process else ()))


def case_called(value: str) -> Case:
    """Return the case of the fixture with this id, or the first case of a file that ``fuzz`` saved.

    Raises :class:`click.BadParameter` and :class:`UnreadableError`.
    """
    try:
        if value.endswith((".jsonl", ".gz")):
            cases = [case for case, _ in read_recording(Path(value))]  # all of them: it may be damaged at its end
            if not cases:
                raise UnreadableError(f"{value}: has no cases")
            return cases[0]
        for data in dl4j_fixtures.load(has=lambda id_: id_ == value):
            return read_fixture(data).case
        ids = dl4j_fixtures.ids()
    except (UnreadableFileError, dl4j_fixtures.FixtureError) as error:
        raise UnreadableError(str(error)) from error
    hint = did_you_mean(value, ids, "`dl4j-conformance list cases` shows them all", most=3, written=str)
    raise click.BadParameter(f"there is no case {value!r}; {hint}")


#: The end of the help of a command that takes backends.
BACKEND_HELP = f"A BACKEND is {forms(SCHEMES)}: see `dl4j-conformance list backends`."

case_option = click.option(
    "--case",
    callback=lambda context, parameter, value: value and case_called(value),
    metavar="CASE",
    help="Take the settings from a golden case, or from the first case of a file that `fuzz` saved.",
)


class _Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A time such as ``60s``, ``2m``, ``1h`` or a number of seconds; the value is in seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; raises :class:`click.BadParameter`, through ``fail``."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST:
            self.fail(f"{value!r} is not a time such as 60s, 2m, 1h or 90 (seconds)", param, ctx)
        return seconds


DURATION = _Duration()


#: The function of a click command: it takes its options by name.
Command = Callable[..., ExitCode | None]


def grouped(**groups: type) -> Callable[[Command], Command]:
    """Return a decorator by which a command gets the options that are fields of a record as that record.

    ``groups`` are the records' dataclasses, by the names of the command's parameters.
    """

    def decorate(function: Command) -> Command:
        @wraps(function)
        def command(**options: Any) -> ExitCode | None:
            records = {}
            for name, record in groups.items():
                records[name] = record(**{field.name: options.pop(field.name) for field in fields(record)})
            return function(**records, **options)

        return command

    return decorate
