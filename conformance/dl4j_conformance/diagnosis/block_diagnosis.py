"""The misreadings of a later version that explain the failures of a backend together, found one after the other.

A misreading explains a failing case if the oracle under it has the backend's bits there, or if its enclosures hold the
backend's values. One that a passing case kills is out of the question. Those that explain most are taken first, and
another one is looked for in what they leave unexplained: alone, and then two at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from dl4j_conformance.diagnosis.misreadings import Diagnosis, NamedReading
from dl4j_conformance.execution.block_outcome import BlockOutcome
from dl4j_conformance.judging.block_comparison import block_differences
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.block_kills import enclosed, outcome_under
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_oracle.blocks.misreadings import BlockMisreading, block_misreading_by_id, block_together

Ids = frozenset[str]

#: Failing cases of a misreading on which it is tried before it is tried on all of them, and how many it has to explain.
_TRIED, _LEAST_SHARE = 6, 0.5
#: Unexplained cases for which pairs are looked for, and candidates of which all pairs are tried.
_FOR_PAIRS, _IN_PAIRS = 4, 12


@dataclass(frozen=True, eq=False)
class BlockFailure:
    """A failing case: what the backend made of it, and whether rounding cannot explain it."""

    fixture: BlockFixture
    got: BlockOutcome
    is_grave: bool


def diagnose_blocks(
    failing: Sequence[BlockFailure], kills: Mapping[str, Mapping[str, Kill]], claimed: Level
) -> Diagnosis:
    """Return the misreadings that explain the ``failing`` cases; ``kills`` are those of every case that ran."""
    return _Search(failing, kills, claimed).diagnosis()


class _Search:
    def __init__(
        self, failing: Sequence[BlockFailure], kills: Mapping[str, Mapping[str, Kill]], claimed: Level
    ) -> None:
        self._failing = {one.fixture.case.id: one for one in sorted(failing, key=_plainness)}
        self._version = failing[0].fixture.case.version
        self._rows: dict[str, dict[str, Level]] = {}
        for case, row in kills.items():
            for id_, kill in row.items():
                if claimed in kill.level.fails:
                    self._rows.setdefault(id_, {})[case] = kill.level
        #: The misreadings that no passing case kills.
        self._candidates = [id_ for id_, row in self._rows.items() if all(case in self._failing for case in row)]
        self._known: dict[tuple[str, Ids], bool] = {}

    def diagnosis(self) -> Diagnosis:
        found: Ids = frozenset()
        while addition := self._single(found) or self._pair(found):
            found |= addition
        explained = [case for case in self._failing if self._explains(found, case)]
        rest = [case for case in self._failing if case not in explained]
        unexplained = tuple(case for case in rest if self._failing[case].is_grave)
        readings = sorted(
            (self._named(found, id_) for id_ in found), key=lambda one: (-len(one.cases), one.misreading.id)
        )
        slight = len(rest) - len(unexplained)
        return Diagnosis(tuple(readings), len(explained), len(self._failing), slight, unexplained)

    def _open(self, found: Ids) -> list[str]:
        return [case for case in self._failing if not self._explains(found, case)]

    def _single(self, found: Ids) -> Ids:
        """Return the misreading that explains most of what is unexplained, if one does in enough cases that show it."""
        open_ = self._open(found)
        gains: dict[str, tuple[int, float]] = {}
        for id_ in self._possible(found):
            showing = [case for case in open_ if case in self._rows[id_]]
            if self._passes_trial(found | {id_}, showing):
                gain = sum(self._explains(found | {id_}, case) for case in showing)
                gains[id_] = gain, gain / len(showing)
        best = max(gains, key=lambda id_: (gains[id_], id_), default=None)
        return frozenset({best} if best else ())

    def _pair(self, found: Ids) -> Ids:
        """Return two misreadings that only together explain a case, and most of those that show them."""
        for case in self._open(found)[:_FOR_PAIRS]:
            near = [id_ for id_ in self._possible(found) if case in self._rows[id_]][:_IN_PAIRS]
            for pair in map(frozenset, combinations(near, 2)):
                if not _conflict(self._version, pair) and self._explains(found | pair, case):
                    showing = [one for one in self._open(found) if any(one in self._rows[id_] for id_ in pair)]
                    if self._passes_trial(found | pair, showing):
                        return pair
        return frozenset()

    def _possible(self, found: Ids) -> Iterable[str]:
        return (id_ for id_ in self._candidates if id_ not in found and not _conflict(self._version, found | {id_}))

    def _passes_trial(self, ids: Ids, showing: Sequence[str]) -> bool:
        tried = showing[:: -(-len(showing) // _TRIED) or 1]
        return bool(tried) and sum(self._explains(ids, case) for case in tried) >= _LEAST_SHARE * len(tried)

    def _explains(self, ids: Ids, case: str) -> bool:
        """Return whether the misreadings together do in a failing case what the backend does."""
        shown = frozenset(id_ for id_ in ids if case in self._rows[id_])
        key = (case, shown)
        if key not in self._known:
            self._known[key] = bool(shown) and _reproduces(_combined(self._version, shown), self._failing[case])
        return self._known[key]

    def _named(self, found: Ids, id_: str) -> NamedReading:
        row = self._rows[id_]
        cases = tuple(case for case in row if self._explains(found, case))
        lowest = min(row.values(), key=tuple(Level).index)
        others = tuple(
            block_misreading_by_id(self._version, other)
            for other in self._candidates
            if other not in found
            and self._rows[other].keys() == row.keys()
            and self._stands_in(found, id_, other, cases)
        )
        return NamedReading(block_misreading_by_id(self._version, id_), others, cases, len(row), lowest)

    def _stands_in(self, found: Ids, id_: str, other: str, cases: Sequence[str]) -> bool:
        replaced = found - {id_} | {other}
        return not _conflict(self._version, replaced) and all(self._explains(replaced, case) for case in cases)


def _plainness(failure: BlockFailure) -> tuple[int, int, str]:
    case = failure.fixture.case
    return len(case.network.layers), len(case.steps), case.id


def _reproduces(misreading: BlockMisreading, failure: BlockFailure) -> bool:
    other = outcome_under(misreading.block_rules, failure.fixture.case)
    if other is None:
        return False
    found = block_differences(other, failure.got)
    if not found or any(difference.is_structural for difference in found) or not failure.is_grave:
        return not found
    return enclosed(failure.fixture.case, failure.got.steps, misreading.block_rules)


@lru_cache(maxsize=4096)
def _combined(version: str, ids: Ids) -> BlockMisreading:
    return block_together([block_misreading_by_id(version, id_) for id_ in sorted(ids)])


def _conflict(version: str, ids: Set[str]) -> bool:
    every = [block_misreading_by_id(version, id_) for id_ in ids]
    return any(one.conflicts_with(other) for one, other in combinations(every, 2))
