"""The gradient updaters, in place on a gradient and on views of the state. Operation order is DL4J's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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

    def apply(self, g: Floats, iteration: int, scratch: Scratch) -> None:
        """``getGradient``: ``g`` becomes the update."""
        if STATE_ARRAYS[self.kind] and not self.initialized:
            raise Dl4jException("IllegalStateException", "Updater has not been initialized with view state")
        self.calls += 1
        match self.kind:
            case "SGD":
                nd4j.multiply(g, self.learning_rate)
            case "ADAM":
                self._adam(g, iteration, scratch)
            case "ADADELTA":
                self._ada_delta(g, scratch)
            case "NESTEROVS":
                self._nesterovs(g, scratch)
            case "ADAGRAD":
                self._ada_grad(g, scratch)
            case "RMSPROP":
                self._rms_prop(g, scratch)

    def _adam(self, g: Floats, iteration: int, scratch: Scratch) -> None:
        m, v = self.state
        beta1, beta2, epsilon = (
            self.settings.adam_mean_decay,
            self.settings.adam_var_decay,
            self.settings.epsilon,
        )
        _decay_towards(m, beta1, nd4j.scaled(g, 1 - beta1, scratch.row(g)))
        _decay_towards_square(v, beta2, g, scratch)
        t = iteration + 1
        alpha = quotient(self.learning_rate * _sqrt(1 - fast_math_power(beta2, t)), 1 - fast_math_power(beta1, t))
        if alpha == 0 or math.isnan(alpha):
            alpha = epsilon
        nd4j.scaled(m, alpha, g)
        np.divide(g, nd4j.operand(nd4j.root_plus(v, epsilon, scratch.row(g))), out=g)

    def _ada_delta(self, g: Floats, scratch: Scratch) -> None:
        msg, msdx = self.state
        rho, epsilon = self.settings.rho, self.settings.epsilon
        _decay_towards_square(msg, rho, g, scratch)
        ratio = nd4j.root_of_sum(msdx, epsilon, scratch.row(g))
        np.divide(ratio, nd4j.operand(nd4j.root_of_sum(msg, epsilon, scratch.second_row(g))), out=ratio)
        np.multiply(g, nd4j.operand(ratio), out=g)
        _decay_towards_square(msdx, rho, g, scratch)

    def _nesterovs(self, g: Floats, scratch: Scratch) -> None:
        """The velocity moves out of the state view at the first step, whose update the view then keeps."""
        first = self.velocity is None
        if self.velocity is None:
            self.velocity = self.state[0].copy()
        mu, velocity = self.momentum, self.velocity
        previous = nd4j.scaled(velocity, mu, scratch.row(g))
        nd4j.scaled(g, self.learning_rate, g)
        np.subtract(previous, nd4j.operand(g), out=velocity)
        np.add(previous, nd4j.operand(nd4j.scaled(velocity, -mu - 1, g)), out=g)
        if first:
            self.state[0][:] = g

    def _ada_grad(self, g: Floats, scratch: Scratch) -> None:
        (h,) = self.state
        nd4j.add(h, nd4j.squared(g, scratch.row(g)))
        rate = nd4j.root_plus(h, self.settings.epsilon, scratch.row(g))
        np.divide(nd4j.scalar(self.learning_rate, g), rate, out=rate)
        np.multiply(g, nd4j.operand(rate), out=g)

    def _rms_prop(self, g: Floats, scratch: Scratch) -> None:
        (c,) = self.state
        _decay_towards_square(c, self.settings.rms_decay, g, scratch)
        nd4j.multiply(g, self.learning_rate)
        np.divide(g, nd4j.operand(nd4j.root_plus(c, self.settings.epsilon, scratch.row(g))), out=g)


def _decay_towards(average: Floats, decay: float, increment: Floats) -> None:
    nd4j.multiply(average, decay)
    nd4j.add(average, increment)


def _decay_towards_square(average: Floats, decay: float, g: Floats, scratch: Scratch) -> None:
    square = nd4j.squared(g, scratch.row(g))
    nd4j.multiply(square, 1 - decay)
    _decay_towards(average, decay, square)


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)
