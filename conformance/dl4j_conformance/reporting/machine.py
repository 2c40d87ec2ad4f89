"""Reports for machines: the records of a run, as one JSON document or as a file of JSON lines.

Both follow ``schemas/report.schema.json``; :mod:`dl4j_conformance.reporting.records` has the records.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dl4j_backends import strict_json
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.first_divergence import Divergence
from dl4j_conformance.diagnosis.misreadings import Diagnosis, NamedReading
from dl4j_conformance.execution.ending import Fault
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.enclosure_check import nearness
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.reporting import records
from dl4j_conformance.reporting.commands import Commands
from dl4j_conformance.reporting.run_sentences import verdict
from dl4j_conformance.reporting.summary import Summary, Tally
from dl4j_oracle.misreadings import AnyMisreading

#: Findings of a case that are written down; the gravest are taken, in order of the script.
_MOST_FINDINGS = 16

#: Hex digits of the hash of a case's differences.
_DIGITS = 16


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``--report`` files and of ``--format json``."""
    path = Path(__file__).parent / "schemas" / "report.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Reported:
    """The facts of a backend's run that its records repeat."""

    backend: str
    claimed: Level
    #: The topics of all cases, by id.
    topics: Mapping[str, str]
    commands: Commands
    #: The updaters that have rows in the table.
    updaters: Sequence[str] = UPDATERS

    def header(
        self, part: int, parts: int, cases: int, fixtures: str, name: str | None, declared: Declaration | None
    ) -> dict[str, Any]:
        """Return the first line: of backend number ``part``, which is None if it is unavailable."""
        header = records.Header(
            records.FORMAT_VERSION,
            part,
            parts,
            self.backend,
            name,
            tuple(sorted(declared.capabilities)) if declared else None,
            declared.accuracy if declared else None,
            self.claimed,
            cases,
            fixtures,
            platform.platform(),
            {"python": platform.python_version(), **{name: version(name) for name in ("dl4j-conformance", "numpy")}},
        )
        return {"type": "header", **asdict(header)}

    def result(self, found: Result) -> dict[str, Any]:
        """Return the line of one result, with its nearness to the edge of an enclosure."""
        return {"type": "result", **asdict(self._result(found, _nearness(found)))}

    def footer(self, found: Summary, exit_code: int) -> dict[str, Any]:
        """Return the last line, to be sealed."""
        return {"type": "footer", **asdict(_footer(found, exit_code))}

    def summary(self, found: Summary, exit_code: int) -> dict[str, Any]:
        """Return the part of ``--format json`` about the backend."""
        return {
            **asdict(_footer(found, exit_code)),
            "accuracy": asdict(found.accuracy),
            "cases_not_run": dict(found.reasons),
            "failures": [{"type": "result", **asdict(self._result(failure, None))} for failure in found.failures],
        }

    def _result(self, found: Result, near: float | None) -> records.Result:
        case = found.case
        has_run, has_failed = found.status is not Status.NOT_RUN, found.status is Status.FAILED
        return records.Result(
            case.id,
            self.topics.get(case.id, ""),
            case.dtype,
            case.updaters,
            case.clauses,
            case.comment,
            found.status,
            found.reason,
            min((finding.level for finding in found.findings), key=_ORDER, default=None),
            tuple(_reached(found, updater) for updater in self.updaters if has_run and updater in case.updaters),
            found.values,
            found.identical,
            found.is_recorded,
            near,
            len(found.findings),
            tuple(_finding(finding) for finding in _gravest(found.findings)),
            self.commands.again(case.id) if has_failed else None,
            str(found.deviation) if found.deviation else None,
            tuple(_drift(found)),
            _bits(found.findings),
        )


_ORDER = tuple(Level).index


def _nearness(found: Result) -> float | None:
    differing = found.differing
    if not differing or differing.outcome is None or found.fails(Level.BOUNDED) or not found.fails(Level.BIT_EXACT):
        return None
    return nearness(differing.case, differing.outcome, differing.declaration.capabilities)


def _reached(found: Result, updater: str) -> records.Reached:
    passed = [level for level in Level if not found.fails(level, updater)]
    if not found.is_recorded:
        passed = [level for level in passed if level is not Level.RECORDED]
    ulps = [
        finding.difference.ulps
        for finding in found.findings
        if finding.level is not Level.RECORDED and _is_of(finding, updater, found.case.updaters)
    ]
    return records.Reached(updater, passed[-1] if passed else None, max(filter(None, ulps), default=None))


