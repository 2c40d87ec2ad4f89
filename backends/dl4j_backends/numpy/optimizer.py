"""``StochasticGradientDescent.optimize`` around the update: the flat vectors, the step, the decay of policy Score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dl4j_backends.host.java import incremented
from dl4j_backends.interface import Dl4jException, Floats
from dl4j_backends.numpy import nd4j


class Optimizer:
    """A network's parameters and gradients, each one flat array with a view per parameter, a count and a score."""

    def __init__(self, params: Mapping[str, Floats], dtype: str, step_function: str, iteration_count: int) -> None:
        self._step_function = step_function
        self.iteration_count = iteration_count
        self._score = 0.0
        self._flat = np.concatenate([np.empty(0, dtype), *params.values()])
        self._gradients = np.zeros_like(self._flat)
        ends = np.cumsum([array.size for array in params.values()]).tolist()
        self.places = {
            key: slice(end - array.size, end) for (key, array), end in zip(params.items(), ends, strict=True)
        }

    @property
    def params(self) -> dict[str, Floats]:
        """Views of the parameters."""
        return {key: self._flat[place] for key, place in self.places.items()}

    def step(self, updates: Mapping[str, Floats], score: float) -> bool:
        """The new parameters. Returns whether the rates decay if the policy is Score.

        A parameter without an update is moved by its last one again: nothing clears the gradients.
        """
        for key, update in updates.items():
            if key in self.places:
                self._gradients[self.places[key]] = update
        stalls = _stalls(score, self._score) and bool(np.any(self._gradients))
        self._score = score
        self._move()
        self.iteration_count = incremented(self.iteration_count)
        return stalls

    def _move(self) -> None:
        match self._step_function:
            case "NegativeGradient":
                nd4j.subtract(self._flat, self._gradients)
            case "NegativeDefault":
                np.subtract(self._flat, self._gradients, out=self._flat)
            case "Gradient":
                nd4j.add(self._flat, self._gradients)
            case _:
                raise Dl4jException("UnsupportedOperationException", "")


def _stalls(score: float, old_score: float) -> bool:
    """``EpsTermination``: NaN fails every comparison, and two zeros are not looked at."""
    if score == 0 and old_score == 0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)
