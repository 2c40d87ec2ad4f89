"""The right port's formulae, cut into steps: a mistake overrides a step, so that mistakes of one updater combine.

They have the bits of ``dl4j_backends.engine.formulae``. Arrays are 1-D and of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.updaters import UPDATERS, UpdaterSettings


class Formula:
    """One updater's formula and what its state starts from."""

    name: ClassVar[str]
    #: The positions of the formula's arrays in the state view.
    order: ClassVar[tuple[int, ...]] = (0, 1)

    def __init__(self) -> None:
        self.right = UPDATERS[self.name]

    def initial(self, settings: UpdaterSettings) -> Sequence[float]:
        """Return what each array of the state is filled with."""
        return [settings.epsilon if self.right.starts_at_epsilon else 0.0] * len(self.right.state)

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return self.right.alpha(settings, rate, t) if self.right.alpha else 0.0

    def __call__(self, n: Numbers, x: Nd4j, g: Array, update: Array, *state: Array) -> None:
        if len(state) == len(self.order) == len(self.right.state):
            state = tuple(state[i] for i in self.order)
        update[:] = self.update(n, x, g, *state)

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        """Return the update of ``g``, and change the state in place."""
        raise NotImplementedError


class Averaging(Formula):
    """A formula with a decaying average of squares."""

    def square(self, n: Numbers, x: Nd4j, g: Array) -> Array:
        return g * x.operand(g) * x.scalar(self.weight(n.decay, x))

    def average(self, decay: float, x: Nd4j, array: Array, increment: Array) -> Array:
        return array * x.scalar(decay) + x.operand(increment)

    def weight(self, decay: float, x: Nd4j) -> float:
        """Return what the new value counts in an average."""
        return 1 - decay


class Rooted(Formula):
    """A formula that divides by the root of its squares."""

    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return self.root(squares) + x.scalar(n.epsilon)

    def root(self, squares: Array) -> Array:
        return np.sqrt(squares)


class Sgd(Formula):
    name = "SGD"

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return g * x.scalar(n.learning_rate)


class NoOp(Formula):
    name = "NONE"

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return g


class Adam(Averaging, Rooted):
    name = "ADAM"

    def mean(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return self.average(n.mean_decay, x, m, g * x.scalar(self.weight(n.mean_decay, x)))

    def variance(self, n: Numbers, x: Nd4j, g: Array, v: Array, m: Array) -> Array:
        return self.average(n.decay, x, v, self.square(n, x, g))

    def direction(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        """Return what is scaled."""
        return m

    def step(self, n: Numbers, x: Nd4j, direction: Array, divisor: Array) -> Array:
        return direction * x.scalar(n.alpha) / x.operand(divisor)

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        m, v = state
        m[:] = self.mean(n, x, g, m)
        v[:] = self.variance(n, x, g, v, m)
        return self.step(n, x, self.direction(n, x, g, m), self.divisor(n, x, v))


class RmsProp(Averaging, Rooted):
    name = "RMSPROP"

    def cache(self, n: Numbers, x: Nd4j, g: Array, c: Array) -> Array:
        return self.average(n.decay, x, c, self.square(n, x, g))

    def step(self, n: Numbers, x: Nd4j, g: Array, divisor: Array) -> Array:
        return g * x.scalar(n.learning_rate) / x.operand(divisor)

    def seen(self, old: Array, new: Array) -> Array:
        """Return the squares that this step divides by."""
        return new

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        (c,) = state
        old = c.copy()
        c[:] = self.cache(n, x, g, c)
        return self.step(n, x, g, self.divisor(n, x, self.seen(old, c)))


class AdaGrad(Rooted):
    name = "ADAGRAD"

    def history(self, n: Numbers, x: Nd4j, g: Array, h: Array) -> Array:
        return h + x.operand(g * x.operand(g))

    def seen(self, old: Array, new: Array) -> Array:
        """Return the squares that this step divides by."""
        return new

    def step(self, n: Numbers, x: Nd4j, g: Array, divisor: Array) -> Array:
        return g * x.operand(x.scalar(n.learning_rate) / divisor)

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        (h,) = state
        old = h.copy()
        h[:] = self.history(n, x, g, h)
        return self.step(n, x, g, self.divisor(n, x, self.seen(old, h)))


class AdaDelta(Averaging):
    name = "ADADELTA"

    def root(self, n: Numbers, x: Nd4j, average: Array) -> Array:
        return np.sqrt(average + x.scalar(n.epsilon))

    def ratio(self, n: Numbers, x: Nd4j, msg: Array, msdx: Array) -> Array:
        return self.root(n, x, msdx) / x.operand(self.root(n, x, msg))

    def step(self, n: Numbers, x: Nd4j, g: Array, msg: Array, msdx: Array) -> Array:
        return g * x.operand(self.ratio(n, x, msg, msdx))

    def remembered(self, g: Array, step: Array) -> Array:
        """Return what the second average squares."""
        return step

    def finished(self, n: Numbers, x: Nd4j, step: Array) -> Array:
        return step

    def seen(self, old: Array, new: Array) -> Array:
        """Return the squared gradients that this step divides by."""
        return new

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        msg, msdx = state
        old = msg.copy()
        msg[:] = self.average(n.decay, x, msg, self.square(n, x, g))
        step = self.step(n, x, g, self.seen(old, msg), msdx)
        msdx[:] = self.average(n.decay, x, msdx, self.square(n, x, self.remembered(g, step)))
        return self.finished(n, x, step)


class Nesterovs(Formula):
    name = "NESTEROVS"

    def velocity(self, n: Numbers, x: Nd4j, g: Array, v: Array) -> Array:
        return v * x.scalar(n.momentum) - x.operand(g * x.scalar(n.learning_rate))

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return old * x.scalar(n.momentum) + x.operand(new * x.scalar(-n.momentum - 1))

    def view(self, update: Array, velocity: Array) -> Array:
        """Return what the first step leaves in the state view."""
        return update

    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        v = state[0]
        old = v.copy()
        v[:] = self.velocity(n, x, g, v)
        update = self.ahead(n, x, g, old, v)
        if len(state) > 1:
            state[1][:] = self.view(update, v)
        return update


FORMULAE: Sequence[type[Any]] = (Sgd, NoOp, Nesterovs, AdaGrad, RmsProp, Adam, AdaDelta)
