"""``fuzz --dl4j``: networks of later versions are drawn, a wrong backend is found, and its case is shrunk and saved."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, given

from dl4j_backends.block_interface import (
    BLOCK_VERSIONS,
    BlockNetwork,
    BlockObservation,
    BlockPlace,
    BlockSession,
    BlockStep,
)
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import BackendUnavailableError, Floats, UnsupportedError
from dl4j_conformance.cases.drawn.block_networks import block_cases
from dl4j_conformance.cases.drawn.networks import NORMALIZATIONS
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.level import Level
from dl4j_conformance.running.block_fuzzing import Drawn, fuzz_blocks
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.layer_parameters import BlockLayerType
from dl4j_oracle.blocks.network_configuration import Kind
from dl4j_oracle.configuration import LearningRatePolicy

ADAPTERS = Path(__file__).parents[1] / "backends"


def fuzz(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["fuzz", *arguments])


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_numpy_conforms(version: str) -> None:
    result = fuzz("numpy", "--dl4j", version, "--examples", "30")
    assert result.exit_code == 0, result.output
    assert f"no difference in 30 cases of {version}" in result.stdout
    assert "100 % of" in result.stdout


def drawn(version: str, count: int) -> list[Drawn]:
    found: list[Drawn] = []

    @hypothesis.seed(7)
    @hypothesis.settings(
        max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(block_cases(version))
    def draw(case: Drawn) -> None:
        found.append(case)

    draw()
    return found


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_everything_is_drawn(version: str) -> None:
    """Names stand in the descriptions as DL4J's, so that a text of all networks has each of them."""
    cases = drawn(version, 1500)
    text = json.dumps([[dict(network.conf), list(network.layers)] for network, _ in cases])
    known = [*NORMALIZATIONS, *BlockLayerType]
    if version == "0.9.1":
        known += [*LearningRatePolicy, "NADAM", "ADAMAX", "CUSTOM", "AdaMax", "momentum_schedule", "builder"]
    else:
        schedules = "Exponential Inverse Poly Sigmoid Step Map Cycle Ramp Fixed"
        known += [*UpdaterClass, *Kind, *(f"{name}Schedule" for name in schedules.split())]
        known += ["ITERATION", "EPOCH", "has_layer_norm", "bias_updater", "weight_decay", "momentum_schedule"]
    # A dense layer has no type, and neither has a policy None.
    missing = [name for name in known if name not in ("None", "dense") and f'"{name}"' not in text]
    assert missing == []
    assert {network.gradient for network, _ in cases} == {"own", "flat", "map"}
    values = np.concatenate([array.astype("float64") for _, steps in cases for array in steps[0].gradients.values()])
    assert np.isnan(values).any()
    assert np.isinf(values).any()
    assert (np.abs(values[values != 0]) < np.finfo("float32").smallest_normal).any()
    assert max(len(array) for network, _ in cases for array in network.params.values()) > 128


def test_the_same_seed_draws_the_same_networks() -> None:
    first, second = ([network.layers for network, _ in drawn("0.9.1", 20)] for _ in range(2))
    assert first == second


class Wrong:
    """NumPy's backend, but for the updates of W, which are negated."""

    name = "wrong"

    def open(self, network: BlockNetwork) -> WrongSession:
        return WrongSession(NumpyBlockBackend().open(network))


class WrongSession:
    def __init__(self, session: BlockSession) -> None:
        self._session = session

    def blocks(self) -> Sequence[BlockPlace]:
        return self._session.blocks()

    def state(self) -> Floats | None:
        return self._session.state()

    def update(self, step: BlockStep) -> BlockObservation:
        seen = self._session.update(step)
        return replace(seen, updates={k: -a if k.endswith("W") else a for k, a in seen.updates.items()})


@pytest.mark.parametrize("claimed", [Level.BIT_EXACT, Level.BOUNDED])
@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_a_wrong_backend_is_found_and_shrunk(version: str, claimed: Level) -> None:
    found = fuzz_blocks(Wrong(), version, 200, 1, claimed=claimed)
    (find,) = found.finds
    assert "update (values)" in find.name
    recording = find.replayed.recording
    assert len(recording.steps) == 1
    assert len(recording.network.layers) == 1
    assert sum(len(array) for array in recording.network.params.values()) < 20


def test_kinds_of_failures_are_told_apart() -> None:
    found = fuzz_blocks(Wrong(), "1.0.0-M2.1", 60, 1, keep_going=True)
    names = [find.name for find in found.finds]
    assert len(set(names)) == len(names) > 1
    assert sum(find.count for find in found.finds) > len(names)
    assert found.judged >= 60


class Raising(Wrong):
    def __init__(self, error: Exception) -> None:
        self._error = error

    def open(self, network: BlockNetwork) -> WrongSession:
        raise self._error


def test_a_crash_is_a_find() -> None:
    found = fuzz_blocks(Raising(ZeroDivisionError("x")), "0.9.1", 5, 1)
    assert [find.name for find in found.finds] == ["crash (structure)"]


def test_what_is_not_supported_is_not_run() -> None:
    found = fuzz_blocks(Raising(UnsupportedError("x")), "0.9.1", 5, 1)
    assert (found.judged, found.not_run, found.finds) == (0, 5, [])


def test_a_backend_that_goes_away_ends_the_campaign() -> None:
    found = fuzz_blocks(Raising(BackendUnavailableError("gone")), "0.9.1", 5, 1)
    assert (found.judged, found.broken) == (0, "gone")


def test_time_ends_the_campaign() -> None:
    found = fuzz_blocks(NumpyBlockBackend(), "0.9.1", 1000, 1, until=-math.inf)
    assert found.judged == 0


def test_a_find_is_saved_and_replayed(tmp_path: Path) -> None:
    address = f"stdio:{shlex.join([sys.executable, str(ADAPTERS / 'block_adapter.py'), 'wrong', *BLOCK_VERSIONS])}"
    path = tmp_path / "found.jsonl"
    result = fuzz(address, "--dl4j", "0.9.1", "--examples", "50", "--save", str(path))
    assert result.exit_code == ExitCode.DOES_NOT_CONFORM, result.output
    assert "FAILED fuzz-" in result.stdout
    assert f"replay {path}" in result.stdout.replace("\n", " ")
    again = CliRunner().invoke(cli, ["replay", str(path), address])
    assert again.exit_code == ExitCode.DOES_NOT_CONFORM
    assert CliRunner().invoke(cli, ["replay", str(path), "numpy", "oracle"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dl4j:version=0.9.1", "--dl4j", "1.0.0-M2.1"], "contradict each other"),
        (["numpy", "--dl4j", "0.9.1", "--updater", "ADAM"], "--updater is for DL4J 0.8.0 alone"),
        (["numpy", "--dl4j", "0.9.1", "--jobs", "2"], "--jobs is for DL4J 0.8.0 alone"),
        (["numpy", "--dl4j", "0.9.1", "--level", "reading"], "judged at bit-exact or bounded"),
        (["nothing", "--dl4j", "0.9.1"], "unknown backend"),
    ],
)
def test_command_lines_that_make_no_sense(arguments: list[str], sentence: str) -> None:
    result = fuzz(*arguments)
    assert result.exit_code == ExitCode.USAGE
    assert sentence in " ".join(result.stderr.split())


def test_a_backend_of_0_8_0_alone_is_refused_in_words() -> None:
    result = fuzz("torch.optim", "--dl4j", "0.9.1")
    assert result.exit_code == ExitCode.COULD_NOT_RUN
    assert "implements DL4J 0.8.0 alone" in result.stderr
