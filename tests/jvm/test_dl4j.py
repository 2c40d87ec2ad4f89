"""The real DL4J 0.8.0 against the oracle, and what only it can show."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dl4j_backends.dl4j import Dl4jBackend, build
from dl4j_backends.dl4j.backend import command
from dl4j_backends.interface import Dl4jException, Network, UnsupportedError
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES, ulps
from dl4j_conformance.execution.oracle_backend import OracleBackend, model_of
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.fuzzing import fuzz
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.training_run import drift, read_training_run
from dl4j_oracle.arithmetic import java
from golden_fixtures import every_fixture
from jvm.conftest import available
from sampling import sample
from specification.worked_examples import EXAMPLES, Example, check


def _network(dtype: str, updater: str, n: int = 1, **conf: object) -> Network:
    layers = [{"n_in": n, "n_out": 1, "updater": updater, **conf}]
    return Network(dtype, {"mini_batch": False}, layers, {"0_W": np.ones(n, dtype), "0_b": np.ones(1, dtype)})


def test_every_fixture(dl4j: Dl4jBackend) -> None:
    """A sample of them, as `run dl4j` takes them all: at every level, recordings included."""
    # Without schemas, which take as long as DL4J; dl4j says whether it can run here.
    plain = Dl4jBackend(1)
    assert plain.name == dl4j.name
    for result in run([plain], sample(every_fixture(), 4), no_row, Level.RECORDED):
        assert result.status is Status.PASSED, (result.case.id, result.reason, result.findings[:1])
        assert result.is_recorded
        assert result.identical == result.values
    assert plain.close() is None


def test_drawn_networks_have_the_bits_of_the_model(dl4j: Dl4jBackend) -> None:
    found = fuzz(dl4j, examples=50, seed=8)
    assert list(found.finds) == []
    # Hypothesis may try some more, which count for it as too large.
    assert found.judged >= 50


def test_the_functions_of_this_jvm_keep_java_s_promise(dl4j: Dl4jBackend) -> None:
    numbers = np.random.default_rng(5)
    for x, y in zip(numbers.uniform(0, 3, 300), numbers.uniform(-9, 9, 300), strict=True):
        for exact, got in (
            (java.power(x, y), dl4j.platform.power(x, y)),
            (java.exponential(y), dl4j.platform.exponential(y)),
        ):
            distance = ulps(exact, got, "float64")
            assert distance is not None
            assert distance <= 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.clause} {example.quoted}")
def test_examples_of_the_clauses(dl4j: Dl4jBackend, example: Example) -> None:
    check(example, dl4j)


@pytest.mark.parametrize("threads", [2, 3, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_sum_a_norm_in_parts(dtype: str, threads: int) -> None:
    """Lengths with and without a rest that is left over, and a view, which begins off a 16-byte boundary."""
    dl4j = available(threads)
    numbers = np.random.default_rng(threads)
    differing = 0
    for n in (1000, *numbers.integers(65, 1000, 12)):
        settings = {"learning_rate": 1.0, "gradient_normalization": "RenormalizeL2PerLayer"}
        network = replace(_network(dtype, "SGD", int(n), **settings), gradient_view=bool(n % 2))
        gradients = {"0_W": numbers.standard_normal(n).astype(dtype), "0_b": np.zeros(1, dtype)}

        def updated(open_network: Callable[[Network], object], given: Network, of: dict[str, np.ndarray]) -> bytes:
            session = open_network(given)
            seen = session.update({key: array.copy() for key, array in of.items()}, 0, 1)  # type: ignore[attr-defined]
            return bytes(seen.updates["0_W"].tobytes())

        got = updated(dl4j.open, network, gradients)
        assert got == updated(model_of(dl4j).open, network, gradients), n
        differing += got != updated(OracleBackend().open, network, gradients)
    assert differing
    assert dl4j.close() is None
    assert dl4j.close() is None


def test_the_first_of_four_threads_adds_what_is_left_over() -> None:
    """Four chunks of 33 squares and three left over: 1 loses each of them, and would not lose their sum."""
    dl4j = available(4)
    gradients = {"0_W": np.array([1.0, *[0.0] * 131, *[2.0**-12] * 3], "float32"), "0_b": np.zeros(1, "float32")}
    settings = {"learning_rate": 1.0, "gradient_normalization": "RenormalizeL2PerLayer"}
    seen = dl4j.open(_network("float32", "SGD", 135, **settings)).update(gradients, 0, 1)
    assert seen.updates is not None
    assert seen.updates["0_W"][0] == 1.0
    assert np.float32(1) / np.sqrt(np.float32(1 + 3 * 2.0**-24)) < 1.0
    assert dl4j.close() is None


def test_a_clone_goes_on_by_itself(dl4j: Dl4jBackend) -> None:
    session = dl4j.open(_network("float64", "ADAM"))
    gradients = {"0_W": np.array([2.0]), "0_b": np.array([-1.0])}
    session.update(gradients, 0, 1)
    clone = session.clone()
    first, second = (s.update(gradients, 1, 1).updates["0_W"] for s in (session, clone))
    assert first.tobytes() == second.tobytes()
    clone.update(gradients, 2, 1)
    states = [s.state() for s in (session, clone)]
    assert states[0] is not None
    assert states[1] is not None
    assert states[0].tobytes() != states[1].tobytes()


def test_a_clone_of_nesterovs_takes_the_first_update_for_its_velocity(dl4j: Dl4jBackend) -> None:
    session = dl4j.open(_network("float64", "NESTEROVS", momentum=0.9, learning_rate=0.1))

    def update(of: object, value: float, iteration: int) -> float:
        gradients = {"0_W": np.array([value]), "0_b": np.array([value])}
        return float(of.update(gradients, iteration, 1).updates["0_W"][0])  # type: ignore[attr-defined]

    assert update(session, 1.0, 0) == pytest.approx(0.19, rel=1e-15)
    clone = session.clone()
    assert update(session, 2.0, 1) == pytest.approx(0.461, rel=1e-15)
    assert update(clone, 2.0, 1) == pytest.approx(0.2261, rel=1e-15)


def test_what_dl4j_throws_comes_with_class_and_message_and_the_process_goes_on(dl4j: Dl4jBackend) -> None:
    with pytest.raises(Dl4jException, match="Custom updaters: not yet implemented") as thrown:
        dl4j.open(_network("float32", "CUSTOM"))
    assert thrown.value.kind == "UnsupportedOperationException"
    network = Network("float32", {"lr_policy": "Step", "lr_policy_decay_rate": 0.5}, [{"n_in": 1, "n_out": 1}], {})
    with pytest.raises(Dl4jException, match="lrPolicySteps") as thrown:
        dl4j.open(network)
    assert thrown.value.kind == "IllegalStateException"
    session = dl4j.open(_network("float32", "SGD"))
    with pytest.raises(Dl4jException, match="MuliLayerNetwork"):
        session.update({"W": np.ones(1, "float32")}, 0, 1)
    assert session.update({"0_W": np.ones(1, "float32")}, 0, 1).updates["0_W"] == np.float32(0.1)


def test_a_process_has_one_type() -> None:
    available().close()
    alone = StdioBackend(ReplayingConnection(command(build.built(), 1), STDIO))
    alone.open(_network("float32", "SGD"))
    with pytest.raises(UnsupportedError, match="one type per process"):
        alone.open(_network("float64", "SGD"))
    assert alone.close() is None


@pytest.mark.parametrize("updater", UPDATERS)
def test_the_optimiser_follows_a_training_run(updater: str, dl4j: Dl4jBackend, tmp_path: Path) -> None:
    """200 iterations of two layers, trained by DL4J's own fit, with a schedule, clipping and L2: to the last bit.

    Every other run makes four iterations of each mini-batch.
    """
    number = UPDATERS.index(updater)
    dtype, loop = DTYPES[number % 2], ("200", "1") if number % 4 < 2 else ("50", "4")
    file = tmp_path / "run.jsonl.gz"
    java_command = [*command(build.built(), 1)[:-2], "dl4jconformance.TraceIris", str(file), dtype, updater, *loop]
    subprocess.run(java_command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})  # noqa: S603
    traced = read_training_run(file)
    assert list(drift(model_of(dl4j), traced)) == [()] * 200
    moved = traced.iterations[-1].expected.params["1_W"] != traced.network.params["1_W"]
    assert moved.all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_updates_are_timed_in_the_jvm(dtype: str, dl4j: Dl4jBackend) -> None:
    def no_clock() -> int:
        raise AssertionError("the JVM has its own")

    session = dl4j.prepare("ADAM", 1000, dtype)
    taken = session.nanoseconds(20, no_clock)
    assert len(taken) == 20
    assert all(nanoseconds > 0 for nanoseconds in taken)
    state = session.state()
    assert state is not None
    m = state[:1000]
    assert m[0] < 0 < m[-1], "the updates did not happen"
    session.close()
