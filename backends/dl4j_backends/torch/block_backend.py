"""The backend ``torch`` of DL4J 0.9.1 and 1.0.0-M2.1: their operations on tensors, each rounded by itself."""

from __future__ import annotations

import torch

from dl4j_backends.block_interface import BlockNetwork
from dl4j_backends.blocks.operations import BlockNd4j, NativeOperations, SequentialNorms, Sides
from dl4j_backends.blocks.session import PipelineSession
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.torch.backend import check_device
from dl4j_backends.torch.nd4j import TorchNd4j


class TorchBlockBackend:
    """The backend on one device: float32 and float64, with single operations of torch.

    Raises :class:`dl4j_backends.interface.BackendUnavailableError` if there is no such device.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.name = f"torch:device={device}"
        self.device = torch.device(device)
        check_device(self.device)

    def open(self, network: BlockNetwork) -> PipelineSession:
        """Return a session; raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does."""
        return PipelineSession(network, torch_sides(network.version, network.dtype, self.device))


class TorchBlockNd4j(TorchNd4j, BlockNd4j):
    """The operations of 0.9.1 on tensors of one type and device, with NumPy's bits."""

    def __init__(self, dtype: str, device: torch.device) -> None:
        super().__init__(dtype, device)
        if device.type == "cuda":
            # An operation takes long to begin there: shorter blocks would not be worth it.
            self.block_bytes = 1 << 26

    def keep_larger(self, x: Array, y: Array) -> None:
        """Write ``y`` into ``x`` (both 1-D, of the dtype) where ``x > y`` does not hold."""
        torch.where(torch.gt(x, y, out=self.mask(x)), x, y, out=x)

    def add_in_double(self, x: Array, y: float) -> None:
        """Add a double to ``x``, in double."""
        x.copy_(x.double() + y)


class _TorchSequentialNorms(SequentialNorms, TorchBlockNd4j):
    """The Java side of 1.0.0-M2.1."""


class _TorchNativeOperations(NativeOperations, TorchBlockNd4j):
    """The native side of 1.0.0-M2.1."""


def torch_sides(version: str, dtype: str, device: torch.device) -> Sides:
    """Return the operations of a version on tensors of ``dtype`` on ``device``."""
    if version == "0.9.1":
        both = TorchBlockNd4j(dtype, device)
        return Sides(both, both)
    return Sides(_TorchSequentialNorms(dtype, device), _TorchNativeOperations(dtype, device))
