"""``BaseOptimizer.searchState``, and how LineGradientDescent, ConjugateGradient and LBFGS choose a direction.

As in DL4J, arrays are written in place, and some are the same array under two names. They are 1-D, of the network's
dtype, and hold all parameters.
"""

from __future__ import annotations

from collections import deque
from typing import assert_never

from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.line_search import limit
from dl4j_backends.engine.nd4j import EPS_THRESHOLD, Array, Nd4j
from dl4j_backends.engine.settings import OptimizationAlgorithm
from dl4j_backends.interface import Dl4jException

_CORRECTIONS = 4


class SearchState:
    """The parameters that searches step from, the gradient, the direction, and what LBFGS keeps."""

    def __init__(self, algorithm: OptimizationAlgorithm, nd4j: Nd4j) -> None:
        self._algorithm, self._nd4j = algorithm, nd4j
        self.params = self._old_params = self.gradient = self.direction = nd4j.empty(0)
        self._corrections: deque[tuple[Array, Array, float]] = deque(maxlen=_CORRECTIONS)
        self.has_begun = False

    def set_up(self, params: Array, gradient: Array) -> None:
        """Do ``setupSearchState``, with the network's parameters and gradient (1-D each, of its dtype)."""
        self.params, self._old_params = self._nd4j.copy(params), self._nd4j.copy(params)
        self.gradient = gradient

    def begin(self) -> None:
        """Do ``preProcessLine``, with the gradient of a call's first search."""
        is_new = not len(self.direction)
        match self._algorithm:
            case "LINE_GRADIENT_DESCENT" | "STOCHASTIC_GRADIENT_DESCENT":
                self.direction = self._nd4j.copy(self.gradient)
            case "CONJUGATE_GRADIENT" if is_new:
                self.direction = self.gradient
            case "CONJUGATE_GRADIENT":
                _check_lengths(self.direction, self.gradient)
                self.direction[:] = self.gradient
            case "LBFGS":
                self.direction = self._nd4j.copy(self.gradient) if is_new else self.direction
            case _:
                assert_never(self._algorithm)

    def follow(self, gradient: Array, params: Array) -> None:
        """Do ``postStep``, with the gradient and the parameters after a step (1-D each, of the network's dtype)."""
        match self._algorithm:
            case "LINE_GRADIENT_DESCENT" | "STOCHASTIC_GRADIENT_DESCENT":
                self.direction, self.gradient = self._nd4j.copy(gradient), self._nd4j.copy(gradient)
                limit(self.direction, self._nd4j)
            case "CONJUGATE_GRADIENT":
                self._add_last_direction(gradient)
            case "LBFGS":
                self._correct(gradient, params)
            case _:
                assert_never(self._algorithm)

    def _add_last_direction(self, gradient: Array) -> None:
        """Weigh the last direction as Polak and Ribiere do: by 0 where the last gradient was overwritten."""
        nd4j, last = self._nd4j, self.gradient
        if len(last) == 1 < len(gradient):
            raise Dl4jException("ND4JIllegalStateException", "one element and more are no pair")
        _check_lengths(last, gradient)
        change = nd4j.difference(gradient, last, nd4j.empty(len(last)))
        weight = quotient(nd4j.dot(change, gradient), nd4j.dot(last, last))
        nd4j.multiply(self.direction, 0.0 if weight < 0 else weight)
        nd4j.add(self.direction, gradient)
        self.gradient = gradient

    def _correct(self, gradient: Array, params: Array) -> None:
        nd4j, last = self._nd4j, self.gradient
        if not len(self._old_params):
            raise Dl4jException("NullPointerException", "no parameters were kept")
        _check_lengths(last, gradient)
        _check_lengths(self.direction, gradient)
        sy = nd4j.dot(self._old_params, last) + EPS_THRESHOLD
        yy = nd4j.dot(last, last) + EPS_THRESHOLD
        s = nd4j.difference(params, self._old_params, nd4j.empty(len(params)))
        y = nd4j.difference(gradient, last, nd4j.empty(len(last)))
        self._corrections.appendleft((s, y, quotient(1.0, sy)))
        self.direction[:] = gradient
        alphas = []
        for s, y, rho in self._corrections:
            alphas.append(rho * nd4j.dot(s, self.direction))
            nd4j.axpy(-alphas[-1], y, self.direction)
        nd4j.multiply(self.direction, quotient(sy, yy))
        # DL4J goes back through the corrections, but forward through the alphas.
        for (s, y, rho), alpha in zip(reversed(self._corrections), alphas, strict=True):
            nd4j.axpy(alpha - rho * nd4j.dot(y, self.direction), s, self.direction)
        self._old_params[:] = params
        self.gradient[:] = gradient


def _check_lengths(kept: Array, gradient: Array) -> None:
    """Refuse a gradient of another length than an array that was kept when gradients were missing."""
    if len(kept) != len(gradient):
        raise Dl4jException("IllegalStateException", f"lengths {len(kept)} and {len(gradient)}")
