"""The shell's completion, which click has: commands, options and their values."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_MAIN = "from dl4j_conformance.cli.main import main; main()"


def _completed(words: str, count: int) -> list[str]:
    environment = {
        **os.environ,
        "_DL4J_CONFORMANCE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(count),
    }
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = 'dl4j-conformance'; {_MAIN}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "count", "expected"),
    [
        ("dl4j-conformance re", 1, ["repro", "replay", "report", "record"]),
        ("dl4j-conformance fixtures ex", 2, ["export"]),
        ("dl4j-conformance run --up", 2, ["--updater"]),
        ("dl4j-conformance run numpy --level re", 4, ["reading", "recorded"]),
    ],
)
def test_completion(words: str, count: int, expected: list[str]) -> None:
    assert sorted(_completed(words, count)) == sorted(expected)
