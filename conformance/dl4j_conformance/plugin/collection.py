"""The tests that pytest collects: one for each golden case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dl4j_fixtures
from dl4j_conformance import suite
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.plugin.examination import Examination
from dl4j_conformance.reporting.run_sentences import describe, in_one_line
from dl4j_conformance.vectors.fixtures import Selection, fixtures

#: The id of the suite. An id of a case follows after two colons, and can be given to ``--pyargs`` with it.
NAME = suite.__name__

MARKERS = (
    "updater(name): an updater that a layer of the case has, such as updater(name='adam')",
    "topic(name): the topic of the case, such as topic(name='learning-rate')",
    "capability(name): what the case needs of a backend besides updates, such as capability(name='state_in')",
    "level(name): the level that the backend claims, by which the case is judged",
)


class Suite(pytest.Collector):
    """The collector of all golden cases."""

    def __init__(self, *, level: Level, examination: Examination | None, **node: Any) -> None:
        super().__init__(**node)
        self._level, self._examination = level, examination

    def collect(self) -> Iterator[CaseItem]:
        """Yield a test for each case."""
        try:
            topic_of = topics()
            every = fixtures(Selection())
        except dl4j_fixtures.FixtureError as error:
            raise self.CollectError(f"{error}\n`dl4j-conformance fixtures verify` lists everything.") from error
        for fixture in every:
            yield CaseItem.of(self, fixture, topic_of[fixture.case.id], self._level, self._examination)


class CaseItem(pytest.Item):
    """The test of one case."""

    def __init__(self, *, fixture: Fixture, examination: Examination | None, **node: Any) -> None:
        super().__init__(**node)
        self.fixture = fixture
        #: What came out; None before it has run.
        self.result: Result | None = None
        self._examination = examination

    @classmethod
    def of(cls, parent: Suite, fixture: Fixture, topic: str, level: Level, examination: Examination | None) -> CaseItem:
        """Return the test of ``fixture``, with its id and its markers."""
        case = fixture.case
        updaters = sorted({updater.lower() for updater in case.updaters})
        name = f"{updaters[0] if len(updaters) == 1 else 'mixed'}/{topic}/{case.id}"
        item: CaseItem = cls.from_parent(parent, name=name, fixture=fixture, examination=examination)
        marked = {"updater": updaters, "topic": [topic], "capability": sorted(case.required_capabilities)}
        for marker, values in {**marked, "level": [str(level)]}.items():
            for value in values:
                item.add_marker(getattr(pytest.mark, marker)(name=value))
        item.extra_keyword_matches.update(updaters)
        return item

    def runtest(self) -> None:
        """Ask the backend and judge: a case that was not run is skipped, unless the backend broke down in it.

        What fails as declared is expected to; what passes, or is not run, against what is declared fails.
        """
        assert self._examination  # noqa: S101 - what is only listed does not run
        result = self.result = self._examination.result(self.fixture)
        check = self._examination.check()
        deviation, contradictions = check.held(result).deviation, check.contradictions()
        if deviation and (result.status is Status.FAILED or result.is_broken):
            pytest.xfail(str(deviation))
        if result.status is Status.FAILED:
            first = in_one_line(result).removeprefix(f"FAILED {result.case.id}: ")
            pytest.fail("\n".join((first, *describe(result), *contradictions)), pytrace=False)
        if result.is_broken and not self._examination.has_gone_before(result):
            pytest.fail(result.fault.explained() if result.fault else result.reason, pytrace=False)
        if contradictions:
            pytest.fail("\n".join((*contradictions, *([result.reason] if result.reason else ()))), pytrace=False)
        if result.status is Status.NOT_RUN:
            pytest.skip(f"{result.reason} ({deviation})" if deviation else result.reason)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place that pytest shows: the suite's module, whose first line stands for all cases."""
        return self.path, 0, self.name


def case_id(nodeid: str) -> str | None:
    """Return the id of the case that a test has, by the id of the test; None if it is none of the suite."""
    prefix, _, name = nodeid.partition("::")
    return name.rpartition("/")[2] if prefix == NAME else None


def topics() -> dict[str, str]:
    """Return the topic of each case, by id."""
    return {id_: entry["topic"] for entry in dl4j_fixtures.manifest()["files"].values() for id_ in entry["cases"]}
