"""The plugin with xdist: one process of the backend for each worker, and one verdict on what all of them judged."""

from __future__ import annotations

import os

import pytest

from toolchains import required_module

pytest_plugins = ["pytester"]

SUITE = "dl4j_conformance.suite"
WRONG = "misreading:adam-epsilon-inside-root"
#: A port that writes a file in each of its processes, and is wrong.
COUNTED = """
import os, pathlib

from dl4j_conformance.execution.oracle_backend import resolve

pathlib.Path("started").mkdir(exist_ok=True)
pathlib.Path("started", f"{os.environ.get('PYTEST_XDIST_WORKER', 'controller')}-{os.getpid()}").touch()
Port = resolve("misreading:adam-epsilon-inside-root")
"""


@pytest.fixture(autouse=True)
def _needs_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    required_module("xdist", "test")
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")


def test_workers_have_processes_of_their_own_and_one_verdict(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(counted=COUNTED)
    result = pytester.runpytest_subprocess(
        *("-n", "2", "--pyargs", SUITE, "--dl4j-backend", "python:counted:Port", "--junitxml", "junit.xml"),
        *("-k", "adam-first-step or sgd-first-step"),
    )
    result.assert_outcomes(passed=2, failed=2)
    assert result.ret == 1
    text = result.stdout.str()
    assert "does not conform: 2 of 4 cases passed, 2 failed, 0 not run" in text
    assert text.count("adam-epsilon-inside-root: ADAM") == 1
    assert f"FAILED {SUITE}::adam/updaters/adam-first-step-float32 - " in text
    assert (pytester.path / "junit.xml").read_text().count("<failure") == 2
    # The controller asks once whether there is such a backend at all.
    started = sorted(path.name.partition("-")[0] for path in (pytester.path / "started").iterdir())
    assert started == ["controller", "gw0", "gw1"]


def test_the_first_failure_ends_all_workers_and_is_explained(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(
        *("-n", "2", "-x", "--pyargs", SUITE, "--dl4j-backend", WRONG, "-k", "adam-first-step")
    )
    assert result.ret != 0
    text = result.stdout.str()
    assert "adam-epsilon-inside-root: ADAM" in text
    assert "Traceback" not in text + result.stderr.str()
