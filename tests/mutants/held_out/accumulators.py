"""Mistakes of AdaGrad and RmsProp: start values, epsilon, what is averaged and when."""

from __future__ import annotations

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.updaters import UpdaterSettings
from mutants.held_out.formulae import AdaGrad, RmsProp
from mutants.held_out.mistake import Mistakes, mistake


class RmsFromZero(RmsProp):
    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return (0.0,)


class RmsFromOne(RmsProp):
    """TensorFlow 1 fills the slot ``rms`` with ones."""

    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return (1.0,)


class RmsEpsilonInside(RmsProp):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return self.root(squares + x.scalar(n.epsilon))


class RmsGreaterOfEpsilon(RmsProp):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return np.maximum(self.root(squares), x.scalar(n.epsilon))


class RmsSwappedWeights(RmsProp):
    def cache(self, n: Numbers, x: Nd4j, g: Array, c: Array) -> Array:
        return super().cache(n._replace(decay=1 - n.decay), x, g, c)


class RmsWithoutWeight(RmsProp):
    def weight(self, decay: float, x: Nd4j) -> float:
        return 1.0


class RmsOldAverage(RmsProp):
    def seen(self, old: Array, new: Array) -> Array:
        return old


class RmsScaledSquares(RmsProp):
    def cache(self, n: Numbers, x: Nd4j, g: Array, c: Array) -> Array:
        return super().cache(n, x, g * x.scalar(n.learning_rate), c)


class RmsWithoutEpsilon(RmsProp):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return self.root(squares)


class RmsMagnitudes(RmsProp):
    """The average is of magnitudes, and no root is taken."""

    def cache(self, n: Numbers, x: Nd4j, g: Array, c: Array) -> Array:
        return self.average(n.decay, x, c, np.abs(g) * x.scalar(1 - n.decay))

    def root(self, squares: Array) -> Array:
        return squares


class AdaGradFromTenth(AdaGrad):
    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return (0.1,)


class AdaGradFromZero(AdaGrad):
    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return (0.0,)


class AdaGradFromSquare(AdaGrad):
    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return (settings.epsilon * settings.epsilon,)


class AdaGradEpsilonInside(AdaGrad):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return self.root(squares + x.scalar(n.epsilon))


class AdaGradOldSum(AdaGrad):
    def seen(self, old: Array, new: Array) -> Array:
        return old


class AdaGradMagnitudes(AdaGrad):
    def history(self, n: Numbers, x: Nd4j, g: Array, h: Array) -> Array:
        return h + x.operand(np.abs(g))


class AdaGradEpsilonEachStep(AdaGrad):
    """``h += g * g + epsilon``: the epsilon that should guard the division is kept."""

    def history(self, n: Numbers, x: Nd4j, g: Array, h: Array) -> Array:
        return super().history(n, x, g, h) + x.scalar(n.epsilon)


class AdaGradWithoutRoot(AdaGrad):
    def root(self, squares: Array) -> Array:
        return squares


class AdaGradDecays(AdaGrad):
    """The history forgets, as in RmsProp with a decay of .9."""

    def history(self, n: Numbers, x: Nd4j, g: Array, h: Array) -> Array:
        return h * x.scalar(0.9) + x.operand(g * x.operand(g) * x.scalar(0.1))


ACCUMULATORS: Mistakes = {
    "rmsprop_from_zero": mistake(
        "RmsProp's average starts at zero.",
        RmsFromZero,
        outputs="updates, state",
        first="c",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_from_one": mistake(
        "RmsProp's average starts at one, as in TensorFlow 1.",
        RmsFromOne,
        outputs="updates, state",
        first="c",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_epsilon_inside": mistake(
        "RmsProp takes the root of the average plus epsilon.",
        RmsEpsilonInside,
        outputs="updates",
        first="update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_greater_of_epsilon": mistake(
        "RmsProp divides by the greater of the root and epsilon.",
        RmsGreaterOfEpsilon,
        outputs="updates",
        first="update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_swapped_weights": mistake(
        "RmsProp's decay weighs the new square, and its complement the average.",
        RmsSwappedWeights,
        outputs="updates, state",
        first="c, update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_without_weight": mistake(
        "RmsProp adds the whole square to the decayed average.",
        RmsWithoutWeight,
        outputs="updates, state",
        first="c, update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_old_average": mistake(
        "RmsProp divides by the average of the steps before.",
        RmsOldAverage,
        outputs="updates",
        first="update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_scaled_squares": mistake(
        "RmsProp averages the squares of the gradient times the rate.",
        RmsScaledSquares,
        outputs="updates, state",
        first="c, update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_without_epsilon": mistake(
        "RmsProp divides by the root alone.",
        RmsWithoutEpsilon,
        outputs="updates",
        first="update",
        shown_by="rmsprop-first-step-float32",
    ),
    "rmsprop_magnitudes": mistake(
        "RmsProp averages magnitudes and takes no root.",
        RmsMagnitudes,
        outputs="updates, state",
        first="c, update",
        shown_by="rmsprop-first-step-float32",
    ),
    "adagrad_from_tenth": mistake(
        "AdaGrad's sum starts at 0.1, as in Keras and Optax.",
        AdaGradFromTenth,
        outputs="updates, state",
        first="h",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_from_zero": mistake(
        "AdaGrad's sum starts at zero, as in torch.",
        AdaGradFromZero,
        outputs="updates, state",
        first="h",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_from_square": mistake(
        "AdaGrad's sum starts at the square of epsilon.",
        AdaGradFromSquare,
        outputs="updates, state",
        first="h",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_epsilon_inside": mistake(
        "AdaGrad takes the root of the sum plus epsilon.",
        AdaGradEpsilonInside,
        outputs="updates",
        first="update",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_old_sum": mistake(
        "AdaGrad divides by the sum of the steps before.",
        AdaGradOldSum,
        outputs="updates",
        first="update",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_magnitudes": mistake(
        "AdaGrad adds up magnitudes in place of squares.",
        AdaGradMagnitudes,
        outputs="updates, state",
        first="h, update",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_epsilon_each_step": mistake(
        "AdaGrad adds epsilon to the sum at every step.",
        AdaGradEpsilonEachStep,
        outputs="updates, state",
        first="h, update",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_without_root": mistake(
        "AdaGrad divides by the sum itself.",
        AdaGradWithoutRoot,
        outputs="updates",
        first="update",
        shown_by="adagrad-first-step-float32",
    ),
    "adagrad_decays": mistake(
        "AdaGrad's sum is an average that decays by .9.",
        AdaGradDecays,
        outputs="updates, state",
        first="h, update",
        shown_by="adagrad-first-step-float32",
    ),
}
