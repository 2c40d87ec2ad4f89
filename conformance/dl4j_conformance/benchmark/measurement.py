"""Paired rounds: each contender makes a burst of updates in every round, so that disturbances hit neighbours alike.

What pyperf does for one program (warm-ups that do not count, many values, medians) is done here for several side by
side: its runner measures one after another, in processes of their own, and cannot be told times that another process,
such as a JVM, has taken.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median

from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.workload import Clock, Workload

#: A contender is warm after so many nanoseconds, or so many updates: HotSpot compiles what was called 10 000 times.
WARM_UP, WARM_UP_UPDATES = 500_000_000, 16_384
#: What a burst should take, in nanoseconds, and how many updates it has at least and at most.
BURST, FEWEST_UPDATES, MOST_UPDATES = 20_000_000, 3, 1_000


@dataclass(frozen=True)
class NotRun:
    """The reason why a contender has no values."""

    reason: str


#: Nanoseconds per update, one value for each round.
Values = Sequence[float]
#: Makes a workload; it may raise.
Prepare = Callable[[], Workload]


def measure(
    contenders: Mapping[str, Prepare], rounds: int, clock: Clock, progress: Callable[[], object] = lambda: None
) -> dict[str, Values | NotRun]:
    """Return nanoseconds per update of each contender, round by round, or why there are none.

    ``progress`` is called after each round, and once after the warm-up. Who fails stops; the others go on.
    """
    running = {name: _bursts(prepare, clock) for name, prepare in contenders.items()}
    values: dict[str, list[float]] = {name: [] for name in contenders}
    failed: dict[str, NotRun] = {}
    for _ in range(1 + rounds):
        for name, bursts in running.items():
            if name not in failed:
                try:
                    values[name].append(next(bursts))
                except Exception as error:  # whatever a foreign workload does
                    failed[name] = NotRun(reason(error))
        progress()
    for name, bursts in running.items():
        try:
            bursts.close()
        except Exception as error:
            failed[name] = NotRun(reason(error))
    return {name: failed.get(name, values[name][1:]) for name in contenders}


def reason(error: Exception) -> str:
    """Return an error in words for a report."""
    match error:
        case UnsupportedError() | BackendUnavailableError():
            return str(error)
        case AdapterFault():
            return error.explained()
        case _:
            return f"{type(error).__name__}: {error}"


def _bursts(prepare: Prepare, clock: Clock) -> Generator[float, None, None]:
    """Yield medians of bursts, after a warm-up. A burst's first update brings the arrays into the cache again."""
    with closing(prepare()) as workload:
        taken = _warm_up(workload, clock)
        yield taken
        updates = FEWEST_UPDATES if taken * FEWEST_UPDATES > BURST else min(MOST_UPDATES, int(BURST / max(taken, 1)))
        while True:
            yield median(workload.nanoseconds(1 + updates, clock)[1:])


def _warm_up(workload: Workload, clock: Clock) -> float:
    """Run longer and longer bursts; return what an update takes in the last of them."""
    total, updates = 0, FEWEST_UPDATES
    while True:
        taken = workload.nanoseconds(updates, clock)
        total += sum(taken)
        if total >= WARM_UP or updates >= WARM_UP_UPDATES:
            return median(taken)
        updates *= 2
