"""Running fixtures on a backend, one result per case, and what they amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import dl4j_fixtures
from dl4j_backends import interface
from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy, Backend, BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.operations import CaseError
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.misreadings import Diagnosis, Observed, diagnose
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import BackendCrashError, observe
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.comparison import (
    CONSTRUCTION,
    Difference,
    Level,
    differences,
    from_recorded,
    misread,
    placed,
    value_count,
)
from dl4j_conformance.judging.kill_matrix import Kill, KillMatrix, Row
from dl4j_conformance.judging.reading import Evidence, weigh
from dl4j_fixtures import Recording
from dl4j_oracle.misreadings import catalogue


@dataclass(frozen=True, eq=False)
class Fixture:
    """A case, what is expected of it, and what the real DL4J made of it, if that was recorded."""

    case: Case
    expected: Outcome
    recorded: Outcome | None = None


class Status(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, eq=False)
class Result:
    """One case on one backend, of which ``values`` were compared. ``observed`` is kept for the diagnosis.

    ``reason`` says why it was not run: unsupported, the backend is ``unavailable``, or its adapter's ``fault``.
    Without a recording (``is_recorded``) the case is not run at level recorded. ``told_apart`` are the misreadings
    that the case can exclude on this backend, ``evidence`` what its outputs say of them if they leave their
    enclosures.
    """

    case: Case
    status: Status
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    values: int = 0
    observed: Observed | None = None
    is_recorded: bool = False
    unavailable: bool = False
    fault: AdapterFault | None = None
    told_apart: Mapping[str, Kill] = field(default_factory=dict)
    evidence: Evidence | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the backend, and not the case, is why it was not run."""
        return self.unavailable or self.fault is not None

    @property
    def identical(self) -> int:
        """How many of the values have the bits of the evaluation model."""
        return self.values - sum(difference.is_of_a_value for difference in self.differences)

    @property
    def excluded(self) -> frozenset[str]:
        """The misreadings that what came of the case excludes."""
        if self.status is Status.NOT_RUN or self.fails(Level.STRUCTURE):
            return frozenset()
        if self.evidence:
            return self.evidence.excluded
        level = Level.BOUNDED if self.fails(Level.BIT_EXACT) else Level.BIT_EXACT
        if self.fails(level):
            return frozenset()
        return frozenset(id_ for id_, kill in self.told_apart.items() if level in kill.level.fails)

    def fails(self, level: Level, updater: str | None = None) -> bool:
        """Whether the case fails at ``level``.

        Where a difference can be placed in a layer, only that layer's ``updater`` fails.
        """
        return any(
            level in difference.level.fails
            and (updater is None or difference.layer is None or self.case.updaters[difference.layer] == updater)
            for difference in self.differences
        )


@dataclass(frozen=True)
class Tally:
    """How many cases passed, failed and were not run."""

    passed: int = 0
    failed: int = 0
    not_run: int = 0

    def plus(self, status: Status) -> Tally:
        """With one more case."""
        return Tally(
            self.passed + (status is Status.PASSED),
            self.failed + (status is Status.FAILED),
            self.not_run + (status is Status.NOT_RUN),
        )


@dataclass(frozen=True)
class Selection:
    """Which cases to run: ``glob`` over ids, ``updater``; None is all."""

    glob: str | None = None
    updater: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out, so that floors apply."""
        return self.glob is None and self.updater is None

    def has(self, case: Case) -> bool:
        """Whether ``case`` is selected."""
        return (self.glob is None or fnmatchcase(case.id, self.glob)) and (
            self.updater is None or self.updater in case.updaters
        )


@dataclass(frozen=True)
class Fault:
    """An adapter's fault in ``case`` (None: when it ended); ``recovered`` if a restart and a replay cured it."""

    fault: AdapterFault
    case: str | None = None
    recovered: bool = False


