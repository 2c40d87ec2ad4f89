"""The verdict on a case. The level of every difference is decided here, once; a result is final when it is made.

====================  ==========================================================================
level                 a difference fails it
====================  ==========================================================================
structure             if names, keys, shapes, counts, errors or first values of the state differ
reading               if its value lies outside of its enclosure, in a case without differences
                      of structure with a value that is off by more than the rounding that is
                      declared for this level, or whose outputs are those of a misreading
bounded               if its value lies outside of its enclosure
bit-exact             if its value has other bits than the evaluation model's
recorded              if it has the evaluation model's bits, and not those that DL4J printed
====================  ==========================================================================

Each fails the levels below it in the table too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.execution.ending import Ending, UndeclaredError
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference, differences, value_count
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.enclosure_check import Escape, bounds
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.reading import Evidence, killed_under, weigh


class Status(StrEnum):
    """The verdict on one case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, eq=False)
class Result:
    """The verdict on one case, with what it rests on."""

    case: Case
    status: Status
    #: Why it was not run: unsupported, not declared, unavailable, or the adapter's fault.
    reason: str = ""
    #: How many values were compared.
    values: int = 0
    #: The outcome and the findings, if there are any: also of a case that passes the level that is claimed.
    differing: DifferingCase | None = None
    #: Whether there is a recording of the real DL4J. Without one the case is not run at level recorded.
    is_recorded: bool = False
    #: Whether the backend is not available.
    unavailable: bool = False
    #: How the adapter broke the protocol.
    fault: AdapterFault | None = None
    #: The misreadings that the case can kill on this backend.
    kills: Mapping[str, Kill] = field(default_factory=dict)
    #: Whether the backend changed the floating-point mode of the thread, or of its process.
    changed_mode: bool = False
    #: What the outputs say of the misreadings, if they leave their enclosures.
    evidence: Evidence | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the differences, each at the lowest level that it fails."""
        return self.differing.findings if self.differing else ()

    @property
    def is_broken(self) -> bool:
        """Return whether the backend, and not the case, is why it was not run."""
        return self.unavailable or self.fault is not None

    @property
    def identical(self) -> int:
        """Return how many of the values have the bits of the evaluation model."""
        return self.values - sum(
            finding.level is not Level.RECORDED and finding.difference.is_of_a_value for finding in self.findings
        )

    @property
    def killed(self) -> frozenset[str]:
        """Return the misreadings that the outcome kills."""
        if self.status is Status.NOT_RUN or self.fails(Level.STRUCTURE):
            return frozenset()
        if self.evidence:
            return self.evidence.killed
        level = Level.BOUNDED if self.fails(Level.BIT_EXACT) else Level.BIT_EXACT
        if self.fails(level):
            return frozenset()
        return frozenset(id_ for id_, kill in self.kills.items() if level in kill.level.fails)

    def fails(self, level: Level, updater: str | None = None) -> bool:
        """Return whether the case fails at ``level``.

        If a difference is known to be in one layer, only the ``updater`` of that layer fails.
        """
        return any(
            level in finding.level.fails
            and (updater is None or (layer := finding.difference.layer) is None or self.case.updaters[layer] == updater)
            for finding in self.findings
        )


def judge(
    fixture: Fixture,
    got: Outcome | Ending,
    declaration: Declaration,
    kills: Mapping[str, Kill],
    claimed: Level = Level.BIT_EXACT,
    suspects: Sequence[str] = (),
    settled: Collection[str] = (),
) -> Result:
    """Return the verdict on ``got``, what a backend made of ``fixture``: failed if it fails the ``claimed`` level.

    ``kills`` are the misreadings that the case can kill under the declaration; ``suspects`` are misreadings that
    explained other cases, and are looked at first; those that are ``settled`` are killed by other cases.
    """
    case = fixture.case
    match got:
        case Outcome():
            return _judge_outcome(fixture, got, declaration, kills, claimed, suspects, settled)
        case BackendCrashError():
            crash = Difference(CONSTRUCTION, "crash", None, "an outcome", str(got), is_structural=True)
            differing = DifferingCase(fixture, None, declaration, (Finding(crash, Level.STRUCTURE),))
            return Result(case, Status.FAILED, differing=differing, kills=kills)
        case UndeclaredError():
            return Result(case, Status.NOT_RUN, str(got), kills=kills)
        case UnsupportedError():
            return Result(case, Status.NOT_RUN, f"unsupported: {got}", kills=kills)
        case BackendUnavailableError():
            return Result(case, Status.NOT_RUN, str(got), unavailable=True, kills=kills)
        case AdapterFault():
            return Result(case, Status.NOT_RUN, f"the adapter: {got}", fault=got, kills=kills)
        case _:
            assert_never(got)


def _judge_outcome(
    fixture: Fixture,
    got: Outcome,
    declaration: Declaration,
    kills: Mapping[str, Kill],
    claimed: Level,
    suspects: Sequence[str],
    settled: Collection[str],
) -> Result:
    case, capabilities = fixture.case, declaration.capabilities
    findings: tuple[Finding, ...] = ()
    evidence = None
    if found := differences(case, fixture.expected, got, capabilities):
        outside = _outside(case, got, found, declaration)
        if not any(difference.is_structural for difference in found):
            evidence = _evidence(case, got, declaration, outside, kills, suspects, settled)
        beyond = Level.READING if evidence and evidence.fails_reading else Level.BOUNDED
        findings = tuple(_finding(difference, outside, beyond) for difference in found)
    elif fixture.recorded:
        others = differences(case, fixture.recorded, got, capabilities)
        findings = tuple(Finding(difference, Level.RECORDED) for difference in others)
    failed = any(claimed in finding.level.fails for finding in findings)
    return Result(
        case,
        Status.FAILED if failed else Status.PASSED,
        values=value_count(fixture.expected, got, capabilities),
        differing=DifferingCase(fixture, got, declaration, findings) if findings else None,
        is_recorded=fixture.recorded is not None,
        kills=kills,
        changed_mode=got.changed_mode,
        evidence=evidence,
    )


def _evidence(
    case: Case,
    got: Outcome,
    declaration: Declaration,
    outside: _Outside,
    kills: Mapping[str, Kill],
    suspects: Sequence[str],
    settled: Collection[str],
) -> Evidence | None:
    """Return what outputs say that leave the enclosures of IEEE 754's arithmetic; None if they lie inside."""
    if outside:
        return weigh(case, got, declaration, outside.keys(), kills, suspects, settled)
    if declaration.is_weak and bounds(case, got, declaration.capabilities).escapes:
        return Evidence(killed_under(case, got, declaration, kills, settled))
    return None


