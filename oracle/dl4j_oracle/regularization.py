"""L2, L1 and the division by the batch size: the three parts of ``LayerUpdater.postApply``.

Arrays are 1-D, of the network's dtype; coefficients are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.clauses import clause

#: Update, parameter, coefficient and the parameter's learning rate, which DL4J's penalties do not read.
Penalty = Callable[[Array, Array, Scalar, Scalar], Array]
Division = Callable[[Array, Scalar], Array]


@clause("POST-2")
def add_l2(gradient: Array, parameter: Array, l2: Scalar, learning_rate: Scalar) -> Array:
    """Return ``g + w * l2`` for a coefficient above zero, on the update: not scaled by the learning rate."""
    return gradient + parameter * l2 if l2 > 0 else gradient


@clause("POST-3")
def add_l1(gradient: Array, parameter: Array, l1: Scalar, learning_rate: Scalar) -> Array:
    """Return ``g + sign(w) * l1`` for a coefficient above zero; the sign of zeros and NaN is 0."""
    return gradient + parameter.sign() * l1 if l1 > 0 else gradient


@clause("POST-4")
def divide_by_batch_size(gradient: Array, batch_size: Scalar) -> Array:
    """Return ``g / B``, where g includes L1 and L2."""
    return gradient / batch_size
