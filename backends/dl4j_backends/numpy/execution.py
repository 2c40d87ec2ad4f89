"""How a layer's normalisation and steps are run: here at once, on the processor; a device may gather them first."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_backends.numpy import formulae, normalization
from dl4j_backends.numpy.formulae import Step
from dl4j_backends.numpy.nd4j import Nd4j
from dl4j_backends.numpy.normalization import Gradient


class Execution:
    """Runs what it is given when it is given it.

    One that ``gathers`` waits for the end of the block. It normalises on the way to the update: where that moves
    weights, gradients stay as they are. Here normalisation is in place.
    """

    gathers = False

    def __init__(self, nd4j: Nd4j) -> None:
        self.nd4j = nd4j

    def normalize(self, strategy: str, threshold: float, gradients: Sequence[Gradient]) -> None:
        """``LayerUpdater.preApply``, for all gradients of a layer."""
        normalization.normalize(strategy, threshold, gradients, self.nd4j)

    def update(self, step: Step) -> None:
        """``getGradient`` and ``postApply``, for one parameter; its gradient has been normalised."""
        formulae.run(step, self.nd4j)

    def __enter__(self) -> None:
        """What is given from here on may wait for the end of the block."""

    def __exit__(self, *failure: object) -> None:
        """Whatever was given is done, whether or not the block failed."""
