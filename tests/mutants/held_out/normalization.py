"""Mistakes of normalization: which norm, over which gradients, and when and how it clips."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import LayerSettings
from mutants.held_out.mistake import GRADIENT, Mistakes, mistake
from mutants.held_out.parts import Gradients, Normalization


class EpsilonInClip(Normalization):
    """torch's ``clip_grad_norm_``: ``max_norm / (total_norm + 1e-6)``."""

    def clip_layer(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        super().clip_layer(gradients, norm + 1e-6, threshold, x)


class MeanOfSquares(Normalization):
    def norm(self, g: Gradient, x: Nd4j) -> float:
        return super().norm(g, x) / math.sqrt(max(len(g.array), 1))


class SumOfMagnitudes(Normalization):
    def norm(self, g: Gradient, x: Nd4j) -> float:
        return float(np.abs(g.array).sum())


class SumOfNorms(Normalization):
    """A layer's norm is the sum of its parameters' norms."""

    def of_layer(self, gradients: Gradients, x: Nd4j, number: bool) -> float:
        return float(sum(self.number(g, x) if number else self.norm(g, x) for g in self.counted(gradients)))


class WithoutBiases(Normalization):
    def counted(self, gradients: Gradients) -> Iterable[Gradient]:
        return [g for name, g in gradients.items() if not name.endswith("b")]


class LayersApart(Normalization):
    """Renormalization per layer works on each parameter."""

    def __call__(self, layer: LayerSettings, gradients: Gradients, x: Nd4j) -> None:
        if layer.gradient_normalization == "RenormalizeL2PerLayer":
            for name, g in gradients.items():
                super().__call__(layer, {name: g}, x)
        else:
            super().__call__(layer, gradients, x)


class ClipsTogether(Normalization):
    """Clipping per parameter type clips all by the layer's norm."""

    def __call__(self, layer: LayerSettings, gradients: Gradients, x: Nd4j) -> None:
        if layer.gradient_normalization == "ClipL2PerParamType":
            norm, threshold = self.of_layer(gradients, x, number=False), layer.gradient_normalization_threshold
            if self.exceeds(norm, threshold):
                self.clip_layer(gradients, norm, threshold, x)
        else:
            super().__call__(layer, gradients, x)


class SparesZero(Normalization):
    def renormalize(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        if norm > 0:
            super().renormalize(gradients, norm, threshold, x)


class ToThreshold(Normalization):
    def renormalize(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        super().renormalize(gradients, quotient(norm, threshold), threshold, x)


class EpsilonInRenormalization(Normalization):
    def renormalize(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        super().renormalize(gradients, norm + 1e-5, threshold, x)


class OnlyAbove(Normalization):
    def clip_elements(self, g: Array, threshold: float, x: Nd4j) -> None:
        np.copyto(g, g.dtype.type(threshold), where=g > g.dtype.type(threshold))


class MinAndMax(Normalization):
    """C's ``fmin`` and ``fmax``, which take the threshold where the gradient is NaN."""

    def clip_elements(self, g: Array, threshold: float, x: Nd4j) -> None:
        np.fmin(np.fmax(g, g.dtype.type(-threshold)), g.dtype.type(threshold), out=g)


class UnlessBelow(Normalization):
    def exceeds(self, norm: float, threshold: float) -> bool:
        return not norm <= threshold


class SquaredNorm(Normalization):
    """The root is forgotten: squares are compared with the threshold, and divided by."""

    def of_layer(self, gradients: Gradients, x: Nd4j, number: bool) -> float:
        norm = super().of_layer(gradients, x, number)
        return norm * norm


class ClipsByThreshold(Normalization):
    """Above the threshold a parameter is divided by its norm, and not brought to the threshold."""

    def clip_parameter(self, g: Array, norm: float, threshold: float, x: Nd4j) -> None:
        super().clip_parameter(g, norm, 1.0, x)


NORMALIZATION: Mistakes = {
    "clip_layer_epsilon": mistake(
        "Clipping by a layer's norm adds 1e-6 to the norm, as torch does.",
        EpsilonInClip,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-layer-length-2-float32",
    ),
    "norm_mean_of_squares": mistake(
        "Norms take the mean of the squares, not their sum.",
        MeanOfSquares,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-2-float32",
    ),
    "norm_sum_of_magnitudes": mistake(
        "Norms are sums of magnitudes.",
        SumOfMagnitudes,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-2-float32",
    ),
    "norm_sum_of_norms": mistake(
        "A layer's norm is the sum of its parameters' norms.",
        SumOfNorms,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "norm_without_biases": mistake(
        "A layer's norm leaves biases out.",
        WithoutBiases,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "renormalize_layers_apart": mistake(
        "Renormalization per layer works on each parameter by itself.",
        LayersApart,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "clip_parameters_together": mistake(
        "Clipping per parameter type clips by the layer's norm.",
        ClipsTogether,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-param-type-length-3-float32",
    ),
    "renormalize_spares_zero": mistake(
        "Renormalization leaves gradients alone whose norm is zero or NaN.",
        SparesZero,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-nan-float32",
    ),
    "renormalize_to_threshold": mistake(
        "Renormalization brings the norm to the threshold, not to one.",
        ToThreshold,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "renormalize_epsilon": mistake(
        "Renormalization adds 1e-5 to the norm, as DL4J 1.0 does.",
        EpsilonInRenormalization,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "clip_elements_only_above": mistake(
        "Element-wise clipping forgets negative gradients.",
        OnlyAbove,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-element-wise-nan-float32",
    ),
    "clip_elements_min_and_max": mistake(
        "Element-wise clipping puts a threshold in place of NaN.",
        MinAndMax,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-element-wise-nan-float32",
    ),
    "clip_unless_below": mistake(
        "Clipping by a norm clips a norm that is NaN.",
        UnlessBelow,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-layer-nan-float32",
    ),
    "norm_squared": mistake(
        "A layer's norm lacks its root.",
        SquaredNorm,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "clip_parameter_to_one": mistake(
        "Clipping per parameter type makes the norm one.",
        ClipsByThreshold,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-param-type-length-3-float32",
    ),
}
