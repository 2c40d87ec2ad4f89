"""One attack on the command line program: a command, the files it finds, and what has to come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """The end of a command: exit code as a shell shows it, output, memory, processes left behind.

    Memory is the most that it took, in bytes, beyond what a fork has from this process.

    ``hung`` says that it did not end by itself in time, ``survived`` for how many seconds it ran after a signal.
    """

    code: int
    stdout: str
    stderr: str
    memory: int
    left: tuple[str, ...] = ()
    hung: bool = False
    survived: float = 0.0


def _nothing(folder: Path) -> None:
    """Leave the folder as it is."""


def _no_demand(folder: Path, ended: Ended) -> Iterator[str]:
    """Yield nothing."""
    yield from ()


@dataclass(frozen=True)
class Attempt:
    """A command in a folder of its own, and the exit codes that are right.

    ``prepare`` fills the folder. ``written`` are glob patterns of the files that the command may write or replace,
    ``written_by_success`` of those that it may only if its exit code is 0. ``check`` yields what else is wrong
    afterwards. ``tracebacks`` of a foreign program may be shown. ``signal`` is sent ``after`` so many seconds of the
    program's own time.
    """

    kind: str
    #: The sort of file, place or option, for the reader.
    detail: str
    arguments: tuple[str, ...]
    expected: frozenset[int]
    prepare: Callable[[Path], None] = _nothing
    check: Callable[[Path, Ended], Iterator[str]] = _no_demand
    written: tuple[str, ...] = ()
    written_by_success: tuple[str, ...] = ()
    tracebacks: bool = False
    deadline: float = 30.0
    #: A process of its own instead of a fork of this one.
    own_process: bool = False
    signal: int | None = None
    after: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
