"""Mistakes of the stages: regularization and the division by the minibatch, their order and their formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.settings import LayerSettings
from dl4j_backends.interface import Network
from mutants.held_out.mistake import GRADIENT, Mistakes, mistake
from mutants.held_out.parts import Gradients, Penalties, Pipeline, Settings


class Undivided(Penalties):
    def divide(self, update: Array, x: Nd4j) -> None:
        """Leave the update as it is."""


class MeanGradient(Pipeline):
    """The loss is a mean: gradients are divided before anything else."""

    def prepare(self, gradients: Gradients, batch_size: int) -> None:
        x = self._execution.nd4j
        for g, _ in gradients.values():
            if self._net.mini_batch and batch_size != 1:
                x.divide(g, batch_size)
        super().prepare(gradients, batch_size)


class DividedBeforeUpdater(Penalties):
    def before(self, g: Array, x: Nd4j) -> None:
        super().divide(g, x)
        super().before(g, x)

    def divide(self, update: Array, x: Nd4j) -> None:
        """Leave the update as it is."""


class BeforeUpdater(Penalties):
    """torch's ``weight_decay``, and DL4J 1.0: a part of the gradient that the updater sees."""

    def before(self, g: Array, x: Nd4j) -> None:
        super().before(g, x)
        self.penalize(g, slice(None), x)

    def after(self, update: Array, block: slice, x: Nd4j) -> None:
        """Leave the update as it is."""


class NotAfter(Penalties):
    def after(self, update: Array, block: slice, x: Nd4j) -> None:
        """Leave the update as it is."""


class InLoss(Pipeline):
    """Keras' regularizers are terms of the loss: clipping sees their gradients too."""

    def prepare(self, gradients: Gradients, batch_size: int) -> None:
        super().prepare(gradients, batch_size)
        for name, (g, _) in gradients.items():
            if name in self._parameters:
                self._post_apply(name, batch_size).penalize(g, slice(None), self._execution.nd4j)


class AfterDivision(Penalties):
    def apply(self, update: Array, block: slice, nd4j: Nd4j) -> None:
        self.divide(update, nd4j)
        self.after(update, block, nd4j)


class DecayTimesRate(Penalties):
    """AdamW: the decay is scaled by the learning rate, and not by the updater."""

    def decay(self, weights: Array, x: Nd4j) -> Array:
        return super().decay(weights, x) * x.scalar(self.rate)


class DecayTwice(Penalties):
    """Keras' ``l2(c)`` adds ``c * sum(w ** 2)``, whose gradient is ``2 * c * w``."""

    def decay(self, weights: Array, x: Nd4j) -> Array:
        return super().decay(weights, x) * x.scalar(2.0)


class DecayOfSquares(Penalties):
    """The term of the loss is added, not its gradient."""

    def decay(self, weights: Array, x: Nd4j) -> Array:
        return super().decay(weights * weights, x)


class LassoByMagnitude(Penalties):
    def lasso(self, weights: Array, x: Nd4j) -> Array:
        return weights / np.abs(weights) * x.scalar(self.l1)


class LassoOfMagnitude(Penalties):
    def lasso(self, weights: Array, x: Nd4j) -> Array:
        return np.abs(weights) * x.scalar(self.l1)


class LassoSubtracted(Penalties):
    def lasso(self, weights: Array, x: Nd4j) -> Array:
        return -super().lasso(weights, x)


class EitherPenalty(Penalties):
    """An ``elif`` between L2 and L1."""

    def penalize(self, update: Array, block: slice, x: Nd4j) -> None:
        (replace(self, l1=0.0) if self.l2 > 0 else self)._add(update, block, x)

    def _add(self, update: Array, block: slice, x: Nd4j) -> None:
        super().penalize(update, block, x)


