"""The check of values against their enclosures: those that operations within their error bounds can give.

The exact enclosure decides. If float64 shows that a value lies outside of it, or inside, it need not be computed.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

import numpy as np

from dl4j_backends import interface
from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy, Dl4jException, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.enclosed_script import (
    Enclosed,
    ExactTrajectory,
    Trajectory,
    float64_sets,
    in_float64,
)
from dl4j_conformance.execution.outcome import Outcome, by_key, value
from dl4j_conformance.judging.rounding import bounded_model
from dl4j_oracle.arithmetic import intervals, long_arrays, reals
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.forks import EnclosingArray
from dl4j_oracle.arithmetic.intervals import Doubles, Intervals, everything
from dl4j_oracle.arithmetic.long_arrays import Indices, computed, containing, part
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.profile import DEFAULT_RULES, Rules

#: The place of a value: step, key, and index, which is None for a learning rate or a momentum.
Place = tuple[int, str, int | None]


@dataclass(frozen=True)
class Escape:
    """A value outside of its enclosure: ``got`` is not between ``low`` and ``high``, or is NaN where none can be."""

    step: int
    key: str
    index: int | None
    low: float
    high: float
    may_be_nan: bool
    got: float


@dataclass(frozen=True)
class Bounds:
    """The values of a trajectory that leave their enclosures, and counts of values."""

    escapes: tuple[Escape, ...] = ()
    #: How many values were checked.
    compared: int = 0
    #: Of how many of them nothing is claimed.
    unclaimed: int = 0
    #: How many lay so near to an edge that the exact enclosure had to be computed.
    exactly: int = 0


class Position(Enum):
    """The position of a value relative to its exact enclosure."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NO_CLAIM = "no claim"


def bounds(
    case: Case,
    got: Outcome,
    capabilities: frozenset[str],
    rules: Rules = DEFAULT_RULES,
    accuracy: Accuracy = CORRECTLY_ROUNDED,
    places: Collection[Place] | None = None,
) -> Bounds:
    """Return the values of ``got`` that leave their enclosures.

    With ``places``, only values there are looked at: all others have the bits of the evaluation model.

    Missing keys and wrong shapes are reported by level structure, not here.
    """
    try:
        check = EnclosureCheck(case, capabilities, rules, accuracy, places)
    except Dl4jException:
        return Bounds()
    for number, step in enumerate(got.steps[: len(case.script)]):
        check.step(number, step)
    return check.found


def encloses(case: Case, got: Outcome, capabilities: frozenset[str], rules: Rules, accuracy: Accuracy) -> bool:
    """Return whether enclosures under ``rules`` hold all values of ``got``, and claim something of each.

    The first value that they do not hold ends the check.
    """
    try:
        check = EnclosureCheck(case, capabilities, rules, accuracy)
    except Dl4jException:
        return False
    for number, step in enumerate(got.steps[: len(case.script)]):
        check.step(number, step)
        if check.escapes or check.unclaimed:
            return False
    return check.compared > 0


