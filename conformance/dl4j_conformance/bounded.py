"""Level bounded: every value lies where operations within the evaluation model's error bounds can put it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dl4j_backends import interface
from dl4j_conformance.case import Case, Clone, Operation, SetLearningRate, SetState, Switch, Update
from dl4j_conformance.networks import Networks
from dl4j_conformance.oracle_backend import description, given_state
from dl4j_conformance.outcome import Outcome, Step
from dl4j_conformance.values import Floats
from dl4j_oracle.enclosed_updater import Enclosed, EnclosedUpdater
from dl4j_oracle.errors import Dl4jError, UndecidedError
from dl4j_oracle.intervals import Intervals
from dl4j_oracle.profile import DL4J_0_8_0, Rules


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
    """What came of a trajectory: ``escapes``, and how many values were compared and of how many nothing is claimed."""

    escapes: tuple[Escape, ...] = ()
    compared: int = 0
    unclaimed: int = 0


@lru_cache(maxsize=4)  # The judge and :func:`nearness` ask for the same one.
def enclose(case: Case, rules: Rules = DL4J_0_8_0) -> list[Enclosed | None]:
    """The enclosure after each operation (None after one that is not an update), along the whole trajectory.

    Empty if the construction throws. Raises :class:`UndecidedError` where too many comparisons may go either way.
    """
    try:
        updater = EnclosedUpdater(description(case.network), case.dtype, rules, given_state(case.network))
    except Dl4jError:
        return []
    networks = Networks(updater)
    return [_perform(networks, operation) for operation in case.script]


def _perform(networks: Networks[EnclosedUpdater], operation: Operation) -> Enclosed | None:
    updater = networks.current
    try:
        match operation:
            case Update(gradients, iteration, batch_size):
                given = {key: array.tolist() for key, array in gradients.items()}
                return updater.update(given, iteration, batch_size)
            case SetState(state):
                updater.updater.set_state(state.tolist())
            case SetLearningRate(key, learning_rate):
                updater.updater.set_learning_rate(key, learning_rate)
            case Clone():
                networks.clone()
            case Switch(number):
                networks.switch(number)
    except Dl4jError:
        return None
    return None


def bounds(case: Case, got: Outcome, capabilities: frozenset[str], rules: Rules = DL4J_0_8_0) -> Bounds:
    """Where ``got`` leaves its enclosure. What has not the structure of the case is left to the level structure."""
    try:
        enclosed = enclose(case, rules)
    except UndecidedError:
        total = sum(len(array) for step in got.steps for array in (step.updates or {}).values())
        return Bounds(unclaimed=total)
    escapes: list[Escape] = []
    compared = unclaimed = 0
    for number, (enclosure, step) in enumerate(zip(enclosed, got.steps, strict=False)):
        if enclosure is None or enclosure.error or step.failure:
            continue
        for key, interval, values in _pairs(enclosure, step, capabilities):
            compared += len(values)
            unclaimed += int(interval.no_claim.sum())
            escapes += _escapes(number, key, interval, values)
    return Bounds(tuple(escapes), compared, unclaimed)


def _pairs(enclosure: Enclosed, step: Step, capabilities: frozenset[str]) -> Iterator[tuple[str, Intervals, Floats]]:
    found = step.updates or {}
    arrays = [(key, interval, found.get(key)) for key, interval in enclosure.updates.items()]
    if interface.STATE_OUT in capabilities and enclosure.state is not None:
        arrays.append(("state", enclosure.state, step.state))
    if interface.LEARNING_RATES in capabilities:
        for name in ("learning_rates", "momentum"):
            seen = getattr(step, name)
            arrays += [
                (f"{name}.{key}", interval, np.array([seen[key]]))
                for key, interval in getattr(enclosure, name).items()
                if key in seen
            ]
    for key, interval, values in arrays:
        if isinstance(values, np.ndarray) and values.shape == interval.low.shape:
            yield key, interval, values


def _escapes(number: int, key: str, interval: Intervals, values: Floats) -> Iterator[Escape]:
    for index in np.flatnonzero(~interval.contains(values)):
        yield Escape(
            number,
            key,
            int(index) if "." not in key else None,
            float(interval.low[index]),
            float(interval.high[index]),
            bool(interval.nan[index]),
            float(values[index]),
        )


def nearness(case: Case, got: Outcome, capabilities: frozenset[str]) -> float:
    """How near a value of ``got`` comes to the edge of its enclosure: 0 at the centre, 1 at the edge."""
    try:
        enclosed = enclose(case)
    except UndecidedError:
        return 0.0
    nearest = 0.0
    for enclosure, step in zip(enclosed, got.steps, strict=False):
        if enclosure is None or enclosure.error or step.failure:
            continue
        for _, interval, values in _pairs(enclosure, step, capabilities):
            with np.errstate(all="ignore"):
                half = interval.high / 2 - interval.low / 2
                distances = np.abs(values - (interval.low / 2 + interval.high / 2)) / half
            nearest = max(nearest, *distances[np.isfinite(distances)].tolist(), 0.0)
    return nearest
