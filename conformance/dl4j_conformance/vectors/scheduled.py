"""The values of a schedule of DL4J 1.0.0-M2.1, as bits and exactly, position by position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from dl4j_conformance.cases.values import decimal_of, hex_of
from dl4j_conformance.vectors.calculator import Number
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactScalar
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeScalar
from dl4j_oracle.blocks.schedule import Schedule
from dl4j_oracle.blocks.schedule_form import read_schedule


def scheduled(schedule: Any, positions: Sequence[tuple[int, int]], digits: int) -> Iterator[Number]:
    """Yield the value at each position, which is an iteration and an epoch.

    Raises :class:`dl4j_oracle.errors.ConfigurationError` for what is no schedule,
    :class:`dl4j_oracle.errors.Dl4jError` where DL4J throws, and :class:`dl4j_oracle.errors.UndecidedError` for a value
    that no working precision decides.
    """
    read, model = read_schedule(schedule, "schedule"), IeeeArithmetic("float64")
    for iteration, epoch in positions:
        value = IeeeScalar.own(read.value_at(iteration, epoch, model)).value
        exact = reals.decided(partial(_exact, read, iteration, epoch, digits))
        yield Number(f"iteration {iteration} epoch {epoch}", decimal_of(value), hex_of(np.array([value]))[0], exact)


def _exact(schedule: Schedule, iteration: int, epoch: int, digits: int, prec: int) -> str:
    return to_decimal(ExactScalar.own(schedule.value_at(iteration, epoch, ExactArithmetic(prec))).value, digits)
