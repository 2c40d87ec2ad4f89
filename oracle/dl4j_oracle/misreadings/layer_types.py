"""Misreadings of what each parameter of a layer type gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.parameters import Parameter, Parameters, parameters

_Change = Callable[[Parameter, LayerConfiguration], Parameter]

_RECURRENT = (LayerType.GRAVES_LSTM, LayerType.GRAVES_BIDIRECTIONAL_LSTM)
_RECURRENT_WEIGHTS = ("RW", "RWF", "RWB")
_VAE_BIASES = ("e0b", "pZXMeanb", "pZXLogStd2b", "d0b", "pXZb")


def _same(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return p


@dataclass(frozen=True)
class _Parameters:
    """The parameters of every layer type: what each gets, and their orders, names that blanks separate."""

    every: _Change = _same
    recurrent_weights: _Change = _same
    bidirectional_biases: _Change = _same
    centers: _Change = _same
    vae_biases: _Change = _same
    gamma: _Change = _same
    beta: _Change = _same
    statistics: _Change = _same
    convolution_order: str = "b W"
    lstm_order: str = "W RW b"
    bidirectional_order: str = "WF RWF bF WB RWB bB"

    def rule(self) -> Parameters:
        """Return the parameters as a rule."""

        def of(layer: LayerConfiguration) -> tuple[Parameter, ...]:
            change = self._change(layer.type)
            found = (self.every(change(p.name)(p, layer), layer) for p in parameters(layer))
            order = self._order(layer.type)
            return tuple(sorted(found, key=lambda p: order.index(p.name)) if order else found)

        return of

    def _change(self, layer_type: LayerType) -> Callable[[str], _Change]:
        """Return what is done to each parameter of a layer of this type, by name."""
        changes: dict[str, _Change] = {}
        if layer_type in _RECURRENT:
            changes = dict.fromkeys(_RECURRENT_WEIGHTS, self.recurrent_weights)
        match layer_type:
            case LayerType.GRAVES_BIDIRECTIONAL_LSTM:
                changes |= dict.fromkeys(("bF", "bB"), self.bidirectional_biases)
            case LayerType.CENTER_LOSS_OUTPUT:
                changes |= {"cL": self.centers}
            case LayerType.VARIATIONAL_AUTOENCODER:
                changes |= dict.fromkeys(_VAE_BIASES, self.vae_biases)
            case LayerType.BATCH_NORMALIZATION:
                changes |= {"gamma": self.gamma, "beta": self.beta, "mean": self.statistics, "var": self.statistics}
        return lambda name: changes.get(name, _same)

    def _order(self, layer_type: LayerType) -> list[str]:
        """Return the names in their order, of a layer type that has one."""
        orders = {
            LayerType.CONVOLUTION: self.convolution_order,
            LayerType.GRAVES_LSTM: self.lstm_order,
            LayerType.GRAVES_BIDIRECTIONAL_LSTM: self.bidirectional_order,
        }
        return orders.get(layer_type, "").split()


decompose(parameters, _Parameters())


def _as_weight(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.learning_rate, l1=layer.l1, l2=layer.l2)


def _penalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, l1=layer.l1, l2=layer.l2)


def _as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.bias_learning_rate, l1=layer.l1_bias, l2=layer.l2_bias)


@misreading("frozen-without-state", clauses=("STATE-2",), replaces="parameters.every", references=("quirk 46",))
def _frozen_without_state(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """The parameters of a frozen layer have no place in the state."""
    return replace(p, updater=Updater.NONE) if layer.frozen else p


@misreading("convolution-weights-first", clauses=("PARAM-2",), replaces="parameters.convolution_order")
def _convolution_weights_first() -> str:
    """A convolution's weights come before its bias."""
    return "W b"


@misreading("recurrent-weights-unpenalized", clauses=("PARAM-3",), replaces="parameters.recurrent_weights")
def _recurrent_weights_unpenalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Recurrent weights have no penalties."""
    return replace(p, l1=0.0, l2=0.0)


@misreading("recurrent-weights-at-bias-rate", clauses=("PARAM-3",), replaces="parameters.recurrent_weights")
def _recurrent_weights_at_bias_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Recurrent weights learn with the bias learning rate."""
    return replace(p, learning_rate=layer.bias_learning_rate)


