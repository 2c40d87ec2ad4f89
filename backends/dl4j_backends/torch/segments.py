"""What the kernels are told: segments and groups of them as rows of tables, and tables on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from dl4j_backends.numpy.formulae import Step
from dl4j_backends.numpy.nd4j import EPS_THRESHOLD
from dl4j_backends.numpy.normalization import Gradient
from dl4j_backends.torch import columns
from dl4j_backends.torch.scalars import Scalars


@dataclass
class Segment:
    """A parameter's gradient, and what is to be done to it. Without a step it is only normalised or clipped."""

    gradient: Gradient
    is_normalized: bool = False
    clip: float | None = None
    step: Step | None = None

    @property
    def updater(self) -> str:
        """Whose formula it goes through."""
        return self.step.updater if self.step else "NONE"

    @property
    def flags(self) -> int:
        """What is done besides the updater's formula, in the bits of ``columns``."""
        flags = columns.NORMALIZE * self.is_normalized | columns.CLIP * (self.clip is not None)
        if self.step is None:
            return flags
        after = self.step.post_apply
        if after.weights is not None:
            flags |= columns.ADD_L2 * (after.l2 > 0) | columns.ADD_L1 * (after.l1 > 0)
        keeps = self.updater == "NESTEROVS" and len(self.step.state) == 2
        flags |= columns.DIVIDE * (after.divisor != 1) | columns.KEEP_UPDATE * keeps
        return flags | columns.MOVE * (after.moves and after.weights is not None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be done."""
        return self.updater == "NONE" and not self.flags

    def layout(self) -> list[int]:
        """Its row of addresses and integers."""
        row = [0] * columns.LAYOUT_COLUMNS
        array, offset = self.gradient
        row[columns.GRADIENT], row[columns.LENGTH], row[columns.OFFSET] = array.data_ptr(), len(array), offset
        row[columns.FLAGS] = self.flags
        if self.step:
            for column, state in zip((columns.STATE, columns.SECOND_STATE), self.step.state, strict=False):
                row[column] = state.data_ptr()
            if self.step.post_apply.weights is not None:
                row[columns.WEIGHTS] = self.step.post_apply.weights.data_ptr()
        return row

    def scalars(self) -> list[float]:
        """Its row of doubles, as ND4J uses them with arrays."""
        row = [0.0] * columns.SCALAR_COLUMNS
        if self.step:
            row[: len(Scalars._fields)] = Scalars.of(self.step)
        row[columns.EPS_THRESHOLD] = EPS_THRESHOLD
        if self.clip is not None:
            row[columns.UPPER], row[columns.LOWER] = self.clip, -self.clip
        return row


@dataclass(frozen=True)
class Group:
    """Neighbouring segments whose norms decide together, by a strategy that has a number in ``columns``."""

    first: int
    end: int
    strategy: int
    threshold: float

    def row(self) -> list[int]:
        """All but the threshold."""
        row = [0] * columns.GROUP_COLUMNS
        row[columns.FIRST], row[columns.END], row[columns.STRATEGY] = self.first, self.end, self.strategy
        return row


def are_aligned(layout: npt.NDArray[np.int64]) -> list[bool]:
    """Of each row, whether its arrays begin at 16-byte boundaries, and have a multiple of four elements."""
    arrays = [columns.GRADIENT, columns.WEIGHTS, columns.STATE, columns.SECOND_STATE]
    aligned: list[bool] = (~(layout[:, arrays] % 16).any(axis=1) & (layout[:, columns.LENGTH] % 4 == 0)).tolist()
    return aligned


def tiles(lengths: Mapping[int, int], size: int) -> npt.NDArray[np.int64]:
    """Segments (by index, with their lengths) in tiles of ``size`` elements: rows of segment and first element."""
    begins = {index: np.arange(0, length, size) for index, length in lengths.items()}
    rows = [np.stack([np.full_like(begin, index), begin], axis=1) for index, begin in begins.items()]
    return np.concatenate([np.empty((0, 2), "int64"), *rows])


class Table:
    """An array of the host on a device: in the same memory as long as its size stays."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._content = b""
        self._tensor = torch.empty(0)

    def holding(self, values: npt.NDArray[Any]) -> torch.Tensor:
        """The tensor with these values. They travel if they are new, and nobody waits for them."""
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
