"""The list of quirks, the clauses and cases that carry their numbers, and the misreadings that refer to them agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dl4j_conformance.cases.handwritten import topics
from dl4j_oracle.clauses import clauses
from dl4j_oracle.misreadings import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "quirks.md"
CASES = {case.id: case for cases in topics().values() for case in cases}
#: The numbers that a clause has in its field ``Quirk``, where it has one, by the clause's id.
NUMBERS = {
    clause.id: {int(number) for number in re.findall(r"\d+", clause.quirk.partition(":")[0])} for clause in clauses()
}


@dataclass(frozen=True)
class Quirk:
    """One entry of the page: a sentence, the ids of clauses, and the ids of cases without their type."""

    number: int
    sentence: str
    clauses: tuple[str, ...]
    cases: tuple[str, ...]


def entries(text: str) -> Iterator[Quirk]:
    """Yield the entries in ``text``, which begin with ``- Quirk N: `` and are indented."""
    for number, body in re.findall(r"^- Quirk (\d+): (.+(?:\n  .+)*)", text, re.MULTILINE):
        sentence, _, named = " ".join(body.split()).partition(" Clauses: ")
        ids, _, slugs = named.partition(" Cases: ")
        yield Quirk(int(number), sentence, tuple(re.findall(r"[A-Z]+-\d+", ids)), tuple(re.findall(r"`(.+?)`", slugs)))


INSIDE, OUTSIDE = (tuple(entries(part)) for part in PAGE.read_text(encoding="utf-8").split("\n## Outside the scope\n"))


def test_the_numbers_are_complete() -> None:
    numbers = sorted(quirk.number for quirk in INSIDE + OUTSIDE)
    assert numbers == list(range(1, len(numbers) + 1))
    assert [quirk.number for quirk in INSIDE] == sorted(quirk.number for quirk in INSIDE)


def test_every_number_in_use_is_in_the_list() -> None:
    references = " ".join(reference for misreading in catalogue() for reference in misreading.references)
    in_use = {
        *(number for numbers in NUMBERS.values() for number in numbers),
        *(number for case in CASES.values() for number in case.quirks),
        *(int(number) for number in re.findall(r"\bquirk (\d+)", references)),
    }
    assert in_use == {quirk.number for quirk in INSIDE}


@pytest.mark.parametrize("quirk", INSIDE, ids=lambda quirk: str(quirk.number))
def test_a_quirk_has_one_sentence_and_the_clauses_that_carry_its_number(quirk: Quirk) -> None:
    assert re.fullmatch(r"[^.]([^.]|\.\d)+\.", quirk.sentence)
    assert set(quirk.clauses) <= set(NUMBERS), "no such clause"
    assert {id_ for id_ in quirk.clauses if NUMBERS[id_]} == {
        id_ for id_, numbers in NUMBERS.items() if quirk.number in numbers
    }


@pytest.mark.parametrize("quirk", INSIDE, ids=lambda quirk: str(quirk.number))
def test_a_quirk_has_cases_in_both_types_that_carry_its_number_and_test_its_clauses(quirk: Quirk) -> None:
    assert quirk.cases
    for slug in quirk.cases:
        for dtype in ("float32", "float64"):
            case = CASES[f"{slug}-{dtype}"]
            assert quirk.number in case.quirks
            assert set(quirk.clauses) & set(case.clauses)


def test_a_quirk_outside_the_scope_has_a_reason_and_nothing_else() -> None:
    assert OUTSIDE
    for quirk in OUTSIDE:
        assert quirk.sentence.count(". ") == 1
        assert not quirk.clauses
        assert not quirk.cases