_Outside = Mapping[tuple[int, str, int | None], Escape]


def _outside(case: Case, got: Outcome, found: Sequence[Difference], declaration: Declaration) -> _Outside:
    """Return the values that differ and leave their enclosures, by step, key and index.

    Equal bits lie inside their enclosures, so no enclosure is computed if nothing but the structure differs.
    """
    places = {(d.step, d.key, d.index) for d in found if not d.is_structural}
    if not places:
        return {}
    escapes = bounds(case, got, declaration.capabilities, accuracy=declaration.accuracy, places=places).escapes
    return {place: escape for escape in escapes if (place := (escape.step, escape.key, escape.index)) in places}


def _finding(difference: Difference, outside: _Outside, beyond: Level) -> Finding:
    if difference.is_structural:
        return Finding(difference, Level.STRUCTURE)
    escape = outside.get((difference.step, difference.key, difference.index))
    return Finding(difference, beyond, _allowed(escape)) if escape else Finding(difference, Level.BIT_EXACT)


def _allowed(escape: Escape) -> str:
    """Return an enclosure in words, such as ``[1.0, 1.5] or NaN``."""
    if escape.low > escape.high:
        return "NaN"
    allowed = f"[{decimal_of(escape.low)}, {decimal_of(escape.high)}]"
    return f"{allowed} or NaN" if escape.may_be_nan else allowed
