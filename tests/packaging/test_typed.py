"""Who uses the packages gets their types: mypy sees a wrong use of each in a module that is not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from toolchains import required_module

_MODULE = """
import dl4j_fixtures
from dl4j_backends.interface import CAPABILITIES
from dl4j_conformance.judging.level import Level
from dl4j_oracle.clauses import clauses

version: str = dl4j_fixtures.version(dl4j_fixtures.manifest())
names: list[str] = [capability.name for capability in CAPABILITIES]
level: str = Level.BOUNDED.value
ids: list[str] = [clause.id for clause in clauses()]

wrong_fixtures: int = dl4j_fixtures.version({})
wrong_backends: int = CAPABILITIES[0].name
wrong_oracle: int = clauses()[0].id
Level.BOUNDED.none
"""


def test_a_users_module(tmp_path: Path) -> None:
    required_module("mypy", "lint")
    (tmp_path / "user.py").write_text(_MODULE)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    lines = [line.split(": ", 1)[0] for line in done.stdout.splitlines()]
    first = _MODULE.splitlines().index("wrong_fixtures: int = dl4j_fixtures.version({})") + 1
    assert lines == [f"user.py:{first + offset}" for offset in range(4)], done.stdout + done.stderr
