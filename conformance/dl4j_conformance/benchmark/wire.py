"""The speed of the forms in which arrays cross the wire: ``python -m dl4j_conformance.benchmark.wire``.

An array is written into a line of the protocol and read back, in this process. The forms take turns, and their times
are compared within rounds, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from tempfile import TemporaryFile

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from dl4j_backends.interface import Floats
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.array_form import ArrayForm

#: Takes an array (1-D) there and back; returns the copy and the bytes that crossed.
Way = Callable[[Floats], tuple[Floats, int]]
#: A way's nanoseconds per element in a round, by the name of the way.
Round = Mapping[str, float]


def _in_a_line(form: ArrayForm) -> Way:
    def carried(array: Floats) -> tuple[Floats, int]:
        line = wire.encode({"values": form.written(array)})
        return form.read(wire.decode(line)["values"], str(array.dtype)), len(line)

    return carried


def _in_a_file(array: Floats) -> tuple[Floats, int]:
    """Write the array into a file that another process could map, and map it. The limit, no form of the protocol."""
    with TemporaryFile() as file:
        file.write(array.tobytes())
        file.flush()
        return np.memmap(file, array.dtype, "r").copy(), array.nbytes


WAYS: Mapping[str, Way] = {**{form.value: _in_a_line(form) for form in ArrayForm}, "mapped file": _in_a_file}


def measure(size: int, dtype: str, rounds: int) -> Sequence[Round]:
    """Return the processor time of each way in each round, in nanoseconds per element; the first round is left out."""
    array = np.random.default_rng(17).standard_normal(size).astype(dtype)
    return [{name: _nanoseconds(way, array) / size for name, way in WAYS.items()} for _ in range(1 + rounds)][1:]


def _nanoseconds(way: Way, array: Floats) -> int:
    began = time.process_time_ns()
    way(array)
    return time.process_time_ns() - began


def size_of(way: Way, size: int, dtype: str) -> float:
    """Return the bytes that an element takes."""
    return way(np.full(size, 0.1, dtype))[1] / size


def faster(rounds: Sequence[Round], name: str) -> float:
    """Return how many times as fast as hex a way is: the median of the ratios within rounds."""
    return median(one[ArrayForm.HEX.value] / max(one[name], 1e-9) for one in rounds)


def table(size: int, dtype: str, rounds: Sequence[Round]) -> Table:
    """Return the ways side by side."""
    drawn = Table("arrays", title=f"{size:,} values of {dtype}, {len(rounds)} rounds", title_justify="left")
    for column in ("bytes per value", "ns per value", "times as fast as hex"):
        drawn.add_column(column, justify="right")
    for name, way in WAYS.items():
        nanoseconds = median(one[name] for one in rounds)
        drawn.add_row(name, f"{size_of(way, size, dtype):.2f}", f"{nanoseconds:.1f}", f"{faster(rounds, name):.1f}")
    return drawn


@click.command()
@click.option("--size", type=click.IntRange(1, 3_000_000), default=1_000_000, show_default=True, help="Values.")
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True, help="So many rounds.")
def command(size: int, rounds: int) -> None:
    """Measure how fast arrays cross the wire in each form, in float32 and float64."""
    for dtype in ("float32", "float64"):
        Console().print(table(size, dtype, measure(size, dtype, rounds)))


if __name__ == "__main__":
    command()
