"""The doubles of a call, as the kernels and the compiled loops are given them."""

from __future__ import annotations

import math
from typing import NamedTuple

from dl4j_backends.engine.nd4j import EPS_THRESHOLD
from dl4j_backends.engine.updater_call import UpdaterCall


class Scalars(NamedTuple):
    """One call's doubles. Formulae need a decay and its ``rest``, which is one minus it, subtracted as a double.

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
    def of(cls, call: UpdaterCall) -> Scalars:
        """Return the doubles as ND4J uses them with arrays, not yet rounded to the dtype: NaN is replaced."""
        numbers, after = call.numbers, call.post_apply
        exact = cls(
            numbers.learning_rate,
            numbers.momentum,
            -numbers.momentum - 1,
            numbers.mean_decay,
            1 - numbers.mean_decay,
            numbers.decay,
            1 - numbers.decay,
            numbers.epsilon,
            numbers.alpha,
            after.l1,
            after.l2,
            after.divisor,
        )
        return cls(*[EPS_THRESHOLD if math.isnan(x) else x for x in exact])
