"""The verdict on a case, which is final when it is made.

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
from dl4j_conformance.execution.ending import Ending, UndeclaredError
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference, differences, value_count
from dl4j_conformance.judging.deviation import Deviation
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.findings import differing_case
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.reading import Evidence, killed


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
    #: How many values were compared, and how many of them have the bits of the evaluation model.
    values: int = 0
    identical: int = 0
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
    #: The misreadings that such outputs kill: none if the case fails the claimed level.
    killed_by_values: frozenset[str] = frozenset()
    #: The declared deviation that it matches.
    deviation: Deviation | None = None

    @property
    def is_failure(self) -> bool:
        """Return whether it failed, and not as declared."""
        return self.status is Status.FAILED and self.deviation is None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the differences, each at the lowest level that it fails."""
        return self.differing.findings if self.differing else ()

    @property
    def is_broken(self) -> bool:
        """Return whether the backend, and not the case, is why it was not run."""
        return self.unavailable or self.fault is not None

    @property
    def killed(self) -> frozenset[str]:
        """Return the misreadings that the outcome kills."""
        if self.status is Status.NOT_RUN or self.fails(Level.STRUCTURE):
            return frozenset()
        if self.evidence:
            return self.killed_by_values
        level = Level.BOUNDED if self.fails(Level.BIT_EXACT) else Level.BIT_EXACT
        if self.fails(level):
            return frozenset()
        return frozenset(id_ for id_, kill in self.kills.items() if level in kill.level.fails)

    def fails(self, level: Level, updater: str | None = None) -> bool:
        """Return whether the case fails at ``level``.

        If a difference is known to be in one layer, only the ``updater`` of that layer fails.
        """
        return self.differing is not None and self.differing.fails(level, updater)


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
            differing = DifferingCase.plainly(fixture, None, declaration, (Finding(crash, Level.STRUCTURE),))
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
    found = differences(case, fixture.expected, got, capabilities)
    differing, evidence = None, None
    if found:
        differing, evidence = differing_case(fixture, got, declaration, found, kills, suspects)
    elif fixture.recorded and (others := differences(case, fixture.recorded, got, capabilities)):
        findings = tuple(Finding(difference, Level.RECORDED) for difference in others)
        differing = DifferingCase.plainly(fixture, got, declaration, findings)
    values = value_count(fixture.expected, got, capabilities)
    failed = differing is not None and differing.fails(claimed)
    return Result(
        case,
        Status.FAILED if failed else Status.PASSED,
        values=values,
        identical=values - sum(difference.is_of_a_value for difference in found),
        differing=differing,
        is_recorded=fixture.recorded is not None,
        kills=kills,
        changed_mode=got.changed_mode,
        evidence=evidence,
        killed_by_values=killed(evidence, case, got, capabilities, settled) if evidence and not failed else frozenset(),
    )
