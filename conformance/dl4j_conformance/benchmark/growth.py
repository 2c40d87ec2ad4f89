"""The growth of the time of a judgement: against elements, steps and cases.

A judgement is all of what `run` and `fuzz` do with a case: the oracle computes it, the backend does, and both are
compared. The points of a curve are measured one after another in every round. The shortest time of a point counts,
which what else runs on the machine has disturbed least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_backends.interface import Backend, Network
from dl4j_backends.workload import Clock
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.running.run import run

#: The largest slope in logarithms of both that counts as linear: 1 is linear, 2 is quadratic. Arrays that no longer
#: fit the caches take up to twice the time per element, which is a slope of 1.3 where that happens.
MOST = 1.4


@dataclass(frozen=True)
class Axis:
    """A quantity that grows, its values, and the cases of a value."""

    name: str
    values: tuple[int, ...]
    cases: Callable[[int], Sequence[Case]]


@dataclass(frozen=True)
class Curve:
    """The seconds of each round, at each value of an axis."""

    axis: Axis
    rounds: Sequence[Sequence[float]]

    @property
    def seconds(self) -> Mapping[int, float]:
        """The shortest of the rounds, by value."""
        return dict(zip(self.axis.values, map(min, zip(*self.rounds, strict=True)), strict=True))

    @property
    def slope(self) -> float:
        """The slope of the logarithm of the time against that of the value.

        It is fitted by least squares on the larger half of the values, where fixed costs count little.
        """
        half = len(self.axis.values) // 2
        seconds = list(self.seconds.values())
        return float(np.polyfit(np.log(self.axis.values[half:]), np.log(seconds[half:]), 1)[0])

    @property
    def is_linear(self) -> bool:
        """Return whether the time grows no faster than the value."""
        return self.slope <= MOST


class NotJudgedError(Exception):
    """A case that the backend does not run; the message says why."""


def axes(updater: str, dtype: str, largest: int) -> tuple[Axis, ...]:
    """Return the three axes; elements go up to ``largest``."""

    def cases(number: int, elements: int, steps: int) -> Sequence[Case]:
        return [_case(updater, dtype, elements, steps)] * number

    elements = sorted({max(1, round(largest / 10 ** (power / 2))) for power in range(5)})
    some = (10, 30, 100, 300, 1000)
    return (
        Axis("elements", tuple(elements), lambda number: cases(1, number, 1)),
        Axis("steps", some, lambda number: cases(1, 1000, number)),
        Axis("cases", some, lambda number: cases(number, 6, 2)),
    )


def _case(updater: str, dtype: str, elements: int, steps: int) -> Case:
    rho = {"rho": 0.95} if updater == "ADADELTA" else {}  # DL4J has no default for it
    layer = {"updater": updater, "n_in": elements, "n_out": 1} | rho
    params = {"0_W": np.zeros(elements, dtype), "0_b": np.zeros(1, dtype)}
    gradients = {"0_W": np.linspace(-1, 1, elements).astype(dtype), "0_b": np.ones(1, dtype)}
    script = tuple(Update(gradients, iteration, 32) for iteration in range(steps))
    return Case("growth", Network(dtype, {}, [layer], params), script)


def measure(
    backend: Backend, axis: Axis, rounds: int, clock: Clock, progress: Callable[[], object] = lambda: None
) -> Curve:
    """Return the curve of ``backend`` along an axis; a first round does not count.

    Raise :class:`NotJudgedError` if a case is not run.
    """
    measured = []
    for _ in range(1 + rounds):
        # Cases are made anew: those of all values together would take more memory than a judgement.
        measured.append([_seconds(backend, axis.cases(value), clock) for value in axis.values])
        progress()
    return Curve(axis, measured[1:])


def _seconds(backend: Backend, cases: Sequence[Case], clock: Clock) -> float:
    began = clock()
    for result in _judged(backend, cases):
        if result.status is Status.NOT_RUN:
            raise NotJudgedError(result.reason)
    return (clock() - began) / 1e9


def _judged(backend: Backend, cases: Sequence[Case]) -> Iterator[Result]:
    model = model_of(backend)
    for case in cases:
        yield from run([backend], [Fixture(case, observe(model, case))], no_row)
