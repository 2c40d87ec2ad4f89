"""The parts of AdaDelta's step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.step_parts import StepParts, configured_epsilon
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _rho(call: Call) -> Scalar:
    return call.settings.rho


def _average(average: Array, square: Array, rho: Scalar) -> Array:
    return average * rho + square * (1 - rho)


def _new(before: Array, after: Array) -> Array:
    return after


def _root(average: Array, epsilon: Scalar) -> Array:
    return (average + epsilon).sqrt()


def _combination(g: Array, numerator: Array, denominator: Array) -> Array:
    return g * (numerator / denominator)


def _update(g: Array, update: Array) -> Array:
    return update


def _first(update: Array, again: Callable[[Array], Array], msdx: Array) -> Array:
    return update


@dataclass(frozen=True, kw_only=True)
class AdaDeltaParts(StepParts):
    """The parts of AdaDelta's step."""

    #: The decay rate of both averages.
    rho: Callable[[Call], Scalar] = _rho
    #: The epsilon above and below the line.
    epsilon: Callable[[Call], Scalar] = configured_epsilon
    #: A new average from ``average, square, rho``.
    average: Callable[[Array, Array, Scalar], Array] = _average
    #: The average of the denominator, from those before and after this gradient.
    below: Callable[[Array, Array], Array] = _new
    #: The numerator from ``msdx, epsilon``.
    numerator: Callable[[Array, Scalar], Array] = _root
    #: The denominator from an average of squares and epsilon.
    denominator: Callable[[Array, Scalar], Array] = _root
    #: The update from ``g, numerator, denominator``.
    combination: Callable[[Array, Array, Array], Array] = _combination
    #: What msdx averages the squares of, from ``g, update``.
    averaged: Callable[[Array, Array], Array] = _update
    #: The update that leaves, from it, the update that another average above the line would make, and the new msdx.
    leaving: Callable[[Array, Callable[[Array], Array], Array], Array] = _first

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.adadelta`."""

        def adadelta(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            rho, eps = self.rho(call), self.epsilon(call)
            msg = self.average(memory.view["msg"], g * g, rho)
            with_above = self._with_above(g, self.below(memory.view["msg"], msg), eps)
            update = with_above(memory.view["msdx"])
            fed = self.averaged(g, update)
            msdx = self.average(memory.view["msdx"], fed * fed, rho)
            return self.leaving(update, with_above, msdx), replace(memory, view={"msg": msg, "msdx": msdx})

        return self.around(adadelta)

    def _with_above(self, g: Array, below: Array, epsilon: Scalar) -> Callable[[Array], Array]:
        def _update_of(above: Array) -> Array:
            return self.combination(g, self.numerator(above, epsilon), self.denominator(below, epsilon))

        return _update_of
