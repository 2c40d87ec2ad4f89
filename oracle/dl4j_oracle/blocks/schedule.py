"""Schedules of 1.0.0 (``org.nd4j.linalg.schedule.ISchedule``): closed forms, by iteration or by epoch.

A schedule knows nothing of earlier calls. Values are Java doubles.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError


class ScheduleType(StrEnum):
    """The count that a schedule reads: ``org.nd4j.linalg.schedule.ScheduleType``."""

    ITERATION = "ITERATION"
    EPOCH = "EPOCH"


@dataclass(frozen=True, eq=False)
class Schedule(ABC):
    """A schedule: the value at an iteration and epoch."""

    @abstractmethod
    def value_at(self, iteration: int, epoch: int, arithmetic: Arithmetic) -> Scalar:
        """Return the value: ``valueAt``."""


@dataclass(frozen=True, eq=False)
class Counted(Schedule):
    """A schedule that reads one of the two counts."""

    schedule_type: ScheduleType

    def value_at(self, iteration: int, epoch: int, arithmetic: Arithmetic) -> Scalar:
        """Return the value at the count of the schedule's type."""
        return self.at(iteration if self.schedule_type is ScheduleType.ITERATION else epoch, arithmetic)

    @abstractmethod
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return the value at count ``i``."""


@dataclass(frozen=True, eq=False)
class FixedSchedule(Schedule):
    """A value that does not change."""

    value: float

    @clause("SCHED-2")
    def value_at(self, iteration: int, epoch: int, arithmetic: Arithmetic) -> Scalar:
        """Return the value."""
        return arithmetic.scalar(self.value)


@dataclass(frozen=True, eq=False)
class ExponentialSchedule(Counted):
    """A value that is multiplied again and again."""

    initial_value: float
    gamma: float

    @clause("SCHED-3")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return ``initialValue * pow(gamma, i)``."""
        return arithmetic.scalar(self.initial_value) * arithmetic.scalar(self.gamma).pow(arithmetic.scalar(i))


@dataclass(frozen=True, eq=False)
class InverseSchedule(Counted):
    """A value over a power of the count."""

    initial_value: float
    gamma: float
    power: float

    @clause("SCHED-4")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return ``initialValue / pow(1 + gamma * i, power)``."""
        growth = arithmetic.scalar(self.gamma) * arithmetic.scalar(i) + 1
        return arithmetic.scalar(self.initial_value) / growth.pow(arithmetic.scalar(self.power))


@dataclass(frozen=True, eq=False)
class PolySchedule(Counted):
    """A power of the share of a maximal count, which grows, and 0 from there on."""

    initial_value: float
    power: float
    max_iter: int

    @clause("SCHED-5")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return ``initialValue * pow(1 + i / maxIter, power)`` before ``maxIter``, then 0."""
        if i >= self.max_iter:
            return arithmetic.scalar(0.0)
        growth = arithmetic.scalar(i) / arithmetic.scalar(self.max_iter) + 1
        return arithmetic.scalar(self.initial_value) * growth.pow(arithmetic.scalar(self.power))


@dataclass(frozen=True, eq=False)
class SigmoidSchedule(Counted):
    """A sigmoid of the count."""

    initial_value: float
    gamma: float
    step_size: int

    @clause("SCHED-6")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return ``initialValue / (1 + exp(-gamma * (i - stepSize)))``."""
        exponent = -arithmetic.scalar(self.gamma) * arithmetic.scalar(i - self.step_size)
        return arithmetic.scalar(self.initial_value) / (exponent.exp() + 1)


@dataclass(frozen=True, eq=False)
class StepSchedule(Counted):
    """A value that is multiplied once per step; the length of a step is a double."""

    initial_value: float
    decay_rate: float
    step: float

    @clause("SCHED-7")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return ``initialValue * pow(decayRate, floor(i / step))``."""
        steps = (arithmetic.scalar(i) / arithmetic.scalar(self.step)).floor()
        return arithmetic.scalar(self.initial_value) * arithmetic.scalar(self.decay_rate).pow(steps)


