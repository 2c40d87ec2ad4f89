"""The parameters of each type of layer: their names, their order and lengths, and the settings that each is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
    """List the parameters of a convolution with a kernel of 2 x 2."""
    return layer.bias("b", layer.n_out), layer.weights("W", layer.n_in * layer.n_out * 4)


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
    """Encoder and decoder have one layer of two units; the reconstruction is Gaussian."""
    n_in, n_out = layer.n_in, layer.n_out
    shapes = {"e0": (n_in, 2), "pZXMean": (2, n_out), "pZXLogStd2": (2, n_out), "d0": (n_out, 2), "pXZ": (2, 2 * n_in)}
    return tuple(
        parameter
        for prefix, (rows, columns) in shapes.items()
        for parameter in (layer.weights(f"{prefix}W", rows * columns), layer.bias(f"{prefix}b", columns))
    )


def _batch_normalization(layer: _Layer) -> Parameters:
    trained = (replace(layer.weights(name, layer.n_out), l1=0.0, l2=0.0) for name in ("gamma", "beta"))
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
    return _INITIALIZERS[kind](_Layer(layer.get("n_in", 0), layer.get("n_out", 0), weights, bias))
