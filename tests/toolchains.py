"""Compilers, interpreters and extras that some tests need. Without one a test is not run, and says so.

Where ``DL4J_REQUIRE=all`` is set, as in CI, a missing one is a failure.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest


def required(program: str) -> str:
    """The path of ``program``; ends the test if there is none."""
    path = shutil.which(program)
    if path is None:
        _not_run(f"{program} is not installed")
    return path


def required_module(name: str, extra: str) -> ModuleType:
    """The module ``name``; ends the test, or the tests of the module that asks, if ``extra`` is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        _not_run(f"{name} is not installed: pip install 'dl4j-conformance[{extra}]'")


def downloaded(*command: str, folder: Path) -> None:
    """Run a command in ``folder`` that fetches packages; ends the test if it cannot."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        _not_run(f"{' '.join(command)}: {(done.stderr or done.stdout)[-500:]}")


def _not_run(reason: str) -> NoReturn:
    if os.environ.get("DL4J_REQUIRE") == "all":
        pytest.fail(f"not run: {reason}")
    pytest.skip(f"not run: {reason}", allow_module_level=True)
