"""Misreadings of what each parameter of a layer type gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.parameters import Parameter, Parameters, parameters

_Change = Callable[[Parameter, LayerConfiguration], Parameter]

_RECURRENT = (LayerType.GRAVES_LSTM, LayerType.GRAVES_BIDIRECTIONAL_LSTM)


def _changed(types: Sequence[LayerType], names: str, change: _Change) -> Parameters:
    """DL4J's list, with the parameters of these ``names`` (between blanks) changed in layers of these types."""

    def changed(layer: LayerConfiguration) -> tuple[Parameter, ...]:
        found = parameters(layer)
        if layer.type not in types:
            return found
        return tuple(change(p, layer) if p.name in names.split() else p for p in found)

    return changed


def _ordered(layer_type: LayerType, names: str) -> Parameters:
    """DL4J's list, for one type in another order."""

    def ordered(layer: LayerConfiguration) -> tuple[Parameter, ...]:
        found = parameters(layer)
        if layer.type is not layer_type:
            return found
        return tuple(sorted(found, key=lambda p: names.split().index(p.name)))

    return ordered


def _weight(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.learning_rate, l1=layer.l1, l2=layer.l2)


def _bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.bias_learning_rate, l1=layer.l1_bias, l2=layer.l2_bias)


def _at_bias_rate(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, learning_rate=layer.bias_learning_rate)


def _penalized_as_weight(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, l1=layer.l1, l2=layer.l2)


def _penalized_as_bias(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, l1=layer.l1_bias, l2=layer.l2_bias)


def _unpenalized(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return replace(p, l1=0.0, l2=0.0)


def _updated(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return p if layer.updater is None else replace(p, updater=layer.updater, learning_rate=layer.learning_rate)


def _updated_at_rate_0(p: Parameter, layer: LayerConfiguration) -> Parameter:
    return p if layer.updater is None else replace(p, updater=layer.updater)


def _without_state_if_frozen(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    found = parameters(layer)
    return tuple(replace(p, updater=Updater.NONE) for p in found) if layer.frozen else found


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    yield Misreading(
        "frozen-without-state",
        "The parameters of a frozen layer have no place in the state.",
        ("STATE-2",),
        {"parameters": _without_state_if_frozen},
        ("quirk 46",),
    )
    normalization, centers = (LayerType.BATCH_NORMALIZATION,), (LayerType.CENTER_LOSS_OUTPUT,)
    vae, bidirectional = (LayerType.VARIATIONAL_AUTOENCODER,), (LayerType.GRAVES_BIDIRECTIONAL_LSTM,)
    vae_biases, recurrent_weights = "e0b pZXMeanb pZXLogStd2b d0b pXZb", "RW RWF RWB"
    for id_, sentence, clause, rule in (
        (
            "convolution-weights-first",
            "A convolution's weights come before its bias.",
            "PARAM-2",
            _ordered(LayerType.CONVOLUTION, "W b"),
        ),
        (
            "recurrent-weights-unpenalized",
            "Recurrent weights have no penalties.",
            "PARAM-3",
            _changed(_RECURRENT, recurrent_weights, _unpenalized),
        ),
        (
            "recurrent-weights-at-bias-rate",
            "Recurrent weights learn with the bias learning rate.",
            "PARAM-3",
            _changed(_RECURRENT, recurrent_weights, _at_bias_rate),
        ),
        (
            "recurrent-weights-as-biases",
            "Only W is a weight: recurrent weights are biases.",
            "PARAM-3",
            _changed(_RECURRENT, recurrent_weights, _bias),
        ),
        (
            "recurrent-weights-last",
            "Recurrent weights come after the bias.",
            "PARAM-3",
            _ordered(LayerType.GRAVES_LSTM, "W b RW"),
        ),
        (
            "bidirectional-biases-as-weights",
            "Only the name b is a bias: bF and bB are weights.",
            "PARAM-4",
            _changed(bidirectional, "bF bB", _weight),
        ),
        (
            "backward-before-forward",
            "The backward direction comes first.",
            "PARAM-4",
            _ordered(LayerType.GRAVES_BIDIRECTIONAL_LSTM, "WB RWB bB WF RWF bF"),
        ),
        (
            "directions-interleaved",
            "Each parameter of both directions, then the next.",
            "PARAM-4",
            _ordered(LayerType.GRAVES_BIDIRECTIONAL_LSTM, "WF WB RWF RWB bF bB"),
        ),
        (
            "centers-penalized",
            "Centres are penalised like weights.",
            "PARAM-5",
            _changed(centers, "cL", _penalized_as_weight),
        ),
        (
            "centers-penalized-as-bias",
            "Centres are penalised like biases.",
            "PARAM-5",
            _changed(centers, "cL", _penalized_as_bias),
        ),
        ("centers-updated", "Centres are updated like weights.", "PARAM-5", _changed(centers, "cL", _updated)),
        (
            "centers-at-rate-0",
            "Centres have the layer's updater, with learning rate 0.",
            "PARAM-5",
            _changed(centers, "cL", _updated_at_rate_0),
        ),
        (
            "vae-biases-as-weights",
            "Only the name b is a bias: a variational auto-encoder has weights alone.",
            "PARAM-6",
            _changed(vae, vae_biases, _weight),
        ),
        (
            "vae-biases-unpenalized",
            "A variational auto-encoder's biases have no penalties.",
            "PARAM-6",
            _changed(vae, vae_biases, _unpenalized),
        ),
        (
            "vae-biases-at-layer-rate",
            "A variational auto-encoder's biases learn with the layer's rate.",
            "PARAM-6",
            _changed(vae, vae_biases, lambda p, layer: replace(p, learning_rate=layer.learning_rate)),
        ),
        (
            "scale-and-shift-penalized",
            "gamma and beta are penalised like weights.",
            "PARAM-7",
            _changed(normalization, "gamma beta", _penalized_as_weight),
        ),
        ("beta-as-bias", "beta is a bias.", "PARAM-7", _changed(normalization, "beta", _bias)),
        (
            "beta-at-bias-rate",
            "beta learns with the bias learning rate.",
            "PARAM-7",
            _changed(normalization, "beta", _at_bias_rate),
        ),
        (
            "statistics-updated",
            "Running mean and variance are updated like gamma and beta.",
            "PARAM-7",
            _changed(normalization, "mean var", _updated),
        ),
        (
            "statistics-at-rate-0",
            "Running mean and variance have the layer's updater, with learning rate 0.",
            "PARAM-7",
            _changed(normalization, "mean var", _updated_at_rate_0),
        ),
    ):
        yield Misreading(id_, sentence, (clause,), {"parameters": rule})
    yield Misreading(
        "statistics-not-normalized",
        "Running mean and variance are left out when gradients are normalised.",
        ("PARAM-7", "NORM-3"),
        {
            "is_normalized": lambda name, layer: (
                not (layer.pretrain or (layer.type in normalization and name in ("mean", "var")))
            )
        },
    )
