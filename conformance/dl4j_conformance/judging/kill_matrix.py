"""The kill matrix: which case kills which misreading, in which outputs, at which level and by what margin.

A case kills a misreading if a backend that passes the case cannot have it. The matrix is stored with the fixtures
(``kills.json``) and computed by :func:`row`.

Arrays are 1-D: values of the network's dtype, ends of enclosures of float64.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import frexp, inf, isinf
from typing import Any

import numpy as np

from dl4j_backends import interface
from dl4j_backends.crash import BackendCrashError
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.enclosed_script import enclose
from dl4j_conformance.execution.in_processes import in_processes
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.enclosure_check import pairs
from dl4j_conformance.judging.interval_distance import distance, gap, shares, widths
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.watched_rules import Watched, watched
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.errors import ConfigurationError, UndecidedError
from dl4j_oracle.misreadings import Misreading, catalogue
from dl4j_oracle.profile import DEFAULT_RULES, Rules


class Observable(StrEnum):
    """The outputs in which a difference shows. Errors and keys count as updates, momentum as learning rates."""

    UPDATES = "updates"
    STATE = "state"
    LEARNING_RATES = "learning_rates"

    @property
    def capability(self) -> str | None:
        """Return the capability that a backend must declare to show it, or None."""
        return {Observable.STATE: interface.STATE_OUT, Observable.LEARNING_RATES: interface.LEARNING_RATES}.get(self)


@dataclass(frozen=True)
class Kill:
    """The lowest level at which a case kills a misreading: structure, bounded or bit-exact."""

    level: Level
    #: Of a kill at level bounded: the largest distance of an enclosure of the misreading from DL4J's, in widths of
    #: DL4J's.
    margin: float = 0.0
    #: An exponent: the misreading's values that lie outside of DL4J's enclosures are by 2^apart of the largest number
    #: there outside, or more. None if that is not known.
    apart: int | None = None

    @property
    def rank(self) -> tuple[int, float]:
        """Return the sorting key: the plainer the kill, the smaller."""
        return -len(self.level.fails), -self.margin


#: The kills of one misreading by one case.
Kills = Mapping[Observable, Kill]
#: The kills of one case, by misreading.
Row = Mapping[str, Kills]
#: The row of a case.
Rows = Callable[[Case], Row]


@dataclass(frozen=True)
class KillMatrix:
    """The rows of the fixtures, by case id."""

    rows: Mapping[str, Row]

    def row(self, case: Case) -> Row:
        """Return the row of a case; it is empty if the case is none of the fixtures."""
        return self.rows.get(case.id, {})

    def killing(self, misreading: str) -> Mapping[str, Kills]:
        """Return the kills of a misreading, by case id."""
        return {id_: row[misreading] for id_, row in self.rows.items() if misreading in row}


def visible(row: Row, capabilities: frozenset[str]) -> dict[str, Kill]:
    """Return the plainest kill of each misreading in outputs that ``capabilities`` declare."""
    shown = {o for o in Observable if o.capability is None or o.capability in capabilities}
    found = {id_: {o: kill for o, kill in kills.items() if o in shown} for id_, kills in row.items()}
    return {id_: best(kills) for id_, kills in found.items() if kills}


def best(kills: Kills) -> Kill:
    """Return the plainest of the kills."""
    return min(kills.values(), key=lambda kill: kill.rank)


#: Is told the number of cases that are done, and that of all.
Progress = Callable[[int, int], object]


def not_shown(done: int, of: int) -> None:
    """Stand in for a progress that nobody looks at."""


def matrix(cases: Iterable[Case], workers: int = 2, progress: Progress = not_shown) -> KillMatrix:
    """Return the rows of all ``cases``, computed anew; many of them in ``workers`` processes."""
    every = list(cases)
    found = {}
    with closing(in_processes(row, every, workers)) as rows:
        for case, found_row in zip(every, rows, strict=True):
            found[case.id] = found_row
            progress(len(found), len(every))
    return KillMatrix(found)


def no_row(case: Case) -> Row:
    """Return an empty row of the kill matrix, for callers that do not diagnose."""
    return {}


def row(case: Case) -> Row:
    """Return the kills of ``case``: every misreading of a rule that it uses is run on it."""
    expected, used = _expected(case)
    found = {m.id: _kills(case, expected, m) for m in catalogue() if used & m.fields}
    return {id_: kills for id_, kills in found.items() if kills}


@lru_cache(maxsize=1)
def _expected(case: Case) -> tuple[Outcome, frozenset[str]]:
    """Return DL4J's outcome, and the rules that were asked for on the way."""
    rules, asked = watched(_WatchedRules, DEFAULT_RULES)
    expected = observe(OracleBackend(rules), case)
    return expected, frozenset(asked)


