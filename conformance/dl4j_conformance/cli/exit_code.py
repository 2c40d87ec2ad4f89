"""The exit codes of every command, and the errors that end a command with one of them."""

from __future__ import annotations

from enum import IntEnum
from signal import Signals
from typing import IO, Any

import click


class ExitCode(IntEnum):
    """An exit code and its meaning. A command returns it, or None for 0."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Return the code ``value`` with its ``meaning``, as ``--help`` shows it."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    CONFORMS = 0, "conforms (or done)"
    DOES_NOT_CONFORM = 1, "does not conform (or: differs)"
    USAGE = 2, "usage: an unknown option, backend address, case or value"
    COULD_NOT_RUN = 3, "the backend could not run, or its adapter broke the protocol (1 counts more)"
    BELOW_FLOOR = 4, "fewer cases ran than the floor"
    UNREADABLE = (
        5,
        "an input file (fixture, recording, report, deviations, baseline, model) cannot be read or was changed",
    )
    NOT_WRITTEN = 6, "done, but the output or a report could not be written (1, 3 and 4 count more)"
    #: 128 and the signal's number, as shells have it.
    HUNG_UP = 129, "stopped by SIGHUP"
    INTERRUPTED = 130, "stopped by Ctrl-C (SIGINT)"
    TERMINATED = 143, "stopped by SIGTERM"

    @classmethod
    def of(cls, signal: Signals) -> ExitCode:
        """Return the code of a command that ``signal`` has stopped."""
        return next(code for code in cls if code == 128 + signal)


class UnreadableError(click.ClickException):
    """An input file that cannot be used."""

    exit_code = ExitCode.UNREADABLE


class NotWrittenError(click.ClickException):
    """An output file that cannot be written."""

    exit_code = ExitCode.NOT_WRITTEN


class CouldNotRunError(click.ClickException):
    """A backend that cannot run; the message is shown as it is."""

    exit_code = ExitCode.COULD_NOT_RUN

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on stderr."""
        click.echo(self.message, file, err=file is None)
