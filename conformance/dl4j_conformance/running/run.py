"""The run of fixtures on a backend: one result per case."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue

from dl4j_backends.interface import Backend
from dl4j_conformance.execution.ending import Ending, attempt
from dl4j_conformance.execution.moving import recovered
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Rows, visible
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, judge


@dataclass(frozen=True, eq=False)
class Attempt:
    """A fixture and what a backend made of its case: an outcome, or how it ended without one."""

    fixture: Fixture
    got: Outcome | Ending

    @classmethod
    def of(cls, backend: Backend, fixture: Fixture) -> Attempt:
        """Return the attempt of ``backend``."""
        return cls.made(fixture, attempt(backend, fixture.case))

    @classmethod
    def made(cls, fixture: Fixture, got: Outcome | Ending) -> Attempt:
        """Return the attempt that ended so, with the updates of a backend that moves parameters."""
        return cls(fixture, recovered(fixture.case, fixture.expected, got) if isinstance(got, Outcome) else got)

    def differs(self, capabilities: frozenset[str]) -> bool:
        """Return whether there is an outcome, and it is not the expected one."""
        case, expected, got = self.fixture.case, self.fixture.expected, self.got
        return isinstance(got, Outcome) and bool(differences(case, expected, got, capabilities))


class Judgement:
    """The judgement of one backend, attempt by attempt. The results of some make that of the next one cheaper."""

    def __init__(self, declaration: Declaration, rows: Rows, claimed: Level = Level.BIT_EXACT) -> None:
        self._declaration, self._rows, self._claimed = declaration, rows, claimed
        self._suspects: list[str] = []
        self._settled: set[str] = set()

    def result(self, made: Attempt) -> Result:
        """Return the result of an attempt: failed if it fails the claimed level."""
        kills = visible(self._rows(made.fixture.case), self._declaration.capabilities)
        found = judge(made.fixture, made.got, self._declaration, kills, self._claimed, self._suspects, self._settled)
        self._settled |= found.killed
        if found.evidence:
            favoured = found.evidence.favoured
            self._suspects = [*favoured, *(id_ for id_ in self._suspects if id_ not in favoured)]
        return found


def run(
    backends: Sequence[Backend], selected: Sequence[Fixture], rows: Rows, claimed: Level = Level.BIT_EXACT
) -> Generator[Result, None, None]:
    """Yield the result of each fixture, in order: failed if it fails ``claimed``, the level that the backend claims.

    ``backends`` are instances of one backend. Several are observed at once, each in a thread of its own.
    """
    judgement = Judgement(Declaration.of(backends[0]), rows, claimed)
    # Judging stays in this thread: the oracle's working precision is global.
    with closing(_attempts(backends, selected)) as attempts:
        for made in attempts:
            yield judgement.result(made)


def _attempts(backends: Sequence[Backend], selected: Sequence[Fixture]) -> Generator[Attempt, None, None]:
    """Yield an attempt of each fixture, in order, by the next backend that is idle."""
    if len(backends) == 1:
        for fixture in selected:
            yield Attempt.of(backends[0], fixture)
        return
    idle: SimpleQueue[Backend] = SimpleQueue()
    for backend in backends:
        idle.put(backend)

    def attempt_with_next(fixture: Fixture) -> Attempt:
        backend = idle.get()
        try:
            return Attempt.of(backend, fixture)
        finally:
            idle.put(backend)

    pool = ThreadPoolExecutor(len(backends))
    try:
        yield from pool.map(attempt_with_next, selected)
    finally:
        pool.shutdown(cancel_futures=True)
