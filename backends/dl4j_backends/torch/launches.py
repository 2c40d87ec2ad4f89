"""Updates run by Triton's kernels: gathered while a network is updated, then launched together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, NamedTuple, assert_never

import numpy as np
import numpy.typing as npt
import torch
import triton

from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import Updater
from dl4j_backends.torch import kernel_tables, kernels
from dl4j_backends.torch.execution import CapturableExecution, Target
from dl4j_backends.torch.nd4j import TorchNd4j
from dl4j_backends.torch.segments import Group, Segment, Table, are_aligned, tiles

#: Elements that one program of four warps updates: with more, registers leave room for few warps (``cost_model``).
TILE = 512

#: Elements of a norm that are on their way at a time.
UNROLL = 16

#: Two roundings where DL4J has two: the compiler must not join a product and a sum.
ROUNDED = {"enable_fp_fusion": False}


def interpreted() -> ModuleType:
    """Return the kernels for Triton's interpreter, which computes on the CPU: the same text, imported once more."""
    loader = SourceFileLoader(kernels.__name__, kernels.__file__)
    module = ModuleType(loader.name)
    with triton.knobs.runtime.scope():
        triton.knobs.runtime.interpret = True
        loader.exec_module(module)
    return module


@dataclass(frozen=True, eq=False)
class Launch:
    """A kernel and how it is called: with tables, which are read when it runs, and constants."""

    kernel: Any
    programs: int
    tables: tuple[torch.Tensor, ...]
    constants: tuple[Any, ...] = ()
    warps: int = 4

    def __call__(self) -> None:
        """Launch it."""
        self.kernel[(self.programs,)](*self.tables, *self.constants, num_warps=self.warps, **ROUNDED)

    def is_like(self, other: Launch) -> bool:
        """Return whether it is the same launch, of the same tables: what stands in them may be new."""
        same = (self.kernel, self.programs, self.constants) == (other.kernel, other.programs, other.constants)
        return same and all(x is y for x, y in zip(self.tables, other.tables, strict=True))


class Kind(NamedTuple):
    """The properties that segments share which are updated by one launch."""

    updater: Updater
    is_aligned: bool


