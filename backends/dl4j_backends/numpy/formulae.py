"""The updaters' formulae and what follows them, in place on a gradient and its state. Operation order is DL4J's.

All of it is element-wise, so a long parameter is taken in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends.numpy.nd4j import Array, Nd4j


@dataclass(frozen=True)
class PostApply:
    """``LayerUpdater.postApply``: the penalties, where they are positive, and the minibatch's size.

    If it ``moves``, the weights are moved by the update in the same pass (``NegativeGradientStepFunction``), and the
    gradient stays as it is.
    """

    weights: Array | None = None
    l1: float = 0.0
    l2: float = 0.0
    divisor: float = 1.0
    moves: bool = False


@dataclass(frozen=True)
class Step:
    """One parameter's update: its arrays, and all that the host decides about them.

    ``gradient`` becomes the update. ``state`` has the updater's arrays in the order of the view; of NESTEROVS the
    velocity, and at its first step the view. ``decay`` is Adam's beta2, AdaDelta's rho or RmsProp's decay; which of the
    doubles an updater reads is up to its formula.
    """

    updater: str
    gradient: Array
    state: tuple[Array, ...]
    learning_rate: float
    momentum: float
    mean_decay: float
    decay: float
    epsilon: float
    alpha: float
    post_apply: PostApply


def run(step: Step, nd4j: Nd4j) -> None:
    """Do ``step``, block by block."""
    after = step.post_apply
    for block in nd4j.blocks(len(step.gradient)):
        g, state = step.gradient[block], [array[block] for array in step.state]
        update = nd4j.third_row(g) if after.moves else g
        _update(step, nd4j, g, update, *state)
        _post_apply(after, nd4j, update, block)


def _update(step: Step, nd4j: Nd4j, g: Array, update: Array, *state: Array) -> None:
    """From ``g`` to ``update``, which may be the same array: it is written when ``g`` has been read."""
    match step.updater:
        case "SGD":
            nd4j.scaled(g, step.learning_rate, update)
        case "ADAM":
            _adam(step, nd4j, g, update, *state)
        case "ADADELTA":
            _ada_delta(step, nd4j, g, update, *state)
        case "NESTEROVS":
            _nesterovs(step, nd4j, g, update, *state)
        case "ADAGRAD":
            _ada_grad(step, nd4j, g, update, *state)
        case "RMSPROP":
            _rms_prop(step, nd4j, g, update, *state)
        case _ if update is not g:
            update[:] = g


def _adam(step: Step, nd4j: Nd4j, g: Array, update: Array, m: Array, v: Array) -> None:
    _decay_towards(m, step.mean_decay, nd4j.scaled(g, 1 - step.mean_decay, nd4j.row(g)), nd4j)
    _decay_towards_square(v, step.decay, g, nd4j)
    nd4j.scaled(m, step.alpha, update)
    nd4j.quotient(update, nd4j.root_plus(v, step.epsilon, nd4j.row(g)), update)


def _ada_delta(step: Step, nd4j: Nd4j, g: Array, update: Array, msg: Array, msdx: Array) -> None:
    _decay_towards_square(msg, step.decay, g, nd4j)
    ratio = nd4j.root_of_sum(msdx, step.epsilon, nd4j.row(g))
    nd4j.quotient(ratio, nd4j.root_of_sum(msg, step.epsilon, nd4j.second_row(g)), ratio)
    nd4j.product(g, ratio, update)
    _decay_towards_square(msdx, step.decay, update, nd4j)


def _nesterovs(step: Step, nd4j: Nd4j, g: Array, update: Array, velocity: Array, view: Array | None = None) -> None:
    previous = nd4j.scaled(velocity, step.momentum, nd4j.row(g))
    nd4j.scaled(g, step.learning_rate, update)
    nd4j.difference(previous, update, velocity)
    nd4j.sum(previous, nd4j.scaled(velocity, -step.momentum - 1, update), update)
    if view is not None:
        view[:] = update


def _ada_grad(step: Step, nd4j: Nd4j, g: Array, update: Array, h: Array) -> None:
    nd4j.add(h, nd4j.squared(g, nd4j.row(g)))
    rate = nd4j.root_plus(h, step.epsilon, nd4j.row(g))
    nd4j.product(g, nd4j.reciprocal(rate, step.learning_rate, rate), update)


def _rms_prop(step: Step, nd4j: Nd4j, g: Array, update: Array, c: Array) -> None:
    _decay_towards_square(c, step.decay, g, nd4j)
    nd4j.scaled(g, step.learning_rate, update)
    nd4j.quotient(update, nd4j.root_plus(c, step.epsilon, nd4j.row(g)), update)


def _decay_towards(average: Array, decay: float, increment: Array, nd4j: Nd4j) -> None:
    nd4j.multiply(average, decay)
    nd4j.add(average, increment)


def _decay_towards_square(average: Array, decay: float, g: Array, nd4j: Nd4j) -> None:
    square = nd4j.squared(g, nd4j.row(g))
    nd4j.multiply(square, 1 - decay)
    _decay_towards(average, decay, square, nd4j)


def _post_apply(after: PostApply, nd4j: Nd4j, update: Array, block: slice) -> None:
    if after.l2 > 0 and after.weights is not None:
        nd4j.add(update, nd4j.scaled(after.weights[block], after.l2, nd4j.row(update)))
    if after.l1 > 0 and after.weights is not None:
        signs = nd4j.sign(after.weights[block], nd4j.row(update))
        nd4j.multiply(signs, after.l1)
        nd4j.add(update, signs)
    if after.divisor != 1:
        nd4j.divide(update, after.divisor)
    if after.moves and after.weights is not None:
        weights = after.weights[block]
        nd4j.xp.subtract(weights, update, out=weights)
