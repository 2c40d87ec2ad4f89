"""Mistakes of AdaDelta: the rate, epsilon, what is averaged, when, and from where."""

from __future__ import annotations

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.updaters import UpdaterSettings
from mutants.held_out.formulae import AdaDelta
from mutants.held_out.mistake import Mistakes, mistake


class AdaDeltaRate(AdaDelta):
    def finished(self, n: Numbers, x: Nd4j, step: Array) -> Array:
        return super().finished(n, x, step) * x.scalar(n.learning_rate)


class AdaDeltaEpsilonOutside(AdaDelta):
    def root(self, n: Numbers, x: Nd4j, average: Array) -> Array:
        return np.sqrt(average) + x.scalar(n.epsilon)


class AdaDeltaEpsilonBelowAlone(AdaDelta):
    def ratio(self, n: Numbers, x: Nd4j, msg: Array, msdx: Array) -> Array:
        return np.sqrt(msdx) / x.operand(self.root(n, x, msg))


class AdaDeltaRemembersGradients(AdaDelta):
    def remembered(self, g: Array, step: Array) -> Array:
        return g


class AdaDeltaOldSquares(AdaDelta):
    def seen(self, old: Array, new: Array) -> Array:
        return old


class AdaDeltaStepsFirst(AdaDelta):
    order = (1, 0)


class AdaDeltaFromEpsilon(AdaDelta):
    """Both averages start at epsilon, as those of AdaGrad and RmsProp do."""

    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return settings.epsilon, settings.epsilon


class AdaDeltaInverted(AdaDelta):
    def ratio(self, n: Numbers, x: Nd4j, msg: Array, msdx: Array) -> Array:
        return self.root(n, x, msg) / x.operand(self.root(n, x, msdx))


ADADELTA: Mistakes = {
    "adadelta_rate": mistake(
        "AdaDelta's step is scaled by the learning rate, after it was remembered.",
        AdaDeltaRate,
        outputs="updates",
        first="update",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_epsilon_outside": mistake(
        "AdaDelta adds epsilon to the roots.",
        AdaDeltaEpsilonOutside,
        outputs="updates, state",
        first="update",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_epsilon_below_alone": mistake(
        "AdaDelta's numerator has no epsilon.",
        AdaDeltaEpsilonBelowAlone,
        outputs="updates, state",
        first="update",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_remembers_gradients": mistake(
        "AdaDelta's second average is of gradients.",
        AdaDeltaRemembersGradients,
        outputs="updates, state",
        first="msdx",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_old_squares": mistake(
        "AdaDelta divides by the average of the steps before.",
        AdaDeltaOldSquares,
        outputs="updates, state",
        first="update",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_steps_first": mistake(
        "AdaDelta's average of steps stands before that of gradients in the state.",
        AdaDeltaStepsFirst,
        outputs="updates, state",
        first="msg, msdx",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_from_epsilon": mistake(
        "AdaDelta's averages start at epsilon.",
        AdaDeltaFromEpsilon,
        outputs="updates, state",
        first="msg",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_inverted": mistake(
        "AdaDelta divides the root of gradients by that of steps.",
        AdaDeltaInverted,
        outputs="updates, state",
        first="update",
        shown_by="adadelta-first-step-float32",
    ),
}
