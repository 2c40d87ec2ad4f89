"""The examples of libraries: adapters for TensorFlow.js and Tribuo, whose rules are not all DL4J's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.execution.ending import end
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from toolchains import downloaded, required

BACKENDS = Path(__file__).parents[2] / "backends"
_JSON = BACKENDS / "dl4j_backends" / "stdio" / "templates" / "java" / "Json.java"


def _tfjs(folder: Path) -> Sequence[str]:
    """Its packages are installed beside a copy, with the port that it reads settings by."""
    for name in ("javascript", "tfjs"):
        shutil.copytree(BACKENDS / "ports" / name, folder / name, ignore=shutil.ignore_patterns("node_modules"))
    arguments = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
    downloaded(required("npm"), "ci", *arguments, folder=folder / "tfjs")
    return [required("node"), str(folder / "tfjs" / "adapter.js")]


def _tribuo(folder: Path) -> Sequence[str]:
    source = BACKENDS / "ports" / "tribuo"
    shutil.copy(source / "pom.xml", folder)
    javac, java = required("javac"), required("java")
    arguments = ("-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib")
    downloaded(required("mvn"), *arguments, folder=folder)
    libraries = f"{folder / 'lib'}/*"
    files = [str(source / "Adapter.java"), str(_JSON)]
    subprocess.run([javac, "-Xlint:all", "-Werror", "-d", str(folder), "-cp", libraries, *files], check=True)  # noqa: S603
    return [java, "-cp", f"{folder}:{libraries}", "Adapter"]


@pytest.mark.parametrize(
    ("build", "dtype", "different"),
    [
        (_tfjs, "float32", {"ADAM", "ADADELTA", "ADAGRAD", "RMSPROP"}),
        (_tribuo, "float64", {"ADAM", "ADAGRAD", "RMSPROP"}),
    ],
)
def test_a_library(build: Callable[[Path], Sequence[str]], dtype: str, different: set[str], tmp_path: Path) -> None:
    """Level bounded passes where the library has DL4J's rule, and nowhere else; what it lacks is not run."""
    selected = [
        *fixtures(Selection(f"*-three-steps-{dtype}")),
        *fixtures(Selection(f"division-*-{dtype}")),
        *fixtures(Selection(f"l2-*-{dtype}")),
        *fixtures(Selection(f"step-*-{dtype}")),
    ]
    backend = StdioBackend(ReplayingConnection(build(tmp_path), STDIO, WireOptions(strict=True)))
    try:
        results = list(run([backend], selected, no_row, Level.BOUNDED))
    finally:
        assert end(backend) == []
    status = {result.case.id: result.status for result in results}
    ran = [r for r in results if r.case.id.endswith(f"three-steps-{dtype}") or r.case.id.startswith("division-")]
    assert all(status is not Status.NOT_RUN for status in (r.status for r in ran))
    assert {updater for r in ran if r.status is Status.FAILED for updater in r.case.updaters} == different
    assert all(status[r.case.id] is Status.NOT_RUN for r in results if r not in ran)
