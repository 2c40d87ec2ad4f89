"""The start of commands beside ``import numpy``: ``python -m dl4j_conformance.benchmark.start``.

In each round Python imports NumPy, prints the help, and begins a run, one right after the other. Processor time is
measured, and ratios are taken within rounds, so that a busy or a slow machine does no harm.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import click
from rich.console import Console
from rich.table import Table

from dl4j_conformance.reporting.text import print_line

_CLI = ("-c", "from dl4j_conformance.cli.main import main; main()")


@dataclass(frozen=True)
class Start:
    """A start of Python: the arguments, and how many times as long as ``import numpy`` it may take.

    Its first line, on stdout or stderr, ends it. The bounds are about twice what was measured.
    """

    name: str
    arguments: tuple[str, ...]
    most: float


NUMPY = Start("import numpy", ("-c", "import numpy; print()"), 1.0)
STARTS = (
    NUMPY,
    Start("--help", (*_CLI, "--help"), 1.0),
    Start("run, first line", (*_CLI, "run", "numpy"), 12.0),
)
#: The seconds of a start, by its name.
Round = Mapping[str, float]


def measure(rounds: int, seconds: Callable[[Start], float]) -> Sequence[Round]:
    """Return the seconds of each start in each round; a first round, in which modules are compiled, is left out."""
    return [{start.name: seconds(start) for start in STARTS} for _ in range(1 + rounds)][1:]


def processor_time(start: Start) -> float:
    """Return the processor time in seconds until the first line was read; raises ``ValueError`` if there is none."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, *start.arguments)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - this Python
    with process:
        assert process.stdout  # noqa: S101 - a pipe
        line = process.stdout.readline()
        process.kill()
    if not line:
        raise ValueError(f"{start.name}: it ended with status {process.returncode} and printed nothing")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(rounds: Sequence[Round], start: Start) -> float:
    """Return how many times as long as ``import numpy`` a start takes: the median of the ratios within rounds."""
    return median(one[start.name] / one[NUMPY.name] for one in rounds)


def is_fast(rounds: Sequence[Round]) -> bool:
    """Return whether no start takes longer than it may."""
    return all(ratio(rounds, start) <= start.most for start in STARTS)


def table(rounds: Sequence[Round]) -> Table:
    """Return the medians side by side."""
    drawn = Table("start", title=f"processor time, {len(rounds)} rounds", title_justify="left")
    for column in ("ms", "times import numpy", "at most"):
        drawn.add_column(column, justify="right")
    for start in STARTS:
        milliseconds = 1e3 * median(one[start.name] for one in rounds)
        drawn.add_row(start.name, f"{milliseconds:.0f}", f"{ratio(rounds, start):.2f}", f"{start.most:g}")
    return drawn


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="So many rounds.")
def command(rounds: int) -> None:
    """Measure how long the help and the first line of a run take, beside the import of NumPy.

    Exits 1 if one takes more times as long as it may.
    """
    measured = measure(rounds, processor_time)
    console = Console()
    console.print(table(measured))
    print_line(console, "fast enough" if is_fast(measured) else "too slow")
    sys.exit(0 if is_fast(measured) else 1)


if __name__ == "__main__":
    command()
