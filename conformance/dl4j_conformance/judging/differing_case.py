"""A case whose outcome is not the expected one, with everything that a diagnosis needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.level import Finding, Level


@dataclass(frozen=True, eq=False)
class DifferingCase:
    """A fixture, what a backend made of it (None if it crashed), and the findings, of which there is at least one."""

    fixture: Fixture
    outcome: Outcome | None
    declaration: Declaration
    findings: tuple[Finding, ...]

    @property
    def case(self) -> Case:
        """Return the case of the fixture."""
        return self.fixture.case

    @cached_property
    def grave(self) -> Sequence[Finding]:
        """Return the findings that rounding cannot explain."""
        return [finding for finding in self.findings if finding.level is not Level.BIT_EXACT]

    @property
    def is_grave(self) -> bool:
        """Return whether more than rounding is wrong."""
        return bool(self.grave)
