"""Gradient normalisation: ``LayerUpdater.preApply``, one rule per strategy.

A rule maps a layer's gradients (parameter name to array, in gradient order) and the threshold to new gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerConfiguration

Gradients = Mapping[str, Array]
Normalization = Callable[[Gradients, Scalar, Arithmetic], Gradients]


@clause("NORM-12", "LAYER-3")
def is_normalized(name: str, layer: LayerConfiguration) -> bool:
    """Everything is, the visible bias too; nothing while the layer is pretrained."""
    return not layer.pretrain


@clause("NORM-1")
def no_normalization(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """``GradientNormalization.None``."""
    return gradients


@clause("NORM-2", "NORM-7", "NORM-8")
def renormalize_l2_per_layer(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Divide by the layer's norm, whatever it is: zero gives NaN."""
    norm = _layer_norm((g.norm2_number() for g in gradients.values()), arithmetic)
    return {name: g / norm for name, g in gradients.items()}


@clause("NORM-3", "NORM-7", "NORM-10")
def renormalize_l2_per_param_type(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Divide each parameter's gradient by its own norm."""

    def renormalize(g: Array) -> Array:
        norm = g.norm2()
        return g / norm

    return {name: renormalize(g) for name, g in gradients.items()}


@clause("NORM-4")
def clip_element_wise_absolute_value(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Above t becomes t, then below -t becomes -t: with a negative t everything becomes |t|."""
    return {name: g.clip_above(threshold).clip_below(-threshold) for name, g in gradients.items()}


@clause("NORM-5", "NORM-8", "NORM-10", "NORM-11")
def clip_l2_per_layer(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Multiply by t/n when the layer's norm n exceeds t."""
    norm = _layer_norm((g.norm2() for g in gradients.values()), arithmetic)
    if not norm > threshold:
        return gradients
    factor = threshold / norm
    return {name: g * factor for name, g in gradients.items()}


@clause("NORM-6", "NORM-11")
def clip_l2_per_param_type(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Divide by n/t when the parameter's norm n exceeds t: not the rounding of :func:`clip_l2_per_layer`."""

    def clip(g: Array) -> Array:
        norm = g.norm2_number()
        if not norm > threshold:
            return g
        factor = norm / threshold
        return g / factor

    return {name: clip(g) for name, g in gradients.items()}


def _layer_norm(norms: Iterable[Scalar], arithmetic: Arithmetic) -> Scalar:
    total = arithmetic.scalar(0.0)
    for norm in norms:
        total = total + norm * norm
    return total.sqrt()
