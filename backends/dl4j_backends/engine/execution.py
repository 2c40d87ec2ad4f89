"""The execution of a layer's normalisation and updates."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_backends.engine import normalization
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.settings import GradientNormalization, LayerSettings
from dl4j_backends.engine.updater_call import UpdaterCall


class Execution:
    """The execution of normalisation and updates with single operations, in place on the gradients.

    It runs what it is given at once. A subclass may wait until the ``with`` block ends in which it was given something.
    """

    def __init__(self, nd4j: Nd4j) -> None:
        self.nd4j = nd4j

    def normalize(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Gradient]
    ) -> Sequence[Gradient]:
        """Normalise all gradients of a layer (``LayerUpdater.preApply``). Returns what the updates begin with."""
        normalization.normalize(strategy, threshold, gradients, self.nd4j)
        return gradients

    def updater(
        self, parameter: ParameterSettings, settings: LayerSettings, state: tuple[Array, ...]
    ) -> ParameterUpdater:
        """Return the updater of one parameter, on its ``state`` (views of the flat state, 1-D, of the dtype)."""
        rate, momentum = parameter.learning_rate, settings.momentum
        return ParameterUpdater(self.nd4j, parameter.updater, settings, state, rate, momentum)

    def update(self, call: UpdaterCall) -> None:
        """Update one parameter."""
        call.run(self.nd4j)

    def __enter__(self) -> None:
        """Begin a block."""

    def __exit__(self, *failure: object) -> None:
        """Finish what was given in the block, whether or not it failed."""
