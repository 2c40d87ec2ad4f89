"""Misreadings of gradient normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dl4j_oracle import normalization as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.keys import is_visible_bias
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.normalization import Gradients, Normalization

_LATER = "DL4J 1.0.0-beta3, PR #6546"


def _per_parameter(change: Callable[[Array, Scalar], Array]) -> Normalization:
    def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
        return {name: change(g, threshold) for name, g in gradients.items()}

    return normalize


def _per_layer(change: Callable[[Array, Scalar, Scalar], Array], squared: bool = True) -> Normalization:
    def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
        total = arithmetic.scalar(0.0)
        for g in gradients.values():
            norm = g.norm2()
            total = total + (norm * norm if squared else norm)
        norm = total.sqrt() if squared else total
        return {name: change(g, norm, threshold) for name, g in gradients.items()}

    return normalize


def _guarded(g: Array, norm: Scalar) -> Array:
    return g if norm.is_zero() else g / norm


def _clip_to(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    return g * (threshold / norm) if norm > threshold else g


def _clip_by_quotient(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    return g / (norm / threshold) if norm > threshold else g


def _clip_unless_below(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    return g if threshold > norm else g * (threshold / norm)


def _clip_from_threshold(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    unordered = norm.is_nan() or threshold.is_nan()
    return g if unordered or threshold > norm else g * (threshold / norm)


def _quotient_from_threshold(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    unordered = norm.is_nan() or threshold.is_nan()
    return g if unordered or threshold > norm else g / (norm / threshold)


def _torch_clip(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    factor = threshold / (norm + 1e-6)
    return g * factor if g.arithmetic.scalar(1.0) > factor else g


def _never_zero(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(1e-5) if norm.is_zero() else norm


def _mean_norm(g: Array) -> Scalar:
    return g.norm2() / g.arithmetic.scalar(float(len(g))).sqrt()


def _misread(id_: str, sentence: str, clause: str, field: str, rule: Normalization, *references: str) -> Misreading:
    return Misreading(id_, sentence, (clause,), {field: rule}, references)


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    layer, param = "renormalize_l2_per_layer", "renormalize_l2_per_param_type"
    clip_layer, clip_param = "clip_l2_per_layer", "clip_l2_per_param_type"
    element = "clip_element_wise_absolute_value"
    epsilon = 1e-8
    yield _misread(
        "clip-per-param-type-multiplies",
        "ClipL2PerParamType multiplies by t/n instead of dividing by n/t.",
        "NORM-6",
        clip_param,
        _per_parameter(lambda g, t: _clip_to(g, g.norm2_number(), t)),
    )
    yield _misread(
        "clip-per-layer-divides",
        "ClipL2PerLayer divides by n/t instead of multiplying by t/n.",
        "NORM-5",
        clip_layer,
        _per_layer(_clip_by_quotient),
    )
    yield _misread(
        "clip-per-layer-unless-below",
        "ClipL2PerLayer clips unless the norm is below the threshold, NaN norms included.",
        "NORM-11",
        clip_layer,
        _per_layer(_clip_unless_below),
    )
    yield _misread(
        "clip-per-layer-scales-always",
        "ClipL2PerLayer scales to the threshold whatever the norm.",
        "NORM-5",
        clip_layer,
        _per_layer(lambda g, n, t: g * (t / n)),
    )
    yield _misread(
        "clip-per-param-type-scales-always",
        "ClipL2PerParamType scales to the threshold whatever the norm.",
        "NORM-6",
        clip_param,
        _per_parameter(lambda g, t: g / (g.norm2_number() / t)),
    )
    yield _misread(
        "clip-per-layer-per-parameter",
        "ClipL2PerLayer takes each parameter's own norm.",
        "NORM-8",
        clip_layer,
        _per_parameter(lambda g, t: _clip_to(g, g.norm2(), t)),
    )
    yield _misread(
        "clip-per-param-type-per-layer",
        "ClipL2PerParamType takes the layer's norm.",
        "NORM-6",
        clip_param,
        _per_layer(_clip_by_quotient),
    )
    yield _misread(
        "clip-per-layer-sum-of-norms",
        "The layer's norm is the sum of its parameters' norms.",
        "NORM-8",
        clip_layer,
        _per_layer(_clip_to, squared=False),
    )
    yield _misread(
        "clip-per-layer-to-unit",
        "ClipL2PerLayer divides by the norm and forgets the threshold.",
        "NORM-5",
        clip_layer,
        _per_layer(lambda g, n, t: g / n if n > t else g),
    )
    yield _misread(
        "clip-element-wise-upper-bound-wins",
        "Element-wise clipping under a negative threshold gives the threshold, as numpy.clip does.",
        "NORM-4",
        element,
        _per_parameter(lambda g, t: g.clip_below(-t).clip_above(t)),
    )
    yield _misread(
        "clip-element-wise-above-only",
        "Element-wise clipping bounds from above only.",
        "NORM-4",
        element,
        _per_parameter(lambda g, t: g.clip_above(t)),
    )
    yield _misread(
        "clip-element-wise-as-documented",
        "Element-wise clipping raises small values to the threshold, as the enum's documentation has it.",
        "NORM-4",
        element,
        _per_parameter(lambda g, t: g.sign() * t),
        "GradientNormalization's Javadoc: sign(g)*max(maxAllowed,|g|)",
    )
    yield _misread(
        "renormalize-per-layer-guarded",
        "RenormalizeL2PerLayer leaves a zero gradient alone.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, _: _guarded(g, n)),
        _LATER,
    )
    yield _misread(
        "renormalize-per-param-type-guarded",
        "RenormalizeL2PerParamType leaves a zero gradient alone.",
        "NORM-3",
        param,
        _per_parameter(lambda g, _: _guarded(g, g.norm2())),
        _LATER,
    )
    yield _misread(
        "renormalize-per-layer-epsilon",
        "RenormalizeL2PerLayer adds an epsilon to the norm.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, _: g / (n + epsilon)),
    )
    yield _misread(
        "renormalize-per-param-type-epsilon",
        "RenormalizeL2PerParamType adds an epsilon to the norm.",
        "NORM-3",
        param,
        _per_parameter(lambda g, _: g / (g.norm2() + epsilon)),
    )
    yield _misread(
        "renormalize-per-layer-per-parameter",
        "RenormalizeL2PerLayer takes each parameter's own norm.",
        "NORM-8",
        layer,
        _per_parameter(lambda g, _: g / g.norm2_number()),
    )
    yield _misread(
        "renormalize-per-param-type-per-layer",
        "RenormalizeL2PerParamType takes the layer's norm.",
        "NORM-3",
        param,
        _per_layer(lambda g, n, _: g / n),
    )
    yield _misread(
        "renormalize-per-layer-sum-of-norms",
        "The layer's norm is the sum of its parameters' norms.",
        "NORM-8",
        layer,
        _per_layer(lambda g, n, _: g / n, squared=False),
    )
    yield _misread(
        "renormalize-per-layer-to-threshold",
        "RenormalizeL2PerLayer scales to the threshold.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, t: g * (t / n)),
    )
    yield _misread(
        "renormalize-per-layer-above-threshold-only",
        "RenormalizeL2PerLayer normalises only above the threshold.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, t: g / n if n > t else g),
    )
    yield _misread(
        "renormalize-per-param-type-root-mean-square",
        "RenormalizeL2PerParamType divides by the root of the mean square.",
        "NORM-3",
        param,
        _per_parameter(lambda g, _: g / _mean_norm(g)),
    )
    yield _misread(
        "clip-per-layer-from-threshold",
        "ClipL2PerLayer clips from the threshold on, not above it.",
        "NORM-11",
        clip_layer,
        _per_layer(_clip_from_threshold),
    )
    yield _misread(
        "clip-per-param-type-from-threshold",
        "ClipL2PerParamType clips from the threshold on, not above it.",
        "NORM-11",
        clip_param,
        _per_parameter(lambda g, t: _quotient_from_threshold(g, g.norm2_number(), t)),
    )
    yield _misread(
        "clip-per-layer-norm-plus-epsilon",
        "ClipL2PerLayer multiplies by t/(n + 1e-6) where that is below 1.",
        "NORM-5",
        clip_layer,
        _per_layer(_torch_clip),
        "torch.nn.utils.clip_grad_norm_",
    )
    yield _misread(
        "clip-per-param-type-norm-plus-epsilon",
        "ClipL2PerParamType multiplies by t/(n + 1e-6) where that is below 1.",
        "NORM-6",
        clip_param,
        _per_parameter(lambda g, t: _torch_clip(g, g.norm2_number(), t)),
        "torch.nn.utils.clip_grad_norm_",
    )
    yield _misread(
        "renormalize-per-layer-zero-norm-replaced",
        "RenormalizeL2PerLayer divides by 1e-5 where the norm is zero.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, _: g / _never_zero(n, g.arithmetic)),
        _LATER,
    )
    yield _misread(
        "renormalize-per-param-type-zero-norm-replaced",
        "RenormalizeL2PerParamType divides by 1e-5 where the norm is zero.",
        "NORM-3",
        param,
        _per_parameter(lambda g, _: g / _never_zero(g.norm2(), g.arithmetic)),
        _LATER,
    )
    yield _misread(
        "renormalize-per-layer-multiplies",
        "RenormalizeL2PerLayer multiplies by 1/n.",
        "NORM-2",
        layer,
        _per_layer(lambda g, n, _: g * (g.arithmetic.scalar(1.0) / n)),
    )
    yield _misread(
        "renormalize-per-param-type-multiplies",
        "RenormalizeL2PerParamType multiplies by 1/n.",
        "NORM-3",
        param,
        _per_parameter(lambda g, _: g * (g.arithmetic.scalar(1.0) / g.norm2())),
    )
    yield _misread(
        "clip-per-param-type-root-mean-square",
        "ClipL2PerParamType compares the root of the mean square.",
        "NORM-6",
        clip_param,
        _per_parameter(lambda g, t: _clip_by_quotient(g, _mean_norm(g), t)),
    )
    yield Misreading(
        "visible-bias-not-normalized",
        "The visible bias is left out of normalisation.",
        ("LAYER-3",),
        {"is_normalized": lambda name, layer: not layer.pretrain and not is_visible_bias(name)},
        ("quirk 18",),
    )
    yield Misreading(
        "pretraining-normalized",
        "Gradients are normalised in pretraining too.",
        ("NORM-12",),
        {"is_normalized": lambda name, layer: True},
        ("quirk 18", "DL4J 1.0.0-beta4"),
    )
    yield _misread(
        "renormalize-per-param-type-absolute",
        "Norm2 of one element is its absolute value.",
        "NORM-10",
        param,
        _per_parameter(lambda g, _: g / g.norm2_number()),
    )
    for strategy, field, clause in (
        ("RenormalizeL2PerLayer", layer, "NORM-2"),
        ("RenormalizeL2PerParamType", param, "NORM-3"),
        ("ClipElementWiseAbsoluteValue", element, "NORM-4"),
        ("ClipL2PerLayer", clip_layer, "NORM-5"),
        ("ClipL2PerParamType", clip_param, "NORM-6"),
    ):
        yield _misread(
            f"{field.replace('_', '-')}-ignored", f"{strategy} does nothing.", clause, field, right.no_normalization
        )