@dataclass
class Summary:
    """What a backend's results amount to; ``accuracy`` is what it declares.

    Of all ``values`` that were compared, ``identical`` have the bits of the evaluation model.
    """

    backend: str
    accuracy: Accuracy = CORRECTLY_ROUNDED
    table: dict[tuple[str, str, Level], Tally] = field(default_factory=dict)
    total: Tally = Tally()
    values: int = 0
    identical: int = 0
    failures: list[Result] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    unavailable: str | None = None
    faults: list[Fault] = field(default_factory=list)
    stopped: bool = False
    diagnosis: Diagnosis | None = None
    excluded: set[str] = field(default_factory=set)
    told_apart: dict[str, Mapping[str, Kill]] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Count one result."""
        self.total = self.total.plus(result.status)
        self.values += result.values
        self.identical += result.identical
        if result.status is not Status.NOT_RUN:
            self.told_apart[result.case.id] = result.told_apart
            self.excluded |= result.excluded
        if result.status is Status.FAILED:
            self.failures.append(result)
        if result.unavailable:
            self.unavailable = result.reason
        if result.fault:
            self.faults.append(Fault(result.fault, result.case.id))
        if result.reason:
            self.reasons[result.reason] = self.reasons.get(result.reason, 0) + 1
        for updater in set(result.case.updaters) & set(UPDATERS):
            for level in Level:
                cell = (updater, result.case.dtype, level)
                self.table[cell] = self.table.get(cell, Tally()).plus(_status_of(result, level, updater))

    @property
    def is_complete(self) -> bool:
        """Whether the backend ran, and broke down nowhere."""
        return self.unavailable is None and all(fault.recovered for fault in self.faults)

    def diagnose(self, claimed: Level = Level.BIT_EXACT) -> None:
        """Look for the misreading that explains the failures."""
        failing = [failure.observed for failure in self.failures if failure.observed]
        self.diagnosis = diagnose(failing, self.told_apart, claimed) if failing else None

    @property
    def not_excluded(self) -> list[str]:
        """The misreadings that nothing that ran excludes."""
        return [misreading.id for misreading in catalogue() if misreading.id not in self.excluded]

    def short_of(self, floors: Mapping[str, Mapping[str, int]]) -> list[str]:
        """Where fewer cases ran than the manifest promises."""
        missing = []
        for dtype in DTYPES:
            for updater in UPDATERS:
                tally = self.table.get((updater, dtype, Level.STRUCTURE), Tally())
                ran, floor = tally.passed + tally.failed, floors.get(dtype, {}).get(updater, 0)
                if ran < floor:
                    missing.append(f"{updater} {dtype}: {ran} of at least {floor} cases ran")
        return missing


def fixtures(selection: Selection, folder: Path = dl4j_fixtures.DATA) -> list[Fixture]:
    """The selected fixtures; raises :class:`dl4j_fixtures.FixtureError`."""
    recorded = dl4j_fixtures.recorded(folder)
    read = (read_fixture(data, recorded.get(dl4j_fixtures.asked(data))) for data in dl4j_fixtures.load(folder=folder))
    return [fixture for fixture in read if selection.has(fixture.case)]


def read_fixture(data: Mapping[str, Any], recording: Recording | None = None) -> Fixture:
    """A fixture from its JSON data; raises :class:`dl4j_fixtures.FixtureError` if it makes no sense."""
    try:
        case = case_module.from_json(data)
        recorded = outcome.from_json(recording.outcome, case.dtype) if recording else None
        return Fixture(case, outcome.from_json(data["expected"], case.dtype), recorded)
    except CaseError as error:
        raise dl4j_fixtures.FixtureError(f"case {data.get('id')}: {error}") from error


#: What a case tells apart; for cases without a fixture it is computed.
Rows = Callable[[Case], Row]


def kill_matrix(folder: Path = dl4j_fixtures.DATA) -> KillMatrix:
    """The kill matrix of the fixtures; raises :class:`dl4j_fixtures.FixtureError`."""
    rows = dl4j_fixtures.kills(folder)
    try:
        return KillMatrix({id_: kills.from_json(row) for id_, row in rows.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise dl4j_fixtures.FixtureError(f"{folder}: kills.json: {error}") from error


def stored_rows(folder: Path = dl4j_fixtures.DATA) -> Rows:
    """The rows of the kill matrix, read as they are asked for; raises :class:`dl4j_fixtures.FixtureError`."""
    rows = dl4j_fixtures.kills(folder)
    return lambda case: kills.from_json(rows.get(case.id, {}))


def run(
    backends: Sequence[Backend], selected: Sequence[Fixture], rows: Rows, claimed: Level = Level.BIT_EXACT
) -> Iterator[Result]:
    """The result of each fixture, in order: failed if it fails ``claimed``, the level that the backend claims.

    ``backends`` are instances of one backend; several are observed at once, each in a thread of its own.
    """
    suspects: list[str] = []
    for result in _compared(backends, selected):
        result = place(result, kills.seen(rows(result.case), backends[0].capabilities), claimed, suspects)
        if result.evidence:
            favoured = result.evidence.favoured
            suspects = [*favoured, *(id_ for id_ in suspects if id_ not in favoured)]
        yield result


def _compared(backends: Sequence[Backend], selected: Sequence[Fixture]) -> Iterator[Result]:
    """:func:`compare` of each fixture, in order, on the next backend that is idle."""
    if len(backends) == 1:
        for fixture in selected:
            yield compare(backends[0], fixture)
        return
    idle: SimpleQueue[Backend] = SimpleQueue()
    for backend in backends:
        idle.put(backend)

    def attempt_with_next(fixture: Fixture) -> Outcome | Result:
        backend = idle.get()
        try:
            return attempt(backend, fixture)
        finally:
            idle.put(backend)

    pool = ThreadPoolExecutor(len(backends))
    try:
        # Judging stays in this thread: the oracle's working precision is global.
        for fixture, got in zip(selected, pool.map(attempt_with_next, selected), strict=True):
            yield compared(backends[0], fixture, got)
    finally:
        pool.shutdown(cancel_futures=True)


def end(backend: Backend) -> list[Fault]:
    """End the processes of a backend that has any: the faults that it recovered from, and how it ended."""
    if not isinstance(backend, StdioBackend):
        return []
    recovered = [Fault(fault, recovered=True) for fault in backend.recovered]
    fault = backend.close()
    return [*recovered, Fault(fault)] if fault else recovered


def judge(
    backend: Backend,
    fixture: Fixture,
    rows: Rows,
    claimed: Level = Level.BIT_EXACT,
    suspects: Sequence[str] = (),
) -> Result:
    """The result of one fixture. ``suspects`` are misreadings that explained other cases."""
    told_apart = kills.seen(rows(fixture.case), backend.capabilities)
    return place(compare(backend, fixture), told_apart, claimed, suspects)


def compare(backend: Backend, fixture: Fixture) -> Result:
    """The result of one fixture for a backend that claims everything: any difference fails."""
    return compared(backend, fixture, attempt(backend, fixture))


#: What ends a case before there is an outcome to judge.
ENDINGS = (UnsupportedError, BackendUnavailableError, AdapterFault, BackendCrashError)
Ending = UnsupportedError | BackendUnavailableError | AdapterFault | BackendCrashError


def attempt(backend: Backend, fixture: Fixture) -> Outcome | Result:
    """What the backend makes of the fixture's case, or the result if there is nothing to judge."""
    case = fixture.case
    missing = case.required_capabilities - backend.capabilities
    if missing:
        return Result(case, Status.NOT_RUN, reason=f"the backend does not declare {', '.join(sorted(missing))}")
    try:
        return observe(backend, case)
    except ENDINGS as error:
        return broken_off(backend, fixture, error)


