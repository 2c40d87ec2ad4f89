"""Running fixtures on a backend, one result per case, and what they amount to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import dl4j_fixtures
from dl4j_backends import interface
from dl4j_backends.interface import Backend
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance import case as case_module
from dl4j_conformance import outcome
from dl4j_conformance.case import UPDATERS, Case
from dl4j_conformance.diagnosis import Diagnosis, Observed, diagnose
from dl4j_conformance.judge import CONSTRUCTION, Difference, Level, differences, from_recorded, placed
from dl4j_conformance.observe import BackendCrashError, observe
from dl4j_conformance.outcome import Outcome
from dl4j_conformance.values import DTYPES
from dl4j_fixtures import Recording


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
    """One case on one backend. ``observed`` is kept for the diagnosis.

    ``reason`` says why it was not run: unsupported, the backend is ``unavailable``, or its adapter's ``fault``.
    Without a recording (``is_recorded``) the case is not run at level recorded.
    """

    case: Case
    status: Status
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    observed: Observed | None = None
    is_recorded: bool = False
    unavailable: bool = False
    fault: AdapterFault | None = None

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
    """What a backend's results amount to."""

    backend: str
    table: dict[tuple[str, str, Level], Tally] = field(default_factory=dict)
    total: Tally = Tally()
    failures: list[Result] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    unavailable: str | None = None
    faults: list[Fault] = field(default_factory=list)
    stopped: bool = False
    diagnosis: Diagnosis | None = None

    def add(self, result: Result) -> None:
        """Count one result."""
        self.total = self.total.plus(result.status)
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

    def diagnose(self) -> None:
        """Look for the misreading that explains the failures."""
        failing = [failure.observed for failure in self.failures if failure.observed]
        self.diagnosis = diagnose(failing) if failing else None

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
    except case_module.CaseError as error:
        raise dl4j_fixtures.FixtureError(f"case {data.get('id')}: {error}") from error


def run(backends: Sequence[Backend], selected: Sequence[Fixture], claimed: Level = Level.BIT_EXACT) -> Iterator[Result]:
    """The result of each fixture, in order: failed if it fails ``claimed``, the level that the backend claims.

    ``backends`` are instances of one backend; several are observed at once, each in a thread of its own.
    """
    idle: SimpleQueue[Backend] = SimpleQueue()
    for backend in backends:
        idle.put(backend)

    def attempt_with_next(fixture: Fixture) -> Outcome | Result:
        backend = idle.get()
        try:
            return attempt(backend, fixture.case)
        finally:
            idle.put(backend)

    capabilities = backends[0].capabilities
    if len(backends) == 1:
        for fixture in selected:
            yield assess(fixture, attempt(backends[0], fixture.case), capabilities, claimed)
        return
    pool = ThreadPoolExecutor(len(backends))
    try:
        # Judging stays in this thread: the oracle's working precision is global.
        for fixture, got in zip(selected, pool.map(attempt_with_next, selected), strict=True):
            yield assess(fixture, got, capabilities, claimed)
    finally:
        pool.shutdown(cancel_futures=True)


def end(backend: Backend) -> list[Fault]:
    """End the processes of a backend that has any: the faults that it recovered from, and how it ended."""
    if not isinstance(backend, StdioBackend):
        return []
    recovered = [Fault(fault, recovered=True) for fault in backend.recovered]
    fault = backend.close()
    return [*recovered, Fault(fault)] if fault else recovered


def judge(backend: Backend, fixture: Fixture, claimed: Level = Level.BIT_EXACT) -> Result:
    """The result of one fixture."""
    return assess(fixture, attempt(backend, fixture.case), backend.capabilities, claimed)


def attempt(backend: Backend, case: Case) -> Outcome | Result:
    """What the backend makes of the case, or the result if there is nothing to judge."""
    missing = case.required_capabilities - backend.capabilities
    if missing:
        return Result(case, Status.NOT_RUN, reason=f"the backend does not declare {', '.join(sorted(missing))}")
    try:
        return observe(backend, case)
    except interface.UnsupportedError as error:
        return Result(case, Status.NOT_RUN, reason=f"unsupported: {error}")
    except interface.BackendUnavailableError as error:
        return Result(case, Status.NOT_RUN, reason=str(error), unavailable=True)
    except AdapterFault as fault:
        return Result(case, Status.NOT_RUN, reason=f"the adapter: {fault}", fault=fault)
    except BackendCrashError as error:
        crash = Difference(Level.STRUCTURE, CONSTRUCTION, "crash", None, "an outcome", str(error))
        return Result(case, Status.FAILED, (crash,))


def assess(fixture: Fixture, got: Outcome | Result, capabilities: frozenset[str], claimed: Level) -> Result:
    """What was made of a fixture, judged."""
    if isinstance(got, Result):
        return got
    case = fixture.case
    found = differences(case, fixture.expected, got, capabilities)
    if fixture.recorded and not found:
        found = from_recorded(case, fixture.recorded, got, capabilities)
    # Equal bits lie inside their enclosures, so enclosures are computed for the others alone.
    found = placed(case, got, found, capabilities)
    observed = Observed(case, fixture.expected, got, capabilities) if found else None
    result = Result(case, Status.PASSED, found, observed=observed, is_recorded=fixture.recorded is not None)
    return replace(result, status=Status.FAILED) if result.fails(claimed) else result


def _status_of(result: Result, level: Level, updater: str) -> Status:
    if result.status is Status.NOT_RUN or (level is Level.RECORDED and not result.is_recorded):
        return Status.NOT_RUN
    return Status.FAILED if result.fails(level, updater) else Status.PASSED
