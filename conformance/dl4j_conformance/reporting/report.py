"""Reports: for people (a terminal or Markdown) and for machines (JSON, and JSON lines with a header and a footer).

The machine formats follow ``schemas/report.schema.json``.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dl4j_backends.interface import CORRECTLY_ROUNDED
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference, Level
from dl4j_conformance.running.runner import Fault, Result, Summary, Tally
from dl4j_oracle.misreadings import catalogue

FORMAT_VERSION = 1

#: Failing cases that a report for people shows, and differences of each.
_SHOWN_CASES, _SHOWN_DIFFERENCES = 5, 3

#: Misreadings that are named if they are not excluded; the JSON has them all.
_SHOWN_MISREADINGS = 8


def schema() -> dict[str, Any]:
    """The JSON Schema of ``--report`` files and of ``--format json``."""
    path = Path(__file__).parent / "schemas" / "report.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def header(backend: str) -> dict[str, Any]:
    """First line of a report file."""
    return {
        "type": "header",
        "format_version": FORMAT_VERSION,
        "suite": version("dl4j-conformance"),
        "backend": backend,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def result(found: Result) -> dict[str, Any]:
    """One line of a report file."""
    return {
        "type": "result",
        "case": found.case.id,
        "dtype": found.case.dtype,
        "updaters": list(found.case.updaters),
        "clauses": list(found.case.clauses),
        "status": str(found.status),
        "reason": found.reason,
        "differences": [_difference(d) for d in found.differences],
    }


def summary(found: Summary, exit_code: int) -> dict[str, Any]:
    """What a backend's run amounts to; the last line of a report file is this with a type of its own."""
    return {
        "backend": found.backend,
        "accuracy": asdict(found.accuracy),
        "exit_code": exit_code,
        "total": _tally(found.total),
        "values": {"compared": found.values, "bit_identical": found.identical},
        "unavailable": found.unavailable,
        "faults": [_fault(fault) for fault in found.faults],
        "stopped_early": found.stopped,
        "not_run": dict(found.reasons),
        "table": [
            {
                "updater": updater,
                "dtype": dtype,
                "level": str(level),
                **_tally(found.table[updater, dtype, level]),
            }
            for updater in UPDATERS
            for dtype in DTYPES
            for level in Level
            if (updater, dtype, level) in found.table
        ],
        "failures": [result(failure) for failure in found.failures],
        "misreadings": {"known": len(catalogue()), "not_excluded": found.not_excluded},
        "diagnosis": _diagnosis(found.diagnosis),
    }


class ReportFile:
    """A report file, written line by line beside its place, and renamed when it is complete.

    If the run is cut short, what was obtained stays in ``PATH.partial``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._file: TextIO | None = None

    def __enter__(self) -> ReportFile:
        self._file = self._partial.open("w", encoding="utf-8")
        return self

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one JSON line."""
        assert self._file is not None  # noqa: S101 - used as a context manager
        self._file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None  # noqa: S101 - used as a context manager
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)


def print_pretty(found: Summary, console: Console) -> None:
    """The table, the first failures and the verdict."""
    if found.unavailable and not _ran(found):
        message = f"[bold yellow]not run[/]: {escape(found.backend)}: {escape(found.unavailable)}"
        console.print(message, soft_wrap=True, highlight=False)
        return
    console.print(escape(f"{found.backend}: updater x type x level"), soft_wrap=True, highlight=False)
    table = Table()
    table.add_column("updater")
    table.add_column("type")
    for level in Level:
        table.add_column(str(level), justify="right")
    for updater, dtype, cells in _rows(found):
        table.add_row(updater, dtype, *(_colored(cell) for cell in cells))
    console.print(table)
    for line in _declared(found):
        console.print(escape(line), soft_wrap=True, highlight=False)
    for failure in found.failures[:_SHOWN_CASES]:
        console.print()
        for line in _describe(failure):
            console.print(escape(line), soft_wrap=True, highlight=False)
    console.print()
    style = "bold red" if found.total.failed else "bold green" if found.is_complete else "bold yellow"
    console.print(f"[{style}]{escape(_verdict(found))}[/]", soft_wrap=True, highlight=False)
    for line in (*_identical(found), *_explain(found)):
        console.print(escape(line), soft_wrap=True, highlight=False)
    for reason, count in found.reasons.items():
        console.print(escape(f"not run: {count} cases: {reason}"), soft_wrap=True, highlight=False)
    for line in _faults(found):
        console.print(escape(line), soft_wrap=True, highlight=False)


