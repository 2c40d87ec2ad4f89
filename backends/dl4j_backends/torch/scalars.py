"""The doubles that formulae meet arrays with, as the kernels and the compiled loops are given them."""

from __future__ import annotations

import math
from typing import NamedTuple

from dl4j_backends.numpy.formulae import Step
from dl4j_backends.numpy.nd4j import EPS_THRESHOLD


class Scalars(NamedTuple):
    """One step's. Of the two that a decay needs, ``rest`` is one minus it, subtracted as a double.

    Loops that Numba has kept know the fields by their places: who moves one also changes ``loops``, which ends them.
    """

    learning_rate: float
    momentum: float
    minus_momentum_minus_one: float
    mean_decay: float
    mean_rest: float
    decay: float
    rest: float
    epsilon: float
    alpha: float
    l1: float
    l2: float
    divisor: float

    @classmethod
    def of(cls, step: Step) -> Scalars:
        """As ND4J uses them with arrays, but for the rounding."""
        after = step.post_apply
        exact = cls(
            step.learning_rate,
            step.momentum,
            -step.momentum - 1,
            step.mean_decay,
            1 - step.mean_decay,
            step.decay,
            1 - step.decay,
            step.epsilon,
            step.alpha,
            after.l1,
            after.l2,
            after.divisor,
        )
        return cls(*[EPS_THRESHOLD if math.isnan(x) else x for x in exact])
