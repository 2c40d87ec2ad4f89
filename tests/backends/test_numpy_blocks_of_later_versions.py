"""The NumPy backend of later versions computes what the oracle does, on what the recorded networks do not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from later_networks import DENSE, NEW, OLD, STRATEGIES, WITHOUT_0, assert_agree, drawn, network

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS


def _agree(net: BlockNetwork) -> None:
    assert_agree(NumpyBlockBackend(), OracleBlockBackend(), net)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("conf", "layers"), OLD)
def test_0_9_1(dtype: str, conf: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    _agree(network("0.9.1", dtype, conf, layers))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("conf", "layers"), NEW)
def test_1_0_0(dtype: str, conf: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    _agree(network("1.0.0-M2.1", dtype, conf, layers))


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_norms_of_slices_of_every_length(version: str, strategy: str) -> None:
    """The order of a sum depends on length and offset in 0.9.1; NaN, zero and one element have rules of their own."""
    for n_in in (1, 7, 21, 22, 23, 26, 31, 32, 40):
        layers = [{"n_in": n_in, "n_out": 1, "gradient_normalization": strategy} for _ in range(2)]
        for dtype in ("float32", "float64"):
            _agree(network(version, dtype, {}, layers))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_drawn_networks(version: str, dtype: str) -> None:
    for seed in range(25):
        _agree(drawn(version, dtype, seed))


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
    net = BlockNetwork(version, "float64", conf, [layer], arrays)
    kinds = []
    for backend in (NumpyBlockBackend(), OracleBlockBackend()):
        with pytest.raises(Dl4jException) as error:
            backend.open(net)
        kinds.append((error.value.kind, error.value.message))
    assert kinds[0] == kinds[1]


def test_a_schedule_without_a_value_is_an_error_of_the_update() -> None:
    from_0 = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": {"0": 1.0}}
    layer = {**DENSE, "updater": {"type": "Nesterovs", "momentum_schedule": from_0}}
    net = network("1.0.0-M2.1", "float64", {}, [layer])
    step = BlockStep(-1, 0, 1, net.params)
    for backend in (NumpyBlockBackend(), OracleBlockBackend()):
        seen = backend.open(net).update(step)
        assert seen.failure is not None
        assert seen.failure.kind == "ArrayIndexOutOfBoundsException"
        assert list(seen.momentum) == []
