"""The findings of a case whose outcome is not the expected one: the level of every difference is decided here, once.

Enclosures are dear. A case that fails level reading, or structure, without them gets them when somebody asks for all of
its findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from dl4j_backends.interface import CORRECTLY_ROUNDED
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.enclosure_check import Escape, Place, bounds
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.growing_check import GrowingCheck
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.reach import beyond
from dl4j_conformance.judging.reading import Evidence, twin, under_declaration, weigh


def differing_case(
    fixture: Fixture,
    got: Outcome,
    declaration: Declaration,
    found: Sequence[Difference],
    kills: Mapping[str, Kill],
    suspects: Sequence[str],
) -> tuple[DifferingCase, Evidence | None]:
    """Return the case with its differences ``found`` as findings, and what its outputs say of the misreadings.

    They say nothing if they lie in the enclosures of IEEE 754's arithmetic, or if the structure differs.
    """
    outside = cache(lambda: _outside(fixture, got, found, declaration))
    structural = [difference for difference in found if difference.is_structural]
    # The reach is that of arithmetic that is correctly rounded.
    is_exact = declaration.accuracy == CORRECTLY_ROUNDED
    far = beyond(fixture.reach, found, fixture.expected, got) if is_exact and not structural else []
    same = None if structural or far else twin(fixture.case, got, declaration, kills, suspects)
    evidence = None
    if far or same:
        evidence = Evidence(favoured=frozenset({same} if same else ()), fails_reading=True)
    elif not structural:
        evidence = _evidence(fixture.case, got, declaration, outside(), kills, suspects)
    fails_reading = evidence is not None and evidence.fails_reading
    beyond_bounds = Level.READING if fails_reading else Level.BOUNDED
    lowest = Level.STRUCTURE if structural else Level.READING if fails_reading else None
    plain = tuple(Finding(difference, lowest) for difference in structural or far) if lowest else ()

    def weighed() -> tuple[Finding, ...]:
        return tuple(_finding(difference, outside(), beyond_bounds) for difference in found)

    return DifferingCase(fixture, got, declaration, tuple(found), plain, lowest, same, weighed), evidence


def _evidence(
    case: Case,
    got: Outcome,
    declaration: Declaration,
    outside: Mapping[Place, Escape],
    kills: Mapping[str, Kill],
    suspects: Sequence[str],
) -> Evidence | None:
    """Return what outputs say that leave the enclosures of IEEE 754's arithmetic; None if they lie inside."""
    if outside:
        return weigh(case, got, declaration, outside.keys(), kills, suspects)
    if declaration.is_weak and bounds(case, got, declaration.capabilities).escapes:
        return under_declaration(case, declaration, kills)
    return None


def _outside(
    fixture: Fixture, got: Outcome, found: Sequence[Difference], declaration: Declaration
) -> Mapping[Place, Escape]:
    """Return the values that differ and leave their enclosures.

    Equal bits lie inside their enclosures, so no enclosure is computed if nothing but the structure differs.
    """
    places = {(d.step, d.key, d.index) for d in found if not d.is_structural}
    if not places:
        return {}
    checked = (fixture.so_far or GrowingCheck()).bounds
    escapes = checked(fixture.case, got, declaration.capabilities, declaration.accuracy, places).escapes
    return {place: escape for escape in escapes if (place := (escape.step, escape.key, escape.index)) in places}


def _finding(difference: Difference, outside: Mapping[Place, Escape], beyond_bounds: Level) -> Finding:
    if difference.is_structural:
        return Finding(difference, Level.STRUCTURE)
    escape = outside.get((difference.step, difference.key, difference.index))
    return Finding(difference, beyond_bounds, _allowed(escape)) if escape else Finding(difference, Level.BIT_EXACT)


def _allowed(escape: Escape) -> str:
    """Return an enclosure in words, such as ``[1.0, 1.5] or NaN``."""
    if escape.low > escape.high:
        return "NaN"
    allowed = f"[{decimal_of(escape.low)}, {decimal_of(escape.high)}]"
    return f"{allowed} or NaN" if escape.may_be_nan else allowed
