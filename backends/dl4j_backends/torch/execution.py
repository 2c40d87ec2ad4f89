"""Executions of updates on tensors: the target of an update, single operations, and what a CUDA graph can capture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Protocol, assert_never

import torch

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.layer import Layer
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.engine.updater_call import UpdaterCall


class Target(Enum):
    """The array that an update changes."""

    #: The gradient becomes the update, as in DL4J.
    GRADIENT = auto()
    #: The weights are moved by the update in the same pass (``NegativeGradientStepFunction``); the gradient stays.
    WEIGHTS = auto()


class MovingExecution(Execution):
    """Single operations that move the weights by the update. Gradients stay as they are."""

    def __init__(self, nd4j: Nd4j) -> None:
        super().__init__(nd4j)
        self._spare = nd4j.empty(0)

    def normalize(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Gradient]
    ) -> Sequence[Gradient]:
        """Return normalised copies of a layer's gradients; the gradients themselves where there is nothing to do."""
        if strategy == "None":
            return gradients
        return super().normalize(strategy, threshold, [Gradient(self.nd4j.copy(g), offset) for g, offset in gradients])

    def update(self, call: UpdaterCall) -> None:
        """Move one parameter. Raises ``ValueError`` for a call without weights."""
        if (weights := call.post_apply.weights) is None:
            raise ValueError("there are no weights to be moved")
        for block in self.nd4j.blocks(len(call.gradient)):
            update = self._update(block.stop - block.start)
            call.write(update, block, self.nd4j)
            self.nd4j.xp.subtract(weights[block], update, out=weights[block])

    def _update(self, length: int) -> Array:
        """Return a spare tensor, as long as the longest block so far: no steady step allocates."""
        if length > len(self._spare):
            self._spare = self.nd4j.empty(length)
        return self._spare[:length]


class CapturableExecution(Execution):
    """Updates gathered in a ``with`` block and run at its end: first the host's part, then the device's.

    A CUDA graph that has captured :meth:`launch` can be replayed after each :meth:`send`, as long as launches stay
    alike.
    """

    @abstractmethod
    def send(self) -> bool:
        """Bring to the device what launches need to know. Returns whether they are like those sent before."""

    @abstractmethod
    def launch(self) -> None:
        """Run what was sent last."""

    def __exit__(self, *failure: object) -> None:
        """Run whatever was given, whether or not the block failed."""
        self.send()
        self.launch()


class Together(Protocol):
    """Parameters of a layer that are updated together, as long as only gradients and the iteration are new."""

    def takes(self, gradients: Sequence[torch.Tensor | None]) -> bool:
        """Return whether it knows such gradients (one for each parameter, of any shape and dtype; None: missing)."""

    def update(self, gradients: Sequence[torch.Tensor], iteration: int) -> None:
        """Do one iteration with gradients that it takes (of the parameters' lengths and type, contiguous)."""


class GroupingExecution(Execution):
    """Updates that can take the parameters of a layer together, which costs the host less than one by one."""

    @abstractmethod
    def together(
        self, layer: Layer, gradients: Mapping[str, torch.Tensor], iteration: int, batch_size: int
    ) -> Together | None:
        """Return the parameters of a steady layer, or None if some have to be updated by themselves.

        ``gradients`` (1-D, of the network's dtype) are those of an iteration that was done.
        """


def single_operations(nd4j: Nd4j, target: Target) -> Execution:
    """Return what runs updates with single operations."""
    match target:
        case Target.GRADIENT:
            return Execution(nd4j)
        case Target.WEIGHTS:
            return MovingExecution(nd4j)
        case _:
            assert_never(target)
