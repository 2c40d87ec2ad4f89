"""The tables that `bench` prints and the files that it writes (``reporting/schemas/bench.schema.json``)."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

import dl4j_conformance
from dl4j_backends import plain_text
from dl4j_conformance.benchmark.contest import Contest
from dl4j_conformance.benchmark.measurement import NotRun, Values
from dl4j_conformance.benchmark.statistics import CONFIDENCE, ratio, spread

FORMAT_VERSION = 1


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``--report`` files."""
    path = Path(dl4j_conformance.__file__).parent / "reporting" / "schemas" / "bench.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def document(comparisons: Sequence[Contest], rounds: int, stopped_by: str | None = None) -> dict[str, Any]:
    """Return everything that was measured as JSON data: each value, then the statistics.

    ``stopped_by`` is the signal that ended it before all comparisons were made.
    """
    return {
        "format_version": FORMAT_VERSION,
        "suite": version("dl4j-conformance"),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "rounds": rounds,
        "stopped_by": stopped_by,
        "confidence": CONFIDENCE,
        "comparisons": [
            {
                "updater": compared.updater,
                "size": compared.size,
                "dtype": compared.dtype,
                "bytes_per_element": compared.bytes_per_element,
                "reference": compared.reference,
                "rows": [_row(compared, name, values) for name, values in compared.found.items()],
            }
            for compared in comparisons
        ],
    }


def _row(compared: Contest, name: str, values: Values | NotRun) -> dict[str, Any]:
    if isinstance(values, NotRun):
        return {"name": name, "status": "not run", "reason": values.reason}
    per_element = [value / compared.size for value in values]
    summary, reference = spread(per_element), _reference(compared)
    return {
        "name": name,
        "status": "measured",
        "nanoseconds_per_element": asdict(summary),
        # Null where the clock saw no time pass.
        "gigabytes_per_second": compared.bytes_per_element / summary.median if summary.median else None,
        "times_reference": asdict(ratio(values, reference)) if all(reference) else None,
        "values": per_element,
    }


def _reference(compared: Contest) -> Values:
    values = compared.found[compared.reference or ""]
    assert not isinstance(values, NotRun)  # noqa: S101 - it is the first that is none
    return values


def table(compared: Contest) -> Table:
    """Return the rows of one comparison; fewer nanoseconds are better."""
    what = f"{compared.updater} {compared.dtype}, {compared.size:,} elements"
    drawn = Table(title=f"{what}, {compared.bytes_per_element} bytes each", title_justify="left")
    # Peers' names are not broken on a terminal of 80 columns.
    drawn.add_column("", overflow="fold", min_width=min(20, max(map(len, compared.found))))
    for column in ("ns/element", "± MAD", "GB/s", f"x {_plain(compared.reference or '')}", "95 % interval"):
        drawn.add_column(column, justify="right")
    for name, values in compared.found.items():
        drawn.add_row(_plain(name), *_cells(_row(compared, name, values)))
    return drawn


def _plain(name: str) -> str:
    """Return a name as a cell without mark-up."""
    return escape(plain_text.line(name))


def _cells(row: dict[str, Any]) -> Iterator[str]:
    if row["status"] == "not run":
        yield "not run"
        return
    taken, times, bandwidth = row["nanoseconds_per_element"], row["times_reference"], row["gigabytes_per_second"]
    yield _short(taken["median"])
    yield _short(taken["mad"])
    yield _short(bandwidth) if bandwidth else ""
    if times:
        yield _short(times["median"])
        yield f"{_short(times['low'])} to {_short(times['high'])}"


def not_run(comparisons: Sequence[Contest]) -> Iterator[str]:
    """Return the reasons for missing rows, each once."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for compared in comparisons:
        for name, values in compared.found.items():
            if isinstance(values, NotRun):
                where = f"{compared.updater} {compared.dtype} {compared.size:,}"
                reasons.setdefault((name, values.reason), []).append(where)
    for (name, reason), places in reasons.items():
        where = "" if len(places) == len(comparisons) else f" ({', '.join(places)})"
        yield f"not run: {name}{where}: {reason}"


def _short(number: float) -> str:
    """Format a number with three digits."""
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.3g}"
