"""Misreadings of what each parameter of a layer type gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.parameters import Parameter, Parameters, parameters

_Change = Callable[[Parameter, LayerConfiguration], Parameter]

_RECURRENT = (LayerType.GRAVES_LSTM, LayerType.GRAVES_BIDIRECTIONAL_LSTM)
_RECURRENT_WEIGHTS = ("RW", "RWF", "RWB")
_VAE_BIASES = ("e0b", "pZXMeanb", "pZXLogStd2b", "d0b", "pXZb")


def _in(*types: LayerType, names: tuple[str, ...]) -> Callable[[_Change], Parameters]:
    """Return DL4J's list of parameters, with those of these ``names`` changed in layers of these ``types``."""

    def of(change: _Change) -> Parameters:
        @wraps(change)
        def changed(layer: LayerConfiguration) -> tuple[Parameter, ...]:
            found = parameters(layer)
            if layer.type not in types:
                return found
            return tuple(change(p, layer) if p.name in names else p for p in found)

        return changed

    return of


def _ordered(layer: LayerConfiguration, layer_type: LayerType, names: str) -> tuple[Parameter, ...]:
    """Return DL4J's list of parameters; for one type of layer in the order of ``names``, which blanks separate."""
    found = parameters(layer)
    if layer.type is not layer_type:
        return found
    return tuple(sorted(found, key=lambda p: names.split().index(p.name)))


def _as_weight(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.learning_rate, l1=layer.l1, l2=layer.l2)


def _as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.bias_learning_rate, l1=layer.l1_bias, l2=layer.l2_bias)


