"""The momentum schedule: ``LayerUpdater.applyMomentumDecayPolicy``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.clauses import clause

#: From the momentum, the iteration, the schedule and the first momentum, which DL4J does not know, to the new one.
MomentumPolicy = Callable[[Scalar, int, Mapping[int, Scalar], Scalar], Scalar]


@clause("MOM-1", "MOM-2")
def new_momentum(before: Scalar, after: Scalar) -> Scalar:
    """Return the scheduled momentum, which is used at once."""
    return after


@clause("MOM-1")
def scheduled_momentum(momentum: Scalar, iteration: int, schedule: Mapping[int, Scalar], initial: Scalar) -> Scalar:
    """Return the schedule's value for exactly this iteration, else the layer's momentum; the layer keeps it."""
    return schedule.get(iteration, momentum)
