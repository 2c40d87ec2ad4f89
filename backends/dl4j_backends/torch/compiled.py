"""Steps on the CPU by compiled loops, in the memory of the tensors."""

from __future__ import annotations

import numpy as np
import torch

from dl4j_backends.numpy.execution import Execution
from dl4j_backends.numpy.formulae import Step
from dl4j_backends.numpy.nd4j import has_exact_reciprocal
from dl4j_backends.torch.loops import loop
from dl4j_backends.torch.nd4j import TorchNd4j
from dl4j_backends.torch.scalars import Scalars


class CompiledExecution(Execution):
    """One pass over a parameter, its state and its weights, where single operations take a dozen: the same bits.

    One thread does it. Single operations do what the loops do not know: an array of one element, which ND4J takes for
    a number, one that is not contiguous, or a parameter without weights.
    """

    nd4j: TorchNd4j

    def update(self, step: Step) -> None:
        """``getGradient`` and ``postApply``, for one parameter."""
        after = step.post_apply
        if after.weights is None or not fits(step.gradient, *step.state, after.weights):
            super().update(step)
            return
        adds_l2, adds_l1 = after.l2 > 0, after.l1 > 0
        update = loop(step.updater, adds_l2 or adds_l1, after.moves)
        arrays = tuple([array.numpy() for array in step.state])
        scalars = Scalars(*np.array(Scalars.of(step)).astype(self.nd4j.dtype))
        multiplies = has_exact_reciprocal(after.divisor)
        update(step.gradient.numpy(), arrays, after.weights.numpy(), scalars, adds_l2, adds_l1, multiplies)


def fits(gradient: torch.Tensor, *others: torch.Tensor) -> bool:
    """Whether a loop may go through these together: it looks at no bounds."""
    length, dtype = gradient.numel(), gradient.dtype
    alike = [x.is_contiguous() and x.dtype == dtype and x.numel() == length for x in (gradient, *others)]
    return length > 1 and all(alike)
