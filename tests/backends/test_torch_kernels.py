"""Triton's kernels, in Triton's interpreter: the bits of the backend, and few launches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_backends.engine import formulae
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.settings import GRADIENT_NORMALIZATIONS
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import Updater, updater_named
from dl4j_backends.interface import Floats, Network
from dl4j_backends.numpy.nd4j import NumpyNd4j
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cli.main import cli
from toolchains import required_module

torch = required_module("torch", "torch")
triton = required_module("triton", "torch")

from test_torch_backend import Seen, network, steps  # noqa: E402

from dl4j_backends.engine.session import EngineSession  # noqa: E402
from dl4j_backends.torch.backend import InterpretedBackend, TorchBackend  # noqa: E402
from dl4j_backends.torch.launches import TILE, KernelExecution, interpreted  # noqa: E402
from dl4j_backends.torch.nd4j import TorchNd4j  # noqa: E402

DTYPES = ("float32", "float64")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def kernels() -> Any:
    return interpreted()


class Forgetful(InterpretedBackend):
    """Its kernels do not replace NaN in a single element."""

    def __init__(self) -> None:
        super().__init__()
        self._kernels.operand = lambda y, row, length: y


@pytest.mark.parametrize("cases", ["all-stages-*", "*-one-element-nan-*", "clip-per-layer-*", "renormalize-*-nan-*"])
def test_cases_pass_every_level(cases: str) -> None:
    """The rest: ``dl4j-conformance run torch:kernels=interpreted``, a minute."""
    result = CliRunner().invoke(cli, ["run", "torch:kernels=interpreted", "--case", cases])
    assert result.exit_code == 0, result.output
    assert "100 % of" in result.stdout


def test_run_finds_a_wrong_kernel() -> None:
    result = CliRunner().invoke(
        cli, ["run", f"python:{__name__}:Forgetful", "--in-process", "--case", "*-one-element-nan-*"]
    )
    assert result.exit_code == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("length", [TILE - 1, TILE, TILE + 1])
def test_tiles_change_no_bit(updater: str, dtype: str, length: int) -> None:
    net = network(updater, length, dtype, "ClipElementWiseAbsoluteValue")
    for seen, wanted in zip(steps(InterpretedBackend(), net), steps(TorchBackend(), net), strict=True):
        np.testing.assert_array_equal(seen, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strategy", GRADIENT_NORMALIZATIONS)
def test_norms_have_libnd4js_order(strategy: str, dtype: str, kernels: Any) -> None:
    """Around a length of 32, wherever a gradient begins."""
    random = np.random.default_rng(0)
    places = [(length, offset) for length in (1, 2, 21, 22, 23, 24, 31, 32, 40) for offset in range(4)]
    gradients = [random.normal(size=length).astype(dtype) for length, _ in places]
    for threshold in (0.1, 1e3):
        fused = KernelExecution(TorchNd4j(dtype, CPU), kernels)
        seen = _normalized(fused, [torch.from_numpy(g.copy()) for g in gradients], places, strategy, threshold)
        wanted = _normalized(Execution(NumpyNd4j(dtype)), [g.copy() for g in gradients], places, strategy, threshold)
        for ours, theirs in zip(seen, wanted, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def _normalized(
    execution: Execution, gradients: list[Any], places: list[tuple[int, int]], strategy: str, threshold: float
) -> list[Floats]:
    with execution:
        given = [Gradient(g, offset) for g, (_, offset) in zip(gradients, places, strict=True)]
        execution.normalize(strategy, threshold, given)
    return [execution.nd4j.shown(g) for g in gradients]


class Launches:
    """Takes a kernel's place, and counts."""

    def __init__(self) -> None:
        self.grids: list[tuple[int]] = []

    def __getitem__(self, grid: tuple[int]) -> Any:
        self.grids.append(grid)
        return lambda *_, **__: None