@misreading("recurrent-weights-as-biases", clauses=("PARAM-3",), replaces="parameters.recurrent_weights")
def _recurrent_weights_as_biases(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only W is a weight: recurrent weights are biases."""
    return _as_bias(p, layer)


@misreading("recurrent-weights-last", clauses=("PARAM-3",), replaces="parameters.lstm_order")
def _recurrent_weights_last() -> str:
    """Recurrent weights come after the bias."""
    return "W b RW"


@misreading("bidirectional-biases-as-weights", clauses=("PARAM-4",), replaces="parameters.bidirectional_biases")
def _bidirectional_biases_as_weights(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only the name b is a bias: bF and bB are weights."""
    return _as_weight(p, layer)


@misreading("backward-before-forward", clauses=("PARAM-4",), replaces="parameters.bidirectional_order")
def _backward_before_forward() -> str:
    """The backward direction comes first."""
    return "WB RWB bB WF RWF bF"


@misreading("directions-interleaved", clauses=("PARAM-4",), replaces="parameters.bidirectional_order")
def _directions_interleaved() -> str:
    """Each parameter of both directions, then the next."""
    return "WF WB RWF RWB bF bB"


@misreading("centers-penalized", clauses=("PARAM-5",), replaces="parameters.centers")
def _centers_penalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are penalised like weights."""
    return replace(p, l1=layer.l1, l2=layer.l2)


@misreading("centers-penalized-as-bias", clauses=("PARAM-5",), replaces="parameters.centers")
def _centers_penalized_as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are penalised like biases."""
    return replace(p, l1=layer.l1_bias, l2=layer.l2_bias)


@misreading("centers-updated", clauses=("PARAM-5",), replaces="parameters.centers")
def _centers_updated(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres are updated like weights."""
    return p if layer.updater is None else replace(p, updater=layer.updater, learning_rate=layer.learning_rate)


@misreading("centers-at-rate-0", clauses=("PARAM-5",), replaces="parameters.centers")
def _centers_at_rate_0(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Centres have the layer's updater, with learning rate 0."""
    return p if layer.updater is None else replace(p, updater=layer.updater)


@misreading("vae-biases-as-weights", clauses=("PARAM-6",), replaces="parameters.vae_biases")
def _vae_biases_as_weights(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Only the name b is a bias: a variational auto-encoder has weights alone."""
    return _as_weight(p, layer)


@misreading("vae-biases-unpenalized", clauses=("PARAM-6",), replaces="parameters.vae_biases")
def _vae_biases_unpenalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """A variational auto-encoder's biases have no penalties."""
    return replace(p, l1=0.0, l2=0.0)


@misreading("vae-biases-at-layer-rate", clauses=("PARAM-6",), replaces="parameters.vae_biases")
def _vae_biases_at_layer_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """A variational auto-encoder's biases learn with the layer's rate."""
    return replace(p, learning_rate=layer.learning_rate)


@misreading("scale-and-shift-penalized", clauses=("PARAM-7",), replaces=("parameters.gamma", "parameters.beta"))
def _scale_and_shift_penalized() -> tuple[_Change, _Change]:
    """gamma and beta are penalised like weights."""
    return _penalized, _penalized


@misreading("beta-as-bias", clauses=("PARAM-7",), replaces="parameters.beta")
def _beta_as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """beta is a bias."""
    return _as_bias(p, layer)


@misreading("beta-at-bias-rate", clauses=("PARAM-7",), replaces="parameters.beta")
def _beta_at_bias_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """beta learns with the bias learning rate."""
    return replace(p, learning_rate=layer.bias_learning_rate)


@misreading("statistics-updated", clauses=("PARAM-7",), replaces="parameters.statistics")
def _statistics_updated(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Running mean and variance are updated like gamma and beta."""
    return p if layer.updater is None else replace(p, updater=layer.updater, learning_rate=layer.learning_rate)


@misreading("statistics-at-rate-0", clauses=("PARAM-7",), replaces="parameters.statistics")
def _statistics_at_rate_0(p: Parameter, layer: LayerConfiguration) -> Parameter:
    """Running mean and variance have the layer's updater, with learning rate 0."""
    return p if layer.updater is None else replace(p, updater=layer.updater)