def _is_of(finding: Finding, updater: str, updaters: Sequence[str]) -> bool:
    """Return whether a finding is in a layer with ``updater``, or in no known layer."""
    layer = finding.difference.layer
    return layer is None or updaters[layer] == updater


def _drift(found: Result) -> Iterator[int | None]:
    """Yield the largest distance after each operation; None where something differs that has no distance."""
    by_step: dict[int, list[int | None]] = {}
    for finding in found.findings:
        if finding.level is not Level.RECORDED:
            by_step.setdefault(finding.difference.step, []).append(finding.difference.ulps)
    for step in range(len(found.case.script) if by_step else 0):
        distances = by_step.get(step, [0])
        known = [distance for distance in distances if distance is not None]
        yield max(known) if len(known) == len(distances) else None


def _bits(findings: Sequence[Finding]) -> str:
    """Return a hash of the places that differ and of what came there."""
    if not findings:
        return ""
    every = [[found.step, found.key, found.index, found.got] for found in (one.difference for one in findings)]
    return hashlib.sha256(strict_json.compact({"got": every}).encode()).hexdigest()[:_DIGITS]


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    ranked = sorted(range(len(findings)), key=lambda number: _ORDER(findings[number].level))
    return [findings[number] for number in sorted(ranked[:_MOST_FINDINGS])]


def _finding(finding: Finding) -> records.Finding:
    difference = finding.difference
    return records.Finding(
        finding.level,
        difference.step,
        difference.key,
        difference.index,
        difference.layer,
        *_sides(difference),
        difference.ulps,
        finding.allowed,
    )


_Side = records.Value | records.Words
_BITS_AND_DECIMAL = re.compile(r"((?:[0-9a-f]{8}){1,2}) (NaN|-?Infinity|-?\d[-+.e\d]*)")


def _sides(found: Difference | Divergence) -> tuple[_Side, _Side]:
    """Return what is expected and what came: values if both are, as comparisons write them, else words."""
    match = [_BITS_AND_DECIMAL.fullmatch(side) for side in (found.expected, found.got)]
    values = [records.Value(side[1], float(side[2])) for side in match if side]
    return (values[0], values[1]) if len(values) == 2 else (records.Words(found.expected), records.Words(found.got))


def _footer(found: Summary, exit_code: int) -> records.Footer:
    return records.Footer(
        found.backend,
        exit_code,
        verdict(found),
        _tally(found.total),
        records.Compared(found.values, found.identical),
        found.unavailable,
        tuple(map(_fault, found.faults)),
        found.stopped_by or None,
        found.changed_mode,
        tuple(found.below_floor),
        {reason: len(ids) for reason, ids in found.reasons.items()},
        tuple(_table(found)),
        records.Known(len(found.known), tuple(found.not_killed)),
        _diagnosis(found.diagnosis) if found.diagnosis else None,
        dict(found.proposal.changes) if found.proposal else None,
        tuple(found.breaches),
    )


def _table(found: Summary) -> Iterator[records.Cell]:
    for updater in found.updaters:
        for dtype in DTYPES:
            for level in Level:
                if tally := found.table.get((updater, dtype, level)):
                    yield records.Cell(tally.passed, tally.failed, tally.not_run, updater, dtype, level)


def _diagnosis(found: Diagnosis) -> records.Diagnosis:
    return records.Diagnosis(
        found.is_complete,
        found.explained,
        found.failing,
        found.rounding,
        found.unexplained,
        tuple(map(_named, found.readings)),
        tuple(map(_named, found.hints)),
        _divergence(found.divergence) if found.divergence else None,
    )


def _divergence(found: Divergence) -> records.Divergence:
    return records.Divergence(found.case, found.step, found.key, found.index, found.intermediate, *_sides(found))


def _named(found: NamedReading) -> records.Named:
    return records.Named(
        *_parts(found.misreading),
        found.is_certain,
        found.level,
        found.discriminating,
        found.cases,
        tuple(records.Misreading(*_parts(other)) for other in found.alternatives),
    )


def _parts(found: AnyMisreading) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    return found.id, found.sentence, tuple(found.clauses), tuple(found.references)


def _fault(found: Fault) -> records.Fault:
    fault = found.fault
    return records.Fault(fault.name, found.case, fault.detail, fault.kind.hint, fault.stderr, found.recovered)


def _tally(tally: Tally) -> records.Tally:
    return records.Tally(tally.passed, tally.failed, tally.not_run)
