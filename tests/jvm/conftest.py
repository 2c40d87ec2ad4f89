"""The real DL4J for tests: without a JDK and Maven they are reported as skipped, or fail if DL4J_REQUIRE is ``all``."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dl4j_backends.dl4j import Dl4jBackend
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions


@pytest.fixture(scope="session")
def dl4j() -> Iterator[Dl4jBackend]:
    backend = available()
    yield backend
    assert backend.close() is None
    assert backend.recovered == []


def available(threads: int = 1) -> Dl4jBackend:
    try:
        return Dl4jBackend(threads, WireOptions(strict=True))
    except BackendUnavailableError as error:
        if os.environ.get("DL4J_REQUIRE") == "all":
            raise
        pytest.skip(f"the real DL4J cannot run here: {error}")
