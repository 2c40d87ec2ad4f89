"""``dl4j-conformance bench growth``."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.table import Table

from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.benchmark.growth import MOST, Curve, NotJudgedError, axes, measure
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import CouldNotRunError
from dl4j_conformance.cli.options import BACKEND_HELP, timeout_option
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve


@click.command("growth", epilog=BACKEND_HELP)
@click.argument("address", metavar="BACKEND")
@click.option("--updater", type=click.Choice(UPDATERS, case_sensitive=False), default="ADAM", show_default=True)
@click.option("--type", "dtype", type=click.Choice(DTYPES), default=DTYPES[0], show_default=True)
@click.option(
    "--largest",
    type=click.IntRange(min=100),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Elements of the largest array.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, metavar="N")
@timeout_option
def command(address: str, updater: str, dtype: str, largest: int, rounds: int, timeout: float) -> None:
    """Show how the time of judging BACKEND grows: with the elements of an array, with steps, and with cases.

    The slope is that of the time against the number, in logarithms of both: 1 is linear, 2 is quadratic. Below 1 a
    fixed cost weighs more than what grows.

    \b
    Examples:
      dl4j-conformance bench growth numpy
      dl4j-conformance bench growth "stdio:node adapter.js" --updater SGD --largest 100000
    """
    try:
        backend = resolve(address, WireOptions(timeout))
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(str(error)) from error
    try:
        for axis in axes(updater.upper(), dtype, largest):
            curve = measure(backend, axis, rounds, time.perf_counter_ns)
            Console().print(_table(curve))
            say(f"{axis.name}: slope {curve.slope:.2f}: {_verdict(curve)}")
    except NotJudgedError as error:
        raise CouldNotRunError(f"{address} does not run the case: {error}") from error
    finally:
        end(backend)


def _verdict(curve: Curve) -> str:
    return f"linear (at most {MOST})" if curve.is_linear else f"grows faster than linearly (more than {MOST})"


def _table(curve: Curve) -> Table:
    drawn = Table(curve.axis.name, title=f"time against {curve.axis.name}", title_justify="left")
    for column in ("ms", f"us per {curve.axis.name.removesuffix('s')}"):
        drawn.add_column(column, justify="right")
    for value, seconds in curve.seconds.items():
        drawn.add_row(f"{value:,}", f"{1e3 * seconds:.2f}", f"{1e6 * seconds / value:.3g}")
    return drawn
