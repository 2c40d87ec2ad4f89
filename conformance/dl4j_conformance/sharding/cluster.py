"""Shards on the workers of Dask: of this machine, or of any that a scheduler knows.

Needs distributed, the extra ``cluster``. A worker that dies costs the shard that it was at: another does it. A shard
at which workers die again and again is given up by the scheduler, and ends with a reason.
"""

from __future__ import annotations

import atexit
import logging
import math
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from queue import Empty, Queue
from threading import Lock
from typing import Generic

from distributed import Client, Future, KilledWorker, LocalCluster, get_worker

from dl4j_backends import signals
from dl4j_backends.interface import Backend
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.sharding.running import Finished, Judge, Runner, T, WorkersLostError, judged
from dl4j_oracle.arithmetic import kernels

#: Seconds to reach a scheduler, to wait for its first worker, and between looks at whether it is still there.
_CONNECT, _FIRST_WORKER, _LOOK = 10.0, 60.0, 0.5

#: What an unreachable scheduler raises.
_LOST = (OSError, TimeoutError, RuntimeError)

#: A worker has one backend, and one shard at a time.
_turn = Lock()


@dataclass(frozen=True)
class Cluster:
    """The workers of ``scheduler``; without one, ``jobs`` workers of this machine. They work until a time is up."""

    scheduler: str | None
    jobs: int
    #: A time of this process's monotonic clock. What workers have not finished then is not waited for.
    until: float = math.inf


def on_cluster(cluster: Cluster, address: str, options: WireOptions, judge: Judge[T]) -> Runner[T]:
    """Return the runner on the workers of ``cluster``.

    Each worker opens the backend at ``address`` once. The runner raises :class:`WorkersLostError` if the scheduler
    cannot be reached any more.
    """

    def run(shards: Iterable[int]) -> Iterator[Finished[T]]:
        with _silent(), _client(cluster) as client:
            try:
                yield from _Flight(client, address, options, judge, cluster.until).land(shards)
            except _LOST as error:
                place = cluster.scheduler or "this machine"
                raise WorkersLostError(f"the scheduler at {place} is lost: {error}") from error

    return run


class _Flight(Generic[T]):
    """The shards that are with workers: as many as the workers have threads, so that none waits at one that dies."""

    def __init__(self, client: Client, address: str, options: WireOptions, judge: Judge[T], until: float) -> None:
        self._client, self._until = client, until
        self._task = (address, options, judge, version("dl4j-conformance"))
        self._numbers: dict[Future, int] = {}
        self._done: Queue[Future] = Queue()

    def land(self, shards: Iterable[int]) -> Iterator[Finished[T]]:
        """Yield every shard when it has ended."""
        waiting = iter(shards)
        self._start(waiting)
        try:
            while self._numbers and (future := self._next()):
                yield _finished(self._numbers.pop(future), future)
                self._start(waiting)
        finally:
            with suppress(*_LOST):
                self._client.cancel(list(self._numbers))

    def _start(self, waiting: Iterator[int]) -> None:
        """Give shards to the workers that are there now: those that joined late too."""
        places = max(1, sum(self._client.nthreads().values()))
        while len(self._numbers) < places and (number := next(waiting, None)) is not None:
            future = self._client.submit(_judged, *self._task, number, pure=False)
            self._numbers[future] = number
            future.add_done_callback(self._done.put)

    def _next(self) -> Future | None:
        """Return the next one that has ended; None if the time is up."""
        while (left := self._until - time.monotonic()) > 0:
            with suppress(Empty):
                return self._done.get(timeout=min(left, _LOOK))
            if self._client.status != "running":
                raise ConnectionError("it does not answer")
        return None


def _finished(number: int, future: Future) -> Finished[T]:
    if future.status == "finished":
        found: Finished[T] = future.result()
        return found
    if future.status != "error":
        raise ConnectionError("it has dropped a shard")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Finished(number, None, f"killed its worker {error.allowed_failures + 1} times")
    return Finished(number, None, " ".join(f"{type(error).__name__}: {error}".split()))


def _judged(address: str, options: WireOptions, judge: Judge[T], suite: str, number: int) -> Finished[T]:
    """Return a shard, judged on a worker, by as many threads as it was started with."""
    if (here := version("dl4j-conformance")) != suite:
        raise RuntimeError(f"the worker has version {here} of the suite, not {suite}")
    with _turn:
        kernels.use_threads(get_worker().state.nthreads)
        return judged(_backend(address, options), judge, number)


@cache
def _backend(address: str, options: WireOptions) -> Backend:
    backend = resolve(address, options)
    atexit.register(end, backend)
    return backend


@contextmanager
def _silent() -> Iterator[None]:
    """Let nobody log: distributed and tornado tell of every lost connection, with tracebacks."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _client(cluster: Cluster) -> Iterator[Client]:
    """Yield a client of a scheduler that has workers. Raises :class:`WorkersLostError`."""
    scheduler = cluster.scheduler
    with ExitStack() as stack:
        # Workers of this machine end with the command; Ctrl-C is not for them.
        with signals.blocked():
            try:
                reached = scheduler or stack.enter_context(_local(cluster.jobs))
                client = stack.enter_context(Client(reached, timeout=_CONNECT, set_as_default=False))
            except _LOST as error:
                raise WorkersLostError(f"no scheduler answers at {scheduler}: {error}") from error
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER)
        except _LOST:
            raise WorkersLostError(
                f"the scheduler at {scheduler} has no workers: start some with `dask worker {scheduler}`"
            ) from None
        yield client


def _local(jobs: int) -> LocalCluster:
    return LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    )
