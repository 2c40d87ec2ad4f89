"""Updates on the CPU by compiled loops, in the memory of the tensors.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.nd4j import has_exact_reciprocal
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.torch.execution import Target, single_operations
from dl4j_backends.torch.loops import loop
from dl4j_backends.torch.nd4j import TorchNd4j
from dl4j_backends.torch.scalars import Scalars


class LoopExecution(Execution):
    """Updates in one pass over a parameter, its state and its weights; single operations take a dozen. Same bits.

    One thread does it. Single operations do what the loops do not know: an array of one element, which ND4J takes for
    a number, one that is not contiguous, or a parameter without weights.
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
            return
        adds_l2, adds_l1 = after.l2 > 0, after.l1 > 0
        update = loop(call.updater.name, adds_l2 or adds_l1, self._target is Target.WEIGHTS)
        arrays = tuple([array.numpy() for array in call.state])
        scalars = Scalars(*np.array(Scalars.of(call)).astype(self.nd4j.dtype))
        multiplies = has_exact_reciprocal(after.divisor)
        update(call.gradient.numpy(), arrays, after.weights.numpy(), scalars, adds_l2, adds_l1, multiplies)


def fits(gradient: torch.Tensor, *others: torch.Tensor) -> bool:
    """Return whether a loop may go through these together (1-D each): it looks at no bounds."""
    length, dtype = gradient.numel(), gradient.dtype
    alike = [x.is_contiguous() and x.dtype == dtype and x.numel() == length for x in (gradient, *others)]
    return length > 1 and all(alike)
