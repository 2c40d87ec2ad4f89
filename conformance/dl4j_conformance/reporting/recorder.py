"""The recorder of a run: what it writes into the report, if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.machine import Reported
from dl4j_conformance.reporting.report_file import ReportFile
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.vectors.fixtures import Inventory


@dataclass(frozen=True)
class Recorder:
    """The writer of the lines of one backend, of which there are ``parts``."""

    reported: Reported
    file: ReportFile | None
    part: int
    parts: int

    def begin(
        self, selected: Sequence[Fixture], inventory: Inventory, name: str | None, declared: Declaration | None
    ) -> None:
        """Write the header; ``declared`` is None if the backend is unavailable."""
        if self.file:
            self.file.write(self.reported.header(self.part, self.parts, len(selected), inventory.hash, name, declared))

    def add(self, result: Result) -> None:
        """Write one result."""
        if self.file:
            self.file.write(self.reported.result(result))

    def end(self, summary: Summary, code: int) -> None:
        """Write the footer."""
        if self.file:
            self.file.seal(self.reported.footer(summary, code))
