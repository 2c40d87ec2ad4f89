"""Computation for many cases in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import TypeVar

from dl4j_backends import signals

C = TypeVar("C")
R = TypeVar("R")

#: For so many cases it does not pay to start processes.
_FEW = 32


def in_processes(function: Callable[[C], R], cases: Sequence[C], workers: int = 2) -> Generator[R, None, None]:
    """Yield the result for each case. An end before all are there, such as a signal, ends the processes at once."""
    if len(cases) <= _FEW:
        yield from map(function, cases)
        return
    # A signal to the whole group is this process's own affair. Python's own process, which starts first, unblocks some.
    with signals.blocked():
        pool = ProcessPoolExecutor(workers, get_context("spawn"))
    with pool:
        try:
            with signals.blocked():
                futures = [pool.submit(function, case) for case in cases]
            # Not `map`: it cancels what is left, and a killed worker's end then raises in the pool's thread.
            for future in futures:
                yield future.result()
        except BaseException:
            for worker in active_children():
                worker.kill()
            raise
