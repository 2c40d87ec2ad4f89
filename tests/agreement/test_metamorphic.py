"""What must hold whatever the numbers are: elements do not know of each other, and zero stays zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl4j_backends.interface import Backend, Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.drawn.values import arrays
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend

BACKENDS: list[Backend] = [OracleBackend(), NumpyBackend()]
backends = pytest.mark.parametrize("backend", BACKENDS, ids=["oracle", "numpy"])
dtypes = st.sampled_from(("float32", "float64"))


def _layer(updater: str, length: int) -> dict[str, Any]:
    return {
        "n_in": length,
        "n_out": 1,
        "updater": updater,
        "learning_rate": 0.1,
        "l1": 0.01,
        "l2": 0.1,
        "gradient_normalization": "ClipElementWiseAbsoluteValue",
        "gradient_normalization_threshold": 2.0,
    }


def _run(backend: Backend, updater: str, weights: np.ndarray, gradients: list[np.ndarray]) -> list[np.ndarray]:
    params = {"0_W": weights, "0_b": np.zeros(1, weights.dtype)}
    network = Network(
        str(weights.dtype), {"use_regularization": True}, ({**_layer(updater, len(weights)), "rho": 0.9},), params
    )
    script = tuple(Update({"0_W": g}, t, 3) for t, g in enumerate(gradients))
    outcome = observe(backend, Case("metamorphic", network, script))
    assert outcome.failure is None
    return [step.updates["0_W"] for step in outcome.steps if step.updates]


@backends
@given(st.data(), dtypes, st.sampled_from(UPDATERS), st.integers(2, 9))
def test_permuting_elements_permutes_updates(
    backend: Backend, data: st.DataObject, dtype: str, updater: str, n: int
) -> None:
    weights, *gradients = (data.draw(arrays(dtype, n)) for _ in range(4))
    order = np.array(data.draw(st.permutations(range(n))))
    straight = _run(backend, updater, weights, gradients)
    permuted = _run(backend, updater, weights[order], [g[order] for g in gradients])
    for left, right in zip(straight, permuted, strict=True):
        np.testing.assert_array_equal(left[order].view(np.uint8), right.view(np.uint8))


@backends
@given(st.data(), dtypes, st.sampled_from(UPDATERS), st.integers(2, 5), st.integers(2, 5))
def test_splitting_an_array_splits_updates(
    backend: Backend, data: st.DataObject, dtype: str, updater: str, n: int, m: int
) -> None:
    """Parts of more than one element: a part of one is another thing to ND4J."""
    weights, *gradients = (data.draw(arrays(dtype, n + m)) for _ in range(3))
    whole = _run(backend, updater, weights, gradients)
    head = _run(backend, updater, weights[:n], [g[:n] for g in gradients])
    tail = _run(backend, updater, weights[n:], [g[n:] for g in gradients])
    for together, first, second in zip(whole, head, tail, strict=True):
        joined = np.concatenate([first, second])
        np.testing.assert_array_equal(together.view(np.uint8), joined.view(np.uint8))


@backends
@given(dtypes, st.sampled_from(UPDATERS), st.integers(1, 5))
def test_zero_gradients_and_weights_give_zero_updates(backend: Backend, dtype: str, updater: str, n: int) -> None:
    zeros = np.zeros(n, dtype)
    for update in _run(backend, updater, zeros, [zeros] * 3):
        assert not update.any()


@backends
@given(st.data(), dtypes, st.sampled_from(UPDATERS), st.integers(1, 4))
def test_negated_inputs_give_negated_updates(
    backend: Backend, data: st.DataObject, dtype: str, updater: str, n: int
) -> None:
    """Rounding to nearest is symmetric; only the signs of zeros may differ."""
    values = st.floats(-100, 100, width=32).map(np.dtype(dtype).type)
    weights, *gradients = (np.array(data.draw(st.lists(values, min_size=n, max_size=n)), dtype) for _ in range(3))
    straight = _run(backend, updater, weights, gradients)
    negated = _run(backend, updater, -weights, [-g for g in gradients])
    for left, right in zip(straight, negated, strict=True):
        np.testing.assert_array_equal(left, -right)
