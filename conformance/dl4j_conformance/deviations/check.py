"""Holds the results of a backend against what is declared: which failures are as declared, and what is not."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date

from dl4j_conformance.deviations.expectations import Expectations
from dl4j_conformance.diagnosis.failures import reproduces
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.judging.deviation import Deviation
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status

#: Ids that a sentence names.
_NAMED = 3


def shown(misreadings: frozenset[str], kills: Mapping[str, Kill], claimed: Level) -> bool:
    """Return whether a case with these kills can show one of the misreadings to a backend that claims a level."""
    return any(id_ in kills and claimed in kills[id_].level.fails for id_ in misreadings)


def explains(misreadings: frozenset[str], result: Result) -> bool:
    """Return whether a result is a failure that the misreadings explain together."""
    return result.differing is not None and reproduces(misreadings, result.differing, result.kills)


class Check:
    """The results of one backend, held against what is declared."""

    def __init__(self, expected: Expectations, claimed: Level, today: date) -> None:
        self._expected = expected
        self._claimed = claimed
        self._today = today
        self._seen: set[Deviation] = set()
        self._passing: dict[Deviation, list[str]] = {}
        self._changed: dict[Deviation, list[str]] = {}
        self._idle: list[str] = []

    def of(self, results: Generator[Result, None, None]) -> Generator[Result, None, None]:
        """Yield each of ``results``, with its deviation if it is as declared; note what is not."""
        with closing(results):
            for result in results:
                yield self.held(result)

    def held(self, result: Result) -> Result:
        """Return a result, with its deviation if it is as declared; note what is not."""
        case, entries = result.case.id, self._entries(result)
        if result.unavailable:
            return result
        self._seen.update(entries)
        if result.status is Status.PASSED:
            for entry in entries:
                self._passing.setdefault(entry, []).append(case)
            return result
        if result.status is Status.NOT_RUN and case in self._expected.must_run and not result.is_broken:
            self._idle.append(case)
        changed = [entry for entry in entries if entry.misreadings and not explains(entry.misreadings, result)]
        for entry in changed:
            self._changed.setdefault(entry, []).append(case)
        return replace(result, deviation=entries[0]) if entries and not changed else result

    def _entries(self, result: Result) -> Sequence[Deviation]:
        """Return the deviations of a case: those that select it, and if it ran those whose misreadings it can show."""
        expected, case = self._expected, result.case.id
        selected = expected.by_case.get(case, ())
        if result.status is Status.NOT_RUN or (expected.required_at and case in expected.must_run):
            return selected
        by_kill = (entry for entry in expected.by_kill if shown(entry.misreadings, result.kills, self._claimed))
        return [*selected, *by_kill]

    def breaches(self, diagnosis: Diagnosis | None, *, is_over: bool) -> list[str]:
        """Return, a line each, what is not as declared; ``is_over`` says that no result is missing.

        ``diagnosis`` explains the failures.
        """
        idle = [entry for entry in self._expected.by_kill if is_over and entry not in self._seen]
        return [
            *self._expired(),
            *(f"{entry.place}: no case that ran can show {_readings(entry)}" for entry in idle),
            *self.contradictions(diagnosis),
        ]

    def contradictions(self, diagnosis: Diagnosis | None = None) -> list[str]:
        """Return, a line each, what the results so far contradict; ``diagnosis`` explains the failures."""
        return [
            *(
                f"{entry.place}: {_ids(cases)} {'passes' if len(cases) == 1 else 'pass'}: take that out"
                for entry, cases in self._passing.items()
            ),
            *(
                f"{entry.place}: {_readings(entry)} does not explain {_ids(cases)}{_instead(cases, diagnosis)}"
                for entry, cases in self._changed.items()
            ),
            *self._not_run(),
        ]

    def _expired(self) -> Iterator[str]:
        for entry in self._expected.declared:
            if entry.expires and entry.expires < self._today:
                yield f"{entry.place}: has expired on {entry.expires}: mend the port, or decide anew"

    def _not_run(self) -> Iterator[str]:
        place = self._expected.required_at
        if self._idle:
            yield f"{place}: did not run: {_ids(self._idle)}" if place else f"not run nor declared: {_ids(self._idle)}"


def _ids(cases: Sequence[str]) -> str:
    """Return a few of the ids, and how many more there are."""
    more = len(cases) - _NAMED
    return ", ".join(cases[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _readings(entry: Deviation) -> str:
    return " with ".join(sorted(entry.misreadings))


def _instead(cases: Sequence[str], diagnosis: Diagnosis | None) -> str:
    """Return the misreadings that explain the cases now."""
    readings = diagnosis.readings if diagnosis else ()
    now = [reading.misreading.id for reading in readings if not set(reading.cases).isdisjoint(cases)]
    return f"; now it is {' with '.join(now)}" if now else ""
