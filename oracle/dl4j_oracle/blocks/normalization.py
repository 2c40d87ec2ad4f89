"""Gradient normalisation of 0.9.1 and 1.0.0 (``BaseMultiLayerUpdater.preApply``): one rule per strategy.

The strategies of a layer work on one array, the layer's slice of the flat gradient; those of a parameter type on each
parameter's array. Either kind is a function from one array to another.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError

#: From a gradient, the gradient_normalization_threshold and the arithmetic to the normalised gradient.
BlockNormalization = Callable[[Array, Scalar, Arithmetic], Array]


@clause("BLOCK-12", "BLOCK-13")
def renormalize_l2(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient divided by its norm, whatever it is: zero gives NaN."""
    norm = gradient.norm2()
    return gradient / norm


@clause("NATIVE-8")
def renormalize_l2_guarded(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient divided by its norm, or by 1e-5 if that is zero."""
    norm = gradient.norm2()
    return gradient / (arithmetic.scalar(1e-5) if norm.is_zero() else norm)


@clause("BLOCK-12")
def clip_element_wise(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient with t for elements above t, then -t for those below -t: a negative t gives |t| alone."""
    return gradient.clip_above(threshold).clip_below(-threshold)


@clause("NATIVE-9")
def clip_element_wise_above_zero(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient clipped to [-t, t]: ``clipbyvalue``. Raises Dl4jError unless t is above zero."""
    if not threshold > 0:
        raise Dl4jError("RuntimeException", "Op [clipbyvalue] execution failed")
    return clip_element_wise(gradient, threshold, arithmetic)


@clause("BLOCK-12", "BLOCK-13")
def clip_l2_by_product(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient multiplied by t/n if its norm n exceeds t: ``ClipL2PerLayer``."""
    norm = gradient.norm2()
    if not norm > threshold:
        return gradient
    factor = threshold / norm
    return gradient * factor


@clause("BLOCK-13")
def clip_l2_by_quotient(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Return the gradient divided by n/t if its norm n exceeds t: ``ClipL2PerParamType``."""
    norm = gradient.norm2()
    if not norm > threshold:
        return gradient
    factor = norm / threshold
    return gradient / factor
