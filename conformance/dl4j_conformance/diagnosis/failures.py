"""The failures of a run: which misreadings they can show, and whether some of these explain a case.

Misreadings are named by id here. Several at once are one misreading (:func:`dl4j_oracle.misreadings.together`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cache, lru_cache

import numpy as np

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.diagnosis.first_divergence import earliest
from dl4j_conformance.diagnosis.refutation import meets_special_values, refuting_updaters
from dl4j_conformance.execution.outcome import Outcome, by_key
from dl4j_conformance.judging import enclosure_check
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.kill_matrix import Kill, outcome_of
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.reading import Outputs
from dl4j_oracle.misreadings import Misreading, by_id, together

#: The distance of outcomes that differ by more than values.
_STRUCTURAL = 1e3


class Failures:
    """The failing cases of a run, beside the kills of all cases that ran.

    Misreadings can make up for each other: what two do together may pass a case that kills each of them. So a case that
    passes and differs rules out sets of misreadings whose enclosures do not hold its values, and no single one.
    """

    def __init__(self, differing: Sequence[DifferingCase], kills: Mapping[str, Mapping[str, Kill]], claimed: Level):
        self.failing: Mapping[str, DifferingCase] = {one.case.id: one for one in differing if one.fails(claimed)}
        #: The cases that pass the claimed level, though they differ.
        self.passing: Mapping[str, DifferingCase] = {one.case.id: one for one in differing if not one.fails(claimed)}
        #: The ids of those in which more than rounding is wrong, and of the others.
        self.grave = [case for case, differing in self.failing.items() if differing.is_grave]
        self.slight = [case for case, differing in self.failing.items() if not differing.is_grave]
        self._kills = kills
        #: The cases that kill each misreading at the claimed level or a lower one, with the level of the kill.
        self.rows: Mapping[str, Mapping[str, Level]] = _rows(kills, claimed)
        possible = {id_ for id_, row in self.rows.items() if self._is_possible(row)}
        doubtful = {id_ for id_ in possible if not self.passing.keys().isdisjoint(self.rows[id_])}
        #: The misreadings that no passing case contradicts, by failing case.
        self.candidates: Mapping[str, Sequence[str]] = {
            case: [id_ for id_ in kills.get(case, {}) if id_ in possible - doubtful] for case in self.failing
        }
        #: Those that only passing cases with other bits contradict.
        self.doubtful: Mapping[str, Sequence[str]] = {
            case: [id_ for id_ in kills.get(case, {}) if id_ in doubtful] for case in self.failing
        }
        self._explained: dict[tuple[str, Set[str]], bool] = {}
        self._places: dict[str, tuple[str, str]] = {}

    def _is_possible(self, row: Mapping[str, Level]) -> bool:
        """Return whether the backend passes no case, with equal bits, at the level at which it kills the misreading."""
        return any(case in self.failing for case in row) and all(
            case in self.passing
            or ((differing := self.failing.get(case)) is not None and (differing.is_grave or level is Level.BIT_EXACT))
            for case, level in row.items()
        )

    def killers(self, id_: str) -> list[str]:
        """Return the failing cases that kill a misreading."""
        return [case for case in self.rows.get(id_, {}) if case in self.failing]

    def effective(self, ids: Set[str], case: str) -> frozenset[str]:
        """Return those of the misreadings that the case can show."""
        return frozenset(ids & self._kills.get(case, {}).keys())

    def explains(self, ids: Set[str], case: str) -> bool:
        """Return whether the misreadings together do in a failing case what the backend does."""
        key = (case, frozenset(ids))
        if key not in self._explained:
            self._explained[key] = reproduces(ids, self.failing[case], self._kills.get(case, {}))
        return self._explained[key]

    def is_special(self, case: str) -> bool:
        """Return whether a failing case meets special values, which ports treat in ways of their own."""
        return meets_special_values(self.failing[case].case)

    def refuting(self, id_: str, ids: Set[str], case: str) -> frozenset[str]:
        """Return the updaters with which a failing case, which they do not explain, refutes one of ``ids``."""
        return refuting_updaters(self.failing[case], by_id(id_), combined(frozenset(ids)))

    def with_updater(self, updater: str) -> list[str]:
        """Return the grave cases with a layer of this updater."""
        return [case for case in self.grave if updater in self.failing[case].case.updaters]

    def place(self, case: str) -> tuple[str, str]:
        """Return where a failing case goes wrong first: the updater of the layer, and the intermediate."""
        if case not in self._places:
            self._places[case] = _place(self.failing[case])
        return self._places[case]

    def contradicts(self, ids: Set[str]) -> bool:
        """Return whether a passing case shows that not all of the misreadings are true."""
        return not all(self.holds(ids, case) for case in self.passing)

    def holds(self, ids: Set[str], case: str) -> bool:
        """Return whether the misreadings together give the values of a passing case, as far as rounding lets them."""
        key = (case, frozenset(ids))
        if key not in self._explained:
            is_shown = any(case in self.rows.get(id_, {}) for id_ in ids)
            self._explained[key] = not is_shown or encloses(combined(key[1]), self.passing[case])
        return self._explained[key]

    def agree(self, ids: Set[str], case: str) -> bool:
        """Return whether the misreadings hold in a passing case, or explain a failing one."""
        return self.holds(ids, case) if case in self.passing else self.explains(ids, case)

    def distance(self, ids: Set[str], case: str) -> float:
        """Return how far the misreadings together are from what the backend does: 0 if they do the same."""
        differing = self.failing[case]
        return _distance(_outcome(combined(frozenset(ids)), differing.case), differing.outcome)


#: The search asks for the distance of what has just been found not to explain a case.
_outcome = lru_cache(maxsize=1)(outcome_of)


@lru_cache(maxsize=1)
def _outputs(differing: DifferingCase) -> Outputs | None:
    """Return the outputs of a case, on which the search tries one misreading after the other; None if it crashed."""
    if differing.outcome is None:
        return None
    return Outputs.of(differing.case, differing.outcome, differing.declaration.capabilities)


@lru_cache(maxsize=4096)
def combined(ids: frozenset[str]) -> Misreading:
    """Return misreadings that do not conflict as one."""
    return together([by_id(id_) for id_ in sorted(ids)])


@cache
def conflict(first: str, second: str) -> bool:
    """Return whether two misreadings cannot be true together."""
    return by_id(first).conflicts_with(by_id(second))


def reproduces(ids: Set[str], differing: DifferingCase, kills: Mapping[str, Kill]) -> bool:
    """Return whether a case can show one of ``ids``, and these misreadings together do there what the backend does.

    ``kills`` are the misreadings that the case can show.
    """
    shown = ids & kills.keys()
    return bool(shown) and (shown == {differing.twin} or _explains(combined(frozenset(ids)), differing))


def _rows(kills: Mapping[str, Mapping[str, Kill]], claimed: Level) -> dict[str, dict[str, Level]]:
    rows: dict[str, dict[str, Level]] = {}
    for case, row in kills.items():
        for id_, kill in row.items():
            if claimed in kill.level.fails:
                rows.setdefault(id_, {})[case] = kill.level
    return rows


def _explains(misreading: Misreading, differing: DifferingCase) -> bool:
    """Return whether the misreading has the backend's bits, or its structure and enclosures that hold its values."""
    case, got, declaration = differing.case, differing.outcome, differing.declaration
    reading = _outcome(misreading, case)
    if got is None or reading is None:
        # Where a misreading makes no sense, what follows it breaks down.
        return got is None and reading is None
    distance = _distance(reading, got)
    if distance >= _STRUCTURAL or (distance > 0 and not _is_near(reading, differing)):
        return False
    found = differences(case, reading, got, declaration.capabilities)
    if not found or any(difference.is_structural for difference in found) or not differing.is_grave:
        return not found
    return encloses(misreading, differing)


