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


def _factor(call: Call) -> Scalar:
    return call.learning_rate


def _damping(factor: Scalar, mu: Scalar) -> Scalar:
    return factor


def _orientation(velocity: Array) -> Array:
    return velocity


def _velocity(previous: Array, push: Array, mu: Scalar) -> Array:
    return previous * mu - push


@dataclass(frozen=True)
class Motion:
    """The material of an update: the velocities before and after this gradient, and the push that it gave."""

    previous: Array
    velocity: Array
    push: Array


def _update(motion: Motion, mu: Scalar) -> Array:
    return motion.previous * mu + motion.velocity * (-mu - 1)


def _scale(update: Array, call: Call) -> Array:
    return update


def _kept(memory: Memory, update: Array, velocity: Array) -> Memory:
    view = {"v": update} if memory.velocity is None else memory.view
    return replace(memory, view=view, velocity=velocity)


@dataclass(frozen=True, kw_only=True)
class NesterovsParts(StepParts):
    """The parts of Nesterovs' step."""

    #: The momentum.
    momentum: Callable[[Call], Scalar] = _momentum
    #: The factor of a gradient in the velocity.
    factor: Callable[[Call], Scalar] = _factor
    #: That factor as it is dampened, from ``factor, mu``.
    damping: Callable[[Scalar, Scalar], Scalar] = _damping
    #: The velocity as the state view has it; applied twice, it changes nothing.
    orientation: Callable[[Array], Array] = _orientation
    #: The new velocity from ``previous, push, mu``.
    velocity: Callable[[Array, Array, Scalar], Array] = _velocity
    #: The update from the motion and ``mu``.
    update: Callable[[Motion, Scalar], Array] = _update
    #: The update that is kept in the state view, times a factor.
    scale: Callable[[Array, Call], Array] = _scale
    #: The memory after the step from ``memory, update, velocity``.
    kept: Callable[[Memory, Array, Array], Memory] = _kept

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.nesterovs`."""

        def nesterovs(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            mu = self.momentum(call)
            previous = self.orientation(memory.view["v"] if memory.velocity is None else memory.velocity)
            motion = self._motion(previous, g * self.damping(self.factor(call), mu), mu)
            velocity = self.orientation(motion.velocity)
            update = self.scale(self.update(motion, mu), call)
            return update, self.kept(memory, update, velocity)

        return self.around(nesterovs)

    def _motion(self, previous: Array, push: Array, mu: Scalar) -> Motion:
        return Motion(previous, self.velocity(previous, push, mu), push)
