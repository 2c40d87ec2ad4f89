"""Reports for machines: one JSON document, or JSON lines with a header and a footer.

Both follow ``schemas/report.schema.json``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from dl4j_backends import strict_json
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.misreadings import Diagnosis, NamedReading
from dl4j_conformance.execution.ending import Fault
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.summary import Summary, Tally
from dl4j_fixtures import Destination
from dl4j_oracle.misreadings import Misreading, catalogue

FORMAT_VERSION = 2


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``--report`` files and of ``--format json``."""
    path = Path(__file__).parent / "schemas" / "report.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def header(backend: str) -> dict[str, Any]:
    """Return the first line of a report file."""
    return {
        "type": "header",
        "format_version": FORMAT_VERSION,
        "suite": version("dl4j-conformance"),
        "backend": backend,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def result(found: Result) -> dict[str, Any]:
    """Return the line of a report file for one result."""
    return {
        "type": "result",
        "case": found.case.id,
        "dtype": found.case.dtype,
        "updaters": list(found.case.updaters),
        "clauses": list(found.case.clauses),
        "status": str(found.status),
        "reason": found.reason,
        "differences": [_finding(finding) for finding in found.findings],
    }


def summary(found: Summary, exit_code: int) -> dict[str, Any]:
    """Return the summary of a backend's run; the last line of a report file is this with a type of its own."""
    return {
        "backend": found.backend,
        "accuracy": asdict(found.accuracy),
        "exit_code": exit_code,
        "total": _tally(found.total),
        "values": {"compared": found.values, "bit_identical": found.identical},
        "unavailable": found.unavailable,
        "faults": [_fault(fault) for fault in found.faults],
        "stopped_early": bool(found.stopped_by),
        "stopped_by": found.stopped_by or None,
        "changed_floating_point_mode": found.changed_mode,
        "below_floor": found.below_floor,
        "not_run": {reason: len(ids) for reason, ids in found.reasons.items()},
        "cases_not_run": dict(found.reasons),
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
        "misreadings": {"known": len(catalogue()), "not_excluded": found.not_killed},
        "diagnosis": _diagnosis(found.diagnosis),
        "declaration": dict(found.proposal.changes) if found.proposal else None,
    }


def _diagnosis(found: Diagnosis | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "complete": found.is_complete,
        "explained": found.explained,
        "failing": found.failing,
        "rounding": found.rounding,
        "unexplained": list(found.unexplained),
        "readings": [_named(reading) for reading in found.readings],
        "first_divergence": asdict(found.divergence) if found.divergence else None,
    }


def _named(found: NamedReading) -> dict[str, Any]:
    return {
        **_misreading(found.misreading),
        "certain": found.is_certain,
        "level": str(found.level),
        "discriminating": found.discriminating,
        "cases": list(found.cases),
        "alternatives": [_misreading(other) for other in found.alternatives],
    }


def _misreading(found: Misreading) -> dict[str, Any]:
    return {
        "id": found.id,
        "sentence": found.sentence,
        "clauses": list(found.clauses),
        "references": list(found.references),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    difference = finding.difference
    return {
        "level": str(finding.level),
        "step": difference.step,
        "key": difference.key,
        "index": difference.index,
        "expected": difference.expected,
        "got": difference.got,
        "ulps": difference.ulps,
        "layer": difference.layer,
        "allowed": finding.allowed,
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


class ReportFile:
    """A report file, which stands in its place when it is complete. The one of an earlier run is removed at the start.

    Once it cannot be written, ``error`` says why, and the rest is dropped: the run goes on.
    """

    def __init__(self, place: Destination) -> None:
        self._place = place
        self._stack = ExitStack()
        self._file: BinaryIO | None = None
        self.error: OSError | None = None

    def __enter__(self) -> ReportFile:
        with self._errors_kept():
            self._place.clear()
            self._file = self._stack.enter_context(self._place.open())
        return self

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one JSON line."""
        if self._file and not self.error:
            with self._errors_kept():
                self._file.write((strict_json.compact(line) + "\n").encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._errors_kept():
            self._stack.__exit__(*((OSError, self.error, None) if self.error else (kind, error, trace)))

    @contextmanager
    def _errors_kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error
