"""Compilers and interpreters that some tests need. Without one a test is not run, and says so.

Where ``DL4J_REQUIRE=all`` is set, as in CI, a missing one is a failure.
"""

from __future__ import annotations

import os
import shutil

import pytest


def required(program: str) -> str:
    """The path of ``program``; ends the test if there is none."""
    path = shutil.which(program)
    if path is None:
        reason = f"not run: {program} is not installed"
        if os.environ.get("DL4J_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
