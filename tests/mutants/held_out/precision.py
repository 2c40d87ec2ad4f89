"""Mistakes that change only the rounding of norms, settings and gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import LayerSettings, NetworkSettings
from dl4j_backends.interface import Floats, Network
from mutants.held_out.mistake import GRADIENT, Mistakes, rounding
from mutants.held_out.parts import Gradients, Normalization, Rates, Session, Settings


def _single(number: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(number))


class NormInDouble(Normalization):
    def norm(self, g: Gradient, x: Nd4j) -> float:
        return float(np.sqrt(np.square(g.array.astype("float64")).sum()))


class NormInPairs(Normalization):
    def norm(self, g: Gradient, x: Nd4j) -> float:
        return float(np.sqrt(np.square(g.array).sum()))


class OneNormOfLayer(Normalization):
    """The squares of a layer are added up in one go, not parameter by parameter."""

    def of_layer(self, gradients: Gradients, x: Nd4j, number: bool) -> float:
        arrays = [g.array for g in self.counted(gradients)]
        return x.norm2(np.concatenate(arrays)) if arrays else 0.0


class ClipMultiplies(Normalization):
    def clip_parameter(self, g: Array, norm: float, threshold: float, x: Nd4j) -> None:
        x.multiply(g, quotient(threshold, norm))


class ClipDivides(Normalization):
    def clip_layer(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        for g, _ in gradients.values():
            x.divide(g, quotient(norm, threshold))


class RenormalizeMultiplies(Normalization):
    def renormalize(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        for g, _ in gradients.values():
            x.multiply(g, quotient(1.0, norm))


class SingleRates(Rates):
    """Rates are kept as float32."""

    def next(self, rate: float, initial: float, t: int, net: NetworkSettings, layer: LayerSettings) -> float:
        return _single(super().next(rate, initial, t, net, layer))


class SingleSettings(Settings):
    """Every number of the configuration is read as float32."""

    def network(self, network: Network) -> Network:
        layers = [_rounded(layer) for layer in network.layers]
        return super().network(replace(network, conf=_rounded(network.conf), layers=layers))


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    return _single(value) if isinstance(value, float) else value


class SingleGradients(Session):
    """Gradients pass through float32, as in JAX without 64 bits."""

    def _given(self, arrays: Mapping[str, Floats]) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            for array in arrays.values():
                array[:] = array.astype("float32")
        return super()._given(arrays)


PRECISION: Mistakes = {
    "norm_in_double": rounding(
        "Norms are computed in float64.",
        NormInDouble,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-3-float32",
    ),
    "norm_in_pairs": rounding(
        "Norms are summed by NumPy, in pairs.",
        NormInPairs,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-param-type-length-23-float32",
    ),
    "norm_of_layer_at_once": rounding(
        "A layer's squares are added up in one go.",
        OneNormOfLayer,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-1-float32",
    ),
    "clip_multiplies": rounding(
        "Clipping per parameter type multiplies by threshold over norm.",
        ClipMultiplies,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-param-type-length-3-float32",
    ),
    "clip_layer_divides": rounding(
        "Clipping per layer divides by norm over threshold.",
        ClipDivides,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="clip-per-layer-length-2-float32",
    ),
    "renormalize_multiplies": rounding(
        "Renormalization multiplies by the reciprocal of the norm.",
        RenormalizeMultiplies,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="renormalize-per-layer-length-2-float32",
    ),
    "single_rates": rounding(
        "A policy's rates are kept in float32.",
        SingleRates,
        outputs="learning_rates, updates, state",
        first="learning rate",
        shown_by="exponential-tie-float32",
    ),
    "single_settings": rounding(
        "All settings are read as float32.",
        SingleSettings,
        outputs="learning_rates, momentum, updates, state, equal",
        first=GRADIENT | {"learning rate", "momentum"},
        shown_by="layer-key-q-float32",
    ),
    "single_gradients": rounding(
        "Gradients pass through float32.",
        SingleGradients,
        outputs="updates, state, heard",
        first=GRADIENT | {"gradient heard by listeners"},
        shown_by="layer-key-q-float64",
    ),
}
