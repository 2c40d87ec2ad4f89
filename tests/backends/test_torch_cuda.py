"""The backend ``torch:device=cuda`` and ``Dl4jOptimizer`` on a GPU, where there is one: the bits of the CPU."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_backends.engine.settings import GRADIENT_NORMALIZATIONS
from dl4j_backends.interface import Floats
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cli.main import cli
from toolchains import required_module

torch = required_module("torch", "torch")

if not torch.cuda.is_available():
    pytest.skip("torch finds no CUDA device", allow_module_level=True)

from test_torch_backend import network, steps  # noqa: E402
from test_torch_optimizer import POLICIES, model, optimizer  # noqa: E402

from dl4j_backends.torch.backend import TorchBackend  # noqa: E402

DTYPES = ("float32", "float64")


def assert_same_bits(seen: Floats, wanted: Floats) -> None:
    """NaNs are alike whatever they carry; zeros have the same sign."""
    np.testing.assert_array_equal(seen, wanted)
    zeros = wanted == 0
    np.testing.assert_array_equal(np.signbit(seen[zeros]), np.signbit(wanted[zeros]))


def test_every_case_passes_every_level() -> None:
    result = CliRunner().invoke(cli, ["run", "torch:device=cuda"])
    assert result.exit_code == 0, result.output
    assert "failed, 0 not run" in result.stdout
    assert "100 % of" in result.stdout


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("length", [1, 2, 511, 512, 1_000_003])
def test_any_bits_are_updated_as_on_the_cpu(updater: str, dtype: str, length: int) -> None:
    net = network(updater, length, dtype, "ClipElementWiseAbsoluteValue")
    for seen, wanted in zip(steps(TorchBackend("cuda"), net), steps(TorchBackend(), net), strict=True):
        assert_same_bits(seen, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strategy", GRADIENT_NORMALIZATIONS)
@pytest.mark.parametrize("length", [2, 31, 32, 33, 40_001])
def test_norms_are_the_cpus(strategy: str, dtype: str, length: int) -> None:
    net = network("SGD", length, dtype, strategy)
    seen, wanted = (_normalized(TorchBackend(device), net, length) for device in ("cuda", "cpu"))
    assert_same_bits(seen, wanted)


def _normalized(backend: TorchBackend, net: Any, length: int) -> Floats:
    random = np.random.default_rng(length)
    gradients = {key: random.normal(size=n).astype(net.dtype) for key, n in (("0_W", length), ("0_b", 1))}
    seen = backend.open(net).update(gradients, 0, 3)
    return np.concatenate([seen.updates[key] for key in ("0_W", "0_b")])


def gradients_of(net: Any, iteration: int) -> list[Any]:
    """The same on every device: matrix products are not."""
    generator = torch.Generator().manual_seed(iteration)
    return [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in net.parameters()]


def train(net: Any, optimiser: Any, iterations: range) -> None:
    for iteration in iterations:
        for parameter, gradient in zip(net.parameters(), gradients_of(net, iteration), strict=True):
            parameter.grad = gradient.to(parameter.device)
        optimiser.step(batch_size=5)


def assert_same_parameters(on_gpu: Any, on_cpu: Any) -> None:
    for x, y in zip(on_gpu.parameters(), on_cpu.parameters(), strict=True):
        assert_same_bits(x.detach().cpu().numpy(), y.detach().numpy())


@pytest.mark.parametrize("conf", POLICIES, ids=lambda conf: conf.get("lr_policy", "None"))
@pytest.mark.parametrize("updater", UPDATERS)
def test_the_optimizer_takes_the_cpus_steps(updater: str, conf: Mapping[str, Any]) -> None:
    on_cpu = model()
    on_gpu = copy.deepcopy(on_cpu).cuda()
    for net in (on_cpu, on_gpu):
        train(net, optimizer(net, updater, **conf), range(5))
    assert_same_parameters(on_gpu, on_cpu)


@pytest.mark.parametrize("conf", POLICIES, ids=lambda conf: conf.get("lr_policy", "None"))
@pytest.mark.parametrize("updater", UPDATERS)
def test_a_replayed_graph_takes_the_cpus_steps(updater: str, conf: Mapping[str, Any]) -> None:
    on_cpu = model()
    on_gpu = copy.deepcopy(on_cpu).cuda()
    train(on_cpu, optimizer(on_cpu, updater, **conf), range(20))
    optimiser = optimizer(on_gpu, updater, **conf)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        train(on_gpu, optimiser, range(1))
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        optimiser.launch()
    for iteration in range(1, 20):
        for parameter, gradient in zip(on_gpu.parameters(), gradients_of(on_gpu, iteration), strict=True):
            parameter.grad.copy_(gradient)
        optimiser.send(batch_size=5)
        graph.replay()
    assert_same_parameters(on_gpu, on_cpu)


@pytest.fixture
def waiting_is_an_error() -> Iterator[None]:
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(action="ignore"):  # the mode is "a prototype"
        torch.cuda.set_sync_debug_mode("error")
    yield
    with warnings.catch_warnings(action="ignore"):
        torch.cuda.set_sync_debug_mode(before)


@pytest.mark.parametrize("updater", UPDATERS)
def test_a_steady_step_does_not_wait_for_the_device(updater: str, request: Any) -> None:
    """A norm is summed on the device, and a rate that decays travels to it."""
    net = model().cuda()
    optimiser = optimizer(net, updater, lr_policy="Exponential", lr_policy_decay_rate=0.9)
    train(net, optimiser, range(2))
    request.getfixturevalue("waiting_is_an_error")
    optimiser.step(batch_size=5)


@pytest.mark.usefixtures("waiting_is_an_error")
def test_waiting_is_found() -> None:
    with pytest.raises(RuntimeError, match="synchronizing"):
        torch.ones(1, device="cuda").item()


@pytest.mark.parametrize("version", ["0.9.1", "1.0.0-M2.1"])
def test_recorded_networks_of_later_versions_are_reproduced(version: str) -> None:
    for path in dl4j_fixtures.recordings(version):
        result = CliRunner().invoke(cli, ["replay", str(path), "torch:device=cuda"])
        assert result.exit_code == 0, result.output
