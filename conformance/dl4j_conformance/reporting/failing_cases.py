"""The failing cases of a run: the ids of all of them, and the commands that show more."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_conformance.diagnosis.failures import simplicity
from dl4j_conformance.reporting.listed_cases import are_many, listed
from dl4j_conformance.reporting.phrases import cases
from dl4j_conformance.reporting.summary import Summary


def failing_cases(found: Summary, width: int, *, all_of_them: bool = False) -> Iterator[str]:
    """Yield the ids of the cases that fail, and not as declared, in lines of ``width``: by topic, if they are many."""
    ids = [failure.case.id for failure in found.unexpected]
    if not ids or not found.topics:
        return
    yield f"failed: {cases(len(ids))}"
    yield from listed(ids, found.topics, width, all_of_them=all_of_them)
    if are_many(ids) and not all_of_them and found.commands:
        yield f"  all of them: {found.commands.all_failures()}"


def reproduction(found: Summary) -> Iterator[str]:
    """Yield the commands that run the plainest of the failing cases again, and explain it."""
    failing = [failure.case for failure in found.unexpected]
    if not failing or not found.commands:
        return
    plainest = min(failing, key=simplicity).id
    yield f"reproduce: {found.commands.again(plainest)}"
    if explain := found.commands.explain(plainest):
        yield f"explain: {explain}"
