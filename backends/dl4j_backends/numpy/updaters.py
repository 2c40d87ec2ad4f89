"""The gradient updaters: what each keeps, and the doubles that it hands to its formula."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dl4j_backends.host.java import fast_math_power, quotient
from dl4j_backends.host.settings import LayerSettings
from dl4j_backends.interface import Dl4jException
from dl4j_backends.numpy.formulae import PostApply, Step
from dl4j_backends.numpy.nd4j import Array, Nd4j

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

    nd4j: Nd4j
    kind: str
    settings: LayerSettings
    state: tuple[Array, ...]
    learning_rate: float
    momentum: float
    velocity: Array | None = None
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
        return all(self.nd4j.equals(x, y) for x, y in zip(self._arrays, other._arrays, strict=True))

    @property
    def _arrays(self) -> tuple[Array, ...]:
        return self.state if self.velocity is None else (self.velocity,)

    def initialize_state(self) -> None:
        """AdaGrad and RmsProp start at epsilon, the others at 0."""
        for array in self.state:
            array[:] = self.settings.epsilon if self.kind in ("ADAGRAD", "RMSPROP") else 0

    def step(self, g: Array, iteration: int, post_apply: PostApply) -> Step:
        """What ``getGradient`` has to do to ``g`` now, and what follows it."""
        if STATE_ARRAYS[self.kind] and not self.initialized:
            raise Dl4jException("IllegalStateException", "Updater has not been initialized with view state")
        self.calls += 1
        settings = self.settings
        return Step(
            self.kind,
            g,
            self._state_of_step() if self.kind == "NESTEROVS" else self.state,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            mean_decay=settings.adam_mean_decay,
            decay={"ADAM": settings.adam_var_decay, "ADADELTA": settings.rho}.get(self.kind, settings.rms_decay),
            epsilon=settings.epsilon,
            alpha=self._alpha(iteration + 1) if self.kind == "ADAM" else 0.0,
            post_apply=post_apply,
        )

    def _state_of_step(self) -> tuple[Array, ...]:
        """The velocity moves out of the state view at the first step, whose update the view then keeps."""
        if self.velocity is not None:
            return (self.velocity,)
        self.velocity = self.nd4j.copy(self.state[0])
        return (self.velocity, *self.state)

    def _alpha(self, t: int) -> float:
        """Adam's factor."""
        beta1, beta2 = self.settings.adam_mean_decay, self.settings.adam_var_decay
        alpha = quotient(self.learning_rate * _sqrt(1 - fast_math_power(beta2, t)), 1 - fast_math_power(beta1, t))
        return self.settings.epsilon if alpha == 0 or math.isnan(alpha) else alpha


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)