def encloses(misreading: Misreading, differing: DifferingCase) -> bool:
    """Return whether the enclosures of a misreading hold the backend's values, and claim something of each."""
    if differing.outcome is None:
        return False
    declaration = differing.declaration
    return enclosure_check.encloses(
        differing.case, differing.outcome, declaration.capabilities, misreading.rules, declaration.accuracy
    )


def _place(differing: DifferingCase) -> tuple[str, str]:
    """Return the updater of the layer that goes wrong first, and the intermediate; empty if it is in no layer."""
    case, divergence = differing.case, earliest(differing.case, differing.striking)
    if divergence is None:
        return "", ""
    layer = case.layer_of(divergence.key) if divergence.key else None
    return "" if layer is None else case.updaters[layer], divergence.intermediate


def _is_near(reading: Outcome, differing: DifferingCase) -> bool:
    """Return whether the backend's values can be the misreading's but for rounding."""
    outputs = _outputs(differing) if differing.is_grave else None
    return outputs is not None and outputs.are_nearer_to(reading)


def _distance(theirs: Outcome | None, got: Outcome | None) -> float:
    """Return the sum of the relative distances of all values; what differs by more than values is far away."""
    if theirs is None or got is None:
        return 0.0 if theirs is got else _STRUCTURAL
    if (theirs.failure and theirs.failure.kind) != (got.failure and got.failure.kind):
        return _STRUCTURAL
    total = 0.0 if got.initial_state is None else _between(theirs.initial_state, got.initial_state)
    for wanted, found in zip(theirs.steps, got.steps, strict=False):
        if (wanted.failure and wanted.failure.kind) != (found.failure and found.failure.kind):
            total += _STRUCTURAL
            continue
        arrays, seen = by_key(wanted), by_key(found)
        total += sum(_between(_array(arrays[key]), _array(seen[key])) for key in arrays.keys() & seen.keys())
    return total


def _array(value: Floats | float) -> Floats:
    return np.atleast_1d(np.asarray(value))


def _between(x: Floats | None, y: Floats | None) -> float:
    if x is None or y is None or x.shape != y.shape:
        return 0.0 if x is y else _STRUCTURAL
    with np.errstate(all="ignore"):
        scaled = np.abs(x - y) / (np.abs(x) + np.abs(y))
    scaled[(x == y) | (np.isnan(x) & np.isnan(y))] = 0.0
    scaled[np.isnan(scaled)] = 1.0
    return float(scaled.sum())


def simplicity(case: Case) -> tuple[int, int, int]:
    """Return a sorting key: the fewer layers, operations and parameters, the smaller."""
    network = case.network
    return len(network.layers), len(case.script), sum(map(len, network.params.values()))
