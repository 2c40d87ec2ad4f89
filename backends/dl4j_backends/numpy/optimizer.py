"""``StochasticGradientDescent.optimize`` around the update: the flat vectors, the step, the decay of policy Score."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from dl4j_backends.host.java import incremented
from dl4j_backends.interface import Dl4jException, Floats
from dl4j_backends.numpy.nd4j import Array, Nd4j


class Optimizer:
    """A network's parameters and gradients, each one flat array with a view per parameter, a count and a score."""

    def __init__(self, params: Mapping[str, Floats], nd4j: Nd4j, step_function: str, iteration_count: int) -> None:
        self._nd4j, self._step_function = nd4j, step_function
        self.iteration_count = iteration_count
        self._score = 0.0
        ends = list(accumulate(array.size for array in params.values()))
        length = ends[-1] if ends else 0
        self._flat, self._gradients = nd4j.empty(length), nd4j.empty(length)
        self._gradients[:] = 0
        self.places = {
            key: slice(end - array.size, end) for (key, array), end in zip(params.items(), ends, strict=True)
        }

        for key, view in self.params.items():
            view[:] = nd4j.given(params[key])

    @property
    def params(self) -> dict[str, Array]:
        """Views of the parameters."""
        return {key: self._flat[place] for key, place in self.places.items()}

    def step(self, updates: Mapping[str, Array], score: float) -> bool:
        """The new parameters. Returns whether the rates decay if the policy is Score.

        A parameter without an update is moved by its last one again: nothing clears the gradients.
        """
        for key, update in updates.items():
            if key in self.places:
                self._gradients[self.places[key]] = update
        stalls = _stalls(score, self._score) and bool(self._gradients.any())
        self._score = score
        self._move()
        self.iteration_count = incremented(self.iteration_count)
        return stalls

    def _move(self) -> None:
        match self._step_function:
            case "NegativeGradient":
                self._nd4j.subtract(self._flat, self._gradients)
            case "NegativeDefault":
                self._nd4j.xp.subtract(self._flat, self._gradients, out=self._flat)
            case "Gradient":
                self._nd4j.add(self._flat, self._gradients)
            case _:
                raise Dl4jException("UnsupportedOperationException", "")


def _stalls(score: float, old_score: float) -> bool:
    """``EpsTermination``: NaN fails every comparison, and two zeros are not looked at."""
    if score == 0 and old_score == 0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)
