"""The running of a sweep: the shards that are not finished, here or on workers, merged in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from signal import Signals
from typing import Any

from dl4j_backends import signals
from dl4j_backends.interface import Backend, accuracy_of
from dl4j_conformance.execution.ending import ENDINGS
from dl4j_conformance.sweep.checkpoint import Checkpoint, CheckpointError
from dl4j_conformance.sweep.judge import swept
from dl4j_conformance.sweep.plan import Plan
from dl4j_conformance.sweep.tally import Tally


@dataclass(frozen=True)
class Finished:
    """A shard that ended: with a ``tally``, or with the reason why it has none."""

    shard: int
    tally: Tally | None
    reason: str = ""


#: Runs shards, and yields each when it has ended, in any order.
Runner = Callable[[Iterable[int]], Iterator[Finished]]


@dataclass(frozen=True)
class Swept:
    """The findings of a sweep so far: the merged ``tally``, and the shards that could not be judged, with reasons."""

    tally: Tally
    finished: int
    failed: Mapping[int, str] = field(default_factory=dict)
    #: The files of the checkpoint that were damaged, in words.
    damaged: tuple[str, ...] = ()
    #: The signal, or the loss of the workers, that ended it early.
    stopped_by: Signals | None = None
    lost: str = ""


class WorkersLostError(Exception):
    """The workers, or what hands out shards to them, are gone. What was finished is kept."""


def facts(address: str, backend: Backend) -> dict[str, Any]:
    """Return what identifies a backend: its address, its name, and what it declares."""
    accuracy = vars(accuracy_of(backend))
    return {
        "address": address,
        "name": backend.name,
        "capabilities": sorted(backend.capabilities),
        "accuracy": accuracy,
    }


def here(backend: Backend, plan: Plan) -> Runner:
    """Return the runner that judges one shard after the other in this process."""

    def run(shards: Iterable[int]) -> Iterator[Finished]:
        for number in shards:
            yield judged(backend, plan, number)

    return run


def judged(backend: Backend, plan: Plan, number: int) -> Finished:
    """Return a shard, judged, or the reason why the backend could not do it."""
    try:
        return Finished(number, swept(backend, accuracy_of(backend), plan, plan.shard(number)))
    except ENDINGS as error:
        return Finished(number, None, " ".join(str(error).split()))


def sweep(plan: Plan, checkpoint: Checkpoint, runner: Runner, progress: Callable[[int, bool], None]) -> Swept:
    """Run all shards that the checkpoint has not, keep each in it, and return what all of them have found.

    ``progress`` is told the patterns of every shard, and whether the checkpoint had it. A signal, or the loss of the
    workers, ends it early. Raises OSError if the checkpoint cannot be written.
    """
    damaged, waiting = [], []
    for number in range(plan.shards):
        try:
            found = checkpoint.read(number)
        except CheckpointError as error:
            damaged.append(str(error))
            found = None
        if found is None:
            waiting.append(number)
        else:
            progress(found.patterns, True)
    failed: dict[int, str] = {}
    stopped_by, lost = None, ""
    try:
        with signals.released(), closing(_generator(runner, waiting)) as finished:
            for ended in finished:
                with signals.held():
                    if ended.tally is None:
                        failed[ended.shard] = ended.reason
                    else:
                        checkpoint.write(ended.shard, ended.tally)
                        progress(ended.tally.patterns, False)
    except signals.INTERRUPTIONS as stop:
        stopped_by = signals.cause(stop)
    except WorkersLostError as error:
        lost = str(error)
    return _collected(plan, checkpoint, failed, tuple(damaged), stopped_by, lost)


def _generator(runner: Runner, shards: Iterable[int]) -> Any:
    yield from runner(shards)


def _collected(
    plan: Plan,
    checkpoint: Checkpoint,
    failed: Mapping[int, str],
    damaged: tuple[str, ...],
    stopped_by: Signals | None,
    lost: str,
) -> Swept:
    """Merge what the checkpoint has, in the order of the shards."""
    tally, finished = Tally(), 0
    for number in range(plan.shards):
        try:
            found = checkpoint.read(number)
        except CheckpointError:
            continue
        if found is not None:
            finished += 1
            tally = tally.merged(found, plan.shown)
    return Swept(tally, finished, dict(sorted(failed.items())), damaged, stopped_by, lost)
