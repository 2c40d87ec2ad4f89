"""The hooks of a session that judges a backend: collection, results, and the verdict at the end.

With xdist each worker judges its own cases, on a process of its own. Results travel with the reports to the
controller, which adds them up.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Generator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dl4j_conformance import suite
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.plugin.collection import MARKERS, NAME, CaseItem, Suite, case_id
from dl4j_conformance.plugin.examination import Examination
from dl4j_conformance.plugin.options import Options
from dl4j_conformance.plugin.results import Results, shortcoming
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import print_pretty
from dl4j_conformance.vectors.fixtures import Selection, fixtures

_FILE = Path(suite.__file__)
#: Where a worker puts what the controller has to know.
_RESULT, _FAULTS = "dl4j_result", "dl4j_faults"


def register(config: pytest.Config) -> None:
    """Register the hooks; raise :class:`pytest.UsageError` if the backend cannot be judged."""
    options = Options.of(config)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    examination = None if config.option.collectonly else Examination(options)
    is_worker = hasattr(config, "workeroutput")
    if examination and not is_worker and config.pluginmanager.hasplugin("dsession"):
        # The workers have processes of their own; this one has shown that there is such a backend.
        examination.close()
    config.pluginmanager.register((WorkerHooks if is_worker else SuiteHooks)(options, examination), NAME)


class Hooks:
    """The hooks that every process has."""

    def __init__(self, options: Options, examination: Examination | None) -> None:
        self.options, self.examination = options, examination

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> Suite | None:
        """Return the collector of the cases in place of the module that has their name."""
        if module_path != _FILE:
            return None
        found: Suite = Suite.from_parent(
            parent.session,
            name=NAME,
            nodeid=NAME,
            path=module_path,
            level=self.options.level,
            examination=self.examination,
        )
        return found


class WorkerHooks(Hooks):
    """The hooks of a worker of xdist."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the result with the report."""
        report = yield
        if call.when == "call" and isinstance(item, CaseItem) and item.result:
            setattr(report, _RESULT, pickle.dumps(item.result))
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the backend, and send its faults."""
        if self.examination:
            session.config.workeroutput[_FAULTS] = pickle.dumps(self.examination.close())  # type: ignore[attr-defined]


class SuiteHooks(Hooks):
    """The hooks of a session that adds up the results: without xdist, or its controller."""

    def __init__(self, options: Options, examination: Examination | None) -> None:
        super().__init__(options, examination)
        self._results = Results()
        self._selected: list[Fixture] = []
        self._selected_elsewhere: set[str | None] = set()
        self._summary: Summary | None = None
        self._was_interrupted = False

    def pytest_report_header(self) -> str:
        """Return the line on what is judged."""
        return f"dl4j: {self.options.address or 'no backend'}, judged at level {self.options.level}"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take note of the cases that are selected."""
        self._selected = [item.fixture for item in session.items if isinstance(item, CaseItem)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Take note of the cases that the workers have selected: all of them the same."""
        self._selected_elsewhere = {case_id(id_) for id_ in ids}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the result of a test in this process."""
        if call.when == "call" and isinstance(item, CaseItem) and item.result:
            self._results.add(item.result)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a test in a worker, or why a test has none."""
        id_ = case_id(report.nodeid)
        if found := getattr(report, _RESULT, None):
            self._results.add(pickle.loads(found))  # noqa: S301 - a worker of this run has made it
        elif id_ and not report.passed:
            self._results.add_reason(id_, _reason(report))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep the faults of a worker's backend."""
        if found := getattr(node, "workeroutput", {}).get(_FAULTS):
            self._results.faults += pickle.loads(found)  # noqa: S301 - a worker of this run has made it

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take note of Ctrl-C, after which nobody waits for a diagnosis: ``-x`` with xdist is of a type of its own."""
        self._was_interrupted |= excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add up, and let the session fail that has too little to show."""
        if not self.examination:
            return
        self._results.faults += self.examination.close()
        if self._selected_elsewhere - {None}:
            self._selected = [f for f in fixtures(Selection()) if f.case.id in self._selected_elsewhere]
        if not self._selected:
            return
        self._summary = self._results.summary(
            self._selected, self.options, self.examination, is_explained=not self._was_interrupted
        )
        if session.exitstatus == pytest.ExitCode.OK and (why := shortcoming(self._summary)):
            _report_failure(session, why)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Print what ``run`` prints: the table, the verdict and the diagnosis."""
        if not self._summary:
            return
        writer = config.get_terminal_writer()
        encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
        terminalreporter.section("conformance with Deeplearning4j")
        terminalreporter.write_line(printed(self._summary, writer.fullwidth, writer.hasmarkup, encoding))


def printed(summary: Summary, width: int, has_color: bool, encoding: str) -> str:
    """Return what ``run`` prints on a terminal of so many columns, in characters that ``encoding`` has."""
    text = TextIOWrapper(BytesIO(), encoding, errors="backslashreplace", newline="")
    print_pretty(summary, Console(file=text, width=width, force_terminal=has_color))
    text.seek(0)
    return text.read().rstrip("\n")


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, or else how it ended."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)


def _report_failure(session: pytest.Session, why: str) -> None:
    """Report a failing test of its own, so that every form of report has it, and let the session fail."""
    place = (NAME, None, "verdict")
    report = pytest.TestReport(f"{NAME}::verdict", place, {}, "failed", why, "call")
    session.config.hook.pytest_runtest_logstart(nodeid=report.nodeid, location=place)
    session.config.hook.pytest_runtest_logreport(report=report)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
