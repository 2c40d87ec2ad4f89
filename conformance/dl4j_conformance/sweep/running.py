"""The running of a sweep: the shards that are not finished, and all tallies merged in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dl4j_backends.interface import Backend, accuracy_of
from dl4j_conformance.sharding.checkpoint import Checkpoint, CheckpointError, Form
from dl4j_conformance.sharding.running import Course, Runner, run
from dl4j_conformance.sweep.judge import swept
from dl4j_conformance.sweep.plan import Plan
from dl4j_conformance.sweep.tally import Tally

FORM = Form("sweep", Tally.to_json, Tally.from_json)


@dataclass(frozen=True)
class Swept:
    """The findings of a sweep so far: the merged ``tally`` of the shards that are ``finished``."""

    tally: Tally
    finished: int
    course: Course
    #: The files of the checkpoint that were damaged, in words.
    damaged: tuple[str, ...] = ()


def judged(plan: Plan, backend: Backend, number: int) -> Tally:
    """Return the tally of a shard. Raises as :func:`dl4j_conformance.execution.observe.observe` does."""
    return swept(backend, accuracy_of(backend), plan, plan.shard(number))


def sweep(
    plan: Plan, checkpoint: Checkpoint[Tally], runner: Runner[Tally], progress: Callable[[int, bool], None]
) -> Swept:
    """Run all shards that the checkpoint has not, keep each in it, and return what all of them have found.

    ``progress`` is told the patterns of every shard, and whether the checkpoint had it. A signal, or the loss of the
    workers, ends it early. Raises OSError if the checkpoint cannot be written.
    """

    def keep(number: int, tally: Tally) -> None:
        checkpoint.write(number, tally)
        progress(tally.patterns, False)

    waiting, damaged = checkpoint.missing(range(plan.shards), lambda _, tally: progress(tally.patterns, True))
    course = run(waiting, runner, keep)
    # Merged from their files, in the order of the shards: all of them together may not fit into memory.
    merged, finished = Tally(), 0
    for number in range(plan.shards):
        try:
            found = checkpoint.read(number)
        except CheckpointError:
            continue
        if found is not None:
            finished += 1
            merged = merged.merged(found, plan.shown)
    return Swept(merged, finished, course, damaged)
