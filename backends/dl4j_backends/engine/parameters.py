"""The parameters of each type of layer: their names, their order and lengths, and the settings that each is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from dl4j_backends.engine.updaters import NONE, Updater


@dataclass(frozen=True)
class ParameterSettings:
    """One parameter of a layer: its length and what its updates depend on."""

    name: str
    length: int
    updater: Updater
    learning_rate: float
    l1: float
    l2: float


@dataclass(frozen=True)
class _Layer:
    """A layer's sizes, and the settings of its weights and of its biases."""

    n_in: int
    n_out: int
    kernel_size: Sequence[int]
    encoder: Sequence[int]
    decoder: Sequence[int]
    distribution_size: int
    lock_gamma_beta: bool
    weight_settings: ParameterSettings
    bias_settings: ParameterSettings

    def weights(self, name: str, length: int) -> ParameterSettings:
        return replace(self.weight_settings, name=name, length=length)

    def bias(self, name: str, length: int) -> ParameterSettings:
        return replace(self.bias_settings, name=name, length=length)


def _no_updater(name: str, length: int) -> ParameterSettings:
    """Return a parameter that its layer changes by itself."""
    return ParameterSettings(name, length, NONE, 0.0, 0.0, 0.0)


Parameters = tuple[ParameterSettings, ...]


def _dense(layer: _Layer) -> Parameters:
    return layer.weights("W", layer.n_in * layer.n_out), layer.bias("b", layer.n_out)


def _auto_encoder(layer: _Layer) -> Parameters:
    return (*_dense(layer), layer.bias("vb", layer.n_in))


def _convolution(layer: _Layer) -> Parameters:
    return layer.bias("b", layer.n_out), layer.weights("W", layer.n_in * layer.n_out * math.prod(layer.kernel_size))


def _lstm(layer: _Layer, suffix: str = "") -> Parameters:
    n_in, n_out = layer.n_in, layer.n_out
    return (
        layer.weights(f"W{suffix}", 4 * n_in * n_out),
        layer.weights(f"RW{suffix}", 4 * n_out * n_out + 3 * n_out),
        layer.bias(f"b{suffix}", 4 * n_out),
    )


def _bidirectional_lstm(layer: _Layer) -> Parameters:
    return _lstm(layer, "F") + _lstm(layer, "B")


def _center_loss_output(layer: _Layer) -> Parameters:
    return (*_dense(layer), _no_updater("cL", layer.n_in * layer.n_out))


def _variational_autoencoder(layer: _Layer) -> Parameters:
    """List the encoder, the two parameters of its distribution, the decoder and those of the reconstruction."""
    n_out, encoder, decoder = layer.n_out, [layer.n_in, *layer.encoder], [layer.n_out, *layer.decoder]
    shapes = {f"e{i}": sizes for i, sizes in enumerate(pairwise(encoder))}
    shapes |= {"pZXMean": (encoder[-1], n_out), "pZXLogStd2": (encoder[-1], n_out)}
    shapes |= {f"d{i}": sizes for i, sizes in enumerate(pairwise(decoder))}
    shapes["pXZ"] = (decoder[-1], layer.distribution_size)
    return tuple(
        parameter
        for prefix, (rows, columns) in shapes.items()
        for parameter in (layer.weights(f"{prefix}W", rows * columns), layer.bias(f"{prefix}b", columns))
    )


def _batch_normalization(layer: _Layer) -> Parameters:
    names = () if layer.lock_gamma_beta else ("gamma", "beta")
    trained = (replace(layer.weights(name, layer.n_out), l1=0.0, l2=0.0) for name in names)
    return (*trained, _no_updater("mean", layer.n_out), _no_updater("var", layer.n_out))


def _none(_: _Layer) -> Parameters:
    return ()


#: By type of layer.
_INITIALIZERS: Mapping[str, Callable[[_Layer], Parameters]] = {
    "dense": _dense,
    "embedding": _dense,
    "auto_encoder": _auto_encoder,
    "convolution": _convolution,
    "graves_lstm": _lstm,
    "graves_bidirectional_lstm": _bidirectional_lstm,
    "center_loss_output": _center_loss_output,
    "variational_autoencoder": _variational_autoencoder,
    "batch_normalization": _batch_normalization,
    "activation": _none,
}


def parameters_of(
    layer: Mapping[str, Any], weights: ParameterSettings, bias: ParameterSettings
) -> tuple[ParameterSettings, ...]:
    """Return a layer's parameters in the order of its ``ParamInitializer``, with the settings of weights or biases.

    Raises ``ValueError`` for an unknown type of layer.
    """
    kind = layer.get("type", "dense")
    if kind not in _INITIALIZERS:
        raise ValueError(f"unknown layer type {kind!r}: it is one of {', '.join(_INITIALIZERS)}")
    n_in = layer.get("n_in", 0)
    sized = _Layer(
        n_in,
        layer.get("n_out", 0),
        layer.get("kernel_size") or (2, 2),
        layer.get("encoder_layer_sizes") or (2,),
        layer.get("decoder_layer_sizes") or (2,),
        layer.get("distribution_size") or 2 * n_in,
        layer.get("lock_gamma_beta", False),
        weights,
        bias,
    )
    rates, l1, l2 = (layer.get(f"{name}_by_param") or {} for name in ("learning_rate", "l1", "l2"))
    return tuple(
        replace(
            p,
            learning_rate=float(rates.get(p.name, p.learning_rate)),
            l1=float(l1.get(p.name, p.l1)),
            l2=float(l2.get(p.name, p.l2)),
        )
        for p in _INITIALIZERS[kind](sized)
    )
