"""``dl4j-conformance bench oracle``."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from dl4j_conformance.benchmark.verdicts import COMPILED, VALUES, VERDICTS, Comparison, compare
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.options import updaters_option
from dl4j_conformance.cli.terminal import say


@click.command("oracle")
@updaters_option
@click.option("--type", "dtypes", multiple=True, type=click.Choice(DTYPES), help="[default: both]")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Elements of the gradient.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, metavar="N")
def command(updaters: Sequence[str], dtypes: Sequence[str], size: int, rounds: int) -> ExitCode:
    """Measure what the oracle's values and verdicts cost, in turns.

    Nanoseconds per element of an update with L2, L1 and the division by the batch size: mpmath's values and verdicts,
    the evaluation model (ieee), enclosures in float64 operation by operation, and compiled: one kernel for the whole
    update. A verdict covers the update and the state. The last columns say how many times as long mpmath takes as the
    compiled enclosures, for values and for verdicts, and how many verdicts on values at edges are mpmath's.

    \b
    Examples:
      dl4j-conformance bench oracle
      dl4j-conformance bench oracle --updater ADAM --type float32 --size 10000000
    """
    differ = False
    for dtype in dtypes or DTYPES:
        found = []
        for updater in [updater.upper() for updater in updaters] or UPDATERS:
            found.append(compare(updater, dtype, size, rounds, time.perf_counter_ns))
            differ |= found[-1].equal < found[-1].compared
        Console().print(_table(dtype, size, found))
    if differ:
        say("compiled and exact verdicts differ", err=True)
    return ExitCode.DOES_NOT_CONFORM if differ else ExitCode.CONFORMS


def _table(dtype: str, size: int, found: Sequence[Comparison]) -> Table:
    drawn = Table(title=f"{dtype}, {size:,} elements, ns per element", title_justify="left")
    drawn.add_column("")
    for one in found:
        drawn.add_column(one.updater, justify="right")
    for name in found[0].nanoseconds:
        drawn.add_row(name, *(f"{one.nanoseconds[name]:,.3g}" for one in found))
    for name in (VALUES, VERDICTS):
        ratios = (one.nanoseconds[name] / one.nanoseconds[COMPILED] for one in found)
        drawn.add_row(f"{name}, times compiled", *(f"{ratio:,.0f}" for ratio in ratios))
    drawn.add_row("equal verdicts at edges", *(f"{one.equal}/{one.compared}" for one in found))
    return drawn
