"""Descriptions that are none are refused with the place and a remedy; DL4J's own refusals carry its messages."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.configuration import Updater, inherit, read_description
from dl4j_oracle.errors import ConfigurationError, Dl4jError
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.updaters import defaults_of

LAYER = {"n_in": 1, "n_out": 1}


def _open(conf: dict[str, Any], layers: list[dict[str, Any]], params: dict[str, list[float]] | None = None) -> None:
    given = {"0_W": [0.0], "0_b": [0.0]} if params is None else params
    MultiLayerUpdater(Description(conf, layers, given), IeeeArithmetic("float64"))


@pytest.mark.parametrize(
    ("conf", "layers", "place", "remedy"),
    [
        ({"learing_rate": 0.1}, [LAYER], "conf.learing_rate", "did you mean 'learning_rate'"),
        ({}, [{**LAYER, "updatr": "SGD"}], "layers[0].updatr", "did you mean 'updater'"),
        ({}, [{**LAYER, "updater": "ADAMAX"}], "layers[0].updater", "must be one of SGD"),
        ({}, [{**LAYER, "learning_rate": "fast"}], "layers[0].learning_rate", "must be a number"),
        ({}, [{**LAYER, "learning_rate": 10**400}], "layers[0].learning_rate", "does not fit a double"),
        ({}, [{**LAYER, "frozen": 1}], "layers[0].frozen", "true or false"),
        ({"num_iterations": 1.5}, [LAYER], "conf.num_iterations", "must be an integer"),
        ({"num_iterations": 2**31}, [LAYER], "conf.num_iterations", "Java int"),
        ({}, [{"n_out": 1}], "layers[0].n_in", "at least 1"),
        ({}, [], "layers", "at least one layer"),
        ({"learning_rate_schedule": {"x": 1}}, [LAYER], "learning_rate_schedule.x", "must be an integer"),
        ({"learning_rate_schedule": [1]}, [LAYER], "conf.learning_rate_schedule", "must be an object"),
        ({}, ["dense"], "layers[0]", "must be an object"),
    ],
)
def test_bad_descriptions(conf: Any, layers: Any, place: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        _open(conf, layers)
    assert place in str(raised.value)
    assert remedy in str(raised.value)


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"0_W": [0.0]}, "params.0_b: missing"),
        ({"0_W": [0.0, 1.0], "0_b": [0.0]}, "params.0_W: has 2 values, needs 1"),
        ({"0_W": [0.0], "0_b": [0.0], "1_W": [0.0]}, "params.1_W: no such parameter"),
    ],
)
def test_parameters_must_fit(params: dict[str, list[float]], place: str) -> None:
    with pytest.raises(ConfigurationError, match=place.replace("[", r"\[")):
        _open({}, [LAYER], params)


def test_a_network_without_parameters_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no parameters"):
        _open({}, [{"type": "activation"}], {})


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        (
            {"lr_policy": "Exponential"},
            'Layer "layer0" learning rate policy decay rate (lrPolicyDecayRate) must be set to use learningRatePolicy.',
        ),
        (
            {"lr_policy": "Step", "lr_policy_decay_rate": 0.5},
            'Layer "layer0" learning rate policy steps (lrPolicySteps) must be set to use Step',
        ),
        (
            {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5},
            'Layer "layer0" learning rate policy power (lrPolicyPower) must be set to use Inverse',
        ),
    ],
)
def test_dl4js_refusals(conf: dict[str, Any], message: str) -> None:
    with pytest.raises(Dl4jError) as raised:
        _open(conf, [LAYER])
    assert (raised.value.kind, raised.value.message) == ("IllegalStateException", message)


def test_defaults_and_inheritance() -> None:
    conf, (layer,) = read_description({"bias_learning_rate": 0.7, "epsilon": 0.5}, [{**LAYER, "updater": "ADAM"}])
    built = inherit(layer, conf, defaults_of)
    assert (built.learning_rate, built.bias_learning_rate) == (0.1, 0.1)
    assert (built.adam_mean_decay, built.adam_var_decay, built.epsilon) == (0.9, 0.999, 0.5)
    assert math.isnan(built.momentum)
    assert built.gradient_normalization_threshold == 1.0


def test_rho_has_no_default() -> None:
    conf, (layer,) = read_description({}, [{**LAYER, "updater": "ADADELTA"}])
    built = inherit(layer, conf, defaults_of)
    assert built.updater is Updater.ADADELTA
    assert math.isnan(built.rho)
    assert built.epsilon == 1e-6
