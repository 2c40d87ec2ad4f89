"""Writes models with the real DL4J 0.8.0, and holds the oracle and NumPy against its next ten updates.

    python tests/models/write_models.py FOLDER            # writes 82 models in each type, and checks them
    python tests/models/write_models.py FOLDER --selected # writes the selection that is committed

It needs a JDK and what the backend ``dl4j`` needs (docs/dl4j.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dl4j_backends.dl4j import build
from dl4j_backends.interface import Backend
from dl4j_backends.model_files.model import read_model
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.vectors.training_run import drift, read_training_run

DATA = Path(__file__).parent / "data"
_TYPES = {"float32": "float", "float64": "double"}
#: The models that are committed, with the type of each.
SELECTED = {
    "algorithm-lbfgs": "float32",
    "changed-penalties-of-one-layer": "float32",
    "changed-policy-of-one-layer": "float64",
    "changed-rates": "float32",
    "frozen": "float32",
    "graph-branches": "float32",
    "graph-random-2": "float64",
    "layer-auto-encoder-no-pretraining": "float32",
    "layer-batch-normalization-locked": "float32",
    "layer-center-loss": "float64",
    "layer-convolution": "float64",
    "layer-graves-bidirectional-lstm": "float32",
    "layer-rbm": "float32",
    "layer-variational-composite": "float64",
    "normalization-clipl2perlayer": "float32",
    "older-0.5.0-rmsprop": "float32",
    "older-0.6.0-adam": "float64",
    "older-0.7.1-adadelta": "float32",
    "penalties-of-each-layer": "float64",
    "policy-sigmoid": "float32",
    "step-gradient": "float32",
    "updater-adam-epsilon-0": "float32",
    "updater-nesterovs-own": "float64",
    "updater-none-defaults": "float32",
    "updater-of-each-layer": "float32",
}
#: Those whose YAML is committed too.
YAML = ("graph-branches", "layer-convolution")


def write(folder: Path, dtype: str) -> None:
    """Write all models in a type: NAME.zip, NAME.yaml, and NAME.jsonl.gz with DL4J's next updates."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("WriteModels", str(folder), _TYPES[dtype])


def restored(models: Sequence[Path], dtype: str) -> list[list[str]]:
    """Return what DL4J restores of models of a type: the count, and the bits of parameters and state."""
    return [line.split() for line in _run("RestoreModels", _TYPES[dtype], *map(str, models)).splitlines()]


def write_updates(models: Sequence[Path], dtype: str) -> None:
    """Write DL4J's next ten updates of models of a type, as NAME.jsonl.gz beside each NAME.zip."""
    for folder in sorted({model.parent for model in models}):
        _run("WriteModels", str(folder), _TYPES[dtype], *(str(path) for path in models if path.parent == folder))


def _run(program: str, *arguments: str) -> str:
    """Run a Java program of this folder with DL4J's jars; return what it prints."""
    return run_java(Path(__file__).with_name(f"{program}.java"), build.built() / "lib", *arguments)


def run_java(source: Path, jars: Path, *arguments: str) -> str:
    """Run a Java program with the jars of a folder; return what it prints."""
    command = [build.java(), "-Xmx512m", "-cp", str(jars / "*"), str(source), *arguments]
    ran = subprocess.run(  # noqa: S603 - no shell, arguments of our own
        command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, text=True
    )
    return ran.stdout


def problems(model: Path, backend: Backend) -> Iterator[str]:
    """Yield what a backend makes other than DL4J of a model's next updates."""
    run = read_training_run(model.with_name(f"{model.stem}.jsonl.gz"), read_model(model).network)
    for update, differences in zip(run.iterations, drift(backend, run), strict=True):
        for difference in differences[:1]:
            yield f"{model}: {backend.name}: iteration {update.update.iteration}: {difference}"


def main() -> int:
    """Write all models, or the selection; return how many updates differ."""
    folder, *options = sys.argv[1:]
    if options:
        with tempfile.TemporaryDirectory() as scratch:
            for dtype in _TYPES:
                write(Path(scratch) / dtype, dtype)
            for name, dtype in SELECTED.items():
                for ending in (".zip", ".jsonl.gz", *([".yaml"] if name in YAML else [])):
                    shutil.copy(Path(scratch) / dtype / (name + ending), folder)
        return 0
    found = 0
    for dtype in _TYPES:
        write(Path(folder) / dtype, dtype)
        for model in sorted((Path(folder) / dtype).glob("*.zip")):
            for backend in (OracleBackend(), NumpyBackend()):
                for problem in problems(model, backend):
                    print(problem)  # noqa: T201
                    found += 1
    print(f"{found} updates differ")  # noqa: T201
    return found


if __name__ == "__main__":
    sys.exit(bool(main()))
