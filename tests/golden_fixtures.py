"""The golden fixtures and their kill matrix, read once by each process that runs tests, when a test first asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import KillMatrix
from dl4j_conformance.vectors import fixtures
from dl4j_conformance.vectors.fixtures import Selection


@cache
def every_fixture() -> Sequence[Fixture]:
    """Return all fixtures of both types, in the order of the files."""
    return fixtures.fixtures(Selection())


@cache
def fixtures_by_id() -> Mapping[str, Fixture]:
    """Return the same by case id."""
    return {fixture.case.id: fixture for fixture in every_fixture()}


@cache
def kill_matrix() -> KillMatrix:
    """Return the stored kill matrix."""
    return fixtures.kill_matrix()
