"""The gradient updaters, in place on a gradient and on views of the state. Operation order is DL4J's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dl4j_backends.host.java import fast_math_power, quotient
from dl4j_backends.host.settings import LayerSettings
from dl4j_backends.interface import Dl4jException, Floats
from dl4j_backends.numpy import nd4j
from dl4j_backends.numpy.nd4j import Scratch

#: How many arrays of a parameter's length each updater keeps in the state view.
STATE_ARRAYS: Mapping[str, int] = {
    "SGD": 0,
    "NONE": 0,
    "NESTEROVS": 1,
    "ADAGRAD": 1,
    "RMSPROP": 1,
    "ADAM": 2,
    "ADADELTA": 2,
}


def state_arrays(updater: str) -> int:
    """The size of the state in units of the parameter's length; refuses what DL4J refuses."""
    if updater == "CUSTOM":
        raise Dl4jException("UnsupportedOperationException", "Custom updaters: not yet implemented")
    return STATE_ARRAYS[updater]


@dataclass
class GradientUpdater:
    """One parameter's updater: its rates, which are pushed into it, and its ``state`` (views of the flat state)."""

    kind: str
    settings: LayerSettings
    state: tuple[Floats, ...]
    learning_rate: float
    momentum: float
    velocity: Floats | None = None
    initialized: bool = True
    calls: int = 0

    def aggregated(self, state: tuple[Floats, ...]) -> GradientUpdater:
        """What its aggregator makes of it alone, with ``state`` for views: three classes forget epsilon."""
        if STATE_ARRAYS[self.kind] and not self.initialized:
            raise Dl4jException("NullPointerException", "nothing to aggregate")
        forgotten = {"ADADELTA": 1e-6, "ADAGRAD": 1e-6, "RMSPROP": 1e-8}
        settings = replace(self.settings, epsilon=forgotten.get(self.kind, self.settings.epsilon))
        velocity = None if self.velocity is None else self.velocity.copy()
        return replace(self, settings=settings, state=state, velocity=velocity)

    def equals(self, other: GradientUpdater) -> bool:
        """``equals`` of two objects of ND4J: settings exactly, arrays nearly. ``NoOpUpdater`` has none."""
        if self.kind == "NONE" or self.kind != other.kind:
            return False
        compared = {"ADADELTA": ("rho", "epsilon"), "ADAM": ("adam_mean_decay", "adam_var_decay", "epsilon")} | {
            "ADAGRAD": ("epsilon",),
            "RMSPROP": ("rms_decay", "epsilon"),
        }
        mine, theirs = (
            [
                *(getattr(updater.settings, name) for name in compared.get(self.kind, ())),
                *([] if self.kind == "ADADELTA" else [updater.learning_rate]),
                *([updater.momentum] if self.kind == "NESTEROVS" else []),
                *([updater.calls] if self.kind == "ADAGRAD" else []),
            ]
            for updater in (self, other)
        )
        # Double.compare: NaN is NaN, and zeros have signs.
        if list(map(repr, mine)) != list(map(repr, theirs)):
            return False
        return all(nd4j.equals(x, y) for x, y in zip(self._arrays, other._arrays, strict=True))

    @property
    def _arrays(self) -> tuple[Floats, ...]:
        return self.state if self.velocity is None else (self.velocity,)

    def initialize_state(self) -> None:
        """AdaGrad and RmsProp start at epsilon, the others at 0."""
        for array in self.state:
            array.fill(self.settings.epsilon if self.kind in ("ADAGRAD", "RMSPROP") else 0)

    def apply(self, g: Floats, iteration: int, scratch: Scratch) -> Iterator[slice]:
        """``getGradient``: ``g`` becomes the update block by block; each is handed out while it is in the cache."""
        if STATE_ARRAYS[self.kind] and not self.initialized:
            raise Dl4jException("IllegalStateException", "Updater has not been initialized with view state")
        self.calls += 1
        formula = self._formula(iteration)
        arrays = self._velocity_and_view() if self.kind == "NESTEROVS" else self.state
        for block in nd4j.blocks(g):
            formula(g[block], [array[block] for array in arrays], scratch)
            yield block

    def _formula(self, iteration: int) -> Callable[[Floats, Sequence[Floats], Scratch], None]:
        """What happens to the elements of a block of the gradient and of the state."""
        match self.kind:
            case "SGD":
                return self._sgd
            case "ADAM":
                return partial(self._adam, self._alpha(iteration))
            case "ADADELTA":
                return self._ada_delta
            case "NESTEROVS":
                return self._nesterovs
            case "ADAGRAD":
                return self._ada_grad
            case "RMSPROP":
                return self._rms_prop
            case _:
                return _no_op

    def _sgd(self, g: Floats, *_: object) -> None:
        nd4j.multiply(g, self.learning_rate)

    def _alpha(self, iteration: int) -> float:
        """Adam's step size, corrected for the bias of its averages."""
        t, beta1, beta2 = iteration + 1, self.settings.adam_mean_decay, self.settings.adam_var_decay
        alpha = quotient(self.learning_rate * _sqrt(1 - fast_math_power(beta2, t)), 1 - fast_math_power(beta1, t))
        return self.settings.epsilon if alpha == 0 or math.isnan(alpha) else alpha

    def _adam(self, alpha: float, g: Floats, state: Sequence[Floats], scratch: Scratch) -> None:
        (m, v), beta1, beta2 = state, self.settings.adam_mean_decay, self.settings.adam_var_decay
        _decay_towards(m, beta1, nd4j.scaled(g, 1 - beta1, scratch.row(g)))
        _decay_towards_square(v, beta2, g, scratch)
        nd4j.scaled(m, alpha, g)
        np.divide(g, nd4j.operand(nd4j.root_plus(v, self.settings.epsilon, scratch.row(g))), out=g)

    def _ada_delta(self, g: Floats, state: Sequence[Floats], scratch: Scratch) -> None:
        msg, msdx = state
        rho, epsilon = self.settings.rho, self.settings.epsilon
        _decay_towards_square(msg, rho, g, scratch)
        ratio = nd4j.root_of_sum(msdx, epsilon, scratch.row(g))
        np.divide(ratio, nd4j.operand(nd4j.root_of_sum(msg, epsilon, scratch.second_row(g))), out=ratio)
        np.multiply(g, nd4j.operand(ratio), out=g)
        _decay_towards_square(msdx, rho, g, scratch)

    def _velocity_and_view(self) -> tuple[Floats, ...]:
        """The velocity moves out of the state view at the first step, whose update the view then keeps."""
        if self.velocity is not None:
            return (self.velocity,)
        self.velocity = self.state[0].copy()
        return (self.velocity, *self.state)

    def _nesterovs(self, g: Floats, state: Sequence[Floats], scratch: Scratch) -> None:
        mu, (velocity, *view) = self.momentum, state
        previous = nd4j.scaled(velocity, mu, scratch.row(g))
        nd4j.scaled(g, self.learning_rate, g)
        np.subtract(previous, nd4j.operand(g), out=velocity)
        np.add(previous, nd4j.operand(nd4j.scaled(velocity, -mu - 1, g)), out=g)
        for kept in view:
            kept[:] = g

    def _ada_grad(self, g: Floats, state: Sequence[Floats], scratch: Scratch) -> None:
        (h,) = state
        nd4j.add(h, nd4j.squared(g, scratch.row(g)))
        rate = nd4j.root_plus(h, self.settings.epsilon, scratch.row(g))
        np.divide(nd4j.scalar(self.learning_rate, g), rate, out=rate)
        np.multiply(g, nd4j.operand(rate), out=g)

    def _rms_prop(self, g: Floats, state: Sequence[Floats], scratch: Scratch) -> None:
        (c,) = state
        _decay_towards_square(c, self.settings.rms_decay, g, scratch)
        nd4j.multiply(g, self.learning_rate)
        np.divide(g, nd4j.operand(nd4j.root_plus(c, self.settings.epsilon, scratch.row(g))), out=g)


def _no_op(*_: object) -> None:
    """The gradient is the update."""


def _decay_towards(average: Floats, decay: float, increment: Floats) -> None:
    nd4j.multiply(average, decay)
    nd4j.add(average, increment)


def _decay_towards_square(average: Floats, decay: float, g: Floats, scratch: Scratch) -> None:
    square = nd4j.squared(g, scratch.row(g))
    nd4j.multiply(square, 1 - decay)
    _decay_towards(average, decay, square)


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)
