"""A network's updater in an arithmetic of sets: an update runs along every path of undecided comparisons.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dl4j_oracle.arithmetic.forks import EnclosingArray, EnclosingScalar, Forks, paths
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.blocks.network_updater import BlockNetworkUpdater
from dl4j_oracle.blocks.rates import Kept
from dl4j_oracle.updaters import Memory

R = TypeVar("R")


@dataclass(frozen=True)
class EnclosedBlockUpdater:
    """A network's ``updater`` in an arithmetic of sets that has these ``forks``."""

    updater: BlockNetworkUpdater
    forks: Forks

    def along_paths(self, operation: Callable[[], R]) -> list[R]:
        """Do an operation along every path, return what it returns there, and leave the hull of what it changes.

        Raises :class:`~dl4j_oracle.errors.UndecidedError` if there are too many paths.
        """
        before = self._snapshot()
        found: list[R] = []
        after: list[_Snapshot] = []

        def run() -> R:
            self._restore(before)
            return operation()

        for result in paths(self.forks, run):
            found.append(result)
            after.append(self._snapshot())
        self._restore(_unite(after))
        return found

    def observe_state(self, values: Sequence[float]) -> None:
        """Narrow the state to the part that is rounded to the ``values`` (1-D) seen of it, which lie in it."""
        state = self.updater.state
        if state is not None:
            self.updater.assign(EnclosingArray.own(state).observed(values))

    def _snapshot(self) -> _Snapshot:
        return _Snapshot(tuple(self.updater.memories), self.updater.rates.kept)

    def _restore(self, snapshot: _Snapshot) -> None:
        self.updater.memories = list(snapshot.memories)
        self.updater.rates.kept = snapshot.kept


@dataclass(frozen=True)
class _Snapshot:
    """Everything that an update can change."""

    memories: Sequence[Memory]
    kept: Kept


def _unite(snapshots: Sequence[_Snapshot]) -> _Snapshot:
    first, *others = snapshots
    for other in others:
        first = _Snapshot(
            [Memory(hulls(x.view, y.view)) for x, y in zip(first.memories, other.memories, strict=True)],
            Kept(
                {key: hull(rate, other.kept.rates[key]) for key, rate in first.kept.rates.items()},
                [hull(x, y) for x, y in zip(first.kept.of_updaters, other.kept.of_updaters, strict=True)],
                [hull(x, y) for x, y in zip(first.kept.momenta, other.kept.momenta, strict=True)],
            ),
        )
    return first


def hull(x: Scalar, y: Scalar) -> EnclosingScalar:
    """Return the smallest interval that holds both."""
    return EnclosingScalar.own(x).hull(EnclosingScalar.own(y))


def hulls(x: Mapping[str, Array], y: Mapping[str, Array]) -> dict[str, Array]:
    """Return, key by key and element by element, the smallest interval that holds both."""
    return {key: EnclosingArray.own(array).hull(EnclosingArray.own(y[key])) for key, array in x.items()}