class _WatchedRules(Watched, Rules):
    """Rules of 0.8.0 that are watched."""


def outcome_of(misreading: Misreading, case: Case) -> Outcome | None:
    """Return what the misreading makes of ``case``; None if it makes no sense there."""
    try:
        return observe(OracleBackend(misreading.rules), case)
    except (BackendCrashError, ConfigurationError):
        return None


def _kills(case: Case, expected: Outcome, misreading: Misreading) -> dict[Observable, Kill]:
    outcome = outcome_of(misreading, case)
    if outcome is None:
        return {Observable.UPDATES: Kill(Level.STRUCTURE)}
    kills: dict[Observable, Kill] = {}
    for difference in differences(case, expected, outcome, interface.ALL_CAPABILITIES):
        kill = Kill(Level.STRUCTURE if difference.is_structural else Level.BIT_EXACT)
        where = _observable(difference.key)
        kills[where] = min(kills.get(where, kill), kill, key=lambda k: k.rank)
    if any(kill.level is Level.BIT_EXACT for kill in kills.values()):
        for where, margin in _margins(case, outcome, misreading).items():
            if where in kills and kills[where].level is Level.BIT_EXACT:
                kills[where] = Kill(Level.BOUNDED, margin)
    return _with_apart(case, outcome, kills)


def _with_apart(case: Case, outcome: Outcome, kills: dict[Observable, Kill]) -> dict[Observable, Kill]:
    """Return the kills with how far apart the values are, if nothing but values differs."""
    if {kill.level for kill in kills.values()} not in ({Level.BOUNDED}, {Level.BOUNDED, Level.BIT_EXACT}):
        return kills
    least = min(
        float(np.min(np.nan_to_num(shares(distance(values, x), x)), initial=inf, where=~x.contains(values)))
        for enclosure, step in zip(enclosed(case), outcome.steps, strict=False)
        if enclosure is not None and not step.failure
        for _, x, values in pairs(enclosure, step, interface.ALL_CAPABILITIES)
    )
    return {where: replace(kill, apart=frexp(least)[1] - 1 if least else None) for where, kill in kills.items()}


def _observable(key: str) -> Observable:
    name = key.partition(".")[0]
    if name in ("learning_rates", "momentum"):
        return Observable.LEARNING_RATES
    return Observable.STATE if name == "state" else Observable.UPDATES


def _margins(case: Case, outcome: Outcome, misreading: Misreading) -> dict[Observable, float]:
    """Return the outputs in which the enclosures are disjoint, and by how many widths of DL4J's."""
    right = enclosed(case)
    if not _leaves(right, outcome):
        return {}
    wrong = enclosed(case, misreading.rules)
    found: dict[Observable, float] = {}
    for left, other in zip(right, wrong, strict=False):
        if left is None or other is None:
            continue
        for key in left.keys() & other.keys():
            x, y = left[key], other[key]
            apart = gap(x, y) if x.length == y.length else np.empty(0)
            if len(apart) and apart.max() > 0:
                dtype = "float64" if "." in key else case.dtype
                with np.errstate(all="ignore"):
                    margin = float(np.max(apart / widths(x, dtype)))
                where = _observable(key)
                found[where] = max(found.get(where, 0.0), margin)
    return found


