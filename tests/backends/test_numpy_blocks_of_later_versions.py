"""The NumPy backend of later versions computes what the oracle does, on what the recorded networks do not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS

DENSE = {"n_in": 3, "n_out": 2}
ADAM = {"type": "Adam"}
RAMP = {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.1}, "num_iter": 4}
FIXED = {"type": "FixedSchedule", "value": 0.1}
WITHOUT_0 = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"1": 1.0}}
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf, 1e-40, 1e30, -1e-30)


def _network(version: str, dtype: str, conf: Mapping[str, Any], layers: list[dict[str, Any]]) -> BlockNetwork:
    random = np.random.default_rng(3)
    built = BLOCK_VERSIONS[version].build(conf, layers)
    params = {p.key: random.standard_normal(p.length).astype(dtype) for p in built.parameters}
    return BlockNetwork(version, dtype, conf, layers, params)


def _steps(network: BlockNetwork) -> list[BlockStep]:
    """Return eight steps, the later ones with special values among the gradients."""
    random = np.random.default_rng(5)
    steps = []
    for iteration in range(8):
        gradients = {}
        for key, array in network.params.items():
            values = (random.standard_normal(len(array)) * 10.0 ** random.integers(-6, 6)).astype(network.dtype)
            if iteration > 4:
                values[random.integers(len(values))] = random.choice(SPECIAL)
            gradients[key] = values
        steps.append(BlockStep(iteration, iteration // 2, 5, gradients))
    return steps


def _agree(network: BlockNetwork) -> None:
    numpy, oracle = NumpyBlockBackend().open(network), OracleBlockBackend().open(network)
    assert tuple(numpy.blocks()) == tuple(oracle.blocks())
    np.testing.assert_array_equal(numpy.state(), oracle.state())
    for step in _steps(network):
        got, wanted = numpy.update(step), oracle.update(step)
        assert got.failure == wanted.failure
        for key, array in wanted.updates.items():
            np.testing.assert_array_equal(got.updates[key], array, err_msg=f"{step.iteration} {key}")
        np.testing.assert_array_equal(got.state, wanted.state)
        np.testing.assert_equal(got.learning_rates, wanted.learning_rates)
        np.testing.assert_equal(got.momentum, wanted.momentum)
        np.testing.assert_equal(got.updater_learning_rates, wanted.updater_learning_rates)


OLD: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"mini_batch": None, "lr_policy": None}, [{**DENSE, "updater": None, "learning_rate": "Infinity", "l2": None}]),
    ({"lr_policy": "Score", "lr_policy_decay_rate": 0.5}, [{**DENSE, "updater": "ADAM"}]),
    ({"learning_rate": "NaN"}, [{**DENSE, "updater": "ADAMAX"}, {**DENSE, "updater": "NADAM"}]),
    ({}, [{"n_in": 1, "n_out": 1, "updater": "NESTEROVS", "bias_learning_rate": 0.3}]),
    ({"mini_batch": False}, [{"type": "batch_normalization", "n_out": 1, "updater": "NESTEROVS"}]),
    (
        {"updater": {"type": "Nesterovs", "builder": True, "momentum_schedule": {"0": 0.5, "3": 0.25}}},
        [DENSE, {**DENSE, "momentum_schedule": {"2": 0.75}}, {**DENSE, "momentum": 0.1}],
    ),
    (
        {"lr_policy": "Schedule", "learning_rate_schedule": {"2": 0.5}, "use_regularization": True},
        [DENSE, {**DENSE, "learning_rate_schedule": {"2": 0.25}, "l1": 0.0, "l2": -1.0, "l2_bias": 0.5}],
    ),
    (
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 6.0},
        [{**DENSE, "updater": "ADAGRAD"}],
    ),
]
NEW: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"mini_batch": None, "l2": "NaN", "weight_decay": None},
        [{**DENSE, "updater": {"type": "Sgd", "learning_rate": None}}],
    ),
    ({}, [{**DENSE, "regularization": [{"type": "L2Regularization", "coefficient": {**FIXED, "value": "Infinity"}}]}]),
    ({}, [{**DENSE, "updater": {"type": "Adam", "beta1": 1.0}}, {**DENSE, "updater": {"type": "Adam", "beta2": 2.0}}]),
    ({}, [{**DENSE, "updater": {"type": "AMSGrad", "learning_rate": "NaN"}}, {**DENSE, "has_layer_norm": True}]),
    (
        {"updater": {"type": "AdaGrad", "learning_rate_schedule": RAMP}},
        [DENSE, {**DENSE, "updater": {"type": "AdaGrad"}}],
    ),
    ({"updater": {"type": "Sgd", "learning_rate_schedule": RAMP}}, [DENSE, DENSE]),
    ({"weight_decay": 0.1, "l1_bias": 0.2, "weight_decay_bias": 0.3}, [{**DENSE, "updater": ADAM, "l2": 0.1}, DENSE]),
    (
        {"bias_updater": {"type": "Nesterovs", "momentum_schedule": RAMP}},
        [
            {
                **DENSE,
                "updater": {"type": "AdaMax"},
                "regularization": [{"type": "L1Regularization", "coefficient": RAMP}],
            }
        ],
    ),
    ({}, [{"n_in": 1, "n_out": 1, "updater": {"type": name}} for name in ("AdaMax", "RmsProp", "AdaDelta", "Nadam")]),
    (
        {},
        [
            {"type": "batch_normalization", "n_out": 2},
            {"type": "batch_normalization", "n_out": 2, "use_log_std": False},
        ],
    ),
    (
        {"gradient_normalization": "ClipElementWiseAbsoluteValue", "gradient_normalization_threshold": 0.0},
        [{**DENSE, "gradient_normalization_threshold": 1.0}, DENSE],
    ),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("conf", "layers"), OLD)
def test_0_9_1(dtype: str, conf: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    _agree(_network("0.9.1", dtype, conf, layers))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("conf", "layers"), NEW)
def test_1_0_0(dtype: str, conf: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    _agree(_network("1.0.0-M2.1", dtype, conf, layers))


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
@pytest.mark.parametrize(
    "strategy", ["RenormalizeL2PerLayer", "RenormalizeL2PerParamType", "ClipL2PerLayer", "ClipL2PerParamType"]
)
def test_norms_of_slices_of_every_length(version: str, strategy: str) -> None:
    """The order of a sum depends on length and offset in 0.9.1; NaN, zero and one element have rules of their own."""
    for n_in in (1, 7, 21, 22, 23, 26, 31, 32, 40):
        layers = [{"n_in": n_in, "n_out": 1, "gradient_normalization": strategy} for _ in range(2)]
        for dtype in ("float32", "float64"):
            _agree(_network(version, dtype, {}, layers))


@pytest.mark.parametrize(
    ("version", "conf", "layer"),
    [
        ("0.9.1", {}, {**DENSE, "updater": "CUSTOM"}),
        ("0.9.1", {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5}, DENSE),
        ("1.0.0-M2.1", {}, {**DENSE, "updater": {"type": "AdaBelief"}}),
        ("1.0.0-M2.1", {}, {**DENSE, "updater": {"type": "Sgd", "learning_rate_schedule": WITHOUT_0}}),
    ],
)
def test_both_refuse_the_same(version: str, conf: dict[str, Any], layer: dict[str, Any]) -> None:
    arrays = {"0_W": np.zeros(6), "0_b": np.zeros(2)}
    network = BlockNetwork(version, "float64", conf, [layer], arrays)
    kinds = []
    for backend in (NumpyBlockBackend(), OracleBlockBackend()):
        with pytest.raises(Dl4jException) as error:
            backend.open(network)
        kinds.append((error.value.kind, error.value.message))
    assert kinds[0] == kinds[1]


def test_a_schedule_without_a_value_is_an_error_of_the_update() -> None:
    from_0 = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"0": 1.0}}
    layer = {**DENSE, "updater": {"type": "Nesterovs", "momentum_schedule": from_0}}
    network = _network("1.0.0-M2.1", "float64", {}, [layer])
    step = BlockStep(-1, 0, 1, network.params)
    for backend in (NumpyBlockBackend(), OracleBlockBackend()):
        seen = backend.open(network).update(step)
        assert seen.failure is not None
        assert seen.failure.kind == "ArrayIndexOutOfBoundsException"
        assert list(seen.momentum) == []
