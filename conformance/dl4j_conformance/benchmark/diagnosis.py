"""The time of failing runs beside passing ones: ``python -m dl4j_conformance.benchmark.diagnosis``.

Every misreading of the catalogue is a backend that fails. All runs are in this process, one after the other, with
passing ones between them. Their processor time is measured, that of other processes that they start included: on a
machine with nothing else to do it is the time that a user waits, and on a busy one it hardly changes.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from statistics import median

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dl4j_backends.interface import accuracy_of
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import print_line, print_pretty
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures, stored_rows
from dl4j_oracle.misreadings import catalogue

#: A failing run may take so many times as long as a passing one: the median of all, and the slowest.
MOST = {"median": 2.0, "worst": 4.0}
#: The slowest runs that are named.
_NAMED = 5
#: Failing runs between two passing ones.
_BETWEEN = 4

#: The exit code of a command that Ctrl-C has ended.
_INTERRUPTED = 130

_CACHED = type(lru_cache(len))
#: Whose caches are emptied before a run. The oracle's hold the catalogue, and values of functions, which all runs ask.
_SUITE = ("dl4j_conformance.", "dl4j_fixtures.")


@dataclass(frozen=True)
class Times:
    """Seconds of the passing runs, and of the failing ones by misreading."""

    passing: Sequence[float]
    failing: dict[str, float]

    @property
    def ratios(self) -> list[tuple[float, str]]:
        """The failing runs in medians of the passing ones, with their misreadings, slowest first."""
        usual = median(self.passing)
        return sorted(((seconds / usual, id_) for id_, seconds in self.failing.items()), reverse=True)

    @property
    def figures(self) -> dict[str, float]:
        """The median and the worst of the ratios."""
        ratios = [ratio for ratio, _ in self.ratios]
        return {"median": median(ratios), "worst": max(ratios)}

    @property
    def are_short(self) -> bool:
        """Return whether neither figure is more than it may be."""
        return all(figure <= MOST[name] for name, figure in self.figures.items())


def measure(passing: str, failing: Sequence[str], selection: Selection, clock: Callable[[], float]) -> Iterator[Times]:
    """Yield the times so far, after each misreading of ``failing``. ``passing`` is the address of a right backend.

    A first run, in which modules are imported and functions warm up, does not count.
    """
    seconds_of_a_run(passing, selection, clock)
    right: list[float] = []
    wrong: dict[str, float] = {}
    for number, id_ in enumerate(failing):
        if number % _BETWEEN == 0:
            right.append(seconds_of_a_run(passing, selection, clock))
        wrong[id_] = seconds_of_a_run(f"misreading:{id_}", selection, clock)
        yield Times(right, wrong)
    right.append(seconds_of_a_run(passing, selection, clock))
    yield Times(right, wrong)


def processor_seconds() -> float:
    """Return the processor time of this process, and of those that it has started and that have ended."""
    return sum(os.times()[:4])


def seconds_of_a_run(address: str, selection: Selection, clock: Callable[[], float]) -> float:
    """Return how long `run` takes: to read the fixtures, judge them, explain the failures, and print the report."""
    _empty_caches()
    began = clock()
    backend = resolve(address)
    selected, rows = fixtures(selection), stored_rows()
    summary = Summary(address, accuracy_of(backend))
    for result in run([backend], selected, rows):
        summary.add(result)
    summary.diagnose()
    print_pretty(summary, Console(file=StringIO()))
    return clock() - began


def table(times: Times) -> Table:
    """Return the times side by side."""
    drawn = Table("runs", title="processor time of a run, its diagnosis included", title_justify="left")
    for column in ("number", "median s", "least s", "most s", "median ratio", "worst ratio"):
        drawn.add_column(column, justify="right")
    seconds = list(times.failing.values())
    drawn.add_row("passing", *_spread(times.passing), "1", "")
    drawn.add_row("failing", *_spread(seconds), *(f"{figure:.2f}" for figure in times.figures.values()))
    return drawn


def _spread(seconds: Sequence[float]) -> Iterator[str]:
    yield str(len(seconds))
    yield from (f"{number:.2f}" for number in (median(seconds), min(seconds), max(seconds)))


def _empty_caches() -> None:
    """Begin as a new process does: what the suite keeps of an earlier run would make this one too fast."""
    gc.collect()
    for kept in gc.get_objects():
        if isinstance(kept, _CACHED) and str(kept.__module__).startswith(_SUITE):
            kept.cache_clear()


def _killed(selection: Selection) -> list[str]:
    """Return the misreadings that the selected cases kill, in the catalogue's order: each of their runs fails."""
    rows = stored_rows()
    killed = {id_ for fixture in fixtures(selection) for id_ in rows(fixture.case)}
    return [misreading.id for misreading in catalogue() if misreading.id in killed]


def _spaced(ids: Sequence[str], number: int | None) -> Sequence[str]:
    """Return so many of ``ids``, spread over all of them."""
    most = min(number or len(ids), len(ids))
    return [ids[index * len(ids) // most] for index in range(most)]


@click.command()
@click.option("--passing", default="oracle", show_default=True, help="The backend that passes, in this process.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="So many misreadings.  [default: all]")
@click.option("--case", "glob", metavar="GLOB", help="Only cases whose id matches.")
def command(passing: str, sample: int | None, glob: str | None) -> None:
    """Compare runs of wrong backends, which every misreading is, with runs of a right one.

    Exits 1 if the median takes more than twice as long, or the slowest more than four times. Ctrl-C shows what was
    measured so far.
    """
    selection = Selection(glob)
    ids = _spaced(_killed(selection), sample)
    if not ids:
        raise click.UsageError("no selected case kills a misreading")
    console, shown = Console(), Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    times: Times | None = None
    is_stopped = False
    try:
        with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
            task = bar.add_task("failing runs", total=len(ids))
            for times in measure(passing, ids, selection, processor_seconds):
                bar.update(task, completed=len(times.failing))
    except KeyboardInterrupt:
        is_stopped = True
        print_line(console, f"stopped early: {len(times.failing) if times else 0} of {len(ids)} misreadings")
    if times is None:
        sys.exit(_INTERRUPTED)
    console.print(table(times))
    for ratio, id_ in times.ratios[:_NAMED]:
        print_line(console, f"{ratio:6.2f}  {id_}")
    allowed = ", ".join(f"{name} at most {most:g}" for name, most in MOST.items())
    print_line(console, f"{'short enough' if times.are_short else 'too slow'} ({allowed})")
    sys.exit(_INTERRUPTED if is_stopped else 0 if times.are_short else 1)


if __name__ == "__main__":
    command()
