"""Finds of fuzzing: failing cases, told apart by their symptom and by the misreading that explains them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from dl4j_conformance.diagnosis.failures import encloses
from dl4j_conformance.diagnosis.first_divergence import first_divergence
from dl4j_conformance.diagnosis.misreadings import Diagnosis, NamedReading, diagnose
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.kill_matrix import outcome_of
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, judge
from dl4j_conformance.running.run import Attempt
from dl4j_oracle.misreadings import Misreading, by_id, together


@dataclass(frozen=True)
class Symptom:
    """The first difference of a failing case, as finds are told apart by it."""

    #: The updater of the layer; empty if it is in no layer.
    updater: str
    #: As :attr:`Divergence.intermediate` has it; of a crash or an error also its type.
    intermediate: str
    #: ``structure``, ``formula`` if rounding cannot explain it, else ``rounding``.
    kind: str

    @classmethod
    def of(cls, differing: DifferingCase) -> Symptom:
        """Return the symptom of a case that fails."""
        divergence = first_divergence(differing)
        worst = {finding.level for finding in differing.findings}
        kind = "structure" if Level.STRUCTURE in worst else "formula" if differing.is_grave else "rounding"
        if divergence is None:
            return cls("", "", kind)
        layer = differing.case.layer_of(divergence.key) if divergence.key else None
        updater = "" if layer is None else differing.case.updaters[layer]
        name = divergence.intermediate
        if name in ("crash", "error"):
            name = f"{name}: {divergence.got.partition(':')[0]}"
        return cls(updater, name, kind)

    @property
    def words(self) -> str:
        """Return it for people, such as ``ADAM: update (formula)``."""
        return f"{f'{self.updater}: ' if self.updater else ''}{self.intermediate} ({self.kind})"


#: The symptom of every failure, where failures are not told apart.
ANY = Symptom("", "", "")


@dataclass(eq=False)
class Find:
    """The smallest case that was found to fail with a symptom, and the number of cases that failed like it."""

    attempt: Attempt
    declaration: Declaration
    claimed: Level
    symptom: Symptom = ANY
    count: int = 1

    @cached_property
    def result(self) -> Result:
        """The verdict on the case, with all misreadings that it can kill."""
        row = kills.visible(kills.row(self.attempt.fixture.case), self.declaration.capabilities)
        return judge(self.attempt.fixture, self.attempt.got, self.declaration, row, self.claimed)

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of this one case."""
        differing = self.result.differing
        return diagnose([differing], {differing.case.id: self.result.kills}, self.claimed) if differing else None

    @property
    def readings(self) -> Sequence[Misreading]:
        """The misreadings that explain the case completely, together, if there are any."""
        return [by_id(named.misreading.id) for named in self._named]

    @cached_property
    def explanations(self) -> Sequence[Misreading]:
        """The misreadings as one; if there is but one, also each that could stand in its place."""
        match self._named:
            case ():
                return ()
            case (named,):
                return tuple(by_id(one.id) for one in (named.misreading, *named.alternatives))
        return (together(self.readings),)

    @property
    def _named(self) -> tuple[NamedReading, ...]:
        return self.diagnosis.readings if self.diagnosis and self.diagnosis.is_complete else ()

    @cached_property
    def name(self) -> str:
        """The misreadings by their ids, or the symptom in words."""
        return ", ".join(sorted(reading.id for reading in self.readings)) or self.symptom.words

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels from a worker: with its name, so that finds are told apart without a diagnosis of each.

        The diagnosis stays behind: it holds functions.
        """
        return {**{field.name: getattr(self, field.name) for field in fields(self)}, "name": self.name}


def with_the_same_bits(finds: Sequence[Find], attempt: Attempt, declaration: Declaration) -> Find | None:
    """Return the find of which a misreading, or all of them together, give the attempt's bits; None if there is none.

    This takes no enclosure, and finds most cases that are like earlier ones.
    """
    case, got = attempt.fixture.case, attempt.got
    if not isinstance(got, Outcome):
        return None
    for find, reading in _explanations(finds):
        expected = outcome_of(reading, case)
        if expected and not differences(case, expected, got, declaration.capabilities):
            return find
    return None


def like(finds: Sequence[Find], symptom: Symptom, differing: DifferingCase, most: int) -> Find | None:
    """Return the earlier find that a failing case belongs to; None if it is a new one.

    A case belongs to a find if a misreading explains both. Else it is new, unless the find with its symptom has no
    explanation, or there are ``most`` finds with its symptom already.
    """
    alike = [find for find in finds if find.symptom == symptom]
    unexplained = [find for find in alike if not find.readings]
    if unexplained or len(alike) >= most:
        return (unexplained or alike)[0]
    return next((find for find, reading in _explanations(finds) if _does_so(reading, differing)), None)


def _explanations(finds: Sequence[Find]) -> Iterator[tuple[Find, Misreading]]:
    """Yield each find with what explains it; last the first one with the misreadings of all finds that can be true."""
    every: list[Misreading] = []
    for find in finds:
        yield from ((find, explanation) for explanation in find.explanations)
        every += [new for new in find.readings if not any(new.conflicts_with(reading) for reading in every)]
    if len(every) > 1:
        yield next(find for find in finds if find.readings), together(every)


def merged(finds: Iterable[Find]) -> list[Find]:
    """Return one find for each diagnosis, the smallest first seen, most cases first."""
    groups: dict[str, Find] = {}
    for find in finds:
        if first := groups.get(find.name):
            first.count += find.count
        else:
            groups[find.name] = find
    return sorted(groups.values(), key=lambda find: -find.count)


def _does_so(reading: Misreading, differing: DifferingCase) -> bool:
    """Return whether the backend's values are those that rounding can make of the misreading."""
    case, got = differing.case, differing.outcome
    expected = outcome_of(reading, case)
    if got is None or expected is None or not differing.is_grave:
        return False
    found = differences(case, expected, got, differing.declaration.capabilities)
    return not any(difference.is_structural for difference in found) and encloses(reading, differing)
