"""The real DL4J 0.9.1 and 1.0.0-M2.1: recordings of them are what they do, and drawn networks have the model's bits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_backends.addresses import resolve
from dl4j_backends.block_interface import BLOCK_VERSIONS
from dl4j_backends.dl4j import Dl4jBlockBackend
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.running.block_fuzzing import fuzz_blocks
from dl4j_conformance.running.block_replay import replay
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings


@pytest.fixture(scope="module", params=BLOCK_VERSIONS)
def later(request: pytest.FixtureRequest) -> Iterator[Dl4jBlockBackend]:
    try:
        backend = Dl4jBlockBackend(request.param, WireOptions(strict=True))
    except BackendUnavailableError as error:
        if os.environ.get("DL4J_REQUIRE") == "all":
            raise
        pytest.skip(f"DL4J {request.param} cannot run here: {error}")
    yield backend
    assert backend.close() is None
    assert list(backend.recovered) == []


def recorded(version: str, name: str) -> list[BlockRecording]:
    (path,) = (path for path in dl4j_fixtures.recordings(version) if name in path.name)
    return list(islice(read_block_recordings(path), 15 if name == "sample" else None))


@pytest.mark.parametrize("name", ["sample", "special"])
def test_recordings_are_what_the_jars_do(later: Dl4jBlockBackend, name: str) -> None:
    for recording in recorded(later.version, name):
        assert replay(later, recording).differences == (), recording.id


def test_drawn_networks_have_the_bits_of_the_model(later: Dl4jBlockBackend) -> None:
    found = fuzz_blocks(later, later.version, examples=25, seed=5)
    assert found.finds == []
    assert found.broken == ""
    assert found.judged == 25
    assert found.identical == found.values > 1000


def test_the_jars_say_which_version_they_are(later: Dl4jBlockBackend) -> None:
    assert later.versions == {later.version}
    assert later.platform.versions["nd4j-native"] == later.version
    assert later.platform.power(2.0, 10.0) == 1024.0
    (other,) = set(BLOCK_VERSIONS) - {later.version}
    with pytest.raises(UnsupportedError, match=f"DL4J {other}"):
        later.open(recorded(other, "sample")[0].network)


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_later_versions_are_not_run_as_0_8_0(version: str) -> None:
    with pytest.raises(BackendUnavailableError, match=r"and 0\.8\.0 is asked for"):
        resolve(f"dl4j:version={version}")


def test_0_8_0_is_not_replayed_as_a_later_version() -> None:
    (path,) = (path for path in dl4j_fixtures.recordings("0.9.1") if "sample" in path.name)
    result = CliRunner().invoke(cli, ["replay", str(path), "dl4j"])
    assert result.exit_code == ExitCode.COULD_NOT_RUN
    assert "write dl4j:version=0.9.1 or dl4j:version=1.0.0-M2.1" in " ".join(result.stderr.split())
