"""``BaseOptimizer`` around the update: the flat vectors, the step, the decay of policy Score.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import assert_never

from dl4j_backends.engine.java import incremented
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.settings import StepFunction
from dl4j_backends.interface import Dl4jException, Floats


class Optimizer:
    """A network's parameters and gradients, each one flat array with a view per parameter, a count and a score."""

    def __init__(
        self,
        params: Mapping[str, Floats],
        nd4j: Nd4j,
        step_function: StepFunction | None,
        iteration_count: int,
    ) -> None:
        self._nd4j, self._step_function = nd4j, step_function
        self.iteration_count = iteration_count
        self._score = self._old_score = 0.0
        self._has_searched = False
        ends = list(accumulate(array.size for array in params.values()))
        length = ends[-1] if ends else 0
        self._flat, self._gradients = nd4j.empty(length), nd4j.empty(length)
        self._gradients[:] = 0
        self._direction = self._gradients
        self.places = {
            key: slice(end - array.size, end) for (key, array), end in zip(params.items(), ends, strict=True)
        }
        for key, view in self.params.items():
            view[:] = nd4j.given(params[key])

    @property
    def params(self) -> dict[str, Array]:
        """Views of the parameters, 1-D, by key."""
        return {key: self._flat[place] for key, place in self.places.items()}

    def collect(self, updates: Mapping[str, Array], score: float) -> None:
        """Copy updates (1-D each) into the gradients. A parameter without one is moved by its last one again."""
        for key, update in updates.items():
            if key in self.places:
                self._gradients[self.places[key]] = update
        self._go_along(self._gradients, score)

    def lay_out(self, updates: Mapping[str, Array], score: float) -> None:
        """Join the updates (1-D each) of a standalone layer in their own order, not in that of parameters."""
        self._gradients = self._nd4j.joined([*updates.values()])
        self._go_along(self._gradients, score)

    def _go_along(self, direction: Array, score: float) -> None:
        self._direction = direction
        self._old_score, self._score = self._score, score

    def begin_search(self, variables: Sequence[str], updates: Mapping[str, Array]) -> None:
        """Do ``setupSearchState``, once: the first line search uses the order in which variables were registered."""
        if not self._has_searched:
            self._direction = self._nd4j.joined([updates[key] for key in variables])
            self._has_searched = True

    @property
    def has_gradient(self) -> bool:
        """True unless the gradient is zero, where ``ZeroDirection`` ends the optimisation."""
        return bool(self._gradients.any())

    def step(self) -> None:
        """Do ``StepFunction.step(params, direction)``; the optimiser's own function is NegativeGradient."""
        self._check_length()
        match self._step_function:
            case None | "NegativeGradient":
                self._nd4j.subtract(self._flat, self._direction)
            case "NegativeDefault":
                self._nd4j.xp.subtract(self._flat, self._direction, out=self._flat)
            case "Gradient":
                self._nd4j.add(self._flat, self._direction)
            case "Default":
                raise Dl4jException("UnsupportedOperationException", "")
            case _:
                assert_never(self._step_function)

    def step_by(self, length: float) -> None:
        """Do ``StepFunction.step(params, direction, length)``; the line search's own function is NegativeDefault."""
        self._check_length()
        match self._step_function:
            case None | "NegativeDefault":
                self._add_scaled(self._nd4j.xp.subtract, length)
            case "Default":
                self._add_scaled(self._nd4j.xp.add, length)
            case "NegativeGradient" | "Gradient":
                self.step()
            case _:
                assert_never(self._step_function)

    def _add_scaled(self, operation: Callable[..., object], length: float) -> None:
        """Add or subtract ``length`` times the direction, as BLAS does: with 0 it does not look at the direction."""
        if (factor := self._nd4j.exact_scalar(length)) != 0:
            operation(self._flat, self._direction * factor, out=self._flat)

    def _check_length(self) -> None:
        if len(self._direction) != len(self._flat):
            raise Dl4jException("IllegalStateException", "there must be a gradient for every parameter")

    def count(self) -> bool:
        """End an iteration. Returns whether the rates decay if the policy is Score."""
        self.iteration_count = incremented(self.iteration_count)
        return _stalls(self._score, self._old_score) and self.has_gradient


def _stalls(score: float, old_score: float) -> bool:
    """Return what ``EpsTermination`` decides: NaN fails every comparison, and two zeros are not looked at."""
    if score == 0 and old_score == 0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)
