"""A case's script in the arithmetics of sets: in float64, vectorised, and exactly, where that cannot decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.networks import Networks
from dl4j_conformance.execution.oracle_backend import description, given_state
from dl4j_conformance.execution.oracle_script import perform
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic, ExactlyEnclosedArray
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval
from dl4j_oracle.arithmetic.exactly_enclosed_scalar import ExactlyEnclosedScalar
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar
from dl4j_oracle.arithmetic.intervals import Intervals, Widening
from dl4j_oracle.errors import Dl4jError, UndecidedError
from dl4j_oracle.network.enclosed_updater import Enclosed, EnclosedUpdater
from dl4j_oracle.profile import DEFAULT_RULES, Rules

Enclosing = EnclosingArray | EnclosingScalar


class Trajectory:
    """One operation after the other; raises :class:`Dl4jError` as the updater's construction does.

    Once a comparison is not decided nothing more is known: that raises :class:`UndecidedError` from then on.
    """

    def __init__(self, case: Case, arithmetic: EnclosingArithmetic, rules: Rules) -> None:
        updater = EnclosedUpdater(description(case.network), arithmetic, rules, given_state(case.network))
        self._networks = Networks(updater)
        self._undecided: UndecidedError | None = None

    def perform(self, operation: Operation) -> Enclosed | None:
        """What the operation may give; None if it is not an update."""
        if self._undecided:
            raise self._undecided
        try:
            return perform(self._networks, operation, EnclosedUpdater.update, EnclosedUpdater.iterate)
        except Dl4jError:
            return None
        except UndecidedError as error:
            self._undecided = error
            raise

    def observe_state(self, values: Floats) -> None:
        """Go on with the part of the state that is rounded to these values, which lie in it."""
        try:
            self._networks.current.observe_state(values.tolist())
        except UndecidedError as error:
            self._undecided = error


def in_float64(
    case: Case, model: ErrorModel[ErrorBound], read: Callable[[ErrorBound], Widening], rules: Rules
) -> Trajectory:
    """With ``intervals.outer`` or ``intervals.inner``."""
    return Trajectory(case, EnclosureArithmetic(model, read), rules)


def enclose(case: Case, rules: Rules = DEFAULT_RULES) -> list[Mapping[str, Intervals] | None]:
    """The intervals after each operation by key, None after one that is not an update or throws.

    Empty if the construction throws. Raises :class:`UndecidedError` where float64 cannot decide a comparison.
    """
    try:
        trajectory = in_float64(case, error_model(case.dtype), intervals.outer, rules)
    except Dl4jError:
        return []
    performed = [trajectory.perform(operation) for operation in case.script]
    return [
        None if found is None or found.error else {key: float64_intervals(one) for key, one in sets(found).items()}
        for found in performed
    ]


class ExactTrajectory:
    """The exact enclosures of a case, computed as far as they are asked for, at every precision that is tried."""

    def __init__(self, case: Case, model: ErrorModel[ErrorBound], rules: Rules) -> None:
        self._case, self._model, self._rules = case, model, rules
        self._observed: dict[int, Floats] = {}
        self._reached: dict[int, tuple[Trajectory, list[Enclosed | None]]] = {}

    def observe_state(self, number: int, values: Floats) -> None:
        """The state that is seen after operation ``number``, and lies in it."""
        self._observed[number] = values

    def after(self, number: int, prec: int) -> Enclosed | None:
        """What operation ``number`` may give, at ``prec`` bits. Raises :class:`UndecidedError`."""
        if prec not in self._reached:
            trajectory = Trajectory(self._case, ExactEnclosureArithmetic(self._model, prec), self._rules)
            self._reached[prec] = trajectory, []
        trajectory, found = self._reached[prec]
        while len(found) <= number:
            before = len(found) - 1
            if before in self._observed:
                trajectory.observe_state(self._observed[before])
            found.append(trajectory.perform(self._case.script[len(found)]))
        return found[number]

    def decide(self, number: int, key: str, index: int, value: float) -> tuple[ExactInterval, bool]:
        """The set of an element, and whether ``value`` is in it. Raises :class:`UndecidedError`."""

        def evaluate(prec: int) -> tuple[ExactInterval, bool]:
            enclosed = self.after(number, prec)
            assert enclosed is not None  # noqa: S101 - the operation is an update
            found = exact_interval(sets(enclosed)[key], index)
            return found, found.contains(value)

        return reals.decided(evaluate)


def sets(enclosed: Enclosed) -> dict[str, Enclosing]:
    """The sets of an update under the keys of a report: gradient keys, ``state``, ``params.0_W``..."""
    found: dict[str, Enclosing] = dict(enclosed.updates)
    found |= {f"params.{key}": array for key, array in enclosed.params.items()}
    found |= {f"heard.{key}": array for key, array in enclosed.heard.items()}
    if enclosed.state is not None:
        found["state"] = enclosed.state
    scalars: Mapping[str, Mapping[str, EnclosingScalar]] = {
        "learning_rates": enclosed.learning_rates,
        "momentum": enclosed.momentum,
    }
    return found | {f"{name}.{key}": scalar for name, seen in scalars.items() for key, scalar in seen.items()}


def float64_intervals(enclosing: Enclosing) -> Intervals:
    """The intervals of a trajectory in float64."""
    match enclosing:
        case EnclosedArray(values):
            return values
        case EnclosedScalar(value):
            return value
    raise TypeError(f"not in float64: {enclosing!r}")


def exact_interval(enclosing: Enclosing, index: int) -> ExactInterval:
    """One interval of an exact trajectory."""
    match enclosing:
        case ExactlyEnclosedArray(values):
            return values[index]
        case ExactlyEnclosedScalar(value):
            return value
    raise TypeError(f"not exact: {enclosing!r}")
