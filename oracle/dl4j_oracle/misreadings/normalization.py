"""Misreadings of the strategies of gradient normalization; ``normalization_edges`` has those of special cases.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings import strategy
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.strategy import Measure, Norms
from dl4j_oracle.normalization import Gradients, Normalization

_EPSILON = 1e-8


def _per_parameter(change: Callable[[Array, Scalar], Array]) -> Normalization:
    """Return the strategy that changes each gradient by itself: ``change(g, threshold)``."""

    @wraps(change)
    def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
        return {name: change(g, threshold) for name, g in gradients.items()}

    return normalize


@misreading("clip-per-param-type-multiplies", clauses=("NORM-6",), replaces="clip_l2_per_param_type.scaled")
def _clip_per_param_type_multiplies(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerParamType multiplies by t/n instead of dividing by n/t."""
    return strategy.times_quotient(g, norm, threshold)


@misreading("clip-per-layer-divides", clauses=("NORM-5",), replaces="clip_l2_per_layer.scaled")
def _clip_per_layer_divides(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer divides by n/t instead of multiplying by t/n."""
    return strategy.by_quotient(g, norm, threshold)


@misreading("clip-per-layer-unless-below", clauses=("NORM-11",), replaces="clip_l2_per_layer.applies")
def _clip_per_layer_unless_below(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerLayer clips unless the norm is below the threshold, NaN norms included."""
    return not threshold > norm


@misreading("clip-per-layer-scales-always", clauses=("NORM-5",), replaces="clip_l2_per_layer.applies")
def _clip_per_layer_scales_always(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerLayer scales to the threshold whatever the norm."""
    return True


@misreading("clip-per-param-type-scales-always", clauses=("NORM-6",), replaces="clip_l2_per_param_type.applies")
def _clip_per_param_type_scales_always(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerParamType scales to the threshold whatever the norm."""
    return True


@misreading("clip-per-layer-per-parameter", clauses=("NORM-8",), replaces="clip_l2_per_layer.scope")
def _clip_per_layer_per_parameter(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """ClipL2PerLayer takes each parameter's own norm."""
    return strategy.own_norms(gradients, measure, arithmetic)


@misreading("clip-per-param-type-per-layer", clauses=("NORM-6",), replaces="clip_l2_per_param_type.scope")
def _clip_per_param_type_per_layer(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """ClipL2PerParamType takes the layer's norm."""
    return strategy.layer_norm(gradients, measure, arithmetic)


@misreading("clip-per-layer-sum-of-norms", clauses=("NORM-8",), replaces="clip_l2_per_layer.scope")
def _clip_per_layer_sum_of_norms(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """The layer's norm is the sum of its parameters' norms."""
    return strategy.sum_of_norms(gradients, measure, arithmetic)


@misreading("clip-per-layer-to-unit", clauses=("NORM-5",), replaces="clip_l2_per_layer.scaled")
def _clip_per_layer_to_unit(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerLayer divides by the norm and forgets the threshold."""
    return g / norm


@misreading("clip-element-wise-upper-bound-wins", clauses=("NORM-4",), replaces="clip_element_wise_absolute_value")
@_per_parameter
def _clip_element_wise_upper_bound_wins(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping under a negative threshold gives the threshold, as numpy.clip does."""
    return g.clip_below(-threshold).clip_above(threshold)


@misreading("clip-element-wise-above-only", clauses=("NORM-4",), replaces="clip_element_wise_absolute_value")
@_per_parameter
def _clip_element_wise_above_only(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping bounds from above only."""
    return g.clip_above(threshold)


@misreading(
    "clip-element-wise-as-documented",
    clauses=("NORM-4",),
    replaces="clip_element_wise_absolute_value",
    references=("GradientNormalization's Javadoc: sign(g)*max(maxAllowed,|g|)",),
)
@_per_parameter
def _clip_element_wise_as_documented(g: Array, threshold: Scalar) -> Array:
    """Element-wise clipping raises small values to the threshold, as the enum's documentation has it."""
    return g.sign() * threshold


@misreading(
    "renormalize-per-layer-guarded",
    clauses=("NORM-2",),
    replaces="renormalize_l2_per_layer.guarded",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
def _renormalize_per_layer_guarded(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerLayer leaves a zero gradient alone."""
    return _one_for_zero(norm, arithmetic)


@misreading(
    "renormalize-per-param-type-guarded",
    clauses=("NORM-3",),
    replaces="renormalize_l2_per_param_type.guarded",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
def _renormalize_per_param_type_guarded(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerParamType leaves a zero gradient alone."""
    return _one_for_zero(norm, arithmetic)


def _one_for_zero(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(1.0) if norm.is_zero() else norm


@misreading("renormalize-per-layer-epsilon", clauses=("NORM-2",), replaces="renormalize_l2_per_layer.guarded")
def _renormalize_per_layer_epsilon(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerLayer adds an epsilon to the norm."""
    return norm + _EPSILON


@misreading("renormalize-per-param-type-epsilon", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type.guarded")
def _renormalize_per_param_type_epsilon(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerParamType adds an epsilon to the norm."""
    return norm + _EPSILON


@misreading("renormalize-per-layer-per-parameter", clauses=("NORM-8",), replaces="renormalize_l2_per_layer.scope")
def _renormalize_per_layer_per_parameter(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """RenormalizeL2PerLayer takes each parameter's own norm."""
    return strategy.own_norms(gradients, measure, arithmetic)


@misreading("renormalize-per-param-type-per-layer", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type.scope")
def _renormalize_per_param_type_per_layer(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """RenormalizeL2PerParamType takes the layer's norm."""
    return strategy.layer_norm(gradients, measure, arithmetic)


@misreading("renormalize-per-layer-sum-of-norms", clauses=("NORM-8",), replaces="renormalize_l2_per_layer.scope")
def _renormalize_per_layer_sum_of_norms(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """The layer's norm is the sum of its parameters' norms."""
    return strategy.sum_of_norms(gradients, measure, arithmetic)


@misreading("renormalize-per-layer-to-threshold", clauses=("NORM-2",), replaces="renormalize_l2_per_layer.scaled")
def _renormalize_per_layer_to_threshold(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer scales to the threshold."""
    return strategy.times_quotient(g, norm, threshold)


@misreading(
    "renormalize-per-layer-above-threshold-only", clauses=("NORM-2",), replaces="renormalize_l2_per_layer.applies"
)
def _renormalize_per_layer_above_threshold_only(norm: Scalar, threshold: Scalar) -> bool:
    """RenormalizeL2PerLayer normalises only above the threshold."""
    return strategy.above_threshold(norm, threshold)


@misreading(
    "renormalize-per-param-type-root-mean-square",
    clauses=("NORM-3",),
    replaces="renormalize_l2_per_param_type.measure",
)
def _renormalize_per_param_type_root_mean_square(g: Array) -> Scalar:
    """RenormalizeL2PerParamType divides by the root of the mean square."""
    return strategy.root_mean_square(g)


@misreading("renormalize-per-layer-without-root", clauses=("NORM-8",), replaces="renormalize_l2_per_layer.scope")
def _renormalize_per_layer_without_root(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """RenormalizeL2PerLayer divides by the sum of squares, without a root."""
    return strategy.squared_layer_norm(gradients, measure, arithmetic)


@misreading(
    "renormalize-per-param-type-without-root", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type.measure"
)
def _renormalize_per_param_type_without_root(g: Array) -> Scalar:
    """RenormalizeL2PerParamType divides by the sum of squares, without a root."""
    return strategy.squared_norm(g)


@misreading("clip-per-layer-without-root", clauses=("NORM-8",), replaces="clip_l2_per_layer.scope")
def _clip_per_layer_without_root(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """ClipL2PerLayer takes the sum of squares for the norm, without a root."""
    return strategy.squared_layer_norm(gradients, measure, arithmetic)


@misreading("clip-per-param-type-without-root", clauses=("NORM-6",), replaces="clip_l2_per_param_type.measure")
def _clip_per_param_type_without_root(g: Array) -> Scalar:
    """ClipL2PerParamType takes the sum of squares for the norm, without a root."""
    return strategy.squared_norm(g)
