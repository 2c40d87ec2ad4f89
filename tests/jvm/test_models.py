"""Models that the real DL4J writes now, and what it restores of those that are written here."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl4j_backends.dl4j import Dl4jBackend
from dl4j_backends.model_files.model import read_model, write_model
from dl4j_conformance.cases.drawn.of_network import cases_of
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.run import run
from models.write_models import DATA, SELECTED, problems, restored, write
from sampling import sample

pytestmark = pytest.mark.usefixtures("dl4j")


def test_models_that_dl4j_writes(tmp_path: Path) -> None:
    """A sample; `python tests/models/write_models.py FOLDER` takes all of both types."""
    write(tmp_path, "float64")
    models = sorted(tmp_path.glob("*.zip"))
    assert len(models) >= 80
    for model in sample(models, 8):
        assert list(problems(model, OracleBackend())) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dl4j_restores_what_is_written(dtype: str, tmp_path: Path, dl4j: Dl4jBackend) -> None:
    assert dl4j.name
    names = [name for name, of in SELECTED.items() if of == dtype]
    for name in names:
        (tmp_path / f"{name}.zip").write_bytes(write_model(read_model(DATA / f"{name}.zip")))
    found = restored([tmp_path / f"{name}.zip" for name in names], dtype)
    for name, (count, params, state) in zip(names, found, strict=True):
        model = read_model(DATA / f"{name}.zip")
        assert model.params is not None
        assert int(count) == model.network.conf.get("iteration_count", 0), name
        assert params == model.params.astype(model.params.dtype.newbyteorder(">")).tobytes().hex(), name
        wanted = (
            "none" if model.state is None else model.state.astype(model.state.dtype.newbyteorder(">")).tobytes().hex()
        )
        assert state == wanted, name


@pytest.mark.parametrize("name", sample(sorted(SELECTED), 5))
def test_dl4j_conforms_on_networks_of_files(name: str, dl4j: Dl4jBackend) -> None:
    """With settings that its build would not leave so: the adapter sets them afterwards."""
    oracle = OracleBackend()
    drawn = [Fixture(case, observe(oracle, case)) for case in cases_of(read_model(DATA / f"{name}.zip").network)[:12]]
    for result in run([dl4j], drawn, no_row):
        assert result.status is Status.PASSED, (result.case.id, result.reason, result.findings[:1])
