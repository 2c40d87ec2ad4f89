"""Schemas and pages know every operation, and every request of the protocol."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import dl4j_fixtures
from dl4j_backends.stdio.faults import KINDS, NEVER_ERRORS
from dl4j_conformance.cases.drawn.operations import DRAWN
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cases.operations import OPERATIONS, Update
from dl4j_conformance.cases.published import published

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
REQUESTS = json.loads((ROOT / "backends/dl4j_backends/stdio/schema/requests.schema.json").read_text(encoding="utf-8"))


def test_schemas_and_pages_are_written_from_the_definitions() -> None:
    """If not: ``python -m dl4j_conformance.cases.published``."""
    for path, text in published(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, path


def test_every_operation_is_whole() -> None:
    for kind in OPERATIONS.values():
        assert not inspect.isabstract(kind), kind


def test_every_operation_is_drawn() -> None:
    assert DRAWN.keys() | {Update} == set(OPERATIONS.values())


def test_every_operation_has_a_case() -> None:
    cases = [case for topic in topics().values() for case in topic]
    assert {type(operation) for case in cases for operation in case.script} == set(OPERATIONS.values())
    stored = {entry["op"] for fixture in dl4j_fixtures.load() for entry in fixture["script"]}
    assert stored == OPERATIONS.keys()


def test_page_hint_and_requests_agree_on_what_is_never_an_error() -> None:
    assert set(NEVER_ERRORS) < set(REQUESTS["properties"]["op"]["enum"])
    (names,) = re.findall(r"^  Never for (.*?)\.$", PROTOCOL, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", names) == list(NEVER_ERRORS)
    assert re.findall(r"\w+", KINDS["unexpected-reply"].hint.partition(" cannot")[0].replace(" and ", " ")) == list(
        NEVER_ERRORS
    )
