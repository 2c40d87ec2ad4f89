"""Long arrays are updated in blocks, which changes no bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dl4j_backends.interface import Floats, Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.numpy.nd4j import NumpyNd4j
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures

#: Elements of a block in these tests.
BLOCK = 8
SIZES = (1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1, 5 * BLOCK + 3)


def _updated(updater: str, dtype: str, length: int) -> list[Floats]:
    """Updates and states of three steps; the last element is NaN, which would become 1e-5 in an array of its own."""
    layer: dict[str, Any] = {"n_in": length, "n_out": 1, "updater": updater, "l1": 0.1, "l2": 0.2}
    params = {"0_W": np.linspace(-1, 1, length, dtype=dtype), "0_b": np.zeros(1, dtype)}
    session = NumpyBackend().open(Network(dtype, {"use_regularization": True}, (layer,), params))
    seen = []
    for iteration in range(3):
        gradient = np.random.default_rng(iteration).standard_normal(length).astype(dtype)
        gradient[-1] = np.nan
        seen.append(session.update({"0_W": gradient}, iteration, 3).updates["0_W"])
        if (state := session.state()) is not None:
            seen.append(state)
    return seen


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("updater", UPDATERS)
def test_blocks_do_not_change_bits(updater: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for length in SIZES:
        whole = _updated(updater, dtype, length)
        with monkeypatch.context() as patch:
            patch.setattr(NumpyNd4j, "block_bytes", BLOCK * np.dtype(dtype).itemsize)
            in_blocks = _updated(updater, dtype, length)
        assert [a.tobytes() for a in in_blocks] == [a.tobytes() for a in whole], length


@pytest.mark.parametrize("length", SIZES)
def test_blocks_are_a_partition_without_single_elements(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NumpyNd4j, "block_bytes", BLOCK * 4)
    array = np.arange(length, dtype="float32")
    blocks = [array[block] for block in NumpyNd4j("float32").blocks(length)]
    np.testing.assert_array_equal(np.concatenate(blocks), array)
    assert all(block.size <= BLOCK for block in blocks)
    assert length == 1 or all(block.size > 1 for block in blocks)


def test_every_fixture_passes_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NumpyNd4j, "block_bytes", 32)
    for result in run([NumpyBackend()], fixtures(Selection()), no_row):
        assert result.status is Status.PASSED, (result.case.id, result.reason, result.findings[:1])
    for result in run([NumpyBackend()], fixtures(Selection()), no_row):
        assert result.status is Status.PASSED, (result.case.id, result.reason, result.findings[:1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_division_by_any_power_of_two_is_division(dtype: str) -> None:
    nd4j, about = NumpyNd4j(dtype), np.finfo(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, about.max, about.smallest_normal, about.smallest_subnormal]
    bits = np.random.default_rng(1).integers(0, 256, 4096, dtype="uint8").view(dtype)
    values = np.concatenate([np.array(special, dtype), bits])
    with np.errstate(all="ignore"):
        for exponent in range(-1100, 1024):
            for divisor in (2.0**exponent, -(2.0**exponent), 1.5 * 2.0**exponent):
                quotient = values.copy()
                nd4j.divide(quotient, divisor)
                expected = values / values.dtype.type(divisor)
                assert _bits(quotient) == _bits(expected), divisor


def _bits(array: Floats) -> bytes:
    """Every NaN is the same."""
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).tobytes()
