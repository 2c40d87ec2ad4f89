"""The parts of the steps of AdaGrad and RmsProp, which divide by the root of a sum or an average of squares.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.step_parts import StepParts, configured_epsilon
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _sum(h: Array, g: Array, epsilon: Scalar) -> Array:
    return h + g * g


def _decay(call: Call) -> Scalar:
    return call.settings.rms_decay


def _average(c: Array, g: Array, decay: Scalar) -> Array:
    return c * decay + g * g * (1 - decay)


def _new_sum(before: Array, after: Array) -> Array:
    return after


def _new_average(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    return after.view["c"], after


def _denominator(squares: Array, epsilon: Scalar) -> Array:
    return squares.sqrt() + epsilon


def _quotient_first(g: Array, rate: Scalar, denominator: Array) -> Array:
    return g * (rate / denominator)


def _product_first(g: Array, rate: Scalar, denominator: Array) -> Array:
    return g * rate / denominator


@dataclass(frozen=True, kw_only=True)
class AdaGradParts(StepParts):
    """The parts of AdaGrad's step."""

    #: The epsilon of the denominator.
    epsilon: Callable[[Call], Scalar] = configured_epsilon
    #: The new sum from ``h, g, epsilon``.
    accumulation: Callable[[Array, Array, Scalar], Array] = _sum
    #: The sum of the denominator, from those before and after this gradient.
    in_use: Callable[[Array, Array], Array] = _new_sum
    #: The denominator from a sum of squares and epsilon.
    denominator: Callable[[Array, Scalar], Array] = _denominator
    #: The update from ``g, rate, denominator``.
    combination: Callable[[Array, Scalar, Array], Array] = _quotient_first

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.adagrad`."""

        def adagrad(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            eps = self.epsilon(call)
            h = self.accumulation(memory.view["h"], g, eps)
            in_use = self.in_use(memory.view["h"], h)
            update = self.combination(g, call.learning_rate, self.denominator(in_use, eps))
            return update, replace(memory, view={"h": h})

        return self.around(adagrad)


@dataclass(frozen=True, kw_only=True)
class RmsPropParts(StepParts):
    """The parts of RmsProp's step."""

    #: The decay rate of the average.
    decay: Callable[[Call], Scalar] = _decay
    #: The epsilon of the denominator.
    epsilon: Callable[[Call], Scalar] = configured_epsilon
    #: The new average from ``c, g, decay``.
    average: Callable[[Array, Array, Scalar], Array] = _average
    #: The average of the denominator, and the memory, from ``g, before, after, decay``.
    in_use: Callable[[Array, Memory, Memory, Scalar], tuple[Array, Memory]] = _new_average
    #: The denominator from an average of squares and epsilon.
    denominator: Callable[[Array, Scalar], Array] = _denominator
    #: The update from ``g, rate, denominator``.
    combination: Callable[[Array, Scalar, Array], Array] = _product_first

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.rmsprop`."""

        def rmsprop(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            decay, eps = self.decay(call), self.epsilon(call)
            c = self.average(memory.view["c"], g, decay)
            average, after = self.in_use(g, memory, replace(memory, view={"c": c}), decay)
            update = self.combination(g, call.learning_rate, self.denominator(average, eps))
            return update, after

        return self.around(rmsprop)