def _leaves(enclosed: Iterable[Mapping[str, Intervals] | None], outcome: Outcome) -> bool:
    """Return whether some value is outside: only then can the enclosures be disjoint."""
    return any(
        not interval.contains(values).all()
        for enclosure, step in zip(enclosed, outcome.steps, strict=False)
        if enclosure is not None and not step.failure
        for _, interval, values in pairs(enclosure, step, interface.ALL_CAPABILITIES)
    )


@lru_cache(maxsize=2)
def enclosed(
    case: Case, rules: Rules = DEFAULT_RULES, model: ErrorModel[ErrorBound] | None = None
) -> tuple[Mapping[str, Intervals] | None, ...]:
    """Return the enclosures of every operation, kept for the case at hand; none if nothing can be claimed.

    Operations err by ``model``; without one they are correctly rounded.
    """
    try:
        return tuple(enclose(case, rules, model))
    except UndecidedError:
        return ()


# --- as JSON: {misreading: [apart, margin of updates, of state, of learning rates]}; see kills.schema.json


def margins(row: Row) -> dict[str, Any]:
    """Return the margins of a row as JSON data, with two digits, by misreading and observable."""
    return {id_: {str(where): written(kill) for where, kill in kills.items()} for id_, kills in row.items()}


def to_json(row: Row) -> dict[str, Any]:
    """Return a row as JSON data, see ``kills.schema.json``."""
    return {id_: _entry(kills) for id_, kills in row.items()}


def _entry(kills: Kills) -> list[float | str | None]:
    """Return what :data:`_ENTRY` names; what is missing at the end is left out."""
    found = [next(iter(kills.values())).apart, *(written(kills[w]) if w in kills else None for w in _ENTRY)]
    while found[-1] is None:
        found.pop()
    return found


def from_json(data: Mapping[str, Any]) -> Row:
    """Read back :func:`to_json`."""
    return {
        id_: {
            where: replace(_read(margin), apart=apart)
            for where, margin in zip(_ENTRY, entry, strict=False)
            if margin is not None
        }
        for id_, (apart, *entry) in data.items()
    }


def is_row(data: Any) -> bool:
    """Return whether :func:`from_json` reads ``data``."""
    return isinstance(data, dict) and all(isinstance(entry, list) and _is_entry(*entry) for entry in data.values())


def _is_entry(apart: Any = None, *found: Any) -> bool:
    is_exponent = apart is None or (type(apart) is int and abs(apart) < sys.float_info.max_exp)
    is_shown = 0 < len(found) <= len(_ENTRY) and found[-1] is not None
    return is_exponent and is_shown and all(margin is None or _is_margin(margin) for margin in found)


#: The observables in the order in which an entry has their margins, after how far its values are apart.
_ENTRY = (Observable.UPDATES, Observable.STATE, Observable.LEARNING_RATES)


def _is_margin(margin: Any) -> bool:
    match margin:
        case "structure" | "infinite" | float():
            return True
        case int():
            return not isinstance(margin, bool) and abs(margin) <= sys.float_info.max
    return False


def written(kill: Kill) -> float | str:
    """Return the margin as it is stored: 0 for bits alone, ``structure``, ``infinite``."""
    if kill.level is Level.STRUCTURE:
        return "structure"
    margin = float(f"{kill.margin:.1e}")
    if isinf(margin):
        return "infinite"
    return int(margin) if margin.is_integer() and margin < 1e6 else margin


def _read(margin: float | str) -> Kill:
    match margin:
        case "structure":
            return Kill(Level.STRUCTURE)
        case "infinite":
            return Kill(Level.BOUNDED, inf)
        case 0:
            return Kill(Level.BIT_EXACT)
        case _:
            return Kill(Level.BOUNDED, float(margin))
