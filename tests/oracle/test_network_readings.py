"""What misreadings of the network around the layers compute, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings import by_id, together
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.profile import DL4J_0_8_0

ONE = {"n_in": 1, "n_out": 1, "learning_rate": 0.5}


def _updater(ids: str, layer: dict[str, Any], conf: dict[str, Any] | None = None) -> MultiLayerUpdater:
    """The updater of two layers of one weight and one bias, with the readings ``ids``; blanks separate them."""
    rules = together([by_id(id_) for id_ in ids.split()]).rules if ids else DL4J_0_8_0
    params = {"0_W": [2.0], "0_b": [0.0], "1_W": [-1.0], "1_b": [0.0]}
    description = Description(conf or {}, [{**ONE, **layer}] * 2, params)
    return MultiLayerUpdater(description, IeeeArithmetic("float64"), rules)


def _update(updater: MultiLayerUpdater, gradients: dict[str, float], iteration: int = 0, size: int = 1) -> list[float]:
    given = updater.arrays({key: [value] for key, value in gradients.items()})
    return [_value(array) for array in updater.update(given, iteration, size).values()]


def _value(array: Array) -> float:
    return float(IeeeArray.own(array).values[0])


def _rates(updater: MultiLayerUpdater) -> list[float]:
    return [IeeeScalar.own(rate).value for rate in updater.learning_rates.values()]


CLIPPED = {"updater": "NONE", "gradient_normalization": "ClipL2PerLayer", "gradient_normalization_threshold": 1.0}
GRADIENTS = {"0_W": 3.0, "0_b": 0.0, "1_W": 0.0, "1_b": 4.0}


def test_a_norm_of_the_network() -> None:
    assert _update(_updater("", CLIPPED), GRADIENTS) == [1.0, 0.0, 0.0, 1.0]
    assert _update(_updater("norm-of-the-network", CLIPPED), GRADIENTS) == pytest.approx([0.6, 0, 0, 0.8])


def test_a_norm_of_the_network_after_the_division() -> None:
    updater = _updater("norm-of-the-network division-first", CLIPPED)
    assert _update(updater, {key: 10 * g for key, g in GRADIENTS.items()}, size=10) == pytest.approx([0.6, 0, 0, 0.8])
    assert _update(updater, GRADIENTS, size=10) == pytest.approx([0.3, 0, 0, 0.4])


def test_frozen_layers_do_not_count_in_the_norm() -> None:
    updater = _updater("norm-of-the-network", CLIPPED)
    updater.freeze(0)
    assert _update(updater, GRADIENTS) == [3.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(("id_", "rate"), [("", 0.25), ("exception-undone", 0.5)])
def test_what_is_left_by_an_exception(id_: str, rate: float) -> None:
    conf = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    updater = _updater(id_, {"updater": "SGD"}, conf)
    with pytest.raises(Dl4jError):
        _update(updater, {"0_W": 1.0, "1_x": 1.0}, iteration=1)
    assert _rates(updater) == [rate, 0.5, 0.5, 0.5]


def test_a_missing_gradient_of_zero_moves_the_state() -> None:
    updater = _updater("missing-gradient-is-zero", {"updater": "NESTEROVS", "momentum": 0.5})
    _update(updater, GRADIENTS)
    assert _update(updater, {"0_W": 0.0}) == [0.375]
    assert _update(updater, {"1_b": 0.0}) == pytest.approx([0.25])
    assert _update(_updater("", {"updater": "NESTEROVS", "momentum": 0.5}), {"1_b": 4.0}) == [3.0]


@pytest.mark.parametrize(
    ("ids", "rates"),
    [
        ("", [0.25, 0.5, 0.5, 0.5]),
        ("rates-decay-without-gradient", [0.25, 0.25, 0.5, 0.5]),
        ("rates-of-frozen-layers-decay", [0.25, 0.5, 0.25, 0.25]),
        ("rates-decay-without-gradient rates-of-frozen-layers-decay", [0.25] * 4),
        ("rate-of-layer-decays-per-parameter", [0.25, 0.25, 0.5, 0.5]),
    ],
)
def test_rates_that_decay(ids: str, rates: list[float]) -> None:
    updater = _updater(ids, {"updater": "SGD"}, {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5})
    updater.layers[1].freeze(True)
    _update(updater, {"0_W": 1.0}, iteration=1)
    assert _rates(updater) == rates


def test_a_rate_of_a_layer_decays_for_each_parameter() -> None:
    conf = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    updater = _updater("rate-of-layer-decays-per-parameter", {"updater": "SGD"}, conf)
    assert _update(updater, {"0_W": 1.0, "0_b": 1.0}, iteration=1) == [0.25, 0.125]


@pytest.mark.parametrize(("id_", "update"), [("", 1.0), ("l2-of-moved-parameter", 0.875)])
def test_the_parameter_that_is_penalised(id_: str, update: float) -> None:
    updater = _updater(id_, {"updater": "SGD", "l2": 0.25}, {"use_regularization": True})
    assert _update(updater, {"0_W": 1.0}) == [update]


@pytest.mark.parametrize(("id_", "update"), [("", 2.0), ("always-averaged", 0.5)])
def test_minibatch_off(id_: str, update: float) -> None:
    assert _update(_updater(id_, {"updater": "NONE"}, {"mini_batch": False}), {"0_W": 2.0}, size=4) == [update]


@pytest.mark.parametrize(("id_", "signs"), [("", [0.0, -1.0, 1.0, 0.0]), ("sign-of-nan-is-nan", [math.nan, -1, 1, 0])])
def test_signs(id_: str, signs: list[float]) -> None:
    l1 = by_id(id_).rules.l1 if id_ else DL4J_0_8_0.l1
    a = IeeeArithmetic("float64")
    penalised = l1(a.array([0.0] * 4), a.array([math.nan, -math.inf, 3.0, -0.0]), a.scalar(1.0), a.scalar(0.5))
    assert IeeeArray.own(penalised).values.tolist() == pytest.approx(signs, nan_ok=True)


@pytest.mark.parametrize(("id_", "velocity"), [("", 0.5 * 1.5), ("state-set-with-velocity", 0.5 * 8.0)])
def test_a_state_that_is_set(id_: str, velocity: float) -> None:
    updater = _updater(id_, {"updater": "NESTEROVS", "momentum": 0.5})
    _update(updater, {"0_W": -3.0})
    updater.set_state([8.0, 0.0, 0.0, 0.0])
    assert _update(updater, {"0_W": 0.0}) == [-0.5 * velocity]
