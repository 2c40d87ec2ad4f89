"""The parameters of every layer type, as the real DL4J 0.8.0 lists them for two inputs and three outputs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater
from dl4j_oracle.parameters import Parameter, parameters

WEIGHT = (Updater.ADAM, 0.1, 0.01, 0.02)
BIAS = (Updater.ADAM, 0.2, 0.03, 0.04)
SCALE = (Updater.ADAM, 0.1, 0.0, 0.0)
UNTOUCHED = (Updater.NONE, 0.0, 0.0, 0.0)

#: Names and lengths, by what they get.
TABLES: Mapping[LayerType, Mapping[tuple[Updater, float, float, float], Mapping[str, int]]] = {
    LayerType.DENSE: {WEIGHT: {"W": 6}, BIAS: {"b": 3}},
    LayerType.EMBEDDING: {WEIGHT: {"W": 6}, BIAS: {"b": 3}},
    LayerType.AUTO_ENCODER: {WEIGHT: {"W": 6}, BIAS: {"b": 3, "vb": 2}},
    LayerType.CONVOLUTION: {WEIGHT: {"W": 24}, BIAS: {"b": 3}},
    LayerType.GRAVES_LSTM: {WEIGHT: {"W": 24, "RW": 45}, BIAS: {"b": 12}},
    LayerType.GRAVES_BIDIRECTIONAL_LSTM: {
        WEIGHT: {"WF": 24, "RWF": 45, "WB": 24, "RWB": 45},
        BIAS: {"bF": 12, "bB": 12},
    },
    LayerType.CENTER_LOSS_OUTPUT: {WEIGHT: {"W": 6}, BIAS: {"b": 3}, UNTOUCHED: {"cL": 6}},
    LayerType.VARIATIONAL_AUTOENCODER: {
        WEIGHT: {"e0W": 4, "pZXMeanW": 6, "pZXLogStd2W": 6, "d0W": 6, "pXZW": 8},
        BIAS: {"e0b": 2, "pZXMeanb": 3, "pZXLogStd2b": 3, "d0b": 2, "pXZb": 4},
    },
    LayerType.BATCH_NORMALIZATION: {SCALE: {"gamma": 3, "beta": 3}, UNTOUCHED: {"mean": 3, "var": 3}},
    LayerType.ACTIVATION: {},
}
ORDERS = {
    LayerType.CONVOLUTION: "b W",
    LayerType.GRAVES_LSTM: "W RW b",
    LayerType.GRAVES_BIDIRECTIONAL_LSTM: "WF RWF bF WB RWB bB",
    LayerType.VARIATIONAL_AUTOENCODER: "e0W e0b pZXMeanW pZXMeanb pZXLogStd2W pZXLogStd2b d0W d0b pXZW pXZb",
}


def _parameters(layer_type: LayerType) -> tuple[Parameter, ...]:
    coefficients = {"l1": 0.01, "l2": 0.02, "l1_bias": 0.03, "l2_bias": 0.04}
    rates = {"learning_rate": 0.1, "bias_learning_rate": 0.2}
    return parameters(LayerConfiguration(layer_type, 2, 3, updater=Updater.ADAM, **rates, **coefficients))


@pytest.mark.parametrize("layer_type", LayerType)
def test_what_each_parameter_gets(layer_type: LayerType) -> None:
    expected = {
        Parameter(name, length, *given) for given, names in TABLES[layer_type].items() for name, length in names.items()
    }
    assert set(_parameters(layer_type)) == expected


@pytest.mark.parametrize("layer_type", LayerType)
def test_their_order(layer_type: LayerType) -> None:
    as_listed = " ".join(name for names in TABLES[layer_type].values() for name in names)
    assert " ".join(p.name for p in _parameters(layer_type)) == ORDERS.get(layer_type, as_listed)
