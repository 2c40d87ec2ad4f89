"""ND4J's operations on tensors, in plain torch: what runs wherever nothing is compiled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from dl4j_backends.engine.nd4j import EPS_THRESHOLD, Array, Nd4j
from dl4j_backends.interface import Floats
from dl4j_backends.numpy.nd4j import NumpyNd4j


class TorchNd4j(Nd4j):
    """The operations on 1-D tensors of one type and device, with NumPy's bits.

    Only single operations are used: ``add`` with ``alpha``, ``lerp`` or ``addcmul`` may round once where DL4J rounds
    twice. Square roots and norms on the CPU are NumPy's, in the tensors' memory: torch takes square roots from a
    library that does not round them correctly, and has no sum from front to back.
    """

    xp: Any = torch
    #: A call of torch takes longer to begin than one of NumPy: longer blocks, which a large second-level cache holds.
    block_bytes = 1 << 20

    def __init__(self, dtype: str, device: torch.device) -> None:
        self.device, self._torch_dtype = device, getattr(torch, dtype)
        self._on_host = NumpyNd4j(dtype)
        self._scalar = lru_cache(maxsize=64)(self._new_scalar)
        super().__init__(dtype)

    def given(self, x: Floats) -> torch.Tensor:
        """Return a caller's array as a tensor; on the CPU in the same memory."""
        return torch.from_numpy(x if x.flags.writeable else x.copy()).to(self.device)

    def shown(self, x: Array) -> Floats:
        """Return a tensor as an array; on the CPU in the same memory."""
        return x.cpu().numpy()  # type: ignore[no-any-return]

    def empty(self, length: int) -> torch.Tensor:
        """Return a 1-D tensor of the dtype, of any content."""
        return torch.empty(length, dtype=self._torch_dtype, device=self.device)

    def booleans(self, length: int) -> torch.Tensor:
        """Return a 1-D tensor of booleans of any value."""
        return torch.empty(length, dtype=torch.bool, device=self.device)

    def copy(self, x: Array) -> Array:
        """Return ``x.dup()``."""
        return x.clone()

    def scalar(self, x: float) -> torch.Tensor:
        """Return a Java double as ND4J uses it with arrays. The cache's key has the sign too, which zeros have."""
        return self._scalar(EPS_THRESHOLD if math.isnan(x) else x, math.copysign(1.0, x))

    def exact_scalar(self, x: float) -> torch.Tensor:
        """Return a double rounded to the dtype, with no rule for NaN."""
        return self._scalar(x, math.copysign(1.0, x))

    def joined(self, arrays: Sequence[Array]) -> Array:
        """Return 1-D tensors as one, one after the other."""
        return torch.cat(list(arrays))

    def _new_scalar(self, x: float, _: float) -> torch.Tensor:
        return torch.tensor(x, dtype=self._torch_dtype, device=self.device)

    def operand(self, y: Array) -> torch.Tensor:
        """Return an array as the right side of an operation; the host need not know its element."""
        return torch.where(torch.isnan(y), self.scalar(math.nan), y) if len(y) == 1 else y

    def root(self, x: Array, out: Array) -> Array:
        """Write ``sqrt(x)`` into ``out``."""
        if x.is_cuda:
            return torch.sqrt(x, out=out)
        np.sqrt(x.numpy(), out=out.numpy())
        return out

    def sign(self, x: Array, out: Array) -> Array:
        """Write ``sign(x)`` into ``out``: 0 for NaN, as torch has it too."""
        return torch.sign(x, out=out)

    def clip(self, x: Array, threshold: float) -> None:
        """Do ``BooleanIndexing`` twice: under a negative threshold the second pass undoes the first."""
        upper, lower = (self._new_scalar(bound, 1.0) for bound in (threshold, -threshold))
        x.masked_fill_(torch.gt(x, upper, out=self.mask(x)), upper)
        x.masked_fill_(torch.lt(x, lower, out=self.mask(x)), lower)

    def norm2(self, x: Array, offset: int = 0) -> float:
        """Return the ``Norm2`` reduction with one thread, as a double."""
        return self._on_host.norm2(self.shown(x), offset)
