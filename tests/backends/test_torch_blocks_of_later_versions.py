"""The torch backend of later versions: every bit is the oracle's, and a wrong operation is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from later_networks import NEW, OLD, STRATEGIES, assert_agree, drawn, network

import dl4j_fixtures
from dl4j_backends.addresses import resolve_blocks
from dl4j_backends.block_interface import BlockStep
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.blocks.numpy_operations import NumpyBlockNd4j
from dl4j_backends.interface import BackendUnavailableError
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from toolchains import required_module

torch = required_module("torch", "torch")

from dl4j_backends.torch.block_backend import TorchBlockBackend, TorchBlockNd4j  # noqa: E402

GIVEN = [("0.9.1", *one) for one in OLD] + [("1.0.0-M2.1", *one) for one in NEW]
DTYPES = ("float32", "float64")


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_all_recorded_networks_are_reproduced(version: str) -> None:
    for path in dl4j_fixtures.recordings(version):
        result = CliRunner().invoke(cli, ["replay", str(path), "torch"])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("version", "conf", "layers"), GIVEN)
def test_settings_that_no_recording_has(version: str, conf: Any, layers: Any, dtype: str) -> None:
    assert_agree(TorchBlockBackend(), OracleBlockBackend(), network(version, dtype, conf, layers))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_drawn_networks(version: str, dtype: str) -> None:
    for seed in range(25):
        assert_agree(TorchBlockBackend(), OracleBlockBackend(), drawn(version, dtype, seed))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_norms_of_slices(version: str, dtype: str) -> None:
    for strategy in STRATEGIES:
        for n_in in (1, 23, 31, 32):
            layers = [{"n_in": n_in, "n_out": 1, "gradient_normalization": strategy} for _ in range(2)]
            assert_agree(TorchBlockBackend(), OracleBlockBackend(), network(version, dtype, {}, layers))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_long_blocks_are_updated_in_pieces(version: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole block in one piece, as NumPy has it here, gives the same bits."""
    monkeypatch.setattr(TorchBlockNd4j, "block_bytes", 64)
    for seed in range(10):
        assert_agree(TorchBlockBackend(), NumpyBlockBackend(), drawn(version, dtype, seed))


def _greedy(self: Any, x: Any, y: Any) -> None:
    """Keep NaN, unlike DL4J."""
    torch.maximum(x, y, out=x)


def _tree_norm(self: Any, x: Any, offset: int = 0) -> float:
    return float(torch.linalg.vector_norm(x))


def _reciprocal(self: Any, x: Any, y: Any, out: Any) -> Any:
    return torch.mul(x, 1 / y, out=out)


def _nan_stays(self: Any, x: float) -> Any:
    return self.exact_scalar(x)


@pytest.mark.parametrize(
    ("operation", "wrong", "version"),
    [
        ("keep_larger", _greedy, "1.0.0-M2.1"),
        ("norm2", _tree_norm, "0.9.1"),
        ("quotient", _reciprocal, "0.9.1"),
        ("quotient", _reciprocal, "1.0.0-M2.1"),
        ("scalar", _nan_stays, "0.9.1"),
    ],
)
def test_a_wrong_operation_is_seen(
    operation: str, wrong: Callable[..., Any], version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TorchBlockNd4j, operation, wrong)
    with pytest.raises(AssertionError):
        _assert_all_agree(version)


def _assert_all_agree(version: str) -> None:
    for dtype in DTYPES:
        given = [network(version, dtype, conf, layers) for of_version, conf, layers in GIVEN if of_version == version]
        for net in (*given, *(drawn(version, dtype, seed) for seed in range(40))):
            assert_agree(TorchBlockBackend(), OracleBlockBackend(), net)


def test_the_constant_of_ada_max_is_added_in_double() -> None:
    x = np.geomspace(1e-34, 1e-31, 1000).astype(np.float32)
    in_double = (x.astype(np.float64) + 1e-32).astype(np.float32)
    assert (in_double != x + np.float32(1e-32)).any()
    tensor = torch.from_numpy(x.copy())
    TorchBlockNd4j("float32", torch.device("cpu")).add_in_double(tensor, 1e-32)
    np.testing.assert_array_equal(tensor.numpy(), in_double)
    NumpyBlockNd4j("float32").add_in_double(x, 1e-32)
    np.testing.assert_array_equal(x, in_double)


def test_addresses() -> None:
    assert resolve_blocks("torch").name == resolve_blocks("torch:device=cpu").name == "torch:device=cpu"
    with pytest.raises(BackendUnavailableError, match="no kernels"):
        resolve_blocks("torch:kernels=interpreted")
    with pytest.raises(BackendUnavailableError, match=r"implements DL4J 0\.8\.0 alone"):
        resolve_blocks("torch.optim")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(BackendUnavailableError, match="finds no CUDA device"):
        resolve_blocks("torch:device=cuda")


def test_what_is_given_stays_as_it_is() -> None:
    """Arrays come in memory that tensors share."""
    net = drawn("1.0.0-M2.1", "float64", 1)
    given = {key: array + 1 for key, array in net.params.items()}
    before = {key: array.copy() for key, array in given.items()}
    TorchBlockBackend().open(net).update(BlockStep(0, 0, 3, given))
    for key, array in before.items():
        np.testing.assert_array_equal(given[key], array)
