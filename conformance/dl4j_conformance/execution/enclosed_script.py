"""A case's script in the arithmetics of sets: in float64, vectorised, and exactly, where that cannot decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dl4j_backends.interface import Dl4jException, Seen
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.oracle_session import EnclosedSession, network_updater
from dl4j_conformance.execution.outcome import by_key
from dl4j_conformance.execution.script import perform
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic, ExactlyEnclosedArray
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval
from dl4j_oracle.arithmetic.exactly_enclosed_scalar import ExactlyEnclosedScalar
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening
from dl4j_oracle.arithmetic.long_arrays import Sets, computed
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.network.enclosed_updater import allowed_rules
from dl4j_oracle.profile import DEFAULT_RULES, Rules

Enclosing = EnclosingArray | EnclosingScalar
#: The sets of all that can be seen after an operation.
Enclosed = Seen[EnclosingArray, EnclosingScalar]


class Trajectory:
    """One operation after the other; raises :class:`Dl4jException` as the updater's construction does.

    Once a comparison is not decided nothing more is known: that raises :class:`UndecidedError` from then on.
    """

    def __init__(self, case: Case, arithmetic: EnclosingArithmetic, rules: Rules) -> None:
        updater = network_updater(case.network, arithmetic, allowed_rules(rules, arithmetic.model))
        self._networks = Networks(EnclosedSession(updater, arithmetic.forks))
        self._undecided: UndecidedError | None = None

    def perform(self, operation: Operation) -> Enclosed:
        """Return the sets of what can be seen after an operation, or its exception."""
        if self._undecided:
            raise self._undecided
        try:
            return perform(self._networks, operation)
        except UndecidedError as error:
            self._undecided = error
            raise

    def observe_state(self, values: Floats) -> None:
        """Go on with the part of the state that is rounded to these values (1-D, of the network's dtype)."""
        try:
            self._networks.current.observe_state(values)
        except UndecidedError as error:
            self._undecided = error


def in_float64(
    case: Case, model: ErrorModel[ErrorBound], read: Callable[[ErrorBound], Widening], rules: Rules
) -> Trajectory:
    """Return the trajectory in float64, read by ``intervals.outer`` or ``intervals.inner``."""
    return Trajectory(case, EnclosureArithmetic(model, read), rules)


def enclose(
    case: Case, rules: Rules = DEFAULT_RULES, model: ErrorModel[ErrorBound] | None = None
) -> list[Mapping[str, Intervals] | None]:
    """Return the intervals after each operation by key, None after one that is not an update or throws.

    Operations err by ``model``; without one they are correctly rounded. Empty if the construction throws. Raises
    :class:`UndecidedError` where float64 cannot decide a comparison.
    """
    try:
        trajectory = in_float64(case, model or error_model(case.dtype), intervals.outer, rules)
    except Dl4jException:
        return []
    performed = [trajectory.perform(operation) for operation in case.script]
    return [
        None if found.updates is None else {key: float64_intervals(one) for key, one in by_key(found).items()}
        for found in performed
    ]


class ExactTrajectory:
    """The exact enclosures of a case, computed as far as they are asked for, at every precision that is tried."""

    def __init__(self, case: Case, model: ErrorModel[ErrorBound], rules: Rules) -> None:
        #: A case whose script goes on may take its place.
        self.case = case
        self._model, self._rules = model, rules
        self._observed: dict[int, Floats] = {}
        self._reached: dict[int, tuple[Trajectory, list[Enclosed]]] = {}
        self._by_key: dict[tuple[int, int], Mapping[str, Enclosing]] = {}

    def observe_state(self, number: int, values: Floats) -> None:
        """Take the state (1-D, of the network's dtype) that is seen after operation ``number``, in its enclosure."""
        self._observed[number] = values

    def after(self, number: int, prec: int) -> Enclosed:
        """Return what operation ``number`` may give, at ``prec`` bits. Raises :class:`UndecidedError`."""
        if prec not in self._reached:
            trajectory = Trajectory(self.case, ExactEnclosureArithmetic(self._model, prec), self._rules)
            self._reached[prec] = trajectory, []
        trajectory, found = self._reached[prec]
        while len(found) <= number:
            before = len(found) - 1
            if before in self._observed:
                trajectory.observe_state(self._observed[before])
            found.append(trajectory.perform(self.case.script[len(found)]))
        return found[number]

    def decide(self, number: int, key: str, index: int, value: float) -> tuple[ExactInterval, bool]:
        """Return the set of an element, and whether ``value`` is in it. Raises :class:`UndecidedError`."""

        def evaluate(prec: int) -> tuple[ExactInterval, bool]:
            place = number, prec
            if place not in self._by_key:
                self._by_key[place] = by_key(self.after(number, prec))
            found = exact_interval(self._by_key[place][key], index)
            return found, found.contains(value)

        return reals.decided(evaluate)


def float64_intervals(enclosing: Enclosing) -> Intervals:
    """Return the intervals of a trajectory in float64: 1-D, one element for each value."""
    return computed(float64_sets(enclosing))


def float64_sets(enclosing: Enclosing) -> Sets:
    """Return the intervals of a trajectory in float64 (1-D): of a long array perhaps not yet computed."""
    match enclosing:
        case EnclosedArray(values):
            return values
        case EnclosedScalar(value):
            return intervals.repeat(value, 1)
    raise TypeError(f"not in float64: {enclosing!r}")


def exact_interval(enclosing: Enclosing, index: int) -> ExactInterval:
    """Return one interval of an exact trajectory: of a 1-D array of any dtype, or of a scalar (a Java double).

    Raise ``TypeError`` if ``enclosing`` is not exact.
    """
    match enclosing:
        case ExactlyEnclosedArray(values):
            return values[index]
        case ExactlyEnclosedScalar(value):
            return value
    raise TypeError(f"not exact: {enclosing!r}")
