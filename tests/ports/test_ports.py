"""The example ports have the bits of the evaluation model, in all that they declare."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from dl4j_backends.interface import Network
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.execution.ending import Fault, end
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.fuzzing import fuzz
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from toolchains import required

BACKENDS = Path(__file__).parents[2] / "backends"
PORTS = BACKENDS / "ports"
#: For copies of the C port, which are elsewhere.
_JSON = f"JSON={BACKENDS / 'dl4j_backends' / 'stdio' / 'templates' / 'c'}"


def _javascript(folder: Path) -> Sequence[str]:
    return [required("node"), str(PORTS / "javascript" / "adapter.js")]


def _c(folder: Path) -> Sequence[str]:
    _make(PORTS / "c", f"BUILD={folder}")
    return [str(folder / "adapter")]


def _make(source: Path, *settings: str) -> None:
    required("cc")
    subprocess.run([required("make"), "-s", "-C", str(source), _JSON, *settings], check=True)  # noqa: S603 - the port's own


@pytest.mark.parametrize("command", [_javascript, _c])
def test_every_fixture_that_it_declares(command: Callable[[Path], Sequence[str]], tmp_path: Path) -> None:
    backend = StdioBackend(ReplayingConnection(command(tmp_path), STDIO))
    try:
        results = list(run([backend], fixtures(Selection()), no_row, Level.RECORDED))
    finally:
        assert end(backend) == []
    assert [r.case.id for r in results if r.status is Status.FAILED] == []
    reasons = {r.reason for r in results if r.status is Status.NOT_RUN}
    undeclared = {reason for reason in reasons if reason.startswith("the backend does not declare ")}
    named = {name for reason in undeclared for name in reason.removeprefix("the backend does not declare ").split(", ")}
    assert named == {
        *("aggregation", "clone", "equality", "freeze", "gradient_view", "graph", "layer", "line_search", "optimizer"),
        *("backtracking", "clear", "pretraining", "search_directions", "serialization", "topology"),
    }
    assert all("layers of" in reason for reason in reasons - undeclared)


@pytest.mark.parametrize("command", [_javascript, _c])
def test_networks_and_sessions_that_no_fixture_has(command: Callable[[Path], Sequence[str]], tmp_path: Path) -> None:
    backend = StdioBackend(ReplayingConnection(command(tmp_path), STDIO))
    try:
        found = fuzz(backend, 200, seed=7)
    finally:
        assert end(backend) == []
    assert (list(found.finds), found.broken) == ([], None)
    assert found.judged >= 100


def test_javascript_takes_parameters(tmp_path: Path) -> None:
    """L2 reads the parameters that were set, in place of those of the beginning."""
    layer = {"n_in": 1, "n_out": 1, "l2": 0.5, "learning_rate": 1.0}
    params = {"0_W": np.array([3], "float32"), "0_b": np.zeros(1, "float32")}
    backend = StdioBackend(ReplayingConnection(_javascript(tmp_path), STDIO, WireOptions(strict=True)))
    try:
        session = backend.open(Network("float32", {"use_regularization": True}, [layer], params))
        session.set_params(params | {"0_W": np.array([8], "float32")})
        updates = session.update({"0_W": np.zeros(1, "float32")}, 0, 1).updates
        assert updates is not None
        assert updates["0_W"].tolist() == [4.0]
    finally:
        assert end(backend) == []


def _sanitised_run(source: Path, build: Path) -> list[Fault]:
    """All fixtures on a build that ends with an error at undefined behaviour, bad memory and leaks."""
    _make(source, "SANITIZE=1", f"BUILD={build}")
    backend = StdioBackend(ReplayingConnection([str(build / "adapter")], STDIO))
    try:
        results = list(run([backend], fixtures(Selection()), no_row, Level.STRUCTURE))
    finally:
        faults = end(backend)
    assert [r.case.id for r in results if r.status is Status.FAILED] == []
    return faults


def test_the_sanitisers_have_no_complaint_about_c(tmp_path: Path) -> None:
    assert _sanitised_run(PORTS / "c", tmp_path) == []


def test_the_sanitisers_see_a_leak(tmp_path: Path) -> None:
    source = tmp_path / "leaking"
    shutil.copytree(PORTS / "c", source, ignore=shutil.ignore_patterns("*.o", "adapter"))
    module = source / "multi_layer_updater.c"
    text, freed = module.read_text(), "    free(updater->state.at);\n"
    assert text.count(freed) == 1
    module.write_text(text.replace(freed, ""))
    assert [found.fault.name for found in _sanitised_run(source, tmp_path)] == ["exit-status"]


def test_a_fused_multiply_add_is_found(tmp_path: Path) -> None:
    source = tmp_path / "fused"
    shutil.copytree(PORTS / "c", source, ignore=shutil.ignore_patterns("*.o", "adapter"))
    module = source / "updaters.c"
    text = module.read_text()
    rounded_twice = "plus(g, times(g, average, scalar(g, decay)), operand(g, increment))"
    assert text.count(rounded_twice) == 1
    module.write_text(text.replace(rounded_twice, "rounded(g, fma(average, scalar(g, decay), operand(g, increment)))"))
    _make(source, f"BUILD={tmp_path}")
    backend = StdioBackend(ReplayingConnection([str(tmp_path / "adapter")], STDIO))
    try:
        results = list(run([backend], fixtures(Selection("adam-*")), no_row, Level.BIT_EXACT))
    finally:
        assert end(backend) == []
    assert any(r.status is Status.FAILED for r in results)
