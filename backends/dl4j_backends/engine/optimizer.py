"""``BaseOptimizer`` around the update: the flat vectors, the step, the decay of policy Score.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import assert_never

import numpy as np

from dl4j_backends.engine import line_search
from dl4j_backends.engine.java import incremented
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.search_state import SearchState
from dl4j_backends.engine.settings import NetworkSettings
from dl4j_backends.interface import Dl4jException, Floats


class Optimizer:
    """A network's parameters and gradients, each one flat array with a view per parameter, a count and a score."""

    def __init__(
        self,
        params: Mapping[str, Floats],
        nd4j: Nd4j,
        settings: NetworkSettings,
    ) -> None:
        self._nd4j, self._step_function, self._most_tries = (
            nd4j,
            settings.step_function,
            settings.max_num_line_search_iterations,
        )
        self.iteration_count = settings.iteration_count
        self._score = self._old_score = 0.0
        self._search = SearchState(settings.optimization_algo, nd4j)
        #: The places of the parameters in the vector that steps are taken on.
        self._order: slice | list[int] = slice(None)
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
        """Views of the parameters, 1-D, by key."""
        return {key: self._flat[place] for key, place in self.places.items()}

    def step_on_columns(self, shapes: Mapping[str, tuple[int, int]]) -> None:
        """Have steps taken on vectors in which some parameters, which have these shapes, lie by columns."""
        if shapes:
            flat = np.arange(len(self._flat))
            order = {key: flat[place] for key, place in self.places.items()}
            columns = {key: order[key].reshape(shape).ravel("F") for key, shape in shapes.items()}
            self._order = np.concatenate([*{**order, **columns}.values()]).tolist()

    def backpropagate(self, gradients: Mapping[str, Array]) -> None:
        """Copy gradients (1-D each) into the array of all. A parameter without one keeps its last one."""
        for key, gradient in gradients.items():
            if key in self.places:
                self._gradients[self.places[key]] = gradient

    def keep_gradients(self, other: Optimizer) -> None:
        """Take over another optimizer's array of all gradients, which is the network's."""
        self._gradients = other._gradients

    def collect(self, updates: Mapping[str, Array], score: float) -> None:
        """Copy updates (1-D each) into the array of all gradients."""
        self.backpropagate(updates)
        self._old_score, self._score = self._score, score

    def lay_out(self, updates: Mapping[str, Array], score: float) -> None:
        """Join the updates (1-D each) of a standalone layer in their own order, not in that of parameters."""
        self._gradients = self._nd4j.joined([*updates.values()])
        self._old_score, self._score = self._score, score

    def begin_search(self, variables: Sequence[str], updates: Mapping[str, Array]) -> None:
        """Begin a call of ``optimize``: the first one takes the updates in the order of registered variables."""
        if self._search.has_begun:
            self._search.gradient = self._gradients
            return
        self._search.has_begun = True
        found = [updates[key] for key in variables if key in updates]
        if not found:
            raise Dl4jException("ND4JIllegalStateException", "an array of shape [1, 0]")
        self._search.set_up(self._flat[self._order], self._nd4j.joined(found))

    def direct(self) -> None:
        """Choose the direction of a call's first search."""
        self._search.begin()

    def found_length(self, score: float, compute_score: Callable[[], float]) -> float:
        """Return the length that a search finds from ``score``; ``compute_score`` backpropagates where it tries."""
        nd4j, state, tried = self._nd4j, self._search, self._search.params
        self._check_start()
        if (given := len(state.gradient)) != len(tried):
            kind = "ND4JIllegalStateException" if given == 1 else "IllegalStateException"
            raise Dl4jException(kind, f"{given} gradients do not fit {len(tried)} parameters")
        slope = -nd4j.dot(state.direction, state.gradient[: len(state.direction)])
        smallest = line_search.smallest_step(state.gradient, nd4j)
        line_search.limit(state.direction, nd4j)

        def stepped(step: float) -> bool:
            nonlocal tried
            tried = nd4j.copy(state.params)
            self._add(tried, state.direction, step)
            return line_search.moves(state.params, tried, nd4j)

        def tried_score() -> float:
            self._flat[self._order] = tried
            return compute_score()

        sign = 1 if self._step_function in (None, "NegativeDefault") else -1
        line = line_search.Line(slope, score, sign)
        length = line_search.search(line, smallest, self._most_tries, stepped, tried_score)
        if length == 0:
            self._flat[self._order] = state.params
        return length

    def step_by(self, length: float) -> None:
        """Step from where the search started, and move there."""
        if length != 0:
            self._check_start()
            self._add(self._search.params, self._search.direction, length)
            self._flat[self._order] = self._search.params

    def follow(self, updates: Mapping[str, Array]) -> None:
        """Choose the next direction. It may overwrite the array of all gradients, and so the ``updates``."""
        self._search.follow(self._gradients, self._flat[self._order])
        if self._search.direction is self._gradients:
            for key, update in updates.items():
                if key in self.places:
                    update[:] = self._gradients[self.places[key]]

    @property
    def has_gradient(self) -> bool:
        """True unless the gradient is zero, where ``ZeroDirection`` ends the optimisation."""
        return bool(self._gradients.any())

    def step(self) -> None:
        """Do ``StepFunction.step(params, gradient)``; the optimiser's own function is NegativeGradient."""
        self._check_length(self._gradients)
        params = self._flat[self._order]
        match self._step_function:
            case None | "NegativeGradient":
                self._nd4j.subtract(params, self._gradients)
            case "NegativeDefault":
                self._nd4j.axpy(-1.0, self._gradients, params)
            case "Gradient":
                self._nd4j.add(params, self._gradients)
            case "Default":
                raise Dl4jException("UnsupportedOperationException", "")
            case _:
                assert_never(self._step_function)
        self._flat[self._order] = params

    def _add(self, params: Array, direction: Array, length: float) -> None:
        """Do ``StepFunction.step(params, direction, length)``; the line search's own function is NegativeDefault."""
        match self._step_function:
            case None | "NegativeDefault":
                self._nd4j.axpy(-length, direction, params[: len(direction)])
            case "Default":
                self._nd4j.axpy(length, direction, params[: len(direction)])
            case "NegativeGradient":
                self._check_length(direction)
                self._nd4j.subtract(params, direction)
            case "Gradient":
                self._check_length(direction)
                self._nd4j.add(params, direction)
            case _:
                assert_never(self._step_function)

    def _check_length(self, direction: Array) -> None:
        """Refuse to add arrays of different lengths; one of a single element is a number for ND4J."""
        if len(direction) not in (1, len(self._flat)):
            raise Dl4jException("IllegalStateException", "there must be a gradient for every parameter")

    def _check_start(self) -> None:
        """Refuse to step from parameters that a first search without gradients did not copy."""
        if not len(self._search.params):
            raise Dl4jException("NullPointerException", "no parameters to search from")

    def count(self) -> bool:
        """End an iteration. Returns whether the rates decay if the policy is Score."""
        self.iteration_count = incremented(self.iteration_count)
        return _stalls(self._score, self._old_score) and self.has_gradient


def _stalls(score: float, old_score: float) -> bool:
    """Return what ``EpsTermination`` decides: NaN fails every comparison, and two zeros are not looked at."""
    if score == 0 and old_score == 0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)