@misreading("frozen-without-state", clauses=("STATE-2",), replaces="parameters", references=("quirk 46",))
def _frozen_without_state(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """The parameters of a frozen layer have no place in the state."""
    found = parameters(layer)
    return tuple(replace(p, updater=Updater.NONE) for p in found) if layer.frozen else found


@misreading("convolution-weights-first", clauses=("PARAM-2",), replaces="parameters")
def _convolution_weights_first(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """A convolution's weights come before its bias."""
    return _ordered(layer, LayerType.CONVOLUTION, "W b")


@misreading("recurrent-weights-unpenalized", clauses=("PARAM-3",), replaces="parameters")
@_in(*_RECURRENT, names=_RECURRENT_WEIGHTS)
def _recurrent_weights_unpenalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Recurrent weights have no penalties."""
    return replace(p, l1=0.0, l2=0.0)


@misreading("recurrent-weights-at-bias-rate", clauses=("PARAM-3",), replaces="parameters")
@_in(*_RECURRENT, names=_RECURRENT_WEIGHTS)
def _recurrent_weights_at_bias_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Recurrent weights learn with the bias learning rate."""
    return replace(p, learning_rate=layer.bias_learning_rate)


@misreading("recurrent-weights-as-biases", clauses=("PARAM-3",), replaces="parameters")
@_in(*_RECURRENT, names=_RECURRENT_WEIGHTS)
def _recurrent_weights_as_biases(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only W is a weight: recurrent weights are biases."""
    return _as_bias(p, layer)


@misreading("recurrent-weights-last", clauses=("PARAM-3",), replaces="parameters")
def _recurrent_weights_last(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """Recurrent weights come after the bias."""
    return _ordered(layer, LayerType.GRAVES_LSTM, "W b RW")


@misreading("bidirectional-biases-as-weights", clauses=("PARAM-4",), replaces="parameters")
@_in(LayerType.GRAVES_BIDIRECTIONAL_LSTM, names=("bF", "bB"))
def _bidirectional_biases_as_weights(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only the name b is a bias: bF and bB are weights."""
    return _as_weight(p, layer)


@misreading("backward-before-forward", clauses=("PARAM-4",), replaces="parameters")
def _backward_before_forward(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """The backward direction comes first."""
    return _ordered(layer, LayerType.GRAVES_BIDIRECTIONAL_LSTM, "WB RWB bB WF RWF bF")


@misreading("directions-interleaved", clauses=("PARAM-4",), replaces="parameters")
def _directions_interleaved(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """Each parameter of both directions, then the next."""
    return _ordered(layer, LayerType.GRAVES_BIDIRECTIONAL_LSTM, "WF WB RWF RWB bF bB")


@misreading("centers-penalized", clauses=("PARAM-5",), replaces="parameters")
@_in(LayerType.CENTER_LOSS_OUTPUT, names=("cL",))
def _centers_penalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are penalised like weights."""
    return replace(p, l1=layer.l1, l2=layer.l2)


@misreading("centers-penalized-as-bias", clauses=("PARAM-5",), replaces="parameters")
@_in(LayerType.CENTER_LOSS_OUTPUT, names=("cL",))
def _centers_penalized_as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are penalised like biases."""
    return replace(p, l1=layer.l1_bias, l2=layer.l2_bias)


@misreading("centers-updated", clauses=("PARAM-5",), replaces="parameters")
@_in(LayerType.CENTER_LOSS_OUTPUT, names=("cL",))
def _centers_updated(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are updated like weights."""
    return p if layer.updater is None else replace(p, updater=layer.updater, learning_rate=layer.learning_rate)


@misreading("centers-at-rate-0", clauses=("PARAM-5",), replaces="parameters")
@_in(LayerType.CENTER_LOSS_OUTPUT, names=("cL",))
def _centers_at_rate_0(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres have the layer's updater, with learning rate 0."""
    return p if layer.updater is None else replace(p, updater=layer.updater)


@misreading("vae-biases-as-weights", clauses=("PARAM-6",), replaces="parameters")
@_in(LayerType.VARIATIONAL_AUTOENCODER, names=_VAE_BIASES)
def _vae_biases_as_weights(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only the name b is a bias: a variational auto-encoder has weights alone."""
    return _as_weight(p, layer)


@misreading("vae-biases-unpenalized", clauses=("PARAM-6",), replaces="parameters")
@_in(LayerType.VARIATIONAL_AUTOENCODER, names=_VAE_BIASES)
def _vae_biases_unpenalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """A variational auto-encoder's biases have no penalties."""
    return replace(p, l1=0.0, l2=0.0)


@misreading("vae-biases-at-layer-rate", clauses=("PARAM-6",), replaces="parameters")
@_in(LayerType.VARIATIONAL_AUTOENCODER, names=_VAE_BIASES)
def _vae_biases_at_layer_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """A variational auto-encoder's biases learn with the layer's rate."""
    return replace(p, learning_rate=layer.learning_rate)


@misreading("scale-and-shift-penalized", clauses=("PARAM-7",), replaces="parameters")
@_in(LayerType.BATCH_NORMALIZATION, names=("gamma", "beta"))
def _scale_and_shift_penalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """gamma and beta are penalised like weights."""
    return replace(p, l1=layer.l1, l2=layer.l2)


@misreading("beta-as-bias", clauses=("PARAM-7",), replaces="parameters")
@_in(LayerType.BATCH_NORMALIZATION, names=("beta",))
def _beta_as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """beta is a bias."""
    return _as_bias(p, layer)


@misreading("beta-at-bias-rate", clauses=("PARAM-7",), replaces="parameters")
@_in(LayerType.BATCH_NORMALIZATION, names=("beta",))
def _beta_at_bias_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """beta learns with the bias learning rate."""
    return replace(p, learning_rate=layer.bias_learning_rate)


@misreading("statistics-updated", clauses=("PARAM-7",), replaces="parameters")
@_in(LayerType.BATCH_NORMALIZATION, names=("mean", "var"))
def _statistics_updated(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Running mean and variance are updated like gamma and beta."""
    return p if layer.updater is None else replace(p, updater=layer.updater, learning_rate=layer.learning_rate)


@misreading("statistics-at-rate-0", clauses=("PARAM-7",), replaces="parameters")
@_in(LayerType.BATCH_NORMALIZATION, names=("mean", "var"))
def _statistics_at_rate_0(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Running mean and variance have the layer's updater, with learning rate 0."""
    return p if layer.updater is None else replace(p, updater=layer.updater)


@misreading("statistics-not-normalized", clauses=("PARAM-7", "NORM-3"), replaces="is_normalized")
def _statistics_not_normalized(name: str, layer: LayerConfiguration) -> bool:
    """Running mean and variance are left out when gradients are normalised."""
    is_statistic = layer.type is LayerType.BATCH_NORMALIZATION and name in ("mean", "var")
    return not (layer.pretrain or is_statistic)