class EnclosureCheck:
    """The check of a case, operation by operation. Raises :class:`Dl4jException` if its construction throws."""

    def __init__(
        self,
        case: Case,
        capabilities: frozenset[str],
        rules: Rules,
        accuracy: Accuracy,
        places: Collection[Place] | None = None,
    ) -> None:
        model = bounded_model(case.dtype, accuracy)
        self._capabilities = capabilities
        self._outer = _Deferred(partial(in_float64, case, model, intervals.outer, rules))
        self._inner = _Deferred(partial(in_float64, case, model, intervals.inner, rules))
        self.exact = ExactTrajectory(case, model, rules)
        self.escapes: list[Escape] = []
        self.compared = self.unclaimed = self.exactly = 0
        self.go_on(case, places)

    def go_on(self, case: Case, places: Collection[Place] | None) -> None:
        """Go on with a longer script of the same network, of which more ``places`` are looked at."""
        self._case = self.exact.case = case
        self._places = None if places is None else frozenset(places)
        states = [step for step, key, _ in self._places or () if key == "state"]
        self._first_state = min(states, default=len(case.script))

    @property
    def found(self) -> Bounds:
        """Return what was found so far."""
        return Bounds(tuple(self.escapes), self.compared, self.unclaimed, self.exactly)

    def step(self, number: int, seen: Observation) -> None:
        """Check what is seen after operation ``number``; all operations before it have been checked."""
        operation = self._case.script[number]
        self._inner.perform(operation)
        self._outer.perform(operation)
        if not isinstance(operation, Update | Iterate) or seen.failure:
            return
        inner = self._inner.found()
        try:
            reference = inner or self._outer.found() or reals.decided(lambda prec: self.exact.after(number, prec))
        except UndecidedError:
            self._leave_open(sum(len(array) for array in (seen.updates or {}).values()))
            return
        if reference.updates is None:
            return
        lengths = {
            key: len(found) if isinstance(found, EnclosingArray) else 1 for key, found in by_key(reference).items()
        }
        shown = dict(_values(seen, self._capabilities, lengths))
        outside = self._beyond(inner, shown)
        for key, values in shown.items():
            self.compared += len(values)
            open_ = self._asked(number, key, outside[key])
            if self._are_inside(number, key, values, open_) and key == "state":
                self._observe_state(number, values)

    def _beyond(self, inner: Enclosed | None, shown: Mapping[str, Floats]) -> Mapping[str, Indices]:
        """Return the indices of the values (each array 1-D) that the inner enclosures do not hold, key by key."""
        if inner is None:
            return {key: np.arange(len(values)) for key, values in shown.items()}
        by_name = by_key(inner)
        within = containing({key: float64_sets(by_name[key]) for key in shown}, shown)
        return {key: np.flatnonzero(~flags) for key, flags in within.items()}

    def _are_inside(self, number: int, key: str, values: Floats, open_: Indices) -> bool:
        """Return whether ``values`` (1-D) lie in their exact enclosures; only those at ``open_`` may not.

        The outer enclosures, which hold the exact ones, are computed for these alone.
        """
        if not len(open_):
            return True
        found = self._outer.found()
        outer = computed(part(float64_sets(by_key(found)[key]), open_)) if found else everything(len(open_))
        possible = outer.contains(values[open_])
        certain = outer.is_certain
        positions = []
        for at, index in enumerate(open_.tolist()):
            if possible[at] and certain[at]:
                # The exact enclosure lies in the outer one, and is not empty.
                positions.append(Position.INSIDE)
            elif possible[at]:
                positions.append(self._decide_exactly(number, key, index, float(values[index])))
            else:
                low, high, nan = float(outer.low[at]), float(outer.high[at]), bool(outer.nan[at])
                escape = Escape(number, key, reported_index(key, index), low, high, nan, float(values[index]))
                positions.append(self._escape(escape))
        return all(position is Position.INSIDE for position in positions)

    def _asked(self, number: int, key: str, indices: Indices) -> Indices:
        """Return those of ``indices`` (1-D) whose values are looked at.

        After the first state with other bits than the evaluation model's, all states are: the next enclosures begin
        with what is seen of them. Up to that one, the model's own values lie inside.
        """
        if self._places is None or (key == "state" and number > self._first_state):
            return indices
        places = self._places
        asked = [index for index in indices.tolist() if (number, key, reported_index(key, index)) in places]
        return np.array(asked, np.intp)

    def _decide_exactly(self, number: int, key: str, index: int, value: float) -> Position:
        self.exactly += 1
        try:
            found, inside = self.exact.decide(number, key, index, value)
        except UndecidedError:
            return self._leave_open(1)
        if found.no_claim:
            return self._leave_open(1)
        if inside:
            return Position.INSIDE
        return self._escape(Escape(number, key, reported_index(key, index), *found.doubles, found.nan, value))

    def _escape(self, escape: Escape) -> Position:
        self.escapes.append(escape)
        return Position.OUTSIDE

    def _leave_open(self, count: int) -> Position:
        self.unclaimed += count
        return Position.NO_CLAIM

    def _observe_state(self, number: int, values: Floats) -> None:
        self._outer.observe_state(values)
        self._inner.observe_state(values)
        self.exact.observe_state(number, values)


