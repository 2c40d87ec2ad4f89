"""The running of shards, here or on workers: each is handed on when it has ended, in any order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from signal import Signals
from typing import Generic, TypeVar

from dl4j_backends import signals
from dl4j_backends.interface import Backend
from dl4j_conformance.execution.ending import ENDINGS

T = TypeVar("T")

#: Does the shard of a number on a backend. Workers of other machines get it pickled.
Judge = Callable[[Backend, int], T]


@dataclass(frozen=True)
class Finished(Generic[T]):
    """A shard that ended: with what was ``found``, or with the reason why there is nothing."""

    shard: int
    found: T | None
    reason: str = ""


#: Runs shards, and yields each when it has ended, in any order.
Runner = Callable[[Iterable[int]], Iterator[Finished[T]]]


@dataclass(frozen=True)
class Course:
    """The course that the shards took."""

    #: The shards that could not be done, with reasons.
    failed: Mapping[int, str] = field(default_factory=dict)
    #: The signal, or the loss of the workers in words, that ended it early.
    stopped_by: Signals | None = None
    lost: str = ""


class WorkersLostError(Exception):
    """The workers, or what hands out shards to them, are gone. What was finished is kept."""


def here(backend: Backend, judge: Judge[T]) -> Runner[T]:
    """Return the runner that does one shard after the other in this process."""

    def run_here(shards: Iterable[int]) -> Iterator[Finished[T]]:
        for number in shards:
            yield judged(backend, judge, number)

    return run_here


def judged(backend: Backend, judge: Judge[T], number: int) -> Finished[T]:
    """Return a shard, judged, or the reason why the backend could not do it."""
    try:
        return Finished(number, judge(backend, number))
    except ENDINGS as error:
        return Finished(number, None, " ".join(str(error).split()))


def run(
    shards: Iterable[int],
    runner: Runner[T],
    keep: Callable[[int, T], object],
    is_enough: Callable[[], bool] = lambda: False,
) -> Course:
    """Run shards, and ``keep`` what was found in each, until it ``is_enough``.

    Shards are taken when there is a place for them. A signal, or the loss of the workers, ends it early.
    """
    failed: dict[int, str] = {}
    stopped_by, lost = None, ""
    try:
        with signals.released(), closing(_generator(runner, shards)) as finished:
            for ended in finished:
                with signals.held():
                    if ended.found is None:
                        failed[ended.shard] = ended.reason
                    else:
                        keep(ended.shard, ended.found)
                if is_enough():
                    break
    except signals.INTERRUPTIONS as stop:
        stopped_by = signals.cause(stop)
    except WorkersLostError as error:
        lost = str(error)
    return Course(dict(sorted(failed.items())), stopped_by, lost)


def _generator(runner: Runner[T], shards: Iterable[int]) -> Generator[Finished[T], None, None]:
    yield from runner(shards)
