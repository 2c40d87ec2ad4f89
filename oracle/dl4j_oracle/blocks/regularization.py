"""Regularization over blocks: ``UpdaterBlock.postApply`` of 0.9.1, and the classes of 1.0.0.

Arrays are 1-D, of the network's dtype; coefficients are Java doubles, rounded to it where they meet an array.
"""

from __future__ import annotations

from collections.abc import Callable

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.blocks.network_configuration import Kind
from dl4j_oracle.clauses import clause

#: From the gradient or update, the parameter and the coefficient to the gradient or update with regularization.
Penalty = Callable[[Array, Array, Scalar], Array]

#: Whether a regularization with this coefficient is left out.
LeftOut = Callable[[Kind, Scalar, Arithmetic], bool]


@clause("BLOCK-14")
def by_blas(kind: Kind, coefficient: Scalar, arithmetic: Arithmetic) -> bool:
    """Return true for L2 whose coefficient is zero in the array's type: then ``axpy`` of OpenBLAS does nothing."""
    return kind is Kind.L2 and arithmetic.full(1, coefficient).item().is_zero()


@clause("NATIVE-10")
def never(kind: Kind, coefficient: Scalar, arithmetic: Arithmetic) -> bool:
    """Return false: a coefficient 0 is applied too, and makes NaN of an infinity."""
    return False


@clause("BLOCK-14")
def l2_above_zero(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """Return ``g + l2 * w`` for a coefficient above zero, by BLAS: the product rounded, then the sum."""
    return axpy(gradient, parameter, coefficient) if coefficient > 0 else gradient


@clause("BLOCK-14")
def l1_above_zero(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """Return ``g + l1 * sign(w)`` for a coefficient above zero; the sign of zeros and NaN is 0."""
    return gradient + parameter.sign() * coefficient if coefficient > 0 else gradient


@clause("NATIVE-10")
def axpy(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """Return ``c * w + g``, the product rounded, then the sum: L2 and weight decay. A coefficient 0 is applied too."""
    return gradient.with_array(Operation.ADD, parameter.with_scalar(Operation.MUL, coefficient))


@clause("NATIVE-10")
def axpy_of_sign(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """Return ``c * sign(w) + g``: L1."""
    return axpy(gradient, parameter.sign(), coefficient)
