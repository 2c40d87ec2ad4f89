"""Updates on the CPU by compiled loops, in the memory of the tensors.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import numpy as np
import numpy.typing as npt
import torch

from dl4j_backends.engine.layer import Layer
from dl4j_backends.engine.nd4j import has_exact_reciprocal
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.torch.execution import GroupingExecution, Target, Together, single_operations
from dl4j_backends.torch.loops import COLUMNS, loop
from dl4j_backends.torch.nd4j import TorchNd4j
from dl4j_backends.torch.scalars import Scalars

#: The elements of a row at most, and of all rows at least, if several threads are to go through them.
SHARE, WORTH_THREADS = 1 << 17, 1 << 19
#: LoopRows of :data:`COLUMNS`: 2-D.
LoopRows = npt.NDArray[np.int64]
#: Work on rows, and on the owner of their memory: a thread holds it until it has done its part, whatever ends the call.
Work = Callable[[LoopRows, object], None]


class LoopExecution(GroupingExecution):
    """Updates in one pass over a parameter, its state and its weights; single operations take a dozen. Same bits.

    As many threads as torch has do it. Single operations do what the loops do not know: an array of one element, which
    ND4J takes for a number, one that is not contiguous, or a parameter without weights.
    """

    nd4j: TorchNd4j

    def __init__(self, nd4j: TorchNd4j, target: Target = Target.GRADIENT) -> None:
        super().__init__(nd4j)
        self._target, self._single_operations = target, single_operations(nd4j, target)

    def normalize(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Gradient]
    ) -> Sequence[Gradient]:
        """Normalise all gradients of a layer with single operations."""
        return self._single_operations.normalize(strategy, threshold, gradients)

    def update(self, call: UpdaterCall) -> None:
        """Update one parameter."""
        after = call.post_apply
        if after.weights is None or not fits(call.gradient, *call.state, after.weights):
            self._single_operations.update(call)
        else:
            self.prepared(call)(rows_of(call), call)

    def together(
        self, layer: Layer, gradients: Mapping[str, torch.Tensor], iteration: int, batch_size: int
    ) -> LoopsTogether | None:
        """Return the parameters in groups whose numbers are the same; None if loops do not know all of them."""
        calls = {name: layer.call(name, g, iteration, batch_size) for name, g in gradients.items()}
        for call in calls.values():
            if call.post_apply.weights is None or not fits(call.gradient, *call.state, call.post_apply.weights):
                return None
        return LoopsTogether(self, layer, calls, batch_size)

    def prepared(self, call: UpdaterCall) -> Work:
        """Return what does a call's update on rows, by as many threads as torch has."""
        after = call.post_apply
        adds_l2, adds_l1 = after.l2 > 0, after.l1 > 0
        shows = len(call.state) > len(call.updater.state)
        update = loop(call.updater.name, adds_l2 or adds_l1, self._target is Target.WEIGHTS, shows)
        scalars = np.array(Scalars.of(call)).astype(self.nd4j.dtype)
        multiplies = has_exact_reciprocal(after.divisor)

        def work(rows: LoopRows, owner: object) -> None:
            update(rows, scalars, adds_l2, adds_l1, multiplies)

        return partial(_shared, work)


class LoopsTogether(Together):
    """The parameters of a layer whose steps differ in gradients and iteration alone, as rows of a few loops."""

    def __init__(
        self, execution: LoopExecution, layer: Layer, calls: Mapping[str, UpdaterCall], batch_size: int
    ) -> None:
        self._execution, self._layer, self._batch_size = execution, layer, batch_size
        self._lengths = [call.gradient.numel() for call in calls.values()]
        alike: dict[str, list[int]] = {}
        every = list(calls.values())
        self._dtype = every[0].gradient.dtype
        #: Where the gradients lie that the rows know.
        self._addresses: list[int] = []
        for index, call in enumerate(every):
            after = call.post_apply
            # Zeros have signs, which decide about bits.
            alike.setdefault(repr((call.numbers, after.l1, after.l2, after.divisor)), []).append(index)
        self._names, self._groups = list(calls), []
        for indices in alike.values():
            rows = [rows_of(every[index]) for index in indices]
            owners = np.repeat(indices, [len(some) for some in rows])
            starts = np.concatenate(
                [some[:, 1] - every[index].gradient.data_ptr() for some, index in zip(rows, indices, strict=True)]
            )
            self._groups.append((indices[0], np.concatenate(rows), owners, starts))
        #: What is done to a group whose numbers do not depend on the iteration.
        self._constant = {
            first: execution.prepared(every[first]) for first, *_ in self._groups if not every[first].updater.alpha
        }

    def takes(self, gradients: Sequence[torch.Tensor | None]) -> bool:
        """Return whether these gradients, one for each parameter, can be gone through."""
        for g, length in zip(gradients, self._lengths, strict=True):
            if g is None or g.layout is not torch.strided or g.dtype is not self._dtype:
                return False
            if g.numel() != length or not g.is_contiguous():
                return False
        return True

    def update(self, gradients: Sequence[torch.Tensor], iteration: int) -> None:
        """Do one iteration with gradients that it takes."""
        addresses = [g.data_ptr() for g in gradients]
        if addresses != self._addresses:
            self._addresses, new = addresses, np.array(addresses)
            for _, rows, owners, starts in self._groups:
                rows[:, 1] = new[owners] + starts
        for first, rows, *_ in self._groups:
            run = self._constant.get(first)
            if run is None:
                call = self._layer.call(self._names[first], gradients[first], iteration, self._batch_size)
                run = self._execution.prepared(call)
            run(rows, (self, gradients))


def rows_of(call: UpdaterCall) -> LoopRows:
    """Return the rows (2-D, int64) that a loop goes through: one for each share of the arrays."""
    gradient = call.gradient
    arrays = [gradient, call.post_apply.weights, *call.state]
    length, size = gradient.numel(), gradient.element_size()
    addresses = [array.data_ptr() for array in arrays] + [0] * (len(COLUMNS) - 1 - len(arrays))
    if length <= SHARE:
        return np.array([[length, *addresses]])
    starts = np.arange(0, length, SHARE)
    lengths = np.minimum(SHARE, length - starts)
    return np.column_stack([lengths, *(np.where(address, address + size * starts, 0) for address in addresses)])


def _shared(work: Work, rows: LoopRows, owner: object) -> None:
    """Do some work on rows, on as many threads as torch has where that is worth it."""
    threads = torch.get_num_threads()
    if threads == 1 or len(rows) == 1 or (total := int(rows[:, 0].sum())) < WORTH_THREADS:
        work(rows, owner)
        return
    own, *others = np.split(rows, np.searchsorted(np.cumsum(rows[:, 0]), np.arange(1, threads) * total / threads))
    elsewhere = [_pool(threads - 1).submit(work, some, owner) for some in others]
    work(own, owner)
    for future in elsewhere:
        future.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


if hasattr(os, "register_at_fork"):  # threads are not forked
    os.register_at_fork(after_in_child=_pool.cache_clear)


def fits(gradient: torch.Tensor, *others: torch.Tensor) -> bool:
    """Return whether a loop may go through these together (1-D each): it looks at no bounds."""
    length, dtype = gradient.numel(), gradient.dtype
    alike = [x.is_contiguous() and x.dtype == dtype and x.numel() == length for x in (gradient, *others)]
    return length > 1 and all(alike)
