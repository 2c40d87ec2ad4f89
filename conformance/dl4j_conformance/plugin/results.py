"""The results of a session, and their summary: that of ``run``."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_conformance.execution.ending import Fault
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.plugin.collection import topics
from dl4j_conformance.plugin.examination import Examination
from dl4j_conformance.plugin.options import Options
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.vectors.fixtures import Selection, floors


class Results:
    """The results that came so far, in any order."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._reasons: dict[str, str] = {}
        self.faults: list[Fault] = []

    def add(self, result: Result) -> None:
        """Keep the result of a case; that of another try takes the place of the one before."""
        self._results[result.case.id] = result

    def add_reason(self, id_: str, reason: str) -> None:
        """Keep why a case has no result: something else than the suite skipped or ended its test."""
        self._reasons[id_] = reason

    def summary(
        self, selected: Sequence[Fixture], options: Options, examination: Examination, *, is_explained: bool
    ) -> Summary:
        """Return the summary of the ``selected`` cases; it was stopped early if pytest reports nothing on some.

        It has the diagnosis of the failures if ``is_explained`` says so.
        """
        found = Summary(options.address, examination.accuracy, topics(), options.commands, faults=list(self.faults))
        check = examination.check()
        for fixture in selected:
            case = fixture.case
            if case.id in self._results:
                found.add(check.held(self._results[case.id]))
            elif case.id in self._reasons:
                found.add(check.held(Result(case, Status.NOT_RUN, self._reasons[case.id])))
            else:
                found.stopped_by = "pytest"
        if found.failures and is_explained:
            found.diagnose(options.level)
        is_over = not found.stopped_by and len(selected) == len(found.topics)
        found.breaches = check.breaches(found.diagnosis, is_over=is_over)
        if not found.stopped_by:
            promising = [fixture for fixture in selected if fixture.case.id not in examination.expected.by_case]
            least = floors(Selection(), promising, recorded=options.level is Level.RECORDED)
            found.below_floor = found.short_of(least, options.level)
        return found


def shortcoming(summary: Summary) -> str:
    """Return, in lines, why a session in which no test failed shows no conformance; empty if it does.

    A case that fails is left to pytest, which may be told to expect it.
    """
    if summary.unavailable is not None:
        return f"the backend is not available: {summary.unavailable}"
    if summary.breaches:
        return "\n".join(("it is not as declared", *summary.breaches))
    if lost := [fault for fault in summary.faults if not fault.recovered]:
        return "\n".join(fault.fault.explained() for fault in lost)
    if not summary.total.ran:
        return "nothing ran"
    if summary.stopped_by:
        return "pytest did not run every case that was selected"
    if summary.below_floor:
        return "\n".join(("too few cases ran", *summary.below_floor))
    return ""
