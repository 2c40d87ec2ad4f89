"""Golden numbers that were computed elsewhere: by DL4J's own updater sources, and seen again on its jars.

All float64 unless said; written as DL4J prints them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description

NAN, INF = math.nan, math.inf


class Network:
    """One dense layer of the oracle, with numbers in and out."""

    def __init__(
        self, layer: dict[str, Any], conf: dict[str, Any] | None = None, n: int = 2, m: int = 2, dtype: str = "float64"
    ):
        self.arithmetic = IeeeArithmetic(dtype)
        description = Description(
            conf or {}, [{"n_in": n // m, "n_out": m, **layer}], {"0_W": [0.0] * n, "0_b": [0.0] * m}
        )
        self.updater = MultiLayerUpdater(description, self.arithmetic)

    def update(self, iteration: int = 0, batch_size: int = 1, **gradients: list[float]) -> dict[str, list[float]]:
        arrays = {f"0_{name}": self.arithmetic.array(values) for name, values in gradients.items()}
        return {key[2:]: _list(a) for key, a in self.updater.update(arrays, iteration, batch_size).items()}

    @property
    def rate(self) -> float:
        return self.updater.learning_rates["0_W"].value  # type: ignore[attr-defined]

    @property
    def state(self) -> list[float]:
        return _list(self.updater.state)


def _list(array: Any) -> list[float]:
    assert isinstance(array, IeeeArray)
    return array.values.tolist()


def _same(left: list[float], right: list[float]) -> bool:
    return [repr(x) for x in left] == [repr(x) for x in right]


@pytest.mark.parametrize(
    ("strategy", "threshold", "weights", "bias", "expected_weights", "expected_bias"),
    [
        ("ClipL2PerLayer", 1.0, [3.0, 4.0], [0.0, 0.0], [0.6000000000000001, 0.8], [0.0, 0.0]),
        ("ClipL2PerParamType", 1.0, [3.0, 4.0], [0.0, 0.0], [0.6, 0.8], [0.0, 0.0]),
        ("RenormalizeL2PerLayer", 1.0, [3.0, 4.0], [0.0, 0.0], [0.6, 0.8], [0.0, 0.0]),
        ("RenormalizeL2PerParamType", 1.0, [3.0, 4.0], [0.0, 0.0], [0.6, 0.8], [NAN, NAN]),
        ("ClipL2PerLayer", -1.0, [3.0, 4.0], [0.0, 0.0], [-0.6000000000000001, -0.8], [-0.0, -0.0]),
        ("ClipL2PerParamType", -1.0, [3.0, 4.0], [0.0, 0.0], [-0.6, -0.8], [NAN, NAN]),
        ("ClipElementWiseAbsoluteValue", -1.0, [3.0, 4.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]),
        ("RenormalizeL2PerLayer", 1.0, [NAN, 4.0], [0.0, 0.0], [NAN, 399999.99999999994], [0.0, 0.0]),
        ("ClipL2PerLayer", 1.0, [NAN, 4.0], [0.0, 0.0], [NAN, 4.0], [0.0, 0.0]),
        ("ClipL2PerParamType", 1.0, [NAN, 4.0], [0.0, 0.0], [NAN, 4.0], [0.0, 0.0]),
        ("RenormalizeL2PerLayer", 1.0, [INF, 4.0], [0.0, 0.0], [NAN, 0.0], [0.0, 0.0]),
        ("ClipL2PerLayer", 1.0, [INF, 4.0], [0.0, 0.0], [NAN, 0.0], [0.0, 0.0]),
        ("ClipL2PerParamType", 1.0, [INF, 4.0], [0.0, 0.0], [NAN, 0.0], [0.0, 0.0]),
        ("ClipElementWiseAbsoluteValue", 1.0, [INF, 4.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]),
    ],
)
def test_normalization(
    strategy: str,
    threshold: float,
    weights: list[float],
    bias: list[float],
    expected_weights: list[float],
    expected_bias: list[float],
) -> None:
    layer = {
        "updater": "NONE",
        "gradient_normalization": strategy,
        "gradient_normalization_threshold": threshold,
    }
    got = Network(layer).update(W=weights, b=bias)
    assert _same(got["W"], expected_weights)
    assert _same(got["b"], expected_bias)


@pytest.mark.parametrize(("dtype", "tiny"), [("float64", 1e-200), ("float32", 1e-30)])
def test_norms_of_one_element(dtype: str, tiny: float) -> None:
    layer = {"updater": "NONE", "gradient_normalization": "RenormalizeL2PerParamType"}
    assert Network(layer, n=1, m=1, dtype=dtype).update(b=[tiny])["b"] == [INF]
    layer = {
        "updater": "NONE",
        "gradient_normalization": "ClipL2PerParamType",
        "gradient_normalization_threshold": -1.0,
    }
    assert Network(layer, n=1, m=1, dtype=dtype).update(b=[tiny])["b"] == [-1.0]


_RATES: list[tuple[dict[str, Any], list[float]]] = [
    (
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
        [
            0.1,
            0.09000000000000001,
            0.0729,
            0.053144100000000014,
            0.03486784401000001,
            0.02058911320946491,
            0.010941898913151242,
            0.00523347633027361,
        ],
    ),
    (
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5, "lr_policy_power": 2.0},
        [
            0.1,
            0.044444444444444446,
            0.011111111111111112,
            0.0017777777777777779,
            0.00019753086419753088,
            1.612496850592089e-05,
            1.0078105316200555e-06,
            4.9768421314570644e-08,
        ],
    ),
    (
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
        [0.1, 0.1, 0.05, 0.025, 0.00625, 0.0015625, 0.0001953125, 2.44140625e-05],
    ),
    (
        {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0},
        [
            0.018242552380635636,
            0.004906177966664736,
            0.00185228171077733,
            0.000926140855388665,
            0.0005764850174439419,
        ],
    ),
    ({"lr_policy": "Poly", "lr_policy_power": 0.5}, [0.1, 0.0, NAN, NAN]),
    (
        {"lr_policy": "Poly", "lr_policy_power": 0.5, "num_iterations": 5},
        [
            0.1,
            0.08944271909999159,
            0.06928203230275509,
            0.04381780460041329,
            0.019595917942265423,
            0.0,
            NAN,
            NAN,
        ],
    ),
    (
        {"lr_policy": "Poly", "lr_policy_power": 1.0, "num_iterations": 5},
        [
            0.1,
            0.08000000000000002,
            0.04800000000000001,
            0.019200000000000005,
            0.00384,
            0.0,
            -0.0,
            0.0,
        ],
    ),
    (
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 12.0},
        [0.1, 0.1, 0.05, 0.025, 0.0125, 0.0125, *[0.00625] * 6, 0.003125, 0.003125],
    ),
]


@pytest.mark.parametrize(("conf", "rates"), _RATES, ids=lambda x: x.get("lr_policy") if isinstance(x, dict) else "")
def test_learning_rates(conf: dict[str, Any], rates: list[float]) -> None:
    network = Network({"updater": "NONE", "learning_rate": 0.1}, conf)
    got = []
    for t in range(len(rates)):
        network.update(t, W=[1.0, 1.0])
        got.append(network.rate)
    assert _same(got, rates)


def test_nan_rate_acts_as_a_hundred_thousandth() -> None:
    network = Network({"updater": "SGD", "learning_rate": 0.1}, {"lr_policy": "Poly", "lr_policy_power": 0.5})
    assert _same([network.update(t, W=[1.0, 1.0])["W"][0] for t in range(4)], [0.1, 0.0, 1e-05, 1e-05])


def test_momentum_schedule_and_rate_from_outside() -> None:
    network = Network({"updater": "NESTEROVS", "learning_rate": 0.1, "momentum_schedule": {"1": 0.5}}, n=1, m=1)
    got = [network.update(0, W=[1.0])["W"][0], network.update(1, W=[1.0])["W"][0]]
    network.updater.set_learning_rate("0_W", 0.2)
    got.append(network.update(2, W=[1.0])["W"][0])
    assert _same(got, [0.19, 0.17500000000000004, 0.3375])


@pytest.mark.parametrize(
    ("layer", "iteration", "gradient", "update"),
    [
        (
            {"updater": "ADAM", "learning_rate": 0.01},
            0,
            [1.0, -2.0, 0.0],
            [0.00999999683772334, -0.00999999841886142, 0.0],
        ),
        ({"updater": "ADAM", "learning_rate": 0.01}, 0, [1e-6, 0.0], [0.007597469266479579, 0.0]),
        ({"updater": "ADAM", "learning_rate": 0.0}, 0, [1.0, -2.0], [3.162276660168694e-08, -3.162277160168457e-08]),
        ({"updater": "ADAM", "learning_rate": 0.5}, -1, [1.0, -2.0], [3.162276660168694e-08, -3.162277160168457e-08]),
        ({"updater": "ADAGRAD", "learning_rate": 0.01}, 0, [1.0, 1.0], [0.009999985000023751, 0.009999985000023751]),
        ({"updater": "ADAGRAD", "learning_rate": 0.01}, 0, [1e-6, 0.0], [9.99000499999875e-06, 0.0]),
        ({"updater": "RMSPROP", "learning_rate": 0.01}, 0, [1.0, 1.0], [0.04472135330146769, 0.04472135330146769]),
        ({"updater": "NESTEROVS", "learning_rate": 0.0}, 0, [1.0, -2.0], [0.0, 0.0]),
        ({"updater": "SGD", "learning_rate": 0.0}, 0, [1.0, -2.0], [0.0, -0.0]),
    ],
)
def test_first_updates(layer: dict[str, Any], iteration: int, gradient: list[float], update: list[float]) -> None:
    got = Network(layer, n=len(gradient), m=1).update(iteration, W=gradient)["W"]
    assert _same(got, update)


@pytest.mark.parametrize(
    ("rho", "updates"),
    [
        ("NaN", [0.3015113445777636, 0.4165958968371216, 0.49868058961465495]),
        (0.95, [0.0044720912343108364, 0.004529062265533204, 0.004567599482426009]),
    ],
)
def test_adadelta_with_and_without_rho(rho: float, updates: list[float]) -> None:
    network = Network({"updater": "ADADELTA", "rho": rho})
    assert _same([network.update(t, W=[1.0, 1.0])["W"][0] for t in range(3)], updates)


def test_nesterovs_view_keeps_the_first_update() -> None:
    network = Network({"updater": "NESTEROVS", "learning_rate": 0.1}, n=2, m=1)
    got = []
    for t, g in enumerate((1.0, 2.0, 3.0)):
        got.append(network.update(t, W=[g, g], b=[g])["W"][0])
        assert network.state == [0.19, 0.19, 0.19]
    assert _same(got, [0.19, 0.461, 0.8049000000000002])


def test_nesterovs_restored_from_its_view() -> None:
    arithmetic = IeeeArithmetic("float64")
    description = Description(
        {},
        [{"n_in": 1, "n_out": 1, "updater": "NESTEROVS", "learning_rate": 0.1}],
        {"0_W": [0.0], "0_b": [0.0]},
    )
    updater = MultiLayerUpdater(description, arithmetic, state=[0.19, 0.0])
    assert _list(updater.update({"0_W": arithmetic.array([2.0])}, 1, 1)["0_W"]) == [0.22610000000000002]


@pytest.mark.parametrize(
    ("updater", "update", "state"),
    [
        ("SGD", NAN, None),
        ("ADAM", 9.999968377323403e-06, [1e-05, 1e-05]),
        ("NESTEROVS", 1.9e-05, None),
        ("ADAGRAD", NAN, [1.1000000000000001e-05]),
    ],
)
def test_nan_in_one_element(updater: str, update: float, state: list[float] | None) -> None:
    rate = {"learning_rate": 0.01}
    network = Network({"updater": updater, **rate}, n=1, m=1)
    got = network.update(b=[NAN])["b"]
    assert _same(got, [update])
    if state is not None:
        assert _same(network.state[-len(state) :], state)


def test_l2_of_one_nan_weight_adds_a_hundred_thousandth() -> None:
    arithmetic = IeeeArithmetic("float64")
    layers = [{"n_in": 1, "n_out": 1, "updater": "NONE", "l2_bias": 0.5}]
    description = Description({"use_regularization": True}, layers, {"0_W": [0.0], "0_b": [NAN]})
    updater = MultiLayerUpdater(description, arithmetic)
    assert _list(updater.update({"0_b": arithmetic.array([0.0])}, 0, 1)["0_b"]) == [1e-05]


@pytest.mark.parametrize(
    ("updater", "values"),
    [
        ("SGD", ["0.00025", "0.00025", "0.00025"]),
        ("ADAM", ["0.002499992", "0.0024999944", "0.0024999953"]),
        ("ADADELTA", ["0.0011169177", "0.001131132", "0.0011407499"]),
        ("NESTEROVS", ["0.000475", "0.0006775", "0.0008597501"]),
        ("ADAGRAD", ["0.0024998498", "0.0017677102", "0.0014433431"]),
        ("RMSPROP", ["0.0111802295", "0.008006369", "0.0066197375"]),
    ],
)
def test_float32_updates(updater: str, values: list[str]) -> None:
    """W gradient [.1, -.2, .3] fed three times, rate .01, batch size 4: first element."""
    layer = {"updater": updater, "learning_rate": 0.01} | ({"rho": 0.95} if updater == "ADADELTA" else {})
    network = Network(layer, n=3, m=1, dtype="float32")
    got = [network.update(t, 4, W=[0.1, -0.2, 0.3])["W"][0] for t in range(3)]
    assert [str(np.float32(x)) for x in got] == values


@pytest.mark.parametrize(
    ("key", "kind", "message"),
    [
        (
            "W",
            "IllegalStateException",
            'Invalid key: MuliLayerNetwork Gradient key does not have layer separator: "W"',
        ),
        ("a_W", "NumberFormatException", 'For input string: "a"'),
        ("_W", "NumberFormatException", 'For input string: ""'),
        ("5_W", "ArrayIndexOutOfBoundsException", ""),
        ("-1_W", "ArrayIndexOutOfBoundsException", ""),
        ("007_W", "ArrayIndexOutOfBoundsException", ""),
        ("0__", "ArrayIndexOutOfBoundsException", ""),
        ("0_q", "NullPointerException", ""),
    ],
)
def test_keys(key: str, kind: str, message: str) -> None:
    network = Network({"updater": "SGD"})
    with pytest.raises(Dl4jError) as raised:
        network.updater.update({key: network.arithmetic.array([1.0, 2.0])}, 0, 1)
    assert raised.value.kind == kind
    if message:
        assert raised.value.message == message
