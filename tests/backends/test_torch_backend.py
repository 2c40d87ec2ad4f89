"""The backend on tensors: NumPy's bits, in place, whatever the blocks; and what is said where it cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_backends.addresses import resolve
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.settings import GRADIENT_NORMALIZATIONS
from dl4j_backends.interface import BackendUnavailableError, Floats, Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.numpy.nd4j import NumpyNd4j
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cli.main import cli
from toolchains import required_module

torch = required_module("torch", "torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from dl4j_backends.torch.backend import TorchBackend  # noqa: E402
from dl4j_backends.torch.nd4j import TorchNd4j  # noqa: E402

DTYPES = ("float32", "float64")


class Seen(TorchDispatchMode):
    """The operations of torch that run within a ``with`` block."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


class WithoutThreshold(TorchNd4j):
    """NaN in a single element stays NaN."""

    def operand(self, y: Any) -> Any:
        return y


class Uncompiled(TorchBackend):
    """Single operations of torch, as where Numba is missing."""

    def execution(self, dtype: str) -> Execution:
        return Execution(TorchNd4j(dtype, self.device))


class Wrong(TorchBackend):
    def execution(self, dtype: str) -> Execution:
        return Execution(WithoutThreshold(dtype, self.device))


def bits(dtype: str, length: int, seed: int) -> Floats:
    """Any floats: subnormal, infinite, NaN."""
    unsigned = np.uint32 if dtype == "float32" else np.uint64
    return np.random.default_rng(seed).integers(0, np.iinfo(unsigned).max, length, unsigned).view(dtype)


def network(updater: str, length: int, dtype: str, strategy: str = "None") -> Network:
    layer: dict[str, Any] = {"n_in": length, "n_out": 1, "updater": updater, "l1": 0.1, "l2": 0.2, "rho": 0.9}
    layer["gradient_normalization"] = strategy
    params = {"0_W": np.linspace(-1, 1, length, dtype=dtype), "0_b": np.full(1, np.nan, dtype)}
    return Network(dtype, {"use_regularization": True}, (layer,), params)


def steps(backend: Any, net: Network, count: int = 2) -> Iterator[Floats]:
    """The updates and states of a few steps."""
    session = backend.open(net)
    for iteration in range(count):
        gradients = {
            "0_W": bits(net.dtype, net.params["0_W"].size, iteration),
            "0_b": np.full(1, np.nan, net.dtype),
        }
        seen = session.update(gradients, iteration, 3)
        yield from seen.updates.values()
        if seen.state is not None:
            yield seen.state


@pytest.mark.parametrize("address", ["torch", f"python:{__name__}:Uncompiled"])
def test_every_case_passes_every_level(address: str) -> None:
    result = CliRunner().invoke(cli, ["run", address, "--in-process"])
    assert result.exit_code == 0
    assert "failed, 0 not run" in result.stdout
    assert "100 % of" in result.stdout


def test_run_finds_a_wrong_one() -> None:
    result = CliRunner().invoke(cli, ["run", f"python:{__name__}:Wrong", "--in-process", "--case", "*nan*"])
    assert result.exit_code == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", ["multiply", "divide", "add", "subtract"])
def test_operations_are_numpys(operation: str, dtype: str) -> None:
    x, y = bits(dtype, 100_001, 1), bits(dtype, 100_001, 2)
    with np.errstate(all="ignore"):
        expected = getattr(np, operation)(x, y)
    np.testing.assert_array_equal(getattr(torch, operation)(torch.from_numpy(x), torch.from_numpy(y)), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("length", [1, 63, 64, 65, 127, 128, 129])
def test_blocks_change_no_bit(updater: str, dtype: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(steps(NumpyBackend(), network(updater, length, dtype)))
    monkeypatch.setattr(TorchNd4j, "block_bytes", 64 * np.dtype(dtype).itemsize)
    for seen, wanted in zip(steps(Uncompiled(), network(updater, length, dtype)), expected, strict=True):
        np.testing.assert_array_equal(seen, wanted)
        np.testing.assert_array_equal(np.signbit(seen[seen == 0]), np.signbit(wanted[wanted == 0]))


def test_the_parts_of_a_long_array_are_never_single() -> None:
    nd4j = NumpyNd4j("float32")
    for length in range(2, 4 * nd4j.block_bytes // 4, 9973):
        assert all(block.stop - block.start > 1 for block in nd4j.blocks(length))
    assert list(nd4j.blocks(1)) == [slice(0, 1)]


@pytest.mark.parametrize("strategy", GRADIENT_NORMALIZATIONS)
def test_gradients_are_updated_in_place(strategy: str) -> None:
    session = TorchBackend().open(network("SGD", 8, "float32", strategy))
    gradients = {"0_W": torch.linspace(-2, 2, 8), "0_b": torch.ones(1)}
    address, before = gradients["0_W"].data_ptr(), gradients["0_W"].clone()
    session.step(gradients, 0, 1)
    assert gradients["0_W"].data_ptr() == address
    assert not torch.equal(gradients["0_W"], before)


@pytest.mark.parametrize("updater", UPDATERS)
def test_a_steady_step_reads_nothing_back_and_allocates_nothing(updater: str) -> None:
    """``clone`` and ``empty`` would allocate, ``_local_scalar_dense`` is what ``item`` waits with on a device."""
    layer = {"n_in": 64, "n_out": 2, "updater": updater}
    session = TorchBackend().open(
        Network("float32", {}, (layer,), {"0_W": np.ones(128, "f4"), "0_b": np.ones(2, "f4")})
    )
    gradients = {"0_W": torch.ones(128), "0_b": torch.ones(2)}
    session.step(gradients, 0, 2)
    session.step(gradients, 1, 2)
    with Seen() as seen:
        session.step(gradients, 1, 2)
    assert not {"clone", "empty", "_to_copy", "_local_scalar_dense"} & set(seen.names)


def test_no_cuda_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = CliRunner().invoke(cli, ["run", "torch:device=cuda"])
    assert result.exit_code == 3
    assert "not run: torch:device=cuda: torch finds no CUDA device" in result.output


def test_a_device_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(BackendUnavailableError, match=r"no cuda:3: torch finds 1 CUDA device$"):
        resolve("torch:device=cuda:3")


def test_without_triton_kernels_cannot_be_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl4j_backends.torch.backend.has_triton", lambda: False)
    with pytest.raises(BackendUnavailableError, match="Triton is not installed"):
        resolve("torch:kernels=interpreted")
