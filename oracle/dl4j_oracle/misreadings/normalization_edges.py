"""Misreadings of gradient normalization in special cases.

A norm that is the threshold or 0, the last bits, what is not normalized, and strategies that do nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings import strategy
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.strategy import Applies, Guard, Measure, Norms, Scale
from dl4j_oracle.normalization import Gradients, clip_element_wise_absolute_value


def _from_threshold(norm: Scalar, threshold: Scalar) -> bool:
    """Return whether a norm is the threshold or above it; NaN is not."""
    return not (norm.is_nan() or threshold.is_nan() or threshold > norm)


def _plus_epsilon(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    return norm + 1e-6


def _factor_is_below_one(norm: Scalar, threshold: Scalar) -> bool:
    return -(threshold / (norm + 1e-6)) > -1.0


def _never_zero(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(1e-5) if norm.is_zero() else norm


def _times_inverse(g: Array, norm: Scalar) -> Array:
    return g * (g.arithmetic.scalar(1.0) / norm)


@misreading("clip-per-layer-from-threshold", clauses=("NORM-11",), replaces="clip_l2_per_layer.applies")
def _clip_per_layer_from_threshold(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerLayer clips from the threshold on, not above it."""
    return _from_threshold(norm, threshold)


@misreading("clip-per-param-type-from-threshold", clauses=("NORM-11",), replaces="clip_l2_per_param_type.applies")
def _clip_per_param_type_from_threshold(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerParamType clips from the threshold on, not above it."""
    return _from_threshold(norm, threshold)


@misreading(
    "clip-per-layer-norm-plus-epsilon",
    clauses=("NORM-5",),
    replaces=("clip_l2_per_layer.applies", "clip_l2_per_layer.guarded"),
    references=("torch.nn.utils.clip_grad_norm_",),
)
def _clip_per_layer_norm_plus_epsilon() -> tuple[Applies, Guard]:
    """ClipL2PerLayer multiplies by t/(n + 1e-6) where that is below 1."""
    return _factor_is_below_one, _plus_epsilon


@misreading(
    "clip-per-param-type-norm-plus-epsilon",
    clauses=("NORM-6",),
    replaces=(
        "clip_l2_per_param_type.applies",
        "clip_l2_per_param_type.guarded",
        "clip_l2_per_param_type.scaled",
    ),
    references=("torch.nn.utils.clip_grad_norm_",),
)
def _clip_per_param_type_norm_plus_epsilon() -> tuple[Applies, Guard, Scale]:
    """ClipL2PerParamType multiplies by t/(n + 1e-6) where that is below 1."""
    return _factor_is_below_one, _plus_epsilon, strategy.times_quotient


@misreading(
    "renormalize-per-layer-zero-norm-replaced",
    clauses=("NORM-2",),
    replaces="renormalize_l2_per_layer.guarded",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
def _renormalize_per_layer_zero_norm_replaced(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerLayer divides by 1e-5 where the norm is zero."""
    return _never_zero(norm, arithmetic)


@misreading(
    "renormalize-per-param-type-zero-norm-replaced",
    clauses=("NORM-3",),
    replaces="renormalize_l2_per_param_type.guarded",
    references=("DL4J 1.0.0-beta3, PR #6546",),
)
def _renormalize_per_param_type_zero_norm_replaced(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """RenormalizeL2PerParamType divides by 1e-5 where the norm is zero."""
    return _never_zero(norm, arithmetic)


@misreading("renormalize-per-layer-multiplies", clauses=("NORM-2",), replaces="renormalize_l2_per_layer.scaled")
def _renormalize_per_layer_multiplies(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerLayer multiplies by 1/n."""
    return _times_inverse(g, norm)


@misreading(
    "renormalize-per-param-type-multiplies", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type.scaled"
)
def _renormalize_per_param_type_multiplies(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType multiplies by 1/n."""
    return _times_inverse(g, norm)


@misreading("clip-per-param-type-root-mean-square", clauses=("NORM-6",), replaces="clip_l2_per_param_type.measure")
def _clip_per_param_type_root_mean_square(g: Array) -> Scalar:
    """ClipL2PerParamType compares the root of the mean square."""
    return strategy.root_mean_square(g)


@misreading("clip-per-layer-root-mean-square", clauses=("NORM-8",), replaces="clip_l2_per_layer.scope")
def _clip_per_layer_root_mean_square(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """ClipL2PerLayer compares the root of the mean square."""
    return strategy.layer_mean_norm(gradients, measure, arithmetic)


@misreading("renormalize-per-layer-root-mean-square", clauses=("NORM-8",), replaces="renormalize_l2_per_layer.scope")
def _renormalize_per_layer_root_mean_square(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """RenormalizeL2PerLayer divides by the root of the mean square."""
    return strategy.layer_mean_norm(gradients, measure, arithmetic)


@misreading("clip-per-param-type-to-unit", clauses=("NORM-6",), replaces="clip_l2_per_param_type.scaled")
def _clip_per_param_type_to_unit(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """ClipL2PerParamType divides by the norm and forgets the threshold."""
    return g / norm


@misreading("clip-per-param-type-unless-below", clauses=("NORM-11",), replaces="clip_l2_per_param_type.applies")
def _clip_per_param_type_unless_below(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerParamType clips unless the norm is below the threshold, NaN norms included."""
    return not threshold > norm


@misreading(
    "renormalize-per-param-type-to-threshold", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type.scaled"
)
def _renormalize_per_param_type_to_threshold(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """RenormalizeL2PerParamType scales to the threshold."""
    return strategy.times_quotient(g, norm, threshold)


@misreading(
    "renormalize-per-param-type-above-threshold-only",
    clauses=("NORM-3",),
    replaces="renormalize_l2_per_param_type.applies",
)
def _renormalize_per_param_type_above_threshold_only(norm: Scalar, threshold: Scalar) -> bool:
    """RenormalizeL2PerParamType normalises only above the threshold."""
    return strategy.above_threshold(norm, threshold)


def _above_positive_threshold(norm: Scalar, threshold: Scalar) -> bool:
    return threshold > 0 and norm > threshold


@misreading(
    "clip-per-layer-unless-threshold-zero",
    clauses=("NORM-11",),
    replaces="clip_l2_per_layer.applies",
    references=("PyTorch Lightning: gradient_clip_val=0",),
)
def _clip_per_layer_unless_threshold_zero(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerLayer does nothing with a threshold of zero or below."""
    return _above_positive_threshold(norm, threshold)


@misreading(
    "clip-per-param-type-unless-threshold-zero",
    clauses=("NORM-11",),
    replaces="clip_l2_per_param_type.applies",
    references=("PyTorch Lightning: gradient_clip_val=0",),
)
def _clip_per_param_type_unless_threshold_zero(norm: Scalar, threshold: Scalar) -> bool:
    """ClipL2PerParamType does nothing with a threshold of zero or below."""
    return _above_positive_threshold(norm, threshold)


@misreading(
    "clip-element-wise-unless-threshold-zero",
    clauses=("NORM-4",),
    replaces="clip_element_wise_absolute_value",
    references=("PyTorch Lightning: gradient_clip_val=0",),
)
def _clip_element_wise_unless_threshold_zero(
    gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic
) -> Gradients:
    """Element-wise clipping does nothing with a threshold of zero or below."""
    return clip_element_wise_absolute_value(gradients, threshold, arithmetic) if threshold > 0 else gradients


@misreading(
    "norm-of-the-network",
    clauses=("NORM-8",),
    replaces="normalized_together",
    references=("torch.nn.utils.clip_grad_norm_", "Keras: global_clipnorm", "optax.clip_by_global_norm"),
)
def _norm_of_the_network(gradients: Gradients, others: Callable[[], Gradients]) -> Gradients:
    """The norm of a layer is that of the whole network."""
    return {**gradients, **others()}


@misreading("biases-not-normalized", clauses=("NORM-8",), replaces="is_normalized.biases")
def _biases_not_normalized() -> bool:
    """Biases are left out of normalisation."""
    return False


@misreading(
    "visible-bias-not-normalized", clauses=("LAYER-3",), replaces="is_normalized.visible_bias", references=("quirk 18",)
)
def _visible_bias_not_normalized() -> bool:
    """The visible bias is left out of normalisation."""
    return False


@misreading("statistics-not-normalized", clauses=("PARAM-7", "NORM-3"), replaces="is_normalized.statistics")
def _statistics_not_normalized() -> bool:
    """Running mean and variance are left out when gradients are normalised."""
    return False


@misreading(
    "pretraining-normalized",
    clauses=("NORM-12",),
    replaces="is_normalized.pretraining",
    references=("quirk 18", "DL4J 1.0.0-beta4"),
)
def _pretraining_normalized() -> bool:
    """Gradients are normalised in pretraining too."""
    return True


@misreading(
    "renormalize-per-param-type-absolute", clauses=("NORM-10",), replaces="renormalize_l2_per_param_type.measure"
)
def _renormalize_per_param_type_absolute(g: Array) -> Scalar:
    """Norm2 of one element is its absolute value."""
    return g.norm2_number()


@misreading("renormalize-l2-per-layer-ignored", clauses=("NORM-2",), replaces="renormalize_l2_per_layer")
def _renormalize_l2_per_layer_ignored(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """RenormalizeL2PerLayer does nothing."""
    return gradients


@misreading("renormalize-l2-per-param-type-ignored", clauses=("NORM-3",), replaces="renormalize_l2_per_param_type")
def _renormalize_l2_per_param_type_ignored(
    gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic
) -> Gradients:
    """RenormalizeL2PerParamType does nothing."""
    return gradients


@misreading(
    "clip-element-wise-absolute-value-ignored", clauses=("NORM-4",), replaces="clip_element_wise_absolute_value"
)
def _clip_element_wise_absolute_value_ignored(
    gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic
) -> Gradients:
    """ClipElementWiseAbsoluteValue does nothing."""
    return gradients


@misreading("clip-l2-per-layer-ignored", clauses=("NORM-5",), replaces="clip_l2_per_layer")
def _clip_l2_per_layer_ignored(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """ClipL2PerLayer does nothing."""
    return gradients


@misreading("clip-l2-per-param-type-ignored", clauses=("NORM-6",), replaces="clip_l2_per_param_type")
def _clip_l2_per_param_type_ignored(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
    """ClipL2PerParamType does nothing."""
    return gradients
