"""Misreadings of the strategies of gradient normalization; ``normalization_edges`` has those of special cases.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.normalization import Gradients, Normalization

_EPSILON = 1e-8


def per_parameter(change: Callable[[Array, Scalar], Array]) -> Normalization:
    """Return the strategy that changes each gradient by itself: ``change(g, threshold)``."""

    @wraps(change)
    def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
        return {name: change(g, threshold) for name, g in gradients.items()}

    return normalize


def per_layer(change: Callable[[Array, Scalar, Scalar], Array]) -> Normalization:
    """Return the strategy that changes each gradient by the norm of its layer: ``change(g, norm, threshold)``."""

    @wraps(change)
    def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
        total = arithmetic.scalar(0.0)
        for g in gradients.values():
            norm = g.norm2()
            total = total + norm * norm
        norm = total.sqrt()
        return {name: change(g, norm, threshold) for name, g in gradients.items()}

    return normalize


def clip_by_quotient(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """Return ``g / (norm / threshold)`` if the norm is above the threshold, else ``g``, which is 1-D."""
    return g / (norm / threshold) if norm > threshold else g


def root_mean_square(g: Array) -> Scalar:
    """Return the root of the mean square of ``g``, which is 1-D."""
    return g.norm2() / g.arithmetic.scalar(float(len(g))).sqrt()


def _clip_to(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    return g * (threshold / norm) if norm > threshold else g


def _divided_unless_zero(g: Array, norm: Scalar) -> Array:
    return g if norm.is_zero() else g / norm


def _sum_of_norms(gradients: Gradients, arithmetic: Arithmetic) -> Scalar:
    return sum((g.norm2() for g in gradients.values()), arithmetic.scalar(0.0))


@misreading("clip-per-param-type-multiplies", clauses=("NORM-6",), replaces="clip_l2_per_param_type")
@per_parameter
def _clip_per_param_type_multiplies(g: Array, threshold: Scalar) -> Array:
    """ClipL2PerParamType multiplies by t/n instead of dividing by n/t."""
    return _clip_to(g, g.norm2_number(), threshold)


@misreading("clip-per-layer-divides", clauses=("NORM-5",), replaces="clip_l2_per_layer")
@per_layer
def _clip_per_layer_divides(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer divides by n/t instead of multiplying by t/n."""
    return clip_by_quotient(g, norm, threshold)


