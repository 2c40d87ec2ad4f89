"""Samples of what would take too long in every run of the tests: other ones after each change of the fixtures.

``DL4J_SAMPLE=all pytest`` tests everything.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import dl4j_fixtures

T = TypeVar("T")


def sample(items: Sequence[T], every: int) -> Sequence[T]:
    """Return every so-many-th item: the same in all runs with the same fixtures, the next ones with others."""
    if os.environ.get("DL4J_SAMPLE") == "all":
        return items
    return items[_rotation() % every :: every]


@cache
def _rotation() -> int:
    return zlib.crc32(dl4j_fixtures.version(dl4j_fixtures.manifest()).encode())