class KernelExecution(CapturableExecution):
    """Updates by one kernel for each updater, launched at the end of the ``with`` block in which they were given.

    Arrays that are not aligned take another launch, since wide loads and stores cannot begin anywhere.
    Norms take two small kernels. They have libnd4j's order, front to back by one thread each: DL4J's bits are
    worth more here than speed. When the same tensors come again, only scalars that have changed travel to the device;
    nothing is read back, so the host never waits for it. Gradients are normalised on the way to the update.
    """

    nd4j: TorchNd4j

    def __init__(self, nd4j: TorchNd4j, module: ModuleType = kernels, target: Target = Target.GRADIENT) -> None:
        super().__init__(nd4j)
        self._target = target
        self._launches: tuple[Launch, ...] = ()
        self._kernels = module
        self._segments: dict[int, Segment] = {}
        self._groups: list[Group] = []
        self._tables: dict[str | Kind, Table] = {}
        self._shape: list[tuple[Kind, int]] = []
        self._tiles: dict[Kind, torch.Tensor] = {}

    def normalize(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Gradient]
    ) -> Sequence[Gradient]:
        """Gather the normalisation of a layer's gradients (``LayerUpdater.preApply``)."""
        if strategy == "None":
            return gradients
        first = len(self._segments)
        segments = [self._segment(gradient) for gradient in gradients]
        end = len(self._segments)
        whole, single = [(first, end)], [(i, i + 1) for i in range(first, end)]
        match strategy:
            case "ClipElementWiseAbsoluteValue":
                for segment in segments:
                    segment.clip = threshold
            case "RenormalizeL2PerLayer":
                self._normalize_by_norms(segments, whole, kernel_tables.RENORMALIZE_LAYER, threshold)
            case "RenormalizeL2PerParamType":
                self._normalize_by_norms(segments, single, kernel_tables.RENORMALIZE_PARAMETER, threshold)
            case "ClipL2PerLayer":
                self._normalize_by_norms(segments, whole, kernel_tables.CLIP_LAYER, threshold)
            case "ClipL2PerParamType":
                self._normalize_by_norms(segments, single, kernel_tables.CLIP_PARAMETER, threshold)
            case _:
                assert_never(strategy)
        return gradients

    def _normalize_by_norms(
        self, segments: Sequence[Segment], groups: Sequence[tuple[int, int]], strategy: int, threshold: float
    ) -> None:
        for segment in segments:
            segment.is_normalized = True
        self._groups += [Group(first, end, strategy, threshold) for first, end in groups]

    def update(self, call: UpdaterCall) -> None:
        """Gather the update of one parameter."""
        self._segment(Gradient(call.gradient)).call = call

    def _segment(self, gradient: Gradient) -> Segment:
        if not gradient.array.is_contiguous():
            raise ValueError(
                "a gradient must be contiguous in memory: pass a flat tensor or a view of consecutive elements"
            )
        return self._segments.setdefault(gradient.array.data_ptr(), Segment(gradient, self._target))

    def send(self) -> bool:
        """Bring to the device what the kernels need to know. Returns whether launches are like those sent before."""
        segments, groups, before = list(self._segments.values()), self._groups, self._launches
        self._segments, self._groups, self._launches = {}, [], ()
        if segments:
            with self._on_device():
                self._launches = tuple(self._sent(segments, groups))
        return len(before) == len(self._launches) and all(map(Launch.is_like, before, self._launches))

    def launch(self) -> None:
        """Launch what was sent last."""
        with self._on_device():
            for launch in self._launches:
                launch()

    def _sent(self, segments: Sequence[Segment], groups: Sequence[Group]) -> Iterator[Launch]:
        rows = np.array([segment.layout() for segment in segments], "int64")
        layout = self._table("layout", rows)
        scalars = self._table("scalars", self._rounded([segment.scalars() for segment in segments]))
        factors = scalars
        if groups:
            norms = self._table("norms", np.zeros(len(segments)))
            factors = self._table("factors", np.ones((len(segments), 2), self.nd4j.dtype))
            members = self._table("groups", np.array([group.row() for group in groups], "int64"))
            thresholds = self._table("thresholds", np.array([group.threshold for group in groups]))
            yield Launch(self._kernels.norms, len(segments), (layout, scalars, norms), (UNROLL,), warps=1)
            tables = (layout, scalars, members, thresholds, norms, factors)
            yield Launch(self._kernels.normalizers, len(groups), tables, warps=1)
        for kind, parts in self._tiled(segments, are_aligned(rows)).items():
            constants = (kind.updater.name, len(kind.updater.state), TILE, kind.is_aligned)
            yield Launch(self._kernels.update, len(parts), (layout, scalars, factors, parts), constants)

    def _tiled(self, segments: Sequence[Segment], aligned: Sequence[bool]) -> dict[Kind, torch.Tensor]:
        """Return for each kind of segments their tiles. Steps come alike, so the last answer is kept."""
        shape = [
            (Kind(segment.updater, is_aligned), 0 if segment.is_idle else len(segment.gradient.array))
            for segment, is_aligned in zip(segments, aligned, strict=True)
        ]
        if shape != self._shape:
            lengths: dict[Kind, dict[int, int]] = {}
            for index, (kind, length) in enumerate(shape):
                if length:
                    lengths.setdefault(kind, {})[index] = length
            self._shape = shape
            self._tiles = {kind: self._table(kind, tiles(of, TILE)) for kind, of in lengths.items()}
        return self._tiles

    def _table(self, name: str | Kind, rows: npt.NDArray[Any]) -> torch.Tensor:
        if name not in self._tables:
            self._tables[name] = Table(self.nd4j.device)
        return self._tables[name].holding(rows)

    def _rounded(self, rows: Sequence[Any]) -> npt.NDArray[Any]:
        """Return doubles (2-D), each rounded once to the arrays' type."""
        with np.errstate(over="ignore"):
            return np.array(rows, "float64").astype(self.nd4j.dtype)

    def _on_device(self) -> AbstractContextManager[Any]:
        device = self.nd4j.device
        return torch.cuda.device(device) if device.type == "cuda" else nullcontext()
