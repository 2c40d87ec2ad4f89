"""The command ``dl4j-conformance``. Subcommands are imported when they are called, so that it starts fast."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import Signals
from typing import Any

import click
from click.shell_completion import CompletionItem

from dl4j_backends import plain_text, signals
from dl4j_conformance.cli.exit_code import ExitCode, UnreadableError
from dl4j_conformance.cli.standard_streams import protect
from dl4j_conformance.cli.terminal import say

_EXIT_CODES = "\b\nExit codes:\n" + "".join(f"  {code}  {code.meaning}\n" for code in ExitCode)

_COMMANDS = {
    "run": "Judge backends by the golden fixtures.",
    "identify": "Say which version of DL4J each part of a backend follows.",
    "report": "Show reports of `run --report` as text, Markdown, JUnit XML, CSV, a badge or a page for a browser.",
    "compare": "Show what changed between two reports; exit with 1 if something became worse.",
    "baseline": "Write down how a backend stands, and see whether it falls behind that.",
    "fuzz": "Judge a backend on networks that Hypothesis draws.",
    "sweep": "Judge a backend on every bit pattern of a gradient.",
    "bench": "Measure how fast backends update, beside a copy of the same bytes.",
    "explain": "Show what DL4J computes in a case, intermediate by intermediate.",
    "repro": "Print a case as a program in Python, JavaScript, Java or C.",
    "oracle": "Calculate what DL4J does with given numbers.",
    "model": "Look into a saved model of DL4J: its settings in force, and its updater's state.",
    "case": "Make a case of a saved model.",
    "suggest": "Print another library's optimizer with the settings that come nearest to DL4J's.",
    "fixtures": "Verify, export, compare or regenerate the golden fixtures.",
    "promote": "Make a golden fixture of what fuzzing found.",
    "replay": "Hold a backend or the oracle against recordings of the real DL4J.",
    "record": "Store what the real DL4J makes of the fixtures.",
    "adapter": "Write, check and measure an adapter: a port as a process of its own.",
    "list": "List cases, clauses, misreadings or backends.",
    "docs": "Print a page of the documentation.",
}


@contextmanager
def _errors_in_plain_text() -> Iterator[None]:
    """Make the messages of errors plain: they quote arguments, files and backends."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = plain_text.paragraph(error.message)  # final for type checkers
        raise


class _LazyGroup(click.Group):
    """A group whose commands live in modules of :mod:`dl4j_conformance.cli` of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"dl4j_conformance.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so; unlike click, without importing all commands."""
        commands = [CompletionItem(name, help=text) for name, text in _COMMANDS.items() if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _errors_in_plain_text():
            return super().make_context(info_name, args, parent, **extra)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _errors_in_plain_text():
                return super().invoke(ctx)
        except KeyboardInterrupt:  # raised by hand: click would make exit code 1 of it
            raise signals.Stopped(Signals.SIGINT) from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except signals.Stopped as stop:
            by = stop.by
        except Exception:
            # Python makes a RuntimeError of what a signal raises in __set_name__, while a class is made.
            if not (came := signals.came()):
                raise
            by = came
        say(f"stopped by {by.name}", err=True)
        sys.exit(ExitCode.of(by))


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Print the versions of the package and of the installed fixtures, and end."""
    if not value or context.resilient_parsing:
        return
    from importlib.metadata import version

    import dl4j_fixtures

    say(f"dl4j-conformance, version {version('dl4j-conformance')}")
    try:
        say(f"fixtures, version {dl4j_fixtures.version(dl4j_fixtures.manifest())}")
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    context.exit()


@click.group(cls=_LazyGroup, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_show_version, expose_value=False, is_eager=True, help="Show versions."
)
def cli() -> None:
    """Conformance suite and reference oracle for ports of Deeplearning4j 0.8.0's updater pipeline.

    \b
    Examples:
      dl4j-conformance run numpy
      dl4j-conformance run python:my_port:Backend --updater ADAM
      dl4j-conformance oracle learning-rate --policy torchstep --learning-rate 0.1 --decay-rate 0.5 --steps 12
    """


@cli.result_callback()
def _exit(code: ExitCode | None) -> None:
    """End the process with what the command returned."""
    sys.exit(ExitCode.CONFORMS if code is None else code)


def main() -> None:
    """Run the console script."""
    signals.install()
    problem = protect()
    code: str | int | None = None
    try:
        cli()
    except SystemExit as end:
        code = end.code
    signals.over()
    # Somebody's code may have caught what a signal has raised.
    if (by := signals.came()) and not code:
        code = ExitCode.of(by)
    if lost := problem():
        say(f"{lost}: the output is not complete", err=True)
        code = code or ExitCode.NOT_WRITTEN
    signals.ignore()
    sys.exit(code)
