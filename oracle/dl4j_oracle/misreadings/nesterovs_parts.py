"""The parts of Nesterovs' step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.step_parts import StepParts
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _momentum(call: Call) -> Scalar:
    return call.momentum


def _push(g: Array, mu: Scalar, rate: Scalar) -> Array:
    return g * rate


def _velocity(previous: Array, push: Array, mu: Scalar) -> Array:
    return previous * mu - push


@dataclass(frozen=True)
class Motion:
    """The material of an update: the velocities before and after this gradient, and the push that it gave."""

    previous: Array
    velocity: Array
    push: Array


def _update(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
    return motion.previous * mu + motion.velocity * (-mu - 1)


def _kept(memory: Memory, update: Array, velocity: Array) -> Memory:
    view = {"v": update} if memory.velocity is None else memory.view
    return replace(memory, view=view, velocity=velocity)


@dataclass(frozen=True, kw_only=True)
class NesterovsParts(StepParts):
    """The parts of Nesterovs' step."""

    #: The momentum.
    momentum: Callable[[Call], Scalar] = _momentum
    #: What a gradient gives to the velocity, from ``g, mu, rate``.
    push: Callable[[Array, Scalar, Scalar], Array] = _push
    #: The new velocity from ``previous, push, mu``.
    velocity: Callable[[Array, Array, Scalar], Array] = _velocity
    #: The update from the motion, ``mu`` and ``rate``.
    update: Callable[[Motion, Scalar, Scalar], Array] = _update
    #: The memory after the step from ``memory, update, velocity``.
    kept: Callable[[Memory, Array, Array], Memory] = _kept

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.nesterovs`."""

        def nesterovs(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            mu, lr = self.momentum(call), call.learning_rate
            previous = memory.view["v"] if memory.velocity is None else memory.velocity
            motion = self._motion(previous, self.push(g, mu, lr), mu)
            velocity = motion.velocity
            update = self.update(motion, mu, lr)
            return update, self.kept(memory, update, velocity)

        return self.around(nesterovs)

    def _motion(self, previous: Array, push: Array, mu: Scalar) -> Motion:
        return Motion(previous, self.velocity(previous, push, mu), push)
