"""Gradient normalisation (``LayerUpdater.preApply``): one rule per strategy.

A rule maps a layer's gradients and the gradient_normalization_threshold to new gradients: by name of the parameter, in
the order of the gradients, each 1-D and of the network's dtype. The names of a rule's local variables are public:
``explain`` prints them as intermediates, and the formulae of the specification are written with them.
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
    """Return whether a parameter is normalised: all are, the visible bias too; none while the layer is pretrained."""
    return not layer.pretrain


@clause("NORM-8")
def of_one_layer(gradients: Gradients, others: Callable[[], Gradients]) -> Gradients:
    """Return the gradients of the layer, without those of the ``others``: each layer has a norm of its own."""
    return gradients


@clause("NORM-1")
def no_normalization(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return the gradients as they are: ``GradientNormalization.None``."""
    return gradients


@clause("NORM-2", "NORM-7", "NORM-8")
def renormalize_l2_per_layer(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return the gradients divided by the layer's norm, whatever it is: zero gives NaN."""
    norm = _layer_norm((g.norm2_number() for g in gradients.values()), arithmetic)
    return {name: g / norm for name, g in gradients.items()}


@clause("NORM-3", "NORM-7", "NORM-10")
def renormalize_l2_per_param_type(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return each parameter's gradient divided by its own norm."""

    def renormalize(g: Array) -> Array:
        norm = g.norm2()
        return g / norm

    return {name: renormalize(g) for name, g in gradients.items()}


@clause("NORM-4")
def clip_element_wise_absolute_value(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return the gradients with t for elements above t, then -t for those below -t: a negative t gives |t| alone."""
    return {name: g.clip_above(threshold).clip_below(-threshold) for name, g in gradients.items()}


@clause("NORM-5", "NORM-8", "NORM-10", "NORM-11")
def clip_l2_per_layer(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return the gradients multiplied by t/n if the layer's norm n exceeds t."""
    norm = _layer_norm((g.norm2() for g in gradients.values()), arithmetic)
    if not norm > threshold:
        return gradients
    factor = threshold / norm
    return {name: g * factor for name, g in gradients.items()}


@clause("NORM-6", "NORM-11")
def clip_l2_per_param_type(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """Return each gradient divided by n/t if its norm n exceeds t: not rounded as in :func:`clip_l2_per_layer`."""

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
