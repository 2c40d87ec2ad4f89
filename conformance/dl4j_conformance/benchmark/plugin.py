"""The start of pytest with the plugin installed and without it: ``python -m dl4j_conformance.benchmark.plugin``.

Two folders stand for two environments. Both have pytest and what it needs; one has this package besides, with its
metadata as they are installed here. A project that has nothing to do with it runs in both, in turns.

Of every package that has a plugin, pytest reads the list of files, and from Python 3.12 on looks whether each is there.
For this package's hundreds of files that takes longer than 5 ms: the plugin has metadata of its own, without a list.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

import dl4j_backends
import dl4j_conformance
import dl4j_fixtures
import dl4j_oracle
from dl4j_conformance.reporting.text import print_line

#: The milliseconds that pytest may start later, in the median.
MOST = 5.0

_NAME = "dl4j-conformance"
_PLUGIN = "pytest-dl4j-conformance"
_PACKAGES = tuple(
    Path(package.__path__[0]) for package in (dl4j_oracle, dl4j_backends, dl4j_conformance, dl4j_fixtures)
)
_COMMAND = ("-S", "-m", "pytest", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Seconds:
    """The wall time and the processor time of a run of pytest."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Pair:
    """Two runs, one right after the other."""

    without: Seconds
    beside: Seconds


Time = Callable[[Seconds], float]


def wall(seconds: Seconds) -> float:
    """Return the wall time."""
    return seconds.wall


def processor(seconds: Seconds) -> float:
    """Return the processor time."""
    return seconds.processor


def measure(pairs: int, folder: Path, run: Callable[[Path, Path], Seconds]) -> Iterator[Pair]:
    """Yield so many pairs of runs, in turns with and without the plugin first; build what they need in ``folder``.

    A first pair, in which modules are compiled, does not count.
    """
    without, beside, project = (folder / name for name in ("without", "with", "project"))
    for environment in (without, beside):
        environment.mkdir()
        _link(environment)
    _install(beside, distribution(_NAME))
    project.mkdir()
    (project / "test_unrelated.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    for number in range(1 + pairs):
        order = (without, beside) if number % 2 else (beside, without)
        seconds = {environment: run(environment, project) for environment in order}
        if number:
            yield Pair(seconds[without], seconds[beside])


def run_pytest(environment: Path, project: Path) -> Seconds:
    """Run the project's tests with the packages of ``environment`` alone, and return the time."""
    import resource
    import time

    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(  # noqa: S603 - this Python
        (sys.executable, *_COMMAND),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(environment)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _link(environment: Path, needed: str = "pytest") -> None:
    """Let a folder lead to a package that is installed here, and to those that it needs."""
    try:
        found = distribution(needed)
    except PackageNotFoundError:  # one for another Python, or another system
        return
    for top in {file.parts[0] for file in found.files or ()} - {".."}:
        link = environment / top
        if not link.exists():
            link.symlink_to(Path(str(found.locate_file(top))))
    for requirement in found.requires or ():
        name = re.match(r"[\w.-]+", requirement)
        if name and "extra ==" not in requirement:
            _link(environment, name[0])


def _install(environment: Path, installed: Distribution) -> None:
    """Add this package to a folder, with its metadata as they are installed here."""
    for package in _PACKAGES:
        (environment / package.name).symlink_to(package)
    metadata = environment / f"{_NAME.replace('-', '_')}-{installed.version}.dist-info"
    metadata.mkdir()
    for name in ("METADATA", "RECORD", "entry_points.txt"):
        (metadata / name).write_text(installed.read_text(name) or "", encoding="utf-8")
    plugin = environment / f"{_PLUGIN.replace('-', '_')}.egg-info"
    plugin.mkdir()
    for name in ("PKG-INFO", "entry_points.txt"):
        (plugin / name).write_text(distribution(_PLUGIN).read_text(name) or "", encoding="utf-8")


def later(pairs: Sequence[Pair], time: Time) -> float:
    """Return the median difference in milliseconds of one of the times, with the plugin and without."""
    return 1e3 * median(time(pair.beside) - time(pair.without) for pair in pairs)


def table(pairs: Sequence[Pair]) -> Table:
    """Return the medians side by side."""
    drawn = Table("time", title=f"pytest in another project, {len(pairs)} pairs of runs", title_justify="left")
    for column in ("without ms", "with ms", "median difference ms"):
        drawn.add_column(column, justify="right")
    for name, time in (("wall", wall), ("processor", processor)):
        without = 1e3 * median(time(pair.without) for pair in pairs)
        beside = 1e3 * median(time(pair.beside) for pair in pairs)
        drawn.add_row(name, f"{without:.1f}", f"{beside:.1f}", f"{later(pairs, time):.2f}")
    return drawn


@click.command()
@click.option("--pairs", type=click.IntRange(min=1), default=40, show_default=True, help="So many pairs of runs.")
def command(pairs: int) -> None:
    """Measure how much later pytest starts in a project that does not use the plugin.

    Exits 1 if the median difference of the processor time is more than 5 ms. On a machine with nothing else to do
    that is the time that a user waits, and on a busy one it hardly changes.
    """
    with TemporaryDirectory() as folder:
        measured = list(measure(pairs, Path(folder), run_pytest))
    console = Console()
    console.print(table(measured))
    print_line(console, f"this package lists {len(distribution(_NAME).files or ())} files")
    is_early = later(measured, processor) <= MOST
    print_line(console, f"{'early enough' if is_early else 'too late'} (at most {MOST:g} ms of processor time)")
    sys.exit(0 if is_early else 1)


if __name__ == "__main__":
    command()
