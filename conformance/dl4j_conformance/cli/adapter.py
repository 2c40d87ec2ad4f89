"""``dl4j-conformance adapter``: for those who write an adapter of the stdio protocol."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dl4j_backends import plain_text
from dl4j_backends.addresses import UnknownAddressError, resolve
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.check import check, some_updater
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.skeleton import Skeleton, skeletons
from dl4j_backends.stdio.speed import measure
from dl4j_backends.stdio.wire import TYPES
from dl4j_conformance.cli.exit_code import CouldNotRunError
from dl4j_conformance.cli.options import SECONDS, timeout_option
from dl4j_conformance.cli.terminal import say


@click.group("adapter")
def command() -> None:
    """Write, check and measure an adapter: a program that speaks the protocol (`dl4j-conformance docs protocol`)."""


@command.command("new")
@click.argument("language", type=click.Choice(list(skeletons())))
@click.argument("name", metavar="DIR")
def new(language: str, name: str) -> None:
    """Write an adapter in LANGUAGE that does SGD into DIR, and say what to do next.

    \b
    Example:
      dl4j-conformance adapter new javascript ./port
    """
    skeleton, folder = skeletons()[language], Path(name)
    if not name:
        raise click.UsageError("DIR is empty; the current folder is `.`")
    try:
        skeleton.create(folder)
    except (OSError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    for step in _next_steps(skeleton, folder):
        say(step)


def _next_steps(skeleton: Skeleton, folder: Path) -> Sequence[str]:
    steps = [
        f"cd {shlex.quote(str(folder))}",
        *skeleton.build,
        f'dl4j-conformance adapter check "{skeleton.command}"',
        f"dl4j-conformance run \"stdio:{skeleton.command}\" --case 'sgd-first-step-*'",
    ]
    return [
        f"{folder} has an adapter in {skeleton.title} that does SGD. Next:",
        "",
        *(f"  {step}" for step in steps),
        "",
        "Then call your port in it, and declare what it can do. For how, and for the protocol:",
        "",
        "  dl4j-conformance docs tutorial",
        "  dl4j-conformance docs protocol",
    ]


@command.command("check")
@click.argument("adapter", metavar="COMMAND")
@timeout_option
def check_command(adapter: str, timeout: float) -> None:
    """Talk to the adapter that COMMAND starts, and hold every message against its JSON Schema.

    It says what is wrong with the adapter. Whether the numbers are right is for `run`.

    \b
    Example:
      dl4j-conformance adapter check "node adapter.js"
    """
    backend = _start(adapter, WireOptions(timeout, strict=True))
    with _faults_shown(backend):
        for step in check(backend):
            say(f"ok  the adapter {step}")
    say(f"The adapter speaks the protocol. Its first verdict: dl4j-conformance run {_quoted(adapter)}")


@command.command("bench")
@click.argument("adapter", metavar="COMMAND")
@click.option("--seconds", type=SECONDS, default=2.0, show_default=True)
@timeout_option
def bench(adapter: str, seconds: float, timeout: float) -> None:
    """Measure the adapter that COMMAND starts beside NumPy in this process, on a network of 3 x 2.

    \b
    Example:
      dl4j-conformance adapter bench "node adapter.js"
    """
    backend = _start(adapter, WireOptions(timeout))
    with _faults_shown(backend):
        updater, dtype = some_updater(backend), min(backend.handshake.types & TYPES)
        there, here = (measure(measured, updater, dtype, seconds) for measured in (backend, NumpyBackend()))
        if fault := backend.close():
            raise fault
    table = Table("", "sessions/s", "updates/s", "us per update", title=Text(f"{updater} {dtype}"))
    for name, speed in ((backend.name, there), ("numpy, in this process", here)):
        table.add_row(
            Text(plain_text.line(name)), f"{speed.sessions:,.0f}", f"{speed.updates:,.0f}", f"{speed.microseconds:.1f}"
        )
    Console().print(table)
    overhead = there.microseconds - here.microseconds
    say(f"overhead per update: {overhead:.1f} us (process, pipes and JSON, and the port itself, beside NumPy)")


def _start(adapter: str, options: WireOptions) -> StdioBackend:
    try:
        backend = resolve(f"stdio:{adapter}", options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(str(error)) from error
    assert isinstance(backend, StdioBackend)  # noqa: S101 - by its address
    return backend


@contextmanager
def _faults_shown(backend: StdioBackend) -> Iterator[None]:
    """End the command if something goes wrong with the adapter."""
    try:
        yield
    except AdapterFault as fault:
        backend.connection.abandon(fault)
        raise CouldNotRunError(fault.explained()) from fault
    except BackendUnavailableError as error:
        raise CouldNotRunError(str(error)) from error


def _quoted(adapter: str) -> str:
    return shlex.quote(f"stdio:{adapter}")
