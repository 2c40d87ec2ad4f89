"""The verdict on a case of a later version, at the levels of :mod:`~dl4j_conformance.judging.verdict`.

A case fails level reading if a value lies outside of its enclosure in arithmetic with half the digits, or if a
misreading that the case kills has the very bits.
"""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_backends.interface import CORRECTLY_ROUNDED
from dl4j_conformance.execution.block_outcome import BlockOutcome
from dl4j_conformance.execution.ending import Ending
from dl4j_conformance.judging.block_comparison import block_differences, block_value_count
from dl4j_conformance.judging.block_enclosures import checked
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.block_kills import enclosed, outcome_under
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.rounding import reading_model
from dl4j_conformance.judging.verdict import Result, Status, judge
from dl4j_oracle.blocks.misreadings import block_misreading_by_id
from dl4j_oracle.errors import UndecidedError

#: Backends of later versions declare neither capabilities nor weaker arithmetic.
DECLARATION = Declaration(frozenset())


def judge_blocks(fixture: BlockFixture, got: BlockOutcome | Ending, claimed: Level = Level.BIT_EXACT) -> Result:
    """Return the verdict on ``got``, what a backend made of ``fixture``: failed if it fails the ``claimed`` level."""
    if not isinstance(got, BlockOutcome):
        return judge(fixture.shown, got, DECLARATION, fixture.kills, claimed)
    found = block_differences(fixture.expected, got)
    findings = _findings(fixture, got, found)
    if not found and fixture.recorded is not None:
        findings = tuple(Finding(one, Level.RECORDED) for one in block_differences(fixture.recorded, got))
    differing = _differing(fixture, findings) if findings else None
    values = block_value_count(fixture.expected, got)
    return Result(
        fixture.shown.case,
        Status.FAILED if differing and differing.fails(claimed) else Status.PASSED,
        values=values,
        identical=values - sum(difference.is_of_a_value for difference in found),
        differing=differing,
        is_recorded=fixture.recorded is not None,
        kills=fixture.kills,
        changed_mode=got.changed_mode,
    )


def _differing(fixture: BlockFixture, findings: tuple[Finding, ...]) -> DifferingCase:
    lowest = min((finding.level for finding in findings), key=tuple(Level).index)
    is_plain = lowest in (Level.STRUCTURE, Level.READING)
    differences = tuple(finding.difference for finding in findings)
    return DifferingCase(fixture.shown, None, DECLARATION, differences, findings, lowest if is_plain else None)


def _findings(fixture: BlockFixture, got: BlockOutcome, found: Sequence[Difference]) -> tuple[Finding, ...]:
    """Return the differences, each at the lowest level that it fails."""
    if any(difference.is_structural for difference in found):
        levels = {True: Level.STRUCTURE, False: Level.BIT_EXACT}
        return tuple(Finding(difference, levels[difference.is_structural]) for difference in found)
    outside = _outside(fixture, got) if found else frozenset()
    beyond = Level.READING if outside and _fails_reading(fixture, got) else Level.BOUNDED
    return tuple(
        Finding(one, beyond if (one.step, one.key, one.index or 0) in outside else Level.BIT_EXACT) for one in found
    )


def _outside(fixture: BlockFixture, got: BlockOutcome) -> frozenset[tuple[int, str, int]]:
    """Return the places of the values that lie outside of their enclosures."""
    outside = set()
    try:
        for one in checked(fixture.case.network, fixture.case.steps, got.steps):
            outside |= {(one.step, one.key, index) for index, inside in enumerate(one.inside) if not inside}
    except UndecidedError:
        pass
    return frozenset(outside)


def _fails_reading(fixture: BlockFixture, got: BlockOutcome) -> bool:
    case = fixture.case
    if not enclosed(case, got.steps, model=reading_model(case.dtype, CORRECTLY_ROUNDED)):
        return True
    for id_, kill in fixture.kills.items():
        if kill.level is Level.BOUNDED:
            other = outcome_under(block_misreading_by_id(case.version, id_).block_rules, case)
            if other is not None and not block_differences(other, got):
                return True
    return False