@misreading("clip-per-layer-unless-below", clauses=("NORM-11",), replaces="clip_l2_per_layer")
@per_layer
def _clip_per_layer_unless_below(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer clips unless the norm is below the threshold, NaN norms included."""
    return g if threshold > norm else g * (threshold / norm)


@misreading("clip-per-layer-scales-always", clauses=("NORM-5",), replaces="clip_l2_per_layer")
@per_layer
def _clip_per_layer_scales_always(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer scales to the threshold whatever the norm."""
    return g * (threshold / norm)


@misreading("clip-per-param-type-scales-always", clauses=("NORM-6",), replaces="clip_l2_per_param_type")
@per_parameter
def _clip_per_param_type_scales_always(g: Array, threshold: Scalar) -> Array:
    """ClipL2PerParamType scales to the threshold whatever the norm."""
    return g / (g.norm2_number() / threshold)


@misreading("clip-per-layer-per-parameter", clauses=("NORM-8",), replaces="clip_l2_per_layer")
@per_parameter
def _clip_per_layer_per_parameter(g: Array, threshold: Scalar) -> Array:
    """ClipL2PerLayer takes each parameter's own norm."""
    return _clip_to(g, g.norm2(), threshold)


@misreading("clip-per-param-type-per-layer", clauses=("NORM-6",), replaces="clip_l2_per_param_type")
@per_layer
def _clip_per_param_type_per_layer(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerParamType takes the layer's norm."""
    return clip_by_quotient(g, norm, threshold)


@misreading("clip-per-layer-sum-of-norms", clauses=("NORM-8",), replaces="clip_l2_per_layer")
def _clip_per_layer_sum_of_norms(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """The layer's norm is the sum of its parameters' norms."""
    norm = _sum_of_norms(gradients, arithmetic)
    return {name: _clip_to(g, norm, threshold) for name, g in gradients.items()}


@misreading("clip-per-layer-to-unit", clauses=("NORM-5",), replaces="clip_l2_per_layer")
@per_layer
def _clip_per_layer_to_unit(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer divides by the norm and forgets the threshold."""
    return g / norm if norm > threshold else g


@misreading("clip-element-wise-upper-bound-wins", clauses=("NORM-4",), replaces="clip_element_wise_absolute_value")
@per_parameter
def _clip_element_wise_upper_bound_wins(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping under a negative threshold gives the threshold, as numpy.clip does."""
    return g.clip_below(-threshold).clip_above(threshold)


@misreading("clip-element-wise-above-only", clauses=("NORM-4",), replaces="clip_element_wise_absolute_value")
@per_parameter
def _clip_element_wise_above_only(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping bounds from above only."""
    return g.clip_above(threshold)


@misreading(
    "clip-element-wise-as-documented",
    clauses=("NORM-4",),
    replaces="clip_element_wise_absolute_value",
    references=("GradientNormalization's Javadoc: sign(g)*max(maxAllowed,|g|)",),
)
@per_parameter
def _clip_element_wise_as_documented(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping raises small values to the threshold, as the enum's documentation has it."""
    return g.sign() * threshold


@misreading(
    "renormalize-per-layer-guarded",
    clauses=("NORM-2",),
    replaces="renormalize_l2_per_layer",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
@per_layer
def _renormalize_per_layer_guarded(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer leaves a zero gradient alone."""
    return _divided_unless_zero(g, norm)


@misreading(
    "renormalize-per-param-type-guarded",
    clauses=("NORM-3",),
    replaces="renormalize_l2_per_param_type",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
@per_parameter
def _renormalize_per_param_type_guarded(g: Array, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType leaves a zero gradient alone."""
    return _divided_unless_zero(g, g.norm2())


@misreading("renormalize-per-layer-epsilon", clauses=("NORM-2",), replaces="renormalize_l2_per_layer")
@per_layer
def _renormalize_per_layer_epsilon(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer adds an epsilon to the norm."""
    return g / (norm + _EPSILON)


@misreading("renormalize-per-param-type-epsilon", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type")
@per_parameter
def _renormalize_per_param_type_epsilon(g: Array, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType adds an epsilon to the norm."""
    return g / (g.norm2() + _EPSILON)


@misreading("renormalize-per-layer-per-parameter", clauses=("NORM-8",), replaces="renormalize_l2_per_layer")
@per_parameter
def _renormalize_per_layer_per_parameter(g: Array, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer takes each parameter's own norm."""
    return g / g.norm2_number()


@misreading("renormalize-per-param-type-per-layer", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type")
@per_layer
def _renormalize_per_param_type_per_layer(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType takes the layer's norm."""
    return g / norm


@misreading("renormalize-per-layer-sum-of-norms", clauses=("NORM-8",), replaces="renormalize_l2_per_layer")
def _renormalize_per_layer_sum_of_norms(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """The layer's norm is the sum of its parameters' norms."""
    norm = _sum_of_norms(gradients, arithmetic)
    return {name: g / norm for name, g in gradients.items()}


@misreading("renormalize-per-layer-to-threshold", clauses=("NORM-2",), replaces="renormalize_l2_per_layer")
@per_layer
def _renormalize_per_layer_to_threshold(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer scales to the threshold."""
    return g * (threshold / norm)


@misreading("renormalize-per-layer-above-threshold-only", clauses=("NORM-2",), replaces="renormalize_l2_per_layer")
@per_layer
def _renormalize_per_layer_above_threshold_only(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer normalises only above the threshold."""
    return g / norm if norm > threshold else g


@misreading(
    "renormalize-per-param-type-root-mean-square", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type"
)
@per_parameter
def _renormalize_per_param_type_root_mean_square(g: Array, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType divides by the root of the mean square."""
    return g / root_mean_square(g)
