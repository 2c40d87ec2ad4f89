"""The updaters' formulae (``getGradient``), on a block of a gradient and its state. Operation order is DL4J's.

A formula reads the gradient ``g``, changes the arrays of the state in place and writes ``update``, which may be ``g``
itself: it is written when ``g`` has been read. All arrays are 1-D, equally long and of the network's dtype.

Arrays are 1-D, of the network's dtype, and as long as the parameter's block; numbers are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dl4j_backends.engine.nd4j import Array, Nd4j


class Numbers(NamedTuple):
    """The Java doubles that formulae read; which of them, and from which settings, is said in ``updaters``.

    ``decay`` is Adam's beta2, AdaDelta's rho or RmsProp's decay, ``alpha`` Adam's bias-corrected learning rate.
    """

    learning_rate: float = 0.0
    momentum: float = 0.0
    mean_decay: float = 0.0
    decay: float = 0.0
    epsilon: float = 0.0
    alpha: float = 0.0


#: Called with the numbers, the operations, the gradient, the update, and the state's arrays in the order of the view.
Formula = Callable[..., None]


def sgd(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array) -> None:
    """Compute ``Sgd.getGradient``."""
    nd4j.scaled(g, numbers.learning_rate, update)


def no_op(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array) -> None:
    """Leave the gradient as it is, as ``NoOpUpdater.getGradient`` does."""
    if update is not g:
        update[:] = g


def adam(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array, m: Array, v: Array) -> None:
    """Compute ``Adam.getGradient``."""
    _decay_towards(m, numbers.mean_decay, nd4j.scaled(g, 1 - numbers.mean_decay, nd4j.row(g)), nd4j)
    _decay_towards_square(v, numbers.decay, g, nd4j)
    nd4j.scaled(m, numbers.alpha, update)
    nd4j.quotient(update, nd4j.root_plus(v, numbers.epsilon, nd4j.row(g)), update)


def ada_delta(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array, msg: Array, msdx: Array) -> None:
    """Compute ``AdaDelta.getGradient``."""
    _decay_towards_square(msg, numbers.decay, g, nd4j)
    ratio = nd4j.root_of_sum(msdx, numbers.epsilon, nd4j.row(g))
    nd4j.quotient(ratio, nd4j.root_of_sum(msg, numbers.epsilon, nd4j.second_row(g)), ratio)
    nd4j.product(g, ratio, update)
    _decay_towards_square(msdx, numbers.decay, update, nd4j)


def nesterovs(
    numbers: Numbers, nd4j: Nd4j, g: Array, update: Array, velocity: Array, view: Array | None = None
) -> None:
    """Compute ``Nesterovs.getGradient``. Its first step is given the state view too, which then keeps the update."""
    previous = nd4j.scaled(velocity, numbers.momentum, nd4j.row(g))
    nd4j.scaled(g, numbers.learning_rate, update)
    nd4j.difference(previous, update, velocity)
    nd4j.sum(previous, nd4j.scaled(velocity, -numbers.momentum - 1, update), update)
    if view is not None:
        view[:] = update


def ada_grad(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array, h: Array) -> None:
    """Compute ``AdaGrad.getGradient``."""
    nd4j.add(h, nd4j.squared(g, nd4j.row(g)))
    rate = nd4j.root_plus(h, numbers.epsilon, nd4j.row(g))
    nd4j.product(g, nd4j.reciprocal(rate, numbers.learning_rate, rate), update)


def rms_prop(numbers: Numbers, nd4j: Nd4j, g: Array, update: Array, c: Array) -> None:
    """Compute ``RmsProp.getGradient``."""
    _decay_towards_square(c, numbers.decay, g, nd4j)
    nd4j.scaled(g, numbers.learning_rate, update)
    nd4j.quotient(update, nd4j.root_plus(c, numbers.epsilon, nd4j.row(g)), update)


def _decay_towards(average: Array, decay: float, increment: Array, nd4j: Nd4j) -> None:
    nd4j.multiply(average, decay)
    nd4j.add(average, increment)


def _decay_towards_square(average: Array, decay: float, g: Array, nd4j: Nd4j) -> None:
    square = nd4j.squared(g, nd4j.row(g))
    nd4j.multiply(square, 1 - decay)
    _decay_towards(average, decay, square, nd4j)
