"""Networks of later versions, beside the recorded ones, and the agreement of two backends on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockBackend, BlockNetwork, BlockStep
from dl4j_backends.interface import Floats
from dl4j_conformance.cases.values import same_bits
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS

STRATEGIES = ("RenormalizeL2PerLayer", "RenormalizeL2PerParamType", "ClipL2PerLayer", "ClipL2PerParamType")
DENSE = {"n_in": 3, "n_out": 2}
ADAM = {"type": "Adam"}
RAMP = {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.1}, "num_iter": 4}
FIXED = {"type": "FixedSchedule", "value": 0.1}
WITHOUT_0 = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"1": 1.0}}
UPDATERS = ("Sgd", "Adam", "AMSGrad", "AdaMax", "Nadam", "AdaDelta", "AdaGrad", "Nesterovs", "RmsProp", "NoOp")
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf, 1e-40, 1e30, -1e-30)


def network(version: str, dtype: str, conf: Mapping[str, Any], layers: list[dict[str, Any]]) -> BlockNetwork:
    random = np.random.default_rng(3)
    built = BLOCK_VERSIONS[version].build(conf, layers)
    params = {p.key: random.standard_normal(p.length).astype(dtype) for p in built.parameters}
    return BlockNetwork(version, dtype, conf, layers, params)


def steps(network: BlockNetwork) -> list[BlockStep]:
    """Return eight steps, the later ones with special values among the gradients."""
    random = np.random.default_rng(5)
    found = []
    for iteration in range(8):
        gradients = {}
        for key, array in network.params.items():
            values = (random.standard_normal(len(array)) * 10.0 ** random.integers(-6, 6)).astype(network.dtype)
            if iteration > 4:
                values[random.integers(len(values))] = random.choice(SPECIAL)
            gradients[key] = values
        found.append(BlockStep(iteration, iteration // 2, 5, gradients))
    return found


def assert_agree(backend: BlockBackend, other: BlockBackend, network: BlockNetwork) -> None:
    """Fail unless everything that is seen of both is equal, bit for bit."""
    session, reference = backend.open(network), other.open(network)
    assert tuple(session.blocks()) == tuple(reference.blocks())
    _same(session.state(), reference.state(), "initial state")
    for step in steps(network):
        got, wanted = session.update(step), reference.update(step)
        assert got.failure == wanted.failure
        for key, array in wanted.updates.items():
            _same(got.updates[key], array, f"{step.iteration} {key}")
        _same(got.state, wanted.state, f"{step.iteration} state")
        np.testing.assert_equal(got.learning_rates, wanted.learning_rates)
        np.testing.assert_equal(got.momentum, wanted.momentum)
        np.testing.assert_equal(got.updater_learning_rates, wanted.updater_learning_rates)


def _same(got: Floats | None, wanted: Floats | None, where: str) -> None:
    np.testing.assert_array_equal(got, wanted, where)
    assert got is None or wanted is None or same_bits(wanted, got).all(), f"{where}: zeros have other signs"


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


def _schedules(random: np.random.Generator) -> dict[str, Any]:
    iteration = {"schedule_type": str(random.choice(["ITERATION", "EPOCH"]))}
    first = float(random.choice([0.5, 0.1, 1.0]))
    drawn: list[dict[str, Any]] = [
        {"type": "FixedSchedule", "value": first},
        {"type": "ExponentialSchedule", "initial_value": first, "gamma": 0.9, **iteration},
        {"type": "InverseSchedule", "initial_value": first, "gamma": 0.5, "power": 2.0, **iteration},
        {"type": "PolySchedule", "initial_value": first, "power": 0.5, "max_iter": 4, **iteration},
        {"type": "SigmoidSchedule", "initial_value": first, "gamma": 0.5, "step_size": 3, **iteration},
        {"type": "StepSchedule", "initial_value": first, "decay_rate": 0.5, "step": 2.5, **iteration},
        {"type": "MapSchedule", "values": {"0": first, "3": 0.05}, **iteration},
        {"type": "CycleSchedule", "max_learning_rate": first, "cycle_length": 5, **iteration},
        RAMP,
    ]
    return drawn[random.integers(len(drawn))]


def _updater(version: str, random: np.random.Generator) -> dict[str, Any]:
    names = [name for name in UPDATERS if version != "0.9.1" or name != "AMSGrad"]
    updater: dict[str, Any] = {"type": str(random.choice(names))}
    has_rate = updater["type"] not in ("AdaDelta", "NoOp")
    if has_rate and version != "0.9.1" and random.random() < 0.5:
        updater["learning_rate_schedule"] = _schedules(random)
    elif has_rate and random.random() < 0.5:
        updater["learning_rate"] = float(random.choice([0.01, 0.3]))
    if updater["type"] == "Nesterovs" and random.random() < 0.5:
        updater["momentum_schedule"] = {"2": 0.5} if version == "0.9.1" else _schedules(random)
    return updater


def _layer(version: str, random: np.random.Generator) -> dict[str, Any]:
    layer: dict[str, Any] = {"n_in": int(random.integers(1, 7)), "n_out": int(random.integers(1, 6))}
    layer["updater"] = _updater(version, random)
    penalties = ["l1", "l2", "l1_bias", "l2_bias"] + (["weight_decay", "weight_decay_bias"] * (version != "0.9.1"))
    layer |= {name: float(random.choice([0.01, 0.3])) for name in penalties if random.random() < 0.3}
    if random.random() < 0.5:
        layer["gradient_normalization"] = str(random.choice([*STRATEGIES, "ClipElementWiseAbsoluteValue"]))
        layer["gradient_normalization_threshold"] = float(random.choice([0.5, 2.0]))
    if version == "0.9.1":
        layer |= {name: float(random.random()) for name in ("learning_rate", "epsilon") if random.random() < 0.5}
    elif random.random() < 0.3:
        layer["bias_updater"] = _updater(version, random)
    if random.random() < 0.2:
        layer |= {"type": "auto_encoder"} if random.random() < 0.5 else {"type": "batch_normalization", "n_in": 0}
    return layer


def drawn(version: str, dtype: str, seed: int) -> BlockNetwork:
    """Return the network of a seed, with any settings."""
    random = np.random.default_rng(seed)
    layers = [_layer(version, random) for _ in range(random.integers(1, 4))]
    if random.random() < 0.5:
        layers = [{**layer, "updater": layers[0]["updater"]} for layer in layers]
    conf: dict[str, Any] = {"mini_batch": bool(random.random() < 0.7)}
    if version == "0.9.1":
        policies: list[dict[str, Any]] = [
            {},
            {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
            {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.1, "lr_policy_power": 2.0},
            {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 6.0},
        ]
        conf |= {"use_regularization": bool(random.random() < 0.7), **policies[random.integers(len(policies))]}
    return network(version, dtype, conf, layers)
