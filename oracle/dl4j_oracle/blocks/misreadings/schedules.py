"""Misreadings of the schedules of 1.0.0-M2.1: each replaces a schedule of one class by another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.blocks.misreadings.misreading import NEW, block_misreading
from dl4j_oracle.blocks.schedule import (
    Counted,
    CycleSchedule,
    ExponentialSchedule,
    InverseSchedule,
    MapSchedule,
    PolySchedule,
    RampSchedule,
    Schedule,
    ScheduleType,
    SigmoidSchedule,
    StepSchedule,
)

S = TypeVar("S", bound=Schedule)
_At = Callable[[int, Arithmetic], Scalar]


@dataclass(frozen=True, eq=False)
class _Other(Counted):
    """A schedule that reads the count of ``original``, with other values."""

    original: Schedule
    values: _At

    def at(self, i: int, arithmetic: Arithmetic) -> Scalar:
        return self.values(i, arithmetic)


def _other(original: Schedule, values: _At) -> Schedule:
    kind = original.schedule_type if isinstance(original, Counted) else ScheduleType.ITERATION
    return _Other(kind, original, values)


@block_misreading(
    "poly-falls",
    NEW,
    clauses=("SCHED-5",),
    replaces="build.schedules.PolySchedule",
    references=("DL4J 0.9.1", "Caffe", "PolySchedule's page"),
)
def _poly_falls(schedule: Schedule) -> Schedule:
    """Poly falls: it is initialValue * (1 - i/maxIter)^power."""
    poly = _own(schedule, PolySchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        if i >= poly.max_iter:
            return a.scalar(0.0)
        share = a.scalar(i) / a.scalar(poly.max_iter)
        return a.scalar(poly.initial_value) * (1 - share).pow(a.scalar(poly.power))

    return _other(schedule, values)


@block_misreading(
    "poly-goes-on",
    NEW,
    clauses=("SCHED-5",),
    replaces="build.schedules.PolySchedule",
    references=("the formula alone",),
)
def _poly_goes_on(schedule: Schedule) -> Schedule:
    """Poly goes on to grow from maxIter on."""
    poly = _own(schedule, PolySchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        growth = a.scalar(i) / a.scalar(poly.max_iter) + 1
        return a.scalar(poly.initial_value) * growth.pow(a.scalar(poly.power))

    return _other(schedule, values)


@block_misreading(
    "exponential-natural",
    NEW,
    clauses=("SCHED-3",),
    replaces="build.schedules.ExponentialSchedule",
    references=("torch.optim.lr_scheduler, Keras' ExponentialDecay",),
)
def _exponential_natural(schedule: Schedule) -> Schedule:
    """Exponential is initialValue * exp(-gamma * i)."""
    exponential = _own(schedule, ExponentialSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        return a.scalar(exponential.initial_value) * (-a.scalar(exponential.gamma) * a.scalar(i)).exp()

    return _other(schedule, values)


@block_misreading(
    "inverse-power-inside",
    NEW,
    clauses=("SCHED-4",),
    replaces="build.schedules.InverseSchedule",
    references=("InverseTimeDecay of Keras, with a power",),
)
def _inverse_power_inside(schedule: Schedule) -> Schedule:
    """Inverse is initialValue / (1 + gamma * i^power)."""
    inverse = _own(schedule, InverseSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        power = a.scalar(i).pow(a.scalar(inverse.power))
        return a.scalar(inverse.initial_value) / (a.scalar(inverse.gamma) * power + 1)

    return _other(schedule, values)


@block_misreading(
    "sigmoid-falls",
    NEW,
    clauses=("SCHED-6",),
    replaces="build.schedules.SigmoidSchedule",
    references=("Caffe, with a negative gamma", "DL4J 0.8.0"),
)
def _sigmoid_falls(schedule: Schedule) -> Schedule:
    """Sigmoid is initialValue / (1 + exp(gamma * (i - stepSize)))."""
    sigmoid = _own(schedule, SigmoidSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        exponent = a.scalar(sigmoid.gamma) * a.scalar(i - sigmoid.step_size)
        return a.scalar(sigmoid.initial_value) / (exponent.exp() + 1)

    return _other(schedule, values)


@block_misreading(
    "step-without-floor",
    NEW,
    clauses=("SCHED-7",),
    replaces="build.schedules.StepSchedule",
    references=("Keras' ExponentialDecay(staircase=False)",),
)
def _step_without_floor(schedule: Schedule) -> Schedule:
    """Step decays between its steps too."""
    step = _own(schedule, StepSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        return a.scalar(step.initial_value) * a.scalar(step.decay_rate).pow(a.scalar(i) / a.scalar(step.step))

    return _other(schedule, values)


@block_misreading(
    "map-at-its-positions",
    NEW,
    clauses=("SCHED-8",),
    replaces="build.schedules.MapSchedule",
    references=("policy Schedule of DL4J 0.9.1, which keeps nothing",),
)
def _map_at_its_positions(schedule: Schedule) -> Schedule:
    """Map has its values at exactly their positions, and the first value elsewhere."""
    mapped = _own(schedule, MapSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        return a.scalar(mapped.values.get(i, mapped.values[0]))

    return _other(schedule, values)


@block_misreading(
    "map-before-its-positions",
    NEW,
    clauses=("SCHED-8",),
    replaces="build.schedules.MapSchedule",
    references=("PiecewiseConstantDecay of Keras",),
)
def _map_before_its_positions(schedule: Schedule) -> Schedule:
    """A value of Map counts after its position, and not at it."""
    mapped = _own(schedule, MapSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        before = [position for position in mapped.values if position < i]
        return a.scalar(mapped.values[max(before, default=0)])

    return _other(schedule, values)


@block_misreading(
    "cycle-without-gap",
    NEW,
    clauses=("SCHED-9",),
    replaces="build.schedules.CycleSchedule",
    references=("Smith 2018", "the figure of the one-cycle policy"),
)
def _cycle_without_gap(schedule: Schedule) -> Schedule:
    """Cycle has the initial rate at a position that it leaves uncovered."""
    cycle = _own(schedule, CycleSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        half = (cycle.cycle_length - cycle.annealing_length) // 2
        position = i % cycle.cycle_length if cycle.cycle_length else 0
        if position == 2 * half and position < cycle.cycle_length - cycle.annealing_length:
            return a.scalar(cycle.initial_learning_rate)
        return cycle.at(i, a)

    return _other(schedule, values)


@block_misreading(
    "cycle-without-annealing",
    NEW,
    clauses=("SCHED-9",),
    replaces="build.schedules.CycleSchedule",
    references=("CyclicLR of torch, mode triangular",),
)
def _cycle_without_annealing(schedule: Schedule) -> Schedule:
    """Cycle stays at the initial rate in place of its annealing."""
    cycle = _own(schedule, CycleSchedule)

    def values(i: int, a: Arithmetic) -> Scalar:
        half = (cycle.cycle_length - cycle.annealing_length) // 2
        position = i % cycle.cycle_length if cycle.cycle_length else 0
        return a.scalar(cycle.initial_learning_rate) if position >= 2 * half else cycle.at(i, a)

    return _other(schedule, values)


@dataclass(frozen=True, eq=False)
class _OtherRamp(RampSchedule):
    """A ramp that grows with another count."""

    reads_epoch: bool = False
    first: int = 1

    def value_at(self, iteration: int, epoch: int, arithmetic: Arithmetic) -> Scalar:
        base = self.base_schedule.value_at(iteration, epoch, arithmetic)
        kind = getattr(self.base_schedule, "schedule_type", ScheduleType.ITERATION)
        count = epoch if self.reads_epoch and kind is ScheduleType.EPOCH else iteration
        if count >= self.num_iter - self.first:
            return base
        return arithmetic.scalar(count + self.first) / arithmetic.scalar(self.num_iter) * base


@block_misreading(
    "ramp-by-epoch",
    NEW,
    clauses=("SCHED-10",),
    replaces="build.schedules.RampSchedule",
    references=("how other schedules count",),
)
def _ramp_by_epoch(schedule: Schedule) -> Schedule:
    """Over a schedule by epoch, a ramp counts epochs."""
    ramp = _own(schedule, RampSchedule)
    return _OtherRamp(ramp.base_schedule, ramp.num_iter, reads_epoch=True)


@block_misreading(
    "ramp-from-zero",
    NEW,
    clauses=("SCHED-10",),
    replaces="build.schedules.RampSchedule",
    references=("torch.optim.lr_scheduler.LinearLR with start_factor 0",),
)
def _ramp_from_zero(schedule: Schedule) -> Schedule:
    """A ramp begins at 0: the factor is i/numIter."""
    ramp = _own(schedule, RampSchedule)
    return _OtherRamp(ramp.base_schedule, ramp.num_iter, first=0)


def _own(schedule: Schedule, class_: type[S]) -> S:
    if not isinstance(schedule, class_):
        raise TypeError(f"must be a {class_.__name__}")
    return schedule
