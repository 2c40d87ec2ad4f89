"""A model of the real DL4J goes on in torch, is saved, and goes on in DL4J: as if it had never left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dl4j_backends.dl4j import build
from dl4j_backends.dl4j.backend import Dl4jBackend
from dl4j_backends.model_files.model import read_model
from toolchains import required_module

torch: Any = required_module("torch", "torch")

_UPDATERS = ("sgd", "adam", "adadelta", "nesterovs", "adagrad", "rmsprop", "none")
_SHAPES = {"0_W": (4, 3), "0_b": (4,), "1_W": (2, 4), "1_b": (2,)}
_SOURCE = Path(__file__).parents[1] / "models" / "RoundTrip.java"

Run = Callable[[str], Path]


@pytest.fixture(scope="module", params=["float", "double"])
def run(request: pytest.FixtureRequest, dl4j: Dl4jBackend, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a part of the Java program, in a folder for the type."""
    folder = tmp_path_factory.mktemp(request.param)
    class_path = os.pathsep.join([str(build.built() / "lib" / "*")])

    def run(part: str) -> Path:
        command = [build.java(), "-Xmx512m", "-cp", class_path, str(_SOURCE), part, str(folder), request.param]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr[-2000:]
        return folder

    return run


def test_torch_goes_on_between_two_parts_of_dl4j(run: Run) -> None:
    folder = run("train")
    for updater in _UPDATERS:
        _train_in_torch(folder, updater)
        _expect_equal(folder / f"{updater}.60.zip", folder / f"{updater}.other.60.zip")
    run("finish")
    for updater in _UPDATERS:
        _expect_equal(folder / f"{updater}.90.zip", folder / f"{updater}.other.90.zip")


def _train_in_torch(folder: Path, updater: str) -> None:
    from dl4j_backends.torch import Dl4jOptimizer

    model = read_model(folder / f"{updater}.30.zip")
    tensors = {key: torch.zeros(shape, dtype=getattr(torch, model.dtype)) for key, shape in _SHAPES.items()}
    optimizer = Dl4jOptimizer.from_dl4j(folder / f"{updater}.30.zip", tensors)
    lines = (folder / f"{updater}.txt").read_text().splitlines()
    for iteration in range(30, 60):
        gradient = np.array([float(value) for value in lines[iteration].split()], model.dtype)
        for part in model.parameters:
            tensors[part.key].grad = torch.from_numpy(gradient[part.place].copy()).view(_SHAPES[part.key])
        optimizer.step(batch_size=1 + iteration % 3)
    optimizer.save_dl4j(folder / f"{updater}.other.60.zip")


def _expect_equal(one: Path, other: Path) -> None:
    expected, got = read_model(one), read_model(other)
    assert got.data == expected.data, one.name
    assert got.params is not None
    assert expected.params is not None
    assert got.params.tobytes() == expected.params.tobytes(), one.name
    assert (got.state is None) == (expected.state is None), one.name
    if got.state is not None and expected.state is not None:
        assert got.state.tobytes() == expected.state.tobytes(), one.name