def markdown(found: Summary) -> str:
    """The same for a pull request or a job summary."""
    if found.unavailable and not _ran(found):
        return f"**{found.backend}**: not run: {found.unavailable}\n"
    lines = [
        f"### {found.backend}",
        "",
        f"| updater | type | {' | '.join(Level)} |",
        f"| --- | --- | {' | '.join('---:' for _ in Level)} |",
    ]
    lines += [f"| {updater} | {dtype} | {' | '.join(map(_cell, cells))} |" for updater, dtype, cells in _rows(found)]
    lines += [text for line in _declared(found) for text in ("", line)]
    for failure in found.failures[:_SHOWN_CASES]:
        lines += ["", "```text", *_describe(failure), "```"]
    lines += ["", _verdict(found), *(f"- {line.strip()}" for line in (*_identical(found), *_explain(found)))]
    lines += [f"- not run: {count} cases: {reason}" for reason, count in found.reasons.items()]
    lines += ["", "```text", *_faults(found), "```"] if found.faults else []
    return "\n".join(lines) + "\n"


def _ran(found: Summary) -> int:
    return found.total.passed + found.total.failed


def _faults(found: Summary) -> Iterator[str]:
    """The first fault of each kind, explained."""
    shown = set()
    for fault in found.faults:
        kind = (fault.fault.name, fault.recovered)
        if kind in shown:
            continue
        shown.add(kind)
        if fault.recovered:
            yield f"restarted and replayed, so that no result is lost, after {fault.fault}"
            continue
        yield f"FAULT in {fault.case}" if fault.case else "FAULT when it ended"
        yield from fault.fault.explained().splitlines()


def _rows(found: Summary) -> Iterator[tuple[str, str, list[Tally]]]:
    for updater in UPDATERS:
        for dtype in DTYPES:
            if (updater, dtype, Level.STRUCTURE) in found.table:
                yield updater, dtype, [found.table[updater, dtype, level] for level in Level]


def _declared(found: Summary) -> Iterator[str]:
    """The weaker arithmetic that level bounded allows because the backend declares it."""
    declared, usual = found.accuracy, CORRECTLY_ROUNDED
    parts = []
    if declared.division_ulps != usual.division_ulps:
        parts.append(f"division within {_ulps(declared.division_ulps)}")
    if declared.square_root_ulps != usual.square_root_ulps:
        parts.append(f"square root within {_ulps(declared.square_root_ulps)}")
    if declared.flush_to_zero:
        parts.append("subnormal numbers may be zero")
    if parts:
        yield f"bounded allows what the backend declares: {', '.join(parts)}"


def _ulps(number: float) -> str:
    return f"{number:g} ulp" if number == 1 else f"{number:g} ulps"


def _verdict(found: Summary) -> str:
    total, ran = found.total, _ran(found)
    if not ran:
        verdict = f"{found.backend}: nothing ran"
    elif total.failed:
        verdict = f"{found.backend} does not conform"
    else:
        verdict = f"{found.backend} conforms" if found.is_complete else f"{found.backend} could not run everything"
    return f"{verdict}: {total.passed} of {ran} cases passed, {total.failed} failed, {total.not_run} not run" + (
        ", stopped early (--max-fail)" if found.stopped else ""
    )


def share_identical(identical: int, values: int) -> str:
    """Such as "99.98 % of 12345 values are bit-identical": 100 % means all of them."""
    percent = "100" if identical == values else f"{math.floor(10_000 * identical / values) / 100:.2f}"
    return f"{percent} % of {values} values are bit-identical to the evaluation model"


def _identical(found: Summary) -> Iterator[str]:
    if found.values:
        yield share_identical(found.identical, found.values)


