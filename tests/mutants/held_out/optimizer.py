"""Mistakes of the optimizer and of what compares and averages updaters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dl4j_backends.engine.nd4j import Array
from dl4j_backends.interface import Floats, Observation
from mutants.held_out.mistake import GRADIENT, STATE_ARRAYS, Mistakes, mistake
from mutants.held_out.parts import Operations, Pipeline, Session
from mutants.held_out.stages import NotAfter


class Ascends(Operations):
    """The only subtraction in place is the step."""

    def subtract(self, x: Array, y: Array) -> None:
        self.add(x, y)


class IteratesFromOne(Session):
    def _gradient_and_score(self, gradients: Mapping[str, Array], score: float, batch_size: int) -> None:
        self._optimizer.iteration_count += 1
        super()._gradient_and_score(gradients, score, batch_size)
        self._optimizer.iteration_count -= 1


class ClearsGradients(Session):
    """``zero_grad``: a parameter without a gradient is not moved by its last update again."""

    def _gradient_and_score(self, gradients: Mapping[str, Array], score: float, batch_size: int) -> None:
        self._optimizer._gradients[:] = 0
        super()._gradient_and_score(gradients, score, batch_size)


class HearsUpdates(Session):
    def _iterated(self, gradients: Mapping[str, Array], heard: Mapping[str, Floats], done: int | None) -> Observation:
        updates = {key: array.copy() for key, array in self._shown(gradients).items()}
        return super()._iterated(gradients, updates, done)


class PenalizesMoved(Session):
    """Regularization is a step of its own, on the parameters that were moved."""

    def _gradient_and_score(self, gradients: Mapping[str, Array], score: float, batch_size: int) -> None:
        self._batch_size = batch_size
        super()._gradient_and_score(gradients, score, batch_size)

    def _iterated(self, gradients: Mapping[str, Array], heard: Mapping[str, Floats], done: int | None) -> Observation:
        params = self._optimizer.params
        for i, layer in enumerate(self._layers):
            for name in layer.names:
                weights: Any = params[self._network.key(i, name)]
                after: Any = layer._post_apply(name, self._batch_size)
                step = np.zeros_like(weights)
                after.penalize(step, slice(None), self._nd4j)
                after.divide(step, self._nd4j)
                if not layer.is_frozen:
                    weights -= step
        return super()._iterated(gradients, heard, done)


class SumsUpdaters(Pipeline):
    def average(self, others: Sequence[Any], combined: bool) -> None:
        super().average(others, combined)
        for updater in self._updaters.values():
            for array in updater.state:
                array *= len(others) + 1


class KeepsOwnRate(Pipeline):
    def average(self, others: Sequence[Any], combined: bool) -> None:
        kept = {name: updater.learning_rate for name, updater in self._updaters.items()}
        super().average(others, combined)
        for name, updater in self._updaters.items():
            updater.learning_rate = kept[name]


class KeepsEpsilon(Pipeline):
    def _take(self, averages: Mapping[str, Any]) -> None:
        own = {name: self._updaters[name].settings.epsilon for name in averages if name in self._updaters}
        kept = {
            name: replace(average, settings=replace(average.settings, epsilon=own.get(name, average.settings.epsilon)))
            for name, average in averages.items()
        }
        super()._take(kept)


class ExactlyEqual(Operations):
    def equals(self, x: Array, y: Array) -> bool:
        return np.array_equal(x, y)


class FreezesOutput(Session):
    def freeze(self, layer: int) -> None:
        self._layers[layer].is_frozen = True


OPTIMIZER: Mistakes = {
    "step_ascends": mistake(
        "The step adds the update to the parameters.",
        Ascends,
        outputs="params",
        first="params",
        shown_by="step-nan-adagrad-float32",
    ),
    "iterates_from_one": mistake(
        "The optimizer's first iteration has the number 1 for the updater.",
        IteratesFromOne,
        outputs="updates, state, learning_rates, momentum",
        first=GRADIENT | {"learning rate", "momentum"},
        shown_by="search-length-nan-float32",
    ),
    "gradients_cleared": mistake(
        "A parameter without a gradient is not moved.",
        ClearsGradients,
        outputs="params",
        first="params",
        shown_by="iterate-without-gradient-sgd-float32",
    ),
    "listeners_hear_updates": mistake(
        "Listeners are given the update for the gradient.",
        HearsUpdates,
        outputs="heard",
        first="gradient heard by listeners",
        shown_by="search-length-nan-float32",
    ),
    "penalties_of_moved": mistake(
        "Penalties are subtracted after the step, of the moved parameters.",
        PenalizesMoved,
        NotAfter,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "average_sums": mistake(
        "Averaged updaters have the sum of the states.",
        SumsUpdaters,
        outputs="updates, state",
        first=STATE_ARRAYS | {"update"},
        shown_by="layer-average-of-equals-adam-float32",
    ),
    "average_keeps_rate": mistake(
        "An averaged updater keeps the learning rate of the first one.",
        KeepsOwnRate,
        outputs="updates, state",
        first="update, v",
        shown_by="layer-average-of-equals-sgd-float64",
    ),
    "average_keeps_epsilon": mistake(
        "An averaged updater keeps its epsilon.",
        KeepsEpsilon,
        outputs="updates",
        first="update",
        shown_by="layer-clone-adagrad-epsilon-0-01-float32",
    ),
    "equality_exact": mistake(
        "Updaters are equal only if their arrays have the same bits.",
        ExactlyEqual,
        outputs="equal",
        first="equal",
        shown_by="equal-state-near-adagrad-float32",
    ),
    "freezes_output": mistake(
        "Output layers may be frozen.",
        FreezesOutput,
        outputs="error, updates, state",
        first="error",
        shown_by="freeze-output-layer-sgd-float32",
    ),
}
