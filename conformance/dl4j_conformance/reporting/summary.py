"""The summary of a backend's results: counts by updater, type and level, failures, and their diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.declarations import Proposal, propose
from dl4j_conformance.diagnosis.misreadings import Diagnosis, diagnose
from dl4j_conformance.execution.ending import Fault
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.reporting.commands import Commands
from dl4j_oracle.misreadings import AnyMisreading, catalogue


@dataclass(frozen=True)
class Tally:
    """Numbers of cases that passed, failed and were not run."""

    passed: int = 0
    failed: int = 0
    not_run: int = 0

    @property
    def ran(self) -> int:
        """Return how many passed or failed."""
        return self.passed + self.failed

    def plus(self, status: Status) -> Tally:
        """Return the tally with one more case."""
        return Tally(
            self.passed + (status is Status.PASSED),
            self.failed + (status is Status.FAILED),
            self.not_run + (status is Status.NOT_RUN),
        )


@dataclass
class Summary:
    """The results of a backend, added up."""

    #: The address of the backend.
    backend: str
    #: The accuracy that it declares.
    accuracy: Accuracy = CORRECTLY_ROUNDED
    #: The topics of all cases, by id, if the cases are fixtures.
    topics: Mapping[str, str] = field(default_factory=dict)
    #: The commands by which it is made again.
    commands: Commands | None = None
    #: By updater, type and level.
    table: dict[tuple[str, str, Level], Tally] = field(default_factory=dict)
    total: Tally = Tally()
    #: How many values were compared.
    values: int = 0
    #: How many of them have the bits of the evaluation model.
    identical: int = 0
    failures: list[Result] = field(default_factory=list)
    #: The cases that pass, though they differ.
    differing: list[DifferingCase] = field(default_factory=list)
    #: The results that are declared deviations: failures, and cases that were not run.
    deviating: list[Result] = field(default_factory=list)
    #: What is not as declared, in words.
    breaches: list[str] = field(default_factory=list)
    #: The ids of the cases that were not run, by reason.
    reasons: dict[str, list[str]] = field(default_factory=dict)
    #: The updaters and types of which too few cases ran, in words.
    below_floor: list[str] = field(default_factory=list)
    #: Why the backend is not available.
    unavailable: str | None = None
    faults: list[Fault] = field(default_factory=list)
    #: The option or the signal that stopped the run early, such as ``SIGTERM``; empty if it ran to its end.
    stopped_by: str = ""
    #: Whether the backend changed the floating-point mode of the thread, or of its process.
    changed_mode: bool = False
    diagnosis: Diagnosis | None = None
    #: The weaker arithmetic that alone explains the failures at level bounded, if it does.
    proposal: Proposal | None = None
    #: The misreadings that the results kill.
    killed: set[str] = field(default_factory=set)
    #: The misreadings that each case that ran can kill, by case id.
    kills: dict[str, Mapping[str, Kill]] = field(default_factory=dict)
    #: The version of DL4J by which it is judged, if that is not 0.8.0.
    version: str = ""
    #: The updaters that have rows in the table.
    updaters: Sequence[str] = UPDATERS
    #: A sentence on the version that the backend follows, if it follows another one.
    follows: str = ""

    def add(self, result: Result) -> None:
        """Count one result."""
        self.total = self.total.plus(result.status)
        self.values += result.values
        self.identical += result.identical
        self.changed_mode |= result.changed_mode
        if result.status is not Status.NOT_RUN:
            self.kills[result.case.id] = result.kills
            self.killed |= result.killed
        if result.status is Status.FAILED:
            self.failures.append(result)
        elif result.differing:
            self.differing.append(result.differing)
        if result.deviation:
            self.deviating.append(result)
        if result.unavailable:
            self.unavailable = result.reason
        if result.fault and not result.deviation:
            self.faults.append(Fault(result.fault, result.case.id))
        if result.reason:
            self.reasons.setdefault(result.reason, []).append(result.case.id)
        for updater in set(result.case.updaters) & set(self.updaters):
            for level in Level:
                cell = (updater, result.case.dtype, level)
                self.table[cell] = self.table.get(cell, Tally()).plus(_status_of(result, level, updater))

    @property
    def unexpected(self) -> list[Result]:
        """Return the failures that are no declared deviations."""
        return [failure for failure in self.failures if failure.is_failure]

    @property
    def idle(self) -> dict[str, str]:
        """Return the reason for each case that was not run, and is no declared deviation."""
        declared = {result.case.id for result in self.deviating}
        return {id_: reason for reason, ids in self.reasons.items() for id_ in ids if id_ not in declared}

    @property
    def is_complete(self) -> bool:
        """Return whether the backend ran to the end, and broke down nowhere."""
        return not self.stopped_by and self.unavailable is None and all(fault.recovered for fault in self.faults)

    @property
    def conforms(self) -> bool:
        """Return whether enough ran, and all of it passed or deviated as declared."""
        is_as_declared = not self.unexpected and not self.breaches
        return self.is_complete and is_as_declared and self.total.ran > 0 and not self.below_floor

    def diagnose(self, claimed: Level = Level.BIT_EXACT) -> None:
        """Look for the misreading that explains the failures, or the arithmetic that does so at level bounded."""
        failing = [failure.differing for failure in self.failures if failure.differing]
        # A level below bounded does not show all cases that fail bounded.
        self.proposal = propose(failing) if claimed in Level.BOUNDED.fails else None
        self.diagnosis = diagnose([*failing, *self.differing], self.kills, claimed) if failing else None

    @property
    def not_killed(self) -> list[str]:
        """Return the misreadings that nothing that ran kills."""
        return [misreading.id for misreading in self.known if misreading.id not in self.killed]

    @property
    def known(self) -> Sequence[AnyMisreading]:
        """Return the misreadings of the version by which it is judged."""
        if not self.version:
            return catalogue()
        # Imported where it is asked for: runs of 0.8.0 begin earlier without it.
        from dl4j_oracle.blocks.misreadings import block_catalogue

        return block_catalogue(self.version)

    def short_of(self, floors: Mapping[str, Mapping[str, int]], claimed: Level = Level.BIT_EXACT) -> list[str]:
        """Return, in words, the updaters and types of which fewer cases ran at ``claimed`` than ``floors`` say."""
        missing = []
        for dtype in DTYPES:
            for updater in self.updaters:
                ran = self.table.get((updater, dtype, claimed), Tally()).ran
                floor = floors.get(dtype, {}).get(updater, 0)
                if ran < floor:
                    missing.append(f"{updater} {dtype}: {ran} of at least {floor} cases ran")
        return missing


def _status_of(result: Result, level: Level, updater: str) -> Status:
    if result.status is Status.NOT_RUN or (level is Level.RECORDED and not result.is_recorded):
        return Status.NOT_RUN
    return Status.FAILED if result.fails(level, updater) else Status.PASSED