@dataclass(frozen=True, eq=False)
class MapSchedule(Counted):
    """Values from positions on. Raises Dl4jError without a position 0."""

    values: Mapping[int, float]

    @clause("SCHED-8")
    def __post_init__(self) -> None:
        if 0 not in self.values:
            raise Dl4jError(
                "IllegalArgumentException", "Invalid set of values: must contain initial value (position 0)"
            )

    @clause("SCHED-8")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return the value at the greatest position that is not after ``i``. Raises Dl4jError if there is none."""
        before = [position for position in self.values if position <= i]
        if not before:
            raise Dl4jError("ArrayIndexOutOfBoundsException", "-1")
        return arithmetic.scalar(self.values[max(before)])


@dataclass(frozen=True, eq=False)
class CycleSchedule(Counted):
    """A rate that rises to a maximum, falls back, and is annealed at the end of its cycle."""

    max_learning_rate: float
    cycle_length: int
    initial_learning_rate: float
    annealing_length: int
    annealing_decay: float

    @clause("SCHED-9")
    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        """Return the rate at a position of the cycle. Raises Dl4jError for a cycle of length 0."""
        if self.cycle_length == 0:
            raise Dl4jError("ArithmeticException", "/ by zero")
        initial, most = arithmetic.scalar(self.initial_learning_rate), arithmetic.scalar(self.max_learning_rate)
        half = int((self.cycle_length - self.annealing_length) / 2)
        increment = (most - initial) / arithmetic.scalar(half)
        position = int(math.fmod(i, self.cycle_length))
        if position < half:
            return initial + increment * arithmetic.scalar(position)
        if position < 2 * half:
            return most - increment * arithmetic.scalar(position - half)
        exponent = self.annealing_length - (self.cycle_length - position)
        return initial * arithmetic.scalar(self.annealing_decay).pow(arithmetic.scalar(exponent))


def short_cycle(schedule_type: ScheduleType, max_learning_rate: float, cycle_length: int) -> CycleSchedule:
    """Return the schedule of the constructor that takes a maximum and a length alone."""
    annealing = math.floor(cycle_length * 0.1 + 0.5)
    return CycleSchedule(schedule_type, max_learning_rate, cycle_length, max_learning_rate * 0.1, annealing, 0.1)


@dataclass(frozen=True, eq=False)
class RampSchedule(Schedule):
    """Another schedule, which grows linearly over the first iterations, even if that one counts epochs."""

    base_schedule: Schedule
    num_iter: int

    @clause("SCHED-10")
    def value_at(self, iteration: int, epoch: int, arithmetic: Arithmetic) -> Scalar:
        """Return the base's value, times ``(iteration + 1) / numIter`` before the last iteration of the ramp."""
        base = self.base_schedule.value_at(iteration, epoch, arithmetic)
        if iteration >= self.num_iter - 1:
            return base
        return arithmetic.scalar(iteration + 1) / arithmetic.scalar(self.num_iter) * base


@clause("BLOCK-3")
def schedules_are_equal(x: Schedule | None, y: Schedule | None) -> bool:
    """Return ``x.equals(y)``: of one class with equal fields. A ``RampSchedule`` equals itself alone."""
    if x is y:
        return True
    if type(x) is not type(y) or x is None or isinstance(x, RampSchedule):
        return False
    return all(_are_equal(getattr(x, f.name), getattr(y, f.name)) for f in fields(x))


def _are_equal(x: object, y: object) -> bool:
    if isinstance(x, float) and isinstance(y, float):
        return same_double(x, y)
    if isinstance(x, Mapping) and isinstance(y, Mapping):
        return x.keys() == y.keys() and all(_are_equal(value, y[key]) for key, value in x.items())
    return x == y


def same_double(x: float, y: float) -> bool:
    """Return ``Double.compare(x, y) == 0``: NaN equals NaN, and the zeros differ."""
    return (math.isnan(x) and math.isnan(y)) or struct.pack("d", x) == struct.pack("d", y)