class AlikePenalties(Settings):
    def layer(self, layer: LayerSettings) -> LayerSettings:
        first = {p.name.endswith("b"): p for p in reversed(layer.parameters)}.get(False)
        if first is None:
            return super().layer(layer)
        alike = (replace(p, l1=first.l1, l2=first.l2) if p.name.endswith("b") else p for p in layer.parameters)
        return super().layer(replace(layer, parameters=tuple(alike)))


class SparedBiases(Settings):
    def layer(self, layer: LayerSettings) -> LayerSettings:
        spared = (replace(p, l1=0.0, l2=0.0) if p.name.endswith("b") else p for p in layer.parameters)
        return super().layer(replace(layer, parameters=tuple(spared)))


class AlwaysRegularized(Settings):
    def network(self, network: Network) -> Network:
        return super().network(replace(network, conf={**network.conf, "use_regularization": True}))


class AlwaysDivided(Settings):
    def network(self, network: Network) -> Network:
        return super().network(replace(network, conf={**network.conf, "mini_batch": True}))


STAGES: Mistakes = {
    "division_first": mistake(
        "Gradients are divided by the batch before everything else, as those of a mean loss.",
        MeanGradient,
        Undivided,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="division-sgd-float32",
    ),
    "division_before_updater": mistake(
        "The division by the batch comes between normalization and updater.",
        DividedBeforeUpdater,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="division-sgd-float32",
    ),
    "division_never": mistake(
        "Nothing is divided by the batch.",
        Undivided,
        outputs="updates",
        first="update",
        shown_by="division-sgd-float32",
    ),
    "division_always": mistake(
        "Updates are divided although the minibatch is switched off.",
        AlwaysDivided,
        outputs="updates",
        first="update",
        shown_by="mini-batch-off-float32",
    ),
    "penalties_before_updater": mistake(
        "Penalties are a part of the gradient that the updater is given.",
        BeforeUpdater,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="l1-l2-sgd-float32",
    ),
    "penalties_in_loss": mistake(
        "Penalties are added before normalization, as terms of the loss.",
        InLoss,
        NotAfter,
        outputs="updates, state",
        first=GRADIENT,
        shown_by="l1-l2-sgd-float32",
    ),
    "penalties_after_division": mistake(
        "Penalties are added after the division, undivided.",
        AfterDivision,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "l2_times_rate": mistake(
        "L2 is scaled by the learning rate, as decoupled decay is.",
        DecayTimesRate,
        outputs="updates",
        first="update",
        shown_by="l2-sgd-float32",
    ),
    "l2_twice": mistake(
        "L2 is the gradient of the square without the half.",
        DecayTwice,
        outputs="updates",
        first="update",
        shown_by="l2-sgd-float32",
    ),
    "l2_of_squares": mistake(
        "L2 adds the squares of the weights.",
        DecayOfSquares,
        outputs="updates",
        first="update",
        shown_by="l2-sgd-float32",
    ),
    "l1_by_magnitude": mistake(
        "L1's sign is the weight over its magnitude, NaN for zero.",
        LassoByMagnitude,
        outputs="updates",
        first="update",
        shown_by="l1-of-nan-weights-float32",
    ),
    "l1_of_magnitude": mistake(
        "L1 adds the magnitudes of the weights.",
        LassoOfMagnitude,
        outputs="updates",
        first="update",
        shown_by="l1-of-nan-weights-float32",
    ),
    "l1_subtracted": mistake(
        "L1 is subtracted.",
        LassoSubtracted,
        outputs="updates",
        first="update",
        shown_by="l1-of-nan-weights-float32",
    ),
    "l1_unless_l2": mistake(
        "L1 is added only where there is no L2.",
        EitherPenalty,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "penalties_alike": mistake(
        "Biases have the weights' coefficients.",
        AlikePenalties,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "penalties_spare_biases": mistake(
        "Biases have no penalties.",
        SparedBiases,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "penalties_always": mistake(
        "Coefficients count although regularization is switched off.",
        AlwaysRegularized,
        outputs="updates, error",
        first="update, error",
        shown_by="layer-key-q-float32",
    ),
}
