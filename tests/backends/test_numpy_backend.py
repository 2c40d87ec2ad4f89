"""The NumPy backend: in place, without allocation, and indifferent to the caller's NumPy error state."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from dl4j_backends.interface import Dl4jException, Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import UPDATERS

LENGTH = 50_000


def _network(updater: str, length: int, dtype: str = "float32") -> Network:
    layer: dict[str, Any] = {
        "n_in": length,
        "n_out": 1,
        "updater": updater,
        "l1": 0.1,
        "l2": 0.1,
        "gradient_normalization": "ClipL2PerLayer",
    }
    params = {"0_W": np.linspace(-1, 1, length, dtype=dtype), "0_b": np.zeros(1, dtype)}
    return Network(dtype, {"use_regularization": True}, (layer,), params)


@pytest.mark.parametrize("updater", UPDATERS)
def test_a_steady_step_allocates_no_array(updater: str) -> None:
    session = NumpyBackend().open(_network(updater, LENGTH))
    gradients = {"0_W": np.linspace(-2, 2, LENGTH, dtype="float32"), "0_b": np.ones(1, "float32")}
    session.step(gradients, 0, 4)
    session.step(gradients, 1, 4)
    tracemalloc.start()
    try:
        session.step(gradients, 2, 4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LENGTH, "something as long as the parameter was allocated"


def test_gradients_are_updated_in_place() -> None:
    session = NumpyBackend().open(_network("SGD", 4))
    gradients = {"0_W": np.ones(4, "float32"), "0_b": np.ones(1, "float32")}
    seen = session.update(gradients, 0, 1)
    assert seen.updates["0_W"] is gradients["0_W"]


@pytest.mark.parametrize("updater", UPDATERS)
def test_overflow_and_nan_are_silent(updater: str) -> None:
    """Whatever the caller's error state: infinities and NaN are results."""
    session = NumpyBackend().open(_network(updater, 4))
    gradients = {"0_W": np.array([3e38, np.nan, -np.inf, 1e-45], "float32"), "0_b": np.zeros(1, "float32")}
    with np.errstate(all="raise"):
        session.update(gradients, 0, 0)


def test_state_is_a_copy() -> None:
    session = NumpyBackend().open(_network("ADAM", 4))
    state = session.state()
    assert state is not None
    state[:] = 7
    again = session.state()
    assert again is not None
    assert not again.any()


def test_gradients_longer_than_any_parameter_fit() -> None:
    layer = {"n_in": 1, "n_out": 1, "updater": "NONE", "gradient_normalization": "RenormalizeL2PerLayer"}
    params = {"0_W": np.zeros(1), "0_b": np.zeros(1)}
    session = NumpyBackend().open(Network("float64", {}, (layer,), params))
    seen = session.update({"0_unknown": np.array([3.0, 4.0])}, 0, 1)
    np.testing.assert_array_equal(seen.updates["0_unknown"], [0.6, 0.8])


def test_exceptions_have_dl4js_kinds() -> None:
    session = NumpyBackend().open(_network("SGD", 4))
    with pytest.raises(Dl4jException) as raised:
        session.update({"W": np.ones(4, "float32")}, 0, 1)
    assert raised.value.kind == "IllegalStateException"