def _session(updaters: list[str], strategy: str = "None") -> tuple[EngineSession, Any]:
    """A network of one layer for each updater, on kernels that do nothing."""
    nothing = SimpleNamespace(update=Launches(), norms=Launches(), normalizers=Launches())
    layers = [{"n_in": 4, "n_out": 4, "updater": updater, "gradient_normalization": strategy} for updater in updaters]
    params = {
        f"{i}_{name}": np.ones(length, "f4") for i in range(len(layers)) for name, length in (("W", 16), ("b", 4))
    }
    net = Network("float32", {}, layers, params)
    return EngineSession(net, lambda dtype: KernelExecution(TorchNd4j(dtype, CPU), nothing)), nothing


def _gradients(count: int) -> dict[str, Any]:
    return {f"{i}_{name}": torch.ones(size) for i in range(count) for name, size in (("W", 16), ("b", 4))}


def test_a_step_launches_one_kernel_for_each_updater() -> None:
    session, kernels = _session(["ADAM", "SGD", "ADAM", "ADAM"])
    session.step(_gradients(4), 0, 2)
    assert kernels.update.grids == [(6,), (2,)]
    assert not kernels.norms.grids


@pytest.mark.parametrize(("begin", "length", "launches"), [(0, 16, 1), (1, 16, 2), (0, 18, 2)])
def test_what_is_not_aligned_is_launched_by_itself(begin: int, length: int, launches: int, kernels: Any) -> None:
    """And gets the same bits: here by its address, or its length."""
    nothing = SimpleNamespace(update=Launches())
    for module in (nothing, kernels):
        execution = KernelExecution(TorchNd4j("float32", CPU), module)
        gradients = [torch.ones(16), torch.ones(begin + length)[begin:]]
        with execution:
            for g in gradients:
                execution.update(UpdaterCall(updater_named("SGD"), g, (), Numbers(0.5, *[0.0] * 5), PostApply()))
    assert len(nothing.update.grids) == launches
    assert all(bool((g == 0.5).all()) for g in gradients)


def test_an_unknown_updater_has_no_kernel(kernels: Any) -> None:
    execution = KernelExecution(TorchNd4j("float32", CPU), kernels)
    unknown = UpdaterCall(Updater("SOMETHING", formulae.sgd), torch.ones(16), (), Numbers(*[0.0] * 6), PostApply())
    with pytest.raises(Exception, match="no kernel for this updater"), execution:
        execution.update(unknown)


def test_norms_take_two_launches_more() -> None:
    session, kernels = _session(["SGD"] * 4, "ClipL2PerLayer")
    session.step(_gradients(4), 0, 2)
    assert [kernels.norms.grids, kernels.normalizers.grids, kernels.update.grids] == [[(8,)], [(4,)], [(8,)]]


@pytest.mark.parametrize(("updater", "copies"), [("SGD", 0), ("RMSPROP", 0), ("ADAM", 1)])
def test_a_steady_step_sends_what_has_changed_and_reads_nothing_back(updater: str, copies: int) -> None:
    """Adam's factor is another at every iteration."""
    session, _ = _session([updater, updater], "ClipL2PerLayer")
    gradients = _gradients(2)
    session.step(gradients, 0, 2)
    with Seen() as seen:
        session.step(gradients, 1, 2)
    assert seen.names.count("copy_") == copies
    assert not {"_local_scalar_dense", "_to_copy", "clone", "empty"} & set(seen.names)


def test_nothing_to_do_launches_nothing() -> None:
    session, kernels = _session(["NONE"])
    session.step(_gradients(1), 0, 1)
    assert kernels.update.grids == []


def test_a_gradient_in_pieces_is_refused(kernels: Any) -> None:
    execution = KernelExecution(TorchNd4j("float32", CPU), kernels)
    with pytest.raises(ValueError, match="contiguous"), execution:
        execution.normalize("ClipL2PerLayer", 1.0, [Gradient(torch.ones(8)[::2])])