class _Deferred:
    """A trajectory whose operations wait until somebody asks what they give."""

    def __init__(self, begin: Callable[[], Trajectory]) -> None:
        self._begin = begin
        self._trajectory: Trajectory | None = None
        self._waiting: list[Operation | Floats] = []
        self._found: Enclosed | None = None

    def perform(self, operation: Operation) -> None:
        """Perform an operation, later."""
        self._waiting.append(operation)

    def observe_state(self, values: Floats) -> None:
        """Go on with the part of the state that is rounded to ``values`` (1-D, of the network's dtype), later."""
        self._waiting.append(values)

    def found(self) -> Enclosed | None:
        """Return what the last operation gives; None once float64 cannot decide a comparison."""
        trajectory = self._trajectory = self._trajectory or self._begin()
        for waiting in self._waiting:
            if isinstance(waiting, np.ndarray):
                trajectory.observe_state(waiting)
            else:
                self._found = _performed(trajectory, waiting)
        self._waiting = []
        return self._found


def reported_index(key: str, index: int) -> int | None:
    """Return the index of a value as a report has it: learning rates and momentum are no arrays."""
    return None if key.startswith(("learning_rates.", "momentum.")) else index


def _performed(trajectory: Trajectory, operation: Operation) -> Enclosed | None:
    """Return the enclosures in float64, or None once float64 cannot decide a comparison."""
    try:
        return trajectory.perform(operation)
    except UndecidedError:
        return None


def pairs(
    enclosure: Mapping[str, Intervals], step: Observation, capabilities: frozenset[str]
) -> Iterator[tuple[str, Intervals, Floats]]:
    """Yield key, enclosures and values seen after one operation; keys whose shapes do not fit are left out."""
    for key, values in _values(step, capabilities, {key: interval.length for key, interval in enclosure.items()}):
        yield key, enclosure[key], values


def _values(
    seen: Observation, capabilities: frozenset[str], lengths: Mapping[str, int]
) -> Iterator[tuple[str, Floats]]:
    """Yield the arrays to be checked, by the keys of a report: those that are declared and have the right shape."""
    needed = {
        "state": interface.STATE_OUT,
        "learning_rates": interface.LEARNING_RATES,
        "momentum": interface.LEARNING_RATES,
    }
    for key, length in lengths.items():
        capability = needed.get(key.partition(".")[0])
        values = value(seen, key) if capability is None or capability in capabilities else None
        if isinstance(values, np.ndarray) and values.shape == (length,):
            yield key, values


def nearness(case: Case, got: Outcome, capabilities: frozenset[str]) -> float:
    """Return how near a value of ``got`` comes to the edge of its enclosure: 0 at the centre, 1 at the edge."""
    found = nearness_by_step(case, got, capabilities, bounded_model(case.dtype, CORRECTLY_ROUNDED))
    return max((float(np.fmax.reduce(values, initial=0.0)) for step in found for values in step.values()), default=0.0)


def nearness_by_step(
    case: Case, got: Outcome, capabilities: frozenset[str], model: ErrorModel[ErrorBound]
) -> list[Mapping[str, Doubles]]:
    """Return how near each value comes to the edge of its outer enclosure (1-D, float64), by key, step by step.

    It is more than 1 outside, and NaN where nothing is claimed. State that is seen does not narrow the enclosures.
    Nothing is said from the first comparison on that float64 cannot decide.
    """
    found: list[Mapping[str, Doubles]] = []
    try:
        trajectory = in_float64(case, model, intervals.outer, DEFAULT_RULES)
        for operation, step in zip(case.script, got.steps, strict=False):
            performed = trajectory.perform(operation)
            if performed.updates is None or step.failure:
                found.append({})
                continue
            sets = {key: float64_sets(one) for key, one in by_key(performed).items()}
            shown = dict(_values(step, capabilities, {key: one.length for key, one in sets.items()}))
            found.append(long_arrays.nearness({key: sets[key] for key in shown}, shown))
    except (Dl4jException, UndecidedError):
        pass
    return found
