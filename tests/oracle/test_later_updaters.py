"""The updaters of DL4J 0.9.1 and 1.0.0-M2.1, on values that were seen on their jars."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dl4j_oracle.errors import Dl4jError
from oracle.block_networks import PAIR, opened, update

#: The first element of W for the gradients [0.1, -0.2, 0.3] three times, by version and updater, in float64.
_GOLDEN: dict[str, dict[str, list[float]]] = {
    "0.9.1": {
        "Adam": [0.009999968377323398, 0.009999977633777909, 0.009999981733482264],
        "AdaMax": [0.01, 0.010000000000000002, 0.010000000000000002],
        "Nadam": [0.6008308554380001, 0.319012956140471, 0.23180278404686488],
        "AdaGrad": [0.009999400048495715, 0.007070841044652428, 0.0057733731372271325],
        "AdaDelta": [0.0044676705160877, 0.004524527862353459, 0.004562998933404645],
        "RmsProp": [0.04472091470352303, 0.032025472284545844, 0.026478949475772222],
        "Nesterovs": [0.0019, 0.00271, 0.0034389999999999998],
    },
    "1.0.0-M2.1": {
        "Adam": [0.009999968377323398, 0.009999977633777909, 0.009999981733482264],
        "AdaMax": [0.01, 0.010000000000000002, 0.010000000000000002],
        "Nadam": [0.6008308554380001, 0.319012956140471, 0.23180278404686486],
        "AdaGrad": [0.009999400048495715, 0.007070841044652427, 0.005773373137227132],
        "AdaDelta": [0.0044676705160877, 0.004524527862353459, 0.004562998933404645],
        "RmsProp": [0.04472091470352303, 0.032025472284545844, 0.026478949475772222],
        "Nesterovs": [0.0019, 0.00271, 0.0034389999999999998],
    },
}
#: The same in float32, as the shortest decimals of the type.
_GOLDEN_FLOAT32: dict[str, dict[str, list[str]]] = {
    "0.9.1": {
        "Adam": ["0.009999968", "0.009999977", "0.009999981"],
        "AdaMax": ["0.010000001", "0.010000001", "0.009999999"],
        "Nadam": ["0.60083085", "0.31901297", "0.23180278"],
    },
    "1.0.0-M2.1": {
        "Adam": ["0.009999968", "0.009999945", "0.010000013"],
        "AdaMax": ["0.009999999", "0.009999999", "0.009999999"],
        "Nadam": ["0.60083467", "0.319015", "0.23180427"],
    },
}


def _three_steps(version: str, updater: str, dtype: str) -> list[float]:
    rate = {} if updater == "AdaDelta" else {"learning_rate": 0.01}
    layer: dict[str, Any] = {"n_in": 3, "n_out": 1, "updater": {"type": updater}}
    if version == "0.9.1":
        layer |= rate
    else:
        layer["updater"] |= rate
    network = opened(version, [layer], dtype=dtype)
    gradients = {"0_W": np.array([0.1, -0.2, 0.3], dtype).tolist()}
    return [update(network, gradients, iteration)["0_W"][0] for iteration in range(3)]


@pytest.mark.parametrize(
    ("version", "updater"), [(version, updater) for version, found in _GOLDEN.items() for updater in found]
)
def test_three_steps_in_float64(version: str, updater: str) -> None:
    assert _three_steps(version, updater, "float64") == _GOLDEN[version][updater]


@pytest.mark.parametrize(
    ("version", "updater"), [(version, updater) for version, found in _GOLDEN_FLOAT32.items() for updater in found]
)
def test_three_steps_in_float32(version: str, updater: str) -> None:
    seen = [str(np.float32(value)) for value in _three_steps(version, updater, "float32")]
    assert seen == _GOLDEN_FLOAT32[version][updater]


def _of_one(updater: dict[str, Any], iteration: int = 0, gradient: float = 1.0) -> float:
    network = opened("1.0.0-M2.1", [{**PAIR, "updater": updater}])
    return update(network, {"0_W": [gradient, gradient]}, iteration)["0_W"][0]


@pytest.mark.parametrize(
    ("updater", "expected"),
    [
        ("Adam", 3.162276660168694e-08),
        ("AMSGrad", 3.162276660168694e-08),
        ("AdaMax", 9.999999999999999e-10),
        ("Sgd", 0),
    ],
)
def test_a_rate_of_zero_makes_epsilon_of_the_step_size(updater: str, expected: float) -> None:
    assert _of_one({"type": updater, "learning_rate": 0.0}) == expected


@pytest.mark.parametrize("updater", ["Sgd", "Nadam", "AdaGrad", "RmsProp", "Nesterovs"])
def test_a_nan_rate_gives_nan(updater: str) -> None:
    assert math.isnan(_of_one({"type": updater, "learning_rate": "NaN"}))


@pytest.mark.parametrize(("updater", "expected"), [("Adam", 3.162276660168694e-08), ("AdaMax", 9.999999999999999e-10)])
def test_a_nan_rate_makes_epsilon_of_the_step_size(updater: str, expected: float) -> None:
    assert _of_one({"type": updater, "learning_rate": "NaN"}) == expected


def test_before_the_first_iteration_the_step_size_is_epsilon() -> None:
    assert _of_one({"type": "Adam"}, iteration=-1) == 3.162276660168694e-08


def test_beta1_of_one() -> None:
    """In 1.0.0 the step size is infinite, which becomes epsilon; in 0.9.1 it stays, and m is zero."""
    assert _of_one({"type": "Adam", "beta1": 1.0}) == 0
    assert _of_one({"type": "AdaMax", "beta1": 1.0}) == 0
    assert math.isnan(_of_one({"type": "Nadam", "beta1": 1.0}))
    old = opened("0.9.1", [{**PAIR, "updater": {"type": "Adam", "beta1": 1.0}}])
    assert math.isnan(update(old, {"0_W": [1.0, 1.0]})["0_W"][0])


@pytest.mark.parametrize("version", ["0.9.1", "1.0.0-M2.1"])
def test_state_starts_at_zero_but_for_two_updaters(version: str) -> None:
    layers = [
        {**PAIR, "updater": {"type": "AdaGrad", "epsilon": 0.5}},
        {**PAIR, "updater": {"type": "RmsProp", "epsilon": 0.25}},
        {**PAIR, "updater": {"type": "Adam"}},
    ]
    state = opened(version, layers).state
    assert state is not None
    assert state.values.tolist() == [1e-6] * 4 + [0.25] * 4 + [0.0] * 8  # type: ignore[attr-defined]


def test_ams_grad_keeps_the_greatest_v() -> None:
    network = opened("1.0.0-M2.1", [{**PAIR, "updater": {"type": "AMSGrad"}}])
    update(network, {"0_W": [1.0, 1.0]}, 0)
    update(network, {}, 1)
    (_, _, _, _, v, *_), (*_, most, _, _, _) = _halves(network)
    assert v < most


def _halves(network: Any) -> tuple[list[float], list[float]]:
    values = network.state.values.tolist()
    return values[: len(values) * 2 // 3], values[len(values) * 2 // 3 :]


def test_ada_belief_cannot_be_constructed() -> None:
    with pytest.raises(Dl4jError, match="Index 1 out of bounds for length 1") as error:
        opened("1.0.0-M2.1", [{**PAIR, "updater": {"type": "AdaBelief"}}])
    assert error.value.kind == "ArrayIndexOutOfBoundsException"


def test_custom_cannot_be_configured() -> None:
    with pytest.raises(Dl4jError, match="CUSTOM") as error:
        opened("0.9.1", [{**PAIR, "updater": "CUSTOM"}])
    assert error.value.kind == "UnsupportedOperationException"


def test_1e_32_is_added_in_double() -> None:
    """In float32 0.9.1 rounds 1e-32 first, 1.0.0 the sum alone: their u differs in the last bit."""
    seen = {}
    for version in ("0.9.1", "1.0.0-M2.1"):
        network = opened(version, [{"n_in": 1000, "n_out": 1, "updater": {"type": "AdaMax"}}], dtype="float32")
        tiny = np.linspace(1e-33, 1e-31, 1000, dtype="float32")
        update(network, {"0_W": tiny.tolist()})
        assert network.state is not None
        u = network.state.values[1001:2001]  # type: ignore[attr-defined]
        exact = (tiny.astype("float64") + 1e-32).astype("float32")
        seen[version] = int((u != exact).sum())
    assert seen["1.0.0-M2.1"] == 0
    assert seen["0.9.1"] > 0


def _of_one_element(updater: str) -> Any:
    """Return a network of 0.9.1 whose gamma is a block of its own."""
    layer = {"type": "batch_normalization", "n_out": 1, "updater": updater}
    return opened("0.9.1", [layer], {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5})


def test_in_a_block_of_one_element_the_last_sum_of_nesterovs_keeps_nan() -> None:
    network = _of_one_element("NESTEROVS")
    assert update(network, {"0_gamma": [math.inf]})["0_gamma"] == [math.inf]
    # The velocity is NaN now. As an operand that is replaced by 1e-5 it would give an infinity.
    assert math.isnan(update(network, {"0_gamma": [-math.inf]}, 1)["0_gamma"][0])


def test_in_a_block_of_one_element_the_maximum_of_ada_max_keeps_nan() -> None:
    network = _of_one_element("ADAMAX")
    # The quotient's operand is replaced: m is 1e-5, and so is u where it divides.
    assert update(network, {"0_gamma": [math.nan]})["0_gamma"][0] == pytest.approx(1.0)
    assert math.isnan(network.state.values[1])
