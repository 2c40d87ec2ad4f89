"""The measurement of one entry: a run of the whole suite as ``dl4j-conformance run`` makes it, and its diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

from dl4j_backends.interface import Backend
from dl4j_conformance.diagnosis.first_divergence import Divergence, first_divergence
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Rows
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures, stored_rows
from mutants.held_out.entries import ENTRIES
from mutants.held_out.mistake import Mistake
from mutants.held_out.port import Port
from mutants.held_out.truth import Ids


@dataclass(frozen=True)
class Names:
    """The names that a diagnosis gives: for each reading, in order of weight, the ids of which one is meant."""

    named: tuple[Ids, ...] = ()
    #: Whether they explain every failure.
    is_complete: bool = False


def names_of(diagnosis: Diagnosis | None) -> Names:
    """Return the names that a diagnosis gives. This alone depends on what a diagnosis looks like."""
    if diagnosis is None:
        return Names()
    meant = ((reading.misreading, *reading.alternatives) for reading in diagnosis.readings)
    return Names(tuple(frozenset(one.id for one in readings) for readings in meant), diagnosis.is_complete)


@dataclass(frozen=True)
class Measured:
    """The verdict of a run on an entry, and the time it took."""

    entry: str
    failed: int
    names: Names
    #: The intermediate of the first divergence, and its place; empty if there is none.
    intermediate: str
    place: str
    #: Of this process's time, so that others on the machine do not count.
    run_seconds: float
    diagnosis_seconds: float
    #: How often as long as a passing run it took.
    ratio: float

    @property
    def diverges_rightly(self) -> bool:
        """Return whether the first divergence is one that the entry expects."""
        return self.intermediate in ENTRIES[self.entry].first


class Measurement:
    """The suite, read once, and the time that a passing run takes here."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._selected: Sequence[Fixture] = fixtures(Selection())
        self._rows: Rows = stored_rows()
        # The first run fills caches.
        self._passing = min(self._timed_passing() for _ in range(2))

    def _timed_passing(self) -> float:
        summary, ran, diagnosed = self._timed(Port())
        if summary.total.failed:
            raise AssertionError(f"the port without mistakes fails {summary.failures[0].case.id}")
        return ran + diagnosed

    def _timed(self, backend: Backend) -> tuple[Summary, float, float]:
        summary = Summary(backend.name)
        begin = process_time()
        for result in run([backend], self._selected, self._rows, self._level):
            summary.add(result)
        ran = process_time()
        summary.diagnose(self._level)
        return summary, ran - begin, process_time() - ran

    def of(self, name: str) -> Measured:
        """Return what a run says about an entry."""
        entry: Mistake = ENTRIES[name]
        summary, ran, diagnosed = self._timed(entry.backend)
        divergence = _divergence(summary)
        return Measured(
            name,
            summary.total.failed,
            names_of(summary.diagnosis),
            divergence.intermediate if divergence else "",
            f"{divergence.case}: {divergence.words}" if divergence else "",
            ran,
            diagnosed,
            (ran + diagnosed) / self._passing,
        )


def _divergence(summary: Summary) -> Divergence | None:
    """Return the diagnosis's first divergence, or that of the smallest failing case if everything is explained."""
    if summary.diagnosis is None:
        return None
    failing = [failure.differing for failure in summary.failures if failure.differing]
    return summary.diagnosis.divergence or first_divergence(min(failing, key=_size))


def _size(differing: DifferingCase) -> tuple[bool, int, int]:
    return not differing.is_grave, len(differing.case.network.layers), len(differing.case.script)


_measurement: Measurement | None = None


def prepare(level: Level) -> None:
    """Read the suite and time a passing run, in this process."""
    global _measurement
    _measurement = Measurement(level)


def measure(name: str) -> Measured:
    """Return what a run says about an entry, in a process that was prepared."""
    assert _measurement is not None
    return _measurement.of(name)