def broken_off(backend: Backend, fixture: Fixture, error: Ending) -> Result:
    """The result of a case that ``error`` ended: only a crash is a failure."""
    case = fixture.case
    match error:
        case UnsupportedError():
            return Result(case, Status.NOT_RUN, reason=f"unsupported: {error}")
        case BackendUnavailableError():
            return Result(case, Status.NOT_RUN, reason=str(error), unavailable=True)
        case AdapterFault():
            return Result(case, Status.NOT_RUN, reason=f"the adapter: {error}", fault=error)
    crash = (Difference(Level.STRUCTURE, CONSTRUCTION, "crash", None, "an outcome", str(error)),)
    observed = Observed(case, fixture.expected, None, backend.capabilities, crash)
    return Result(case, Status.FAILED, crash, observed=observed)


def compared(backend: Backend, fixture: Fixture, got: Outcome | Result) -> Result:
    """As :func:`compare`, for a fixture of which the backend made ``got``."""
    if isinstance(got, Result):
        return got
    case, capabilities, is_recorded = fixture.case, backend.capabilities, fixture.recorded is not None
    found = differences(case, fixture.expected, got, capabilities)
    values = value_count(fixture.expected, got, capabilities)
    if fixture.recorded and not found:
        found = from_recorded(case, fixture.recorded, got, capabilities)
    if not found:
        return Result(case, Status.PASSED, values=values, is_recorded=is_recorded)
    observed = Observed(case, fixture.expected, got, capabilities, found, interface.accuracy_of(backend))
    return Result(case, Status.FAILED, found, values=values, observed=observed, is_recorded=is_recorded)


def place(
    result: Result, told_apart: Mapping[str, Kill], claimed: Level = Level.BIT_EXACT, suspects: Sequence[str] = ()
) -> Result:
    """With every difference at the level that it fails; failed only if ``claimed`` is."""
    result, seen = replace(result, told_apart=told_apart), result.observed
    if seen is None or seen.outcome is None:
        return result
    # Equal bits lie inside their enclosures, so enclosures are computed for the others alone.
    found = placed(result.case, seen.outcome, result.differences, seen.capabilities, seen.accuracy)
    evidence = None
    if all(d.level is not Level.STRUCTURE for d in found) and any(d.level is Level.BOUNDED for d in found):
        evidence = weigh(result.case, seen.outcome, told_apart, seen.capabilities, suspects)
        found = misread(found) if evidence and evidence.fails_reading else found
    observed = replace(seen, differences=found)
    result = replace(result, status=Status.PASSED, differences=found, observed=observed, evidence=evidence)
    return replace(result, status=Status.FAILED) if result.fails(claimed) else result


def _status_of(result: Result, level: Level, updater: str) -> Status:
    if result.status is Status.NOT_RUN or (level is Level.RECORDED and not result.is_recorded):
        return Status.NOT_RUN
    return Status.FAILED if result.fails(level, updater) else Status.PASSED
