"""Edges of DL4J 0.9.1 that fuzzing has found on its jars: the oracle and NumPy give what the jars gave."""

from __future__ import annotations

import numpy as np
import pytest

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_conformance.execution.oracle_backend import resolve_blocks

BACKENDS = ("oracle", "numpy")


def updated(address: str, dtype: str, gradients: list[float], params: list[float], **layer: object) -> list[float]:
    """Return the update of W, whose bias has no gradient."""
    layers = [{"n_in": len(params), "n_out": 1, "updater": "NONE", **layer}]
    arrays = {"0_W": np.array(params, dtype), "0_b": np.zeros(1, dtype)}
    network = BlockNetwork("0.9.1", dtype, {"use_regularization": True, "mini_batch": False}, layers, arrays)
    given = {"0_W": np.array(gradients, dtype), "0_b": np.zeros(1, dtype)}
    return resolve_blocks(address).open(network).update(BlockStep(0, 0, 1, given)).updates["0_W"].tolist()


@pytest.mark.parametrize("address", BACKENDS)
@pytest.mark.parametrize(
    ("dtype", "l2", "expected"),
    [
        # Below half of the smallest float the coefficient is 0.
        ("float32", 7e-46, ["-0.0", "1.0", "1.0"]),
        ("float32", 8e-46, ["1.401298464324817e-45", "inf", "nan"]),
        ("float64", 7e-46, ["7e-46", "inf", "nan"]),
    ],
)
def test_l2_that_is_zero_in_the_type_is_left_out(address: str, dtype: str, l2: float, expected: list[str]) -> None:
    found = updated(address, dtype, [-0.0, 1.0, 1.0], [1.0, np.inf, np.nan], l2=l2)
    assert list(map(str, found)) == expected


@pytest.mark.parametrize("address", BACKENDS)
def test_l1_that_is_zero_in_the_type_is_applied(address: str) -> None:
    assert str(updated(address, "float32", [-0.0], [1.0], l1=7e-46)) == "[0.0]"


@pytest.mark.parametrize("address", BACKENDS)
def test_a_threshold_that_is_nan_is_unset(address: str) -> None:
    clips = {"gradient_normalization": "ClipElementWiseAbsoluteValue", "gradient_normalization_threshold": "NaN"}
    assert updated(address, "float32", [16.0, -0.5], [0.0, 0.0], **clips) == [1.0, -0.5]


@pytest.mark.parametrize("address", BACKENDS)
def test_a_schedule_without_a_value_leaves_no_rates(address: str) -> None:
    """The adapter of the jars shows neither rates nor momenta then."""
    cycle = {"type": "CycleSchedule", "schedule_type": "ITERATION", "max_learning_rate": 0.1, "cycle_length": 0}
    layers = [{"n_in": 1, "n_out": 1, "updater": {"type": "Sgd", "learning_rate_schedule": cycle}}]
    arrays = {key: np.ones(1, "float32") for key in ("0_W", "0_b")}
    network = BlockNetwork("1.0.0-M2.1", "float32", {}, layers, arrays)
    seen = resolve_blocks(address).open(network).update(BlockStep(0, 0, 1, dict(arrays)))
    assert seen.failure is not None
    assert seen.failure.kind == "ArithmeticException"
    assert (list(seen.learning_rates), list(seen.momentum)) == ([], [])
