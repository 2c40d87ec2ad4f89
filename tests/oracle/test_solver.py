"""Line searches, a layer's own optimiser, averages and saving, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated, Iterated

Gradients = Mapping[str, Sequence[float]]


def _network(
    layer: Mapping[str, Any],
    params: Gradients,
    conf: Mapping[str, Any] | None = None,
    *,
    is_standalone_layer: bool = False,
) -> MultiLayerUpdater:
    return updater_of(
        Description(conf or {}, [layer], params, is_standalone_layer=is_standalone_layer), IeeeArithmetic("float64")
    )


def _searching(**conf: Any) -> MultiLayerUpdater:
    layer = {"n_in": 1, "n_out": 1, "learning_rate": 0.5}
    return _network(layer, {"0_W": [1.0], "0_b": [2.0]}, {"optimization_algo": "LINE_GRADIENT_DESCENT", **conf})


def _search(network: MultiLayerUpdater, first: Gradients, step: float, second: Gradients) -> Iterated:
    given = Backpropagated(first, 1.0, step, Backpropagated(second, 3.0))
    return optimize(network, given.with_gradients(network.views), 1)


def _numbers(arrays: Mapping[str, object]) -> dict[str, list[float]]:
    return {key: array.values.tolist() for key, array in arrays.items() if isinstance(array, IeeeArray)}


def _rate(network: MultiLayerUpdater, key: str) -> float:
    rate = network.learning_rates[key]
    assert isinstance(rate, IeeeScalar)
    return rate.value


def test_a_line_search_updates_twice_and_steps_once() -> None:
    network = _searching(lr_policy="Exponential", lr_policy_decay_rate=0.5, iteration_count=1)
    iterated = _search(network, {"0_W": [1.0], "0_b": [2.0]}, 2.0, {"0_W": [8.0], "0_b": [16.0]})
    # The rate is 0.25 in the first update and 0.125 in the second; only the first moves, by twice its length.
    assert _numbers(iterated.params) == {"0_W": [0.5], "0_b": [1.0]}
    assert _numbers(iterated.updates) == {"0_W": [1.0], "0_b": [2.0]}
    assert _numbers(iterated.heard) == {"0_W": [8.0], "0_b": [16.0]}
    assert _rate(network, "0_W") == 0.125
    assert (iterated.iteration_done, iterated.iteration_count) == (1, 2)


def test_where_nothing_moves_a_line_search_has_updated_and_counts_nothing() -> None:
    network = _searching(lr_policy="Exponential", lr_policy_decay_rate=0.5, iteration_count=1)
    iterated = _search(network, {"0_W": [0.0], "0_b": [-0.0]}, 1.0, {"0_W": [1.0], "0_b": [1.0]})
    assert _numbers(iterated.params) == {"0_W": [1.0], "0_b": [2.0]}
    assert _rate(network, "0_W") == 0.25
    assert (iterated.iteration_done, iterated.iteration_count) == (None, 1)


@pytest.mark.parametrize(("length", "moved"), [(0.0, False), (-0.0, False), (math.nan, True)])
def test_no_step_of_length_zero(length: float, moved: bool) -> None:
    network = _searching(step_function="NegativeGradient")
    iterated = _search(network, {"0_W": [1.0], "0_b": [2.0]}, length, {"0_W": [1.0], "0_b": [1.0]})
    assert _numbers(iterated.params) == ({"0_W": [0.5], "0_b": [1.0]} if moved else {"0_W": [1.0], "0_b": [2.0]})


def test_the_first_search_of_a_convolution_is_misaligned() -> None:
    layer = {"type": "convolution", "n_in": 1, "n_out": 1, "updater": "NONE"}
    params = {"0_b": [0.0], "0_W": [0.0] * 4}
    network = _network(layer, params, {"optimization_algo": "LINE_GRADIENT_DESCENT"})
    gradients = {"0_b": [1.0], "0_W": [2.0, 3.0, 4.0, 5.0]}
    first = _search(network, gradients, 1.0, gradients)
    assert _numbers(first.params) == {"0_b": [-2.0], "0_W": [-3.0, -4.0, -5.0, -1.0]}
    second = _search(network, gradients, 1.0, gradients)
    assert _numbers(second.params) == {"0_b": [-3.0], "0_W": [-5.0, -7.0, -9.0, -6.0]}


def test_pretraining_steps_in_the_order_of_the_gradients() -> None:
    layer = {"type": "auto_encoder", "n_in": 2, "n_out": 1, "updater": "NONE", "pretrain": True}
    network = _network(layer, {"W": [0.0, 0.0], "b": [0.0], "vb": [0.0, 0.0]}, is_standalone_layer=True)
    given = Backpropagated({"vb": [1.0, 2.0], "b": [3.0], "W": [4.0, 5.0]}, 1.0)
    iterated = optimize(network, given.with_gradients(network.views), 1)
    assert _numbers(iterated.params) == {"W": [-1.0, -2.0], "b": [-3.0], "vb": [-4.0, -5.0]}


def _alone(updater: str, state: Sequence[float] = ()) -> MultiLayerUpdater:
    layer = {"n_in": 1, "n_out": 1, "updater": updater, "learning_rate": 0.1}
    network = _network(layer, {"W": [0.0], "b": [0.0]}, is_standalone_layer=True)
    if state:
        network.set_state(state)
    return network


def test_the_average_of_three_equal_rates_is_another() -> None:
    network = _alone("SGD")
    network.average([_alone("SGD"), _alone("SGD")], combined=False)
    updates = network.update(network.arrays({"W": [1.0], "b": [1.0]}), 0, 1)
    assert _numbers(updates)["W"] == [(0.1 + 0.1 + 0.1) / 3] != [0.1]


@pytest.mark.parametrize(("first", "second", "mean"), [(2.0, math.nan, 1.000005), (math.nan, 2.0, math.nan)])
def test_nan_is_a_scalar_where_it_is_added(first: float, second: float, mean: float) -> None:
    network = _alone("ADAGRAD", (first, first))
    network.average([_alone("ADAGRAD", (second, second))], combined=False)
    view = network.layers[0].updaters["W"].memory.view
    assert _numbers(view)["h"] == pytest.approx([mean], nan_ok=True)
    assert network.state is None


def test_what_is_frozen_alone_in_the_last_place_is_not_frozen_in_a_clone() -> None:
    layers = [{"n_in": 1, "n_out": 1}, {"n_in": 1, "n_out": 1, "type": "embedding"}]
    params = {"0_W": [0.0], "0_b": [0.0], "1_W": [0.0], "1_b": [0.0]}
    network = updater_of(Description({}, layers, params), IeeeArithmetic("float64"))
    network.freeze(1)
    assert [layer.is_frozen for layer in network.clone().layers] == [False, False]
    network.freeze(0)
    assert [layer.is_frozen for layer in network.clone().layers] == [True, True]
    assert [layer.is_frozen for layer in network.restored(with_updater=True).layers] == [False, False]


def test_what_cannot_be_cloned_frozen_or_read_back() -> None:
    network = _network({"n_in": 1, "n_out": 1}, {"0_W": [0.0], "0_b": [0.0]})
    with pytest.raises(Dl4jError, match="Not yet implemented"):
        network.clone_updater()
    with pytest.raises(Dl4jError, match="not allowed to be frozen"):
        network.freeze(0)
    center_loss = {"type": "center_loss_output", "n_in": 1, "n_out": 1}
    with pytest.raises(Dl4jError, match="CenterLossOutputLayer"):
        _network(center_loss, {"0_W": [0.0], "0_b": [0.0], "0_cL": [0.0]}).restored(with_updater=True)