def _explain(found: Summary) -> Iterator[str]:
    """In words: which reading of DL4J the failures are, or what is wrong first; which misreadings are excluded."""
    diagnosis = found.diagnosis
    if diagnosis is None:
        yield from _exclusions(found)
        return
    extent = f"{diagnosis.matched} of {diagnosis.discriminating} discriminating cases"
    if diagnosis.is_complete:
        tied = "matches each of these misreadings" if len(diagnosis.readings) > 1 else "matches the misreading"
        besides = f"; {diagnosis.rounding} more cases differ by rounding alone" if diagnosis.rounding else ""
        yield f"It {tied} on {extent}{_by(diagnosis)}{besides}:"
    elif diagnosis.readings:
        share = f"{diagnosis.explained} of {diagnosis.failing} failing cases"
        yield f"No known misreading explains it. The nearest matches on {extent} and explains {share}:"
    else:
        yield f"Unexplained: no known misreading explains any of {diagnosis.failing} failing cases."
    for reading in diagnosis.readings:
        sources = f"; {', '.join(reading.references)}" if reading.references else ""
        yield f"  {reading.id}: {reading.sentence} ({', '.join(reading.clauses)}{sources})"
    if diagnosis.divergence:
        yield f"  first divergence, in {diagnosis.divergence.case}: {diagnosis.divergence.words}"


def _by(diagnosis: Diagnosis) -> str:
    """At which level the reading is told from DL4J's."""
    match diagnosis.level:
        case Level.BIT_EXACT:
            return ", told from DL4J by rounding alone"
        case Level.STRUCTURE:
            return ", told from DL4J by structure"
        case _:
            return ""


def _exclusions(found: Summary) -> Iterator[str]:
    if not found.told_apart:
        return
    known, missing = len(catalogue()), found.not_excluded
    if not missing:
        yield f"all {known} known misreadings are excluded"
        return
    shown = ", ".join(missing[:_SHOWN_MISREADINGS]) + (", ..." if len(missing) > _SHOWN_MISREADINGS else "")
    yield f"{known - len(missing)} of {known} known misreadings are excluded; not excluded: {shown}"


def _diagnosis(found: Diagnosis | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "complete": found.is_complete,
        "level": str(found.level) if found.level else None,
        "matched": found.matched,
        "discriminating": found.discriminating,
        "explained": found.explained,
        "failing": found.failing,
        "rounding": found.rounding,
        "readings": [
            {"id": m.id, "sentence": m.sentence, "clauses": list(m.clauses), "references": list(m.references)}
            for m in found.readings
        ],
        "first_divergence": asdict(found.divergence) if found.divergence else None,
    }


def _describe(failure: Result) -> Iterator[str]:
    case = failure.case
    yield f"FAILED {case.id} ({', '.join(case.clauses) or case.provenance}): {case.comment}"
    for difference in failure.differences[:_SHOWN_DIFFERENCES]:
        place = "construction" if difference.step == CONSTRUCTION else f"step {difference.step}"
        index = "" if difference.index is None else f"[{difference.index}]"
        yield f"  {place}, {difference.key}{index}: {difference.level}"
        yield f"    expected {difference.expected}"
        yield f"    got      {difference.got}{_distance(difference)}"
        if difference.allowed:
            yield f"    allowed  {difference.allowed}"
    more = len(failure.differences) - _SHOWN_DIFFERENCES
    if more > 0:
        yield f"  and {more} more differences"


def _distance(difference: Difference) -> str:
    if difference.index is None and difference.ulps is None:
        return ""
    return f"  ({difference.ulps} ulps)" if difference.ulps is not None else "  (no distance in ulps)"


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "level": str(difference.level),
        "step": difference.step,
        "key": difference.key,
        "index": difference.index,
        "expected": difference.expected,
        "got": difference.got,
        "ulps": difference.ulps,
        "layer": difference.layer,
        "allowed": difference.allowed,
    }


def _fault(found: Fault) -> dict[str, Any]:
    return {
        "name": found.fault.name,
        "case": found.case,
        "detail": found.fault.detail,
        "hint": found.fault.kind.hint,
        "stderr": found.fault.stderr,
        "recovered": found.recovered,
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {"passed": tally.passed, "failed": tally.failed, "not_run": tally.not_run}


def _cell(tally: Tally) -> str:
    ran = tally.passed + tally.failed
    if not ran:
        return "not run"
    return f"{tally.passed}/{ran}" + (f" ({tally.not_run} not run)" if tally.not_run else "")


def _colored(tally: Tally) -> str:
    color = "red" if tally.failed else "green" if tally.passed else "yellow"
    return f"[{color}]{_cell(tally)}[/]"
