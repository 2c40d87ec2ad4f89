"""A case whose outcome is not the expected one, with everything that a diagnosis needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.level import Finding, Level


@dataclass(frozen=True, eq=False)
class DifferingCase:
    """A fixture, what a backend made of it (None if it crashed), and the findings, of which there is at least one."""

    fixture: Fixture
    outcome: Outcome | None
    declaration: Declaration
    differences: tuple[Difference, ...]
    #: The findings whose level shows without an enclosure.
    plain: tuple[Finding, ...]
    #: The lowest level that the case is known to fail without an enclosure: more than rounding is wrong then.
    lowest: Level | None
    #: The misreading, by id, that is known to have the bits of the outcome.
    twin: str | None = None
    #: Returns all findings, in order of the script; None if all are plain.
    weigh: Callable[[], tuple[Finding, ...]] | None = None

    @classmethod
    def plainly(
        cls, fixture: Fixture, outcome: Outcome | None, declaration: Declaration, findings: tuple[Finding, ...]
    ) -> DifferingCase:
        """Return a case of which all findings, of one level, are known."""
        differences = tuple(finding.difference for finding in findings)
        return cls(fixture, outcome, declaration, differences, findings, findings[0].level)

    def __getstate__(self) -> dict[str, object]:
        # A function does not travel to another process: the findings do, which ``weigh`` would compute there.
        return {**vars(self), "findings": self.findings, "weigh": None}

    @property
    def case(self) -> Case:
        """Return the case of the fixture."""
        return self.fixture.case

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, in order of the script; enclosures are computed if there are any but plain ones."""
        return self.plain if self.weigh is None else self.weigh()

    @cached_property
    def grave(self) -> Sequence[Finding]:
        """Return the findings that rounding cannot explain."""
        return _grave(self.findings)

    @cached_property
    def striking(self) -> Sequence[Difference]:
        """Return differences that rounding cannot explain, as far as they show without an enclosure.

        Without such differences these are all of a case that fails without an enclosure, else those that are grave, or
        all if none is.
        """
        plain = [finding.difference for finding in _grave(self.plain)]
        if plain or self.lowest is not None:
            return plain or self.differences
        return [finding.difference for finding in self.grave] or self.differences

    @property
    def is_grave(self) -> bool:
        """Return whether more than rounding is wrong."""
        return self.lowest is not None or bool(self.grave)

    def fails(self, level: Level, updater: str | None = None) -> bool:
        """Return whether the case fails at ``level``.

        If a difference is known to be in one layer, only the ``updater`` of that layer fails.
        """
        is_known = self.lowest is not None and level in self.lowest.fails
        if is_known and (updater is None or set(self.case.updaters) == {updater}):
            return True
        if self._has_failing(self.plain, level, updater):
            return True
        # Every difference of structure is plain.
        return level is not Level.STRUCTURE and self._has_failing(self.findings, level, updater)

    def _has_failing(self, findings: Iterable[Finding], level: Level, updater: str | None) -> bool:
        return any(
            level in finding.level.fails
            and (updater is None or (layer := finding.difference.layer) is None or self.case.updaters[layer] == updater)
            for finding in findings
        )


def _grave(findings: Iterable[Finding]) -> Sequence[Finding]:
    return [finding for finding in findings if finding.level is not Level.BIT_EXACT]
