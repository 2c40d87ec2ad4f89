"""Segments and groups of them as rows of the tables that kernels read, and tables on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from dl4j_backends.engine.nd4j import EPS_THRESHOLD
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import NONE, Updater
from dl4j_backends.torch import kernel_tables as table
from dl4j_backends.torch.execution import Target
from dl4j_backends.torch.scalars import Scalars


@dataclass
class Segment:
    """A parameter's gradient, and what is to be done to it. Without a call it is only normalised or clipped."""

    gradient: Gradient
    target: Target
    is_normalized: bool = False
    clip: float | None = None
    call: UpdaterCall | None = None

    @property
    def updater(self) -> Updater:
        """The updater whose formula it goes through."""
        return self.call.updater if self.call else NONE

    @property
    def flags(self) -> int:
        """The bits of ``kernel_tables`` for what is done besides the updater's formula."""
        flags = table.NORMALIZE * self.is_normalized | table.CLIP * (self.clip is not None)
        if self.call is None:
            return flags
        after = self.call.post_apply
        if after.weights is not None:
            flags |= table.ADD_L2 * (after.l2 > 0) | table.ADD_L1 * (after.l1 > 0)
        keeps = len(self.call.state) > len(self.updater.state)
        flags |= table.DIVIDE * (after.divisor != 1) | table.KEEP_UPDATE * keeps
        return flags | table.MOVE * (self.target is Target.WEIGHTS and after.weights is not None)

    @property
    def is_idle(self) -> bool:
        """True if nothing is to be done."""
        return self.updater is NONE and not self.flags

    def layout(self) -> list[int]:
        """Return its row of addresses and integers."""
        row = [0] * table.LAYOUT_COLUMNS
        array, offset = self.gradient
        row[table.GRADIENT], row[table.LENGTH], row[table.OFFSET] = array.data_ptr(), len(array), offset
        row[table.FLAGS] = self.flags
        if self.call:
            for column, state in zip(table.STATES[: len(self.call.state)], self.call.state, strict=True):
                row[column] = state.data_ptr()
            if self.call.post_apply.weights is not None:
                row[table.WEIGHTS] = self.call.post_apply.weights.data_ptr()
        return row

    def scalars(self) -> list[float]:
        """Return its row of doubles, as ND4J uses them with arrays."""
        row = [0.0] * table.SCALAR_COLUMNS
        if self.call:
            row[: len(Scalars._fields)] = Scalars.of(self.call)
        row[table.EPS_THRESHOLD] = EPS_THRESHOLD
        if self.clip is not None:
            row[table.UPPER], row[table.LOWER] = self.clip, -self.clip
        return row


@dataclass(frozen=True)
class Group:
    """Neighbouring segments whose norms decide together, by a strategy that has a number in ``kernel_tables``."""

    first: int
    end: int
    strategy: int
    threshold: float

    def row(self) -> list[int]:
        """Return its row of integers, which has all but the threshold."""
        row = [0] * table.GROUP_COLUMNS
        row[table.FIRST], row[table.END], row[table.STRATEGY] = self.first, self.end, self.strategy
        return row


def are_aligned(layout: npt.NDArray[np.int64]) -> list[bool]:
    """Return for each row of ``Segment.layout`` (1-D, bool) whether its arrays can be moved 16 bytes at a time.

    They begin at 16-byte boundaries then, and have a multiple of four elements. ``layout`` is 2-D, of int64.
    """
    arrays = [table.GRADIENT, table.WEIGHTS, *table.STATES]
    aligned: list[bool] = (~(layout[:, arrays] % 16).any(axis=1) & (layout[:, table.LENGTH] % 4 == 0)).tolist()
    return aligned


def tiles(lengths: Mapping[int, int], size: int) -> npt.NDArray[np.int64]:
    """Cut segments (by index, with their lengths) into tiles of ``size`` elements.

    Returns a table of shape (tiles, 2), of dtype int64: the rows of segment and first element.
    """
    begins = {index: np.arange(0, length, size) for index, length in lengths.items()}
    rows = [np.stack([np.full_like(begin, index), begin], axis=1) for index, begin in begins.items()]
    return np.concatenate([np.empty((0, 2), "int64"), *rows])


class Table:
    """A copy of a host's array on a device: in the same memory as long as its shape stays."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._content = b""
        self._tensor = torch.empty(0)

    def holding(self, values: npt.NDArray[Any]) -> torch.Tensor:
        """Return the tensor (2-D, of the table's dtype) of these values, which travel if they are new, unawaited."""
        if (content := values.tobytes()) != self._content or self._tensor.shape != values.shape:
            source = torch.from_numpy(values)
            if self._device.type == "cuda":
                source = source.pin_memory()
            if self._tensor.shape == source.shape:
                self._tensor.copy_(source, non_blocking=True)
            else:
                self._tensor = source.to(self._device, non_blocking=True, copy=True)
            self._content = content
        return self._tensor
