"""The backend ``torch``: the choice of a device, and of what runs updates on it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import torch

from dl4j_backends import workload
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, SET_PARAMS, BackendUnavailableError, Network
from dl4j_backends.torch.execution import Target, single_operations
from dl4j_backends.torch.nd4j import TorchNd4j
from dl4j_backends.workload import LocalWorkload


class TorchBackend:
    """The backend on one device: float32 and float64, every capability.

    Updates are run by what :func:`execution_on` returns. Raises :class:`BackendUnavailableError` if there is no such
    device.
    """

    capabilities = ALL_CAPABILITIES | {SET_PARAMS}

    def __init__(self, device: str = "cpu") -> None:
        self.name = f"torch:device={device}"
        self.device = torch.device(device)
        check_device(self.device)

    def open(self, network: Network) -> EngineSession:
        """Return a session; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return EngineSession(network, self.execution)

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        """Return a workload for `bench`: one update on ``size`` elements, until the device has done it."""
        session = self.open(workload.network(updater, size, dtype))
        fresh = torch.from_numpy(workload.gradient(size, dtype)).to(self.device)
        given = {workload.KEY: fresh.clone()}

        return workload.on_device(
            torch,
            self.device,
            restore=lambda: given[workload.KEY].copy_(fresh),
            update=lambda: session.step(given, workload.ITERATION, workload.BATCH_SIZE),
        )

    def execution(self, dtype: str) -> Execution:
        """Return what runs updates on tensors of ``dtype``."""
        return execution_on(self.device, dtype)


class InterpretedBackend(TorchBackend):
    """The backend on Triton's kernels in Triton's interpreter, on the CPU: for checking them without a GPU.

    Raises :class:`BackendUnavailableError` where there is no Triton.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name = "torch:kernels=interpreted"
        if not has_triton():
            raise BackendUnavailableError("Triton is not installed: it comes with torch's packages for Linux")
        from dl4j_backends.torch.launches import interpreted

        self._kernels = interpreted()

    def execution(self, dtype: str) -> Execution:
        """Return what runs updates on tensors of ``dtype``."""
        from dl4j_backends.torch.launches import KernelExecution

        return KernelExecution(TorchNd4j(dtype, self.device), self._kernels)


def execution_on(device: torch.device, dtype: str, target: Target = Target.GRADIENT) -> Execution:
    """Return what runs updates on tensors of ``device`` and ``dtype``, and changes ``target`` by them.

    That is Triton's kernels on CUDA and Numba's loops on the CPU where these libraries are, else single operations.
    """
    nd4j = TorchNd4j(dtype, device)
    if device.type == "cuda" and has_triton():
        from dl4j_backends.torch.launches import KernelExecution

        return KernelExecution(nd4j, target=target)
    if device.type == "cpu" and has_numba():
        from dl4j_backends.torch.compiled_loops import LoopExecution

        return LoopExecution(nd4j, target)
    return single_operations(nd4j, target)


def has_numba() -> bool:
    """Return whether Numba can be imported; it refuses a NumPy that it does not know."""
    try:
        import_module("numba")
    except ImportError:
        return False
    return True


def has_triton() -> bool:
    """Return whether Triton can be imported."""
    return find_spec("triton") is not None


def check_device(device: torch.device) -> None:
    """Raise :class:`BackendUnavailableError` unless there is such a device."""
    if device.type != "cuda":
        return
    if not torch.cuda.is_available():
        built = "" if torch.version.cuda else ": this torch was built without CUDA"
        raise BackendUnavailableError(f"torch finds no CUDA device{built}; the CPU is `torch`")
    if device.index is not None and device.index >= (count := torch.cuda.device_count()):
        raise BackendUnavailableError(f"there is no {device}: torch finds {count} CUDA device{'s' * (count != 1)}")
