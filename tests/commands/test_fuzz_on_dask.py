"""``fuzz`` on Dask: workers and the scheduler are killed, and the output is that of a single process."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from commands.machines import COMMAND, Machines, until
from dl4j_backends.interface import Backend
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.sharding.running import Finished
from dl4j_oracle.arithmetic import kernels
from toolchains import required_module

SHARDS = 6
DRAWN = ("--updater", "SGD", "--examples", str(4 * SHARDS), "--shard-size", "4", "--in-process")
SLOW = ("fuzz", "python:mutants.slow_ports:Slow", *DRAWN)
WRONG = ("fuzz", "python:mutants.slow_ports:Wrong", *DRAWN, "--save", "found.jsonl")


@pytest.fixture(autouse=True)
def _dask() -> None:
    required_module("distributed", "cluster")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    found = Machines(tmp_path)
    found.environment["DL4J_SLOW_SECONDS"] = "0.1"
    yield found
    found.end()


def output(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, errors = process.communicate(timeout=120)
    return process.returncode, said, errors


def test_a_worker_is_killed_and_another_joins_late(machines: Machines) -> None:
    from distributed import Client

    _, address = machines.scheduler()
    first = machines.worker(address)
    fuzz = machines.start(*COMMAND, *SLOW, "--checkpoint", "kept", "--scheduler", address)
    until(lambda: machines.finished() >= 1)
    with machines.held(), Client(address) as client:
        late = machines.worker(address)
        client.wait_for_workers(2, timeout=60)
    until(lambda: late.pid in machines.ports())
    with machines.held():
        first.kill()
        assert machines.finished() < SHARDS
    found = output(fuzz)
    assert found[0] == 0, found
    assert found[2] == ""
    assert machines.ports() == {fuzz.pid, first.pid, late.pid}, "one backend for each process"
    assert found == output(machines.start(*COMMAND, *SLOW))


def test_the_scheduler_is_lost_and_the_campaign_goes_on_without(machines: Machines) -> None:
    scheduler, address = machines.scheduler()
    machines.worker(address)
    words = (*SLOW, "--checkpoint", "kept")
    fuzz = machines.start(*COMMAND, *words, "--scheduler", address)
    until(lambda: machines.finished() >= 1)
    with machines.held():
        scheduler.kill()
        code, said, errors = output(fuzz)
    assert code == 3, errors
    assert f"the scheduler at {address} is lost" in errors
    assert "Traceback" not in errors
    finished = machines.finished()
    assert f"kept: kept has {finished} of {SHARDS} shards; the same command goes on" in said
    code, said, _ = output(machines.start(*COMMAND, *words))
    assert code == 0
    assert said.startswith(f"python:mutants.slow_ports:Slow: no difference in {4 * SHARDS} cases\n")


def test_workers_find_what_a_single_process_finds(machines: Machines) -> None:
    machines.environment["DL4J_SLOW_SECONDS"] = "0"
    alone = output(machines.start(*COMMAND, *WRONG))
    assert alone[0] == 1
    saved = (machines.folder / "found.jsonl").read_bytes()
    assert output(machines.start(*COMMAND, *WRONG, "--jobs", "2")) == alone
    assert (machines.folder / "found.jsonl").read_bytes() == saved


def test_a_worker_computes_on_the_threads_that_it_was_given() -> None:
    from dl4j_conformance.sharding.cluster import Cluster, on_cluster

    def threads(backend: Backend, number: int) -> int | None:
        return kernels._threads

    run = on_cluster(Cluster(None, 1), "numpy", WireOptions(in_process=True), threads)
    assert list(run([0])) == [Finished(0, 1)]
    assert kernels._threads is None


def test_when_the_time_is_up_no_shard_is_waited_for() -> None:
    from dl4j_conformance.sharding import cluster

    future, client = Mock(), Mock(status="running")
    client.nthreads.return_value = {"worker": 1}
    client.submit.return_value = future
    flight = cluster._Flight(client, "numpy", WireOptions(), Mock(), until=time.monotonic() + 0.05)
    assert list(flight.land([0, 1])) == []
    client.cancel.assert_called_once_with([future])
