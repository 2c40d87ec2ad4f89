"""The parameters of each layer type, in ``paramTable`` order, with the settings that hold for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import assert_never

from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater


@dataclass(frozen=True)
class Parameter:
    """A parameter: ``length`` values, its updater, starting learning rate and regularisation coefficients."""

    name: str
    length: int
    updater: Updater
    learning_rate: float
    l1: float
    l2: float


Parameters = Callable[[LayerConfiguration], tuple[Parameter, ...]]


@clause("LAYER-5", "STATE-2")
def parameters(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """Return the layer's parameters as ``ParamInitializer`` lists them; ``layer`` is a built configuration.

    ``Layer.getLearningRateByParam``, ``getL1ByParam``, ``getL2ByParam`` and ``getUpdaterByParam``; what stands by
    parameter in a file has been read from there.
    """
    rates, l1, l2 = (given or {} for given in (layer.learning_rate_by_param, layer.l1_by_param, layer.l2_by_param))
    return tuple(
        replace(
            p,
            learning_rate=rates.get(p.name, p.learning_rate),
            l1=l1.get(p.name, p.l1),
            l2=l2.get(p.name, p.l2),
        )
        for p in _of_type(layer)
    )


def _of_type(layer: LayerConfiguration) -> Sequence[Parameter]:
    match layer.type:
        case LayerType.DENSE | LayerType.EMBEDDING:
            return _affine(layer, "", layer.n_in, layer.n_out)
        case LayerType.AUTO_ENCODER:
            return (*_affine(layer, "", layer.n_in, layer.n_out), _bias(layer, "vb", layer.n_in))
        case LayerType.CONVOLUTION:
            return _convolution(layer)
        case LayerType.GRAVES_LSTM:
            return _graves_lstm(layer, "")
        case LayerType.GRAVES_BIDIRECTIONAL_LSTM:
            return _graves_bidirectional_lstm(layer)
        case LayerType.CENTER_LOSS_OUTPUT:
            return _center_loss_output(layer)
        case LayerType.VARIATIONAL_AUTOENCODER:
            return _variational_autoencoder(layer)
        case LayerType.BATCH_NORMALIZATION:
            return _batch_normalization(layer)
        case LayerType.ACTIVATION:
            return ()
        case _:
            assert_never(layer.type)


@clause("OPT-12")
def variables(layer: LayerConfiguration) -> tuple[str, ...]:
    """Return names as ``NeuralNetConfiguration.variables`` registers them: a convolution's weights before its bias."""
    names = tuple(parameter.name for parameter in parameters(layer))
    return names[::-1] if layer.type is LayerType.CONVOLUTION else names


@clause("OPT-24")
def transposed(layer: LayerConfiguration) -> Mapping[str, tuple[int, int]]:
    """Return the parameters that are transposed where gradients are laid out, with their rows and columns.

    The centers of a ``CenterLossOutputLayer`` lie row by row, and ``DefaultGradient.gradient`` lays out by columns. A
    convolution says that its weights lie row by row.
    """
    return {"cL": (layer.n_out, layer.n_in)} if layer.type is LayerType.CENTER_LOSS_OUTPUT else {}


@clause("PARAM-2")
def _convolution(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """List the bias, then the weights (``ConvolutionParamInitializer``)."""
    weights = _weight(layer, "W", layer.n_in * layer.n_out * math.prod(layer.kernel_size))
    return (_bias(layer, "b", layer.n_out), weights)


@clause("PARAM-3")
def _graves_lstm(layer: LayerConfiguration, direction: str) -> tuple[Parameter, ...]:
    """List four gates, whose recurrent weights include three peepholes per unit (``GravesLSTMParamInitializer``)."""
    n_in, n_out = layer.n_in, layer.n_out
    return (
        _weight(layer, f"W{direction}", n_in * 4 * n_out),
        _weight(layer, f"RW{direction}", n_out * (4 * n_out + 3)),
        _bias(layer, f"b{direction}", 4 * n_out),
    )


@clause("PARAM-4")
def _graves_bidirectional_lstm(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """List the forward direction, then the other (``GravesBidirectionalLSTMParamInitializer``)."""
    return (*_graves_lstm(layer, "F"), *_graves_lstm(layer, "B"))


@clause("PARAM-5")
def _center_loss_output(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """List weights, bias and centres; the updater leaves the centres alone (``CenterLossParamInitializer``)."""
    return (*_affine(layer, "", layer.n_in, layer.n_out), _untouched("cL", layer.n_in * layer.n_out))


@clause("PARAM-6")
def _variational_autoencoder(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """List an encoder's and a decoder's arrays; a Gaussian reconstruction has two parameters per input."""
    n_in, n_out = layer.n_in, layer.n_out
    encoder, decoder = (n_in, *layer.encoder_layer_sizes), (n_out, *layer.decoder_layer_sizes)
    return (
        *(p for i, sizes in enumerate(pairwise(encoder)) for p in _affine(layer, f"e{i}", *sizes)),
        *_affine(layer, "pZXMean", encoder[-1], n_out),
        *_affine(layer, "pZXLogStd2", encoder[-1], n_out),
        *(p for i, sizes in enumerate(pairwise(decoder)) for p in _affine(layer, f"d{i}", *sizes)),
        *_affine(layer, "pXZ", decoder[-1], layer.distribution_size or 2 * n_in),
    )


@clause("PARAM-7")
def _batch_normalization(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """List gamma, beta, mean and variance; beta is no bias (``BatchNormalizationParamInitializer``)."""
    names = () if layer.lock_gamma_beta else ("gamma", "beta")
    learned = [Parameter(name, layer.n_out, layer_updater(layer), layer.learning_rate, 0.0, 0.0) for name in names]
    return (*learned, _untouched("mean", layer.n_out), _untouched("var", layer.n_out))


@clause("PARAM-1")
def _affine(layer: LayerConfiguration, prefix: str, n_in: int, n_out: int) -> tuple[Parameter, ...]:
    """List weights, then a bias (``DefaultParamInitializer``)."""
    return (_weight(layer, f"{prefix}W", n_in * n_out), _bias(layer, f"{prefix}b", n_out))


def layer_updater(layer: LayerConfiguration) -> Updater:
    """Return the updater of a built configuration. Raises ValueError before ``inherit`` has filled it."""
    if layer.updater is None:
        raise ValueError("the configuration of the layer is not built")
    return layer.updater


def _weight(layer: LayerConfiguration, name: str, length: int) -> Parameter:
    return Parameter(name, length, layer_updater(layer), layer.learning_rate, layer.l1, layer.l2)


def _bias(layer: LayerConfiguration, name: str, length: int) -> Parameter:
    return Parameter(name, length, layer_updater(layer), layer.bias_learning_rate, layer.l1_bias, layer.l2_bias)


def _untouched(name: str, length: int) -> Parameter:
    return Parameter(name, length, Updater.NONE, 0.0, 0.0, 0.0)
