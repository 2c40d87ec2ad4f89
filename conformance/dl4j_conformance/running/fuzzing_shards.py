"""A fuzzing campaign in shards: each draws cases by a seed of its own, on one machine or many.

Shards know nothing of each other, so that the same campaign finds the same, whoever has drawn which part of it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dl4j_backends.interface import Backend, Network
from dl4j_conformance.cases.case import network_to_json
from dl4j_conformance.judging.level import Level
from dl4j_conformance.running.fuzzing import Fuzzed, fuzz
from dl4j_conformance.sharding.checkpoint import Checkpoint
from dl4j_conformance.sharding.identity import identity
from dl4j_conformance.sharding.running import Course, Runner, run


@dataclass(frozen=True)
class Plan:
    """The settings of a campaign: ``examples`` in shards of ``shard_size``, which all follow from the ``seed``."""

    examples: int
    seed: int
    claimed: Level = Level.BIT_EXACT
    updater: str | None = None
    keep_going: bool = False
    shard_size: int = 1000
    #: Draw cases on this network alone.
    network: Network | None = None

    @property
    def shards(self) -> int:
        """The number of shards."""
        return -(-self.examples // self.shard_size)

    def size(self, number: int) -> int:
        """Return how many examples a shard has, counted from 0."""
        return min(self.shard_size, self.examples - number * self.shard_size)

    def seed_of(self, number: int) -> int:
        """Return the seed of a shard: that of the campaign for the first one."""
        of_it = random.Random(f"{self.seed} {number}").getrandbits(64)  # noqa: S311 - it has to be reproducible
        return of_it if number else self.seed

    def settings(self) -> dict[str, Any]:
        """Return the settings as JSON data."""
        told = {**vars(self), "claimed": str(self.claimed)}
        network = told.pop("network")
        return told if network is None else {**told, "network": network_to_json(network)}

    def identity(self, backend: Mapping[str, Any]) -> str:
        """Return the hash of everything that decides what is found: the settings, and the ``backend``'s facts."""
        return identity(self.settings(), backend)

    def ends_with(self, found: Fuzzed) -> bool:
        """Return whether nothing is drawn after a shard in which this was found."""
        return bool(found.stopped_by or found.broken or (found.finds and not self.keep_going))


@dataclass(frozen=True)
class Campaigned:
    """The findings of a campaign so far: ``found`` in all that was drawn, also in shards that are not ``finished``."""

    found: Fuzzed
    finished: int
    #: Whether there is nothing left to draw.
    is_over: bool
    course: Course = field(default_factory=Course)
    #: The files of the checkpoint that were damaged, in words.
    damaged: tuple[str, ...] = ()


def fuzz_shard(
    plan: Plan,
    backend: Backend,
    number: int,
    until: float = math.inf,
    progress: Callable[[int], object] = lambda judged: None,
) -> Fuzzed:
    """Return what the cases of a shard show. See :func:`dl4j_conformance.running.fuzzing.fuzz`."""
    return fuzz(
        backend,
        plan.size(number),
        plan.seed_of(number),
        claimed=plan.claimed,
        updater=plan.updater,
        network=plan.network,
        until=until,
        keep_going=plan.keep_going,
        progress=progress,
    )


def fuzz_shards(
    plan: Plan,
    runner: Runner[Fuzzed],
    checkpoint: Checkpoint[Fuzzed] | None = None,
    until: float = math.inf,
    progress: Callable[[int], object] = lambda examples: None,
) -> Campaigned:
    """Draw all shards that the checkpoint has not, until a time of the monotonic clock, and put together what is found.

    The first shard that fails ends the campaign, unless it keeps going: later shards do not count, also if a worker was
    faster with them. ``progress`` is told how many examples each shard had. Raises OSError if the checkpoint cannot be
    written.
    """
    done: dict[int, Fuzzed] = {}
    cut: set[int] = set()
    last = plan.shards - 1

    def known(number: int, found: Fuzzed) -> None:
        nonlocal last
        done[number] = found
        if plan.ends_with(found):
            last = min(last, number)
        progress(plan.size(number))

    def keep(number: int, found: Fuzzed) -> None:
        if found.stopped_by or found.broken or time.monotonic() > until:
            cut.add(number)
        elif checkpoint:
            checkpoint.write(number, found)
        known(number, found)

    waiting: Iterable[int] = range(plan.shards)
    damaged: tuple[str, ...] = ()
    if checkpoint:
        waiting, damaged = checkpoint.missing(waiting, known)

    def wanted() -> Iterator[int]:
        for number in waiting:
            if number > last or time.monotonic() > until:
                return
            yield number

    def is_enough() -> bool:
        return last < plan.shards - 1 and all(number in done for number in range(last + 1))

    course = run(wanted(), runner, keep, is_enough)
    counted = [number for number in sorted(done) if number <= last]
    finished = len(set(counted) - cut)
    found = _together([done[number] for number in counted], course)
    return Campaigned(found, finished, finished == last + 1, course, damaged)


def _together(found: Sequence[Fuzzed], course: Course) -> Fuzzed:
    """Return what shards have found, in their order."""
    return Fuzzed(
        [find for one in found for find in one.finds],
        sum(one.judged for one in found),
        sum(one.not_run for one in found),
        sum(one.updated for one in found),
        sum(one.values for one in found),
        sum(one.identical for one in found),
        next((one.broken for one in found if one.broken), None),
        next((one.stopped_by for one in found if one.stopped_by), course.stopped_by),
        changed_mode=any(one.changed_mode for one in found),
    )
