"""Mistakes that change only the rounding of updaters and penalties: the order of operations, the type of scalars."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.java import power, quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.updaters import UpdaterSettings
from mutants.held_out.formulae import AdaDelta, AdaGrad, Adam, Averaging, Nesterovs, RmsProp
from mutants.held_out.mistake import Mistakes, rounding
from mutants.held_out.parts import Penalties


class AdamStepOfArraysType(Adam):
    """Keras, tfjs: beta1 ** t and the rest in the type of the variables, here always float32."""

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        one, beta1, beta2 = np.float32(1), np.float32(settings.adam_mean_decay), np.float32(settings.adam_var_decay)
        with np.errstate(all="ignore"):
            alpha = np.float32(rate) * np.sqrt(one - beta2 ** np.float32(t)) / (one - beta1 ** np.float32(t))
        return settings.epsilon if alpha == 0 or np.isnan(alpha) else float(alpha)


class _WeightOfArraysType(Averaging):
    def weight(self, decay: float, x: Nd4j) -> float:
        of_type = np.dtype(x.dtype).type
        return float(of_type(1) - x.scalar(decay))


class AdamWeights(_WeightOfArraysType, Adam):
    pass


class RmsWeights(_WeightOfArraysType, RmsProp):
    pass


class DeltaWeights(_WeightOfArraysType, AdaDelta):
    pass


class AdamLerp(Adam):
    def mean(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return m + x.operand((g - x.operand(m)) * x.scalar(1 - n.mean_decay))


class AdamSquareLater(Adam):
    def square(self, n: Numbers, x: Nd4j, g: Array) -> Array:
        return g * x.scalar(1 - n.decay) * x.operand(g)


class AdamQuotientFirst(Adam):
    def step(self, n: Numbers, x: Nd4j, direction: Array, divisor: Array) -> Array:
        return direction / x.operand(divisor) * x.scalar(n.alpha)


class AdamReciprocal(Adam):
    def step(self, n: Numbers, x: Nd4j, direction: Array, divisor: Array) -> Array:
        return direction * x.operand(x.scalar(n.alpha) / divisor)


class AdamLogarithms(Adam):
    """``exp(t * log(beta))``."""

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        mean, variance = _power(settings.adam_mean_decay, t), _power(settings.adam_var_decay, t)
        alpha = quotient(rate * math.sqrt(1 - variance) if variance <= 1 else math.nan, 1 - mean)
        return settings.epsilon if alpha == 0 or math.isnan(alpha) else alpha


def _power(base: float, t: int) -> float:
    return math.exp(t * math.log(base)) if 0 < base < 1 and t > 0 else power(base, t)


class RmsLerp(RmsProp):
    def cache(self, n: Numbers, x: Nd4j, g: Array, c: Array) -> Array:
        return c + x.operand((g * x.operand(g) - x.operand(c)) * x.scalar(1 - n.decay))


class RmsQuotientFirst(RmsProp):
    def step(self, n: Numbers, x: Nd4j, g: Array, divisor: Array) -> Array:
        return g / x.operand(divisor) * x.scalar(n.learning_rate)


class AdaGradProductFirst(AdaGrad):
    def step(self, n: Numbers, x: Nd4j, g: Array, divisor: Array) -> Array:
        return g * x.scalar(n.learning_rate) / x.operand(divisor)


class AdaGradQuotientFirst(AdaGrad):
    def step(self, n: Numbers, x: Nd4j, g: Array, divisor: Array) -> Array:
        return g / x.operand(divisor) * x.scalar(n.learning_rate)


class DeltaOneRoot(AdaDelta):
    def ratio(self, n: Numbers, x: Nd4j, msg: Array, msdx: Array) -> Array:
        above, below = msdx + x.scalar(n.epsilon), msg + x.scalar(n.epsilon)
        return np.sqrt(above / x.operand(below))


class DeltaProductFirst(AdaDelta):
    def step(self, n: Numbers, x: Nd4j, g: Array, msg: Array, msdx: Array) -> Array:
        return g * x.operand(self.root(n, x, msdx)) / x.operand(self.root(n, x, msg))


class NesterovsOfOldVelocity(Nesterovs):
    """``(1 + mu) * lr * g - mu ** 2 * v``: the new velocity is put in by hand."""

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        forward = g * x.scalar((1 + n.momentum) * n.learning_rate)
        return forward - x.operand(old * x.scalar(n.momentum * n.momentum))


class NesterovsOfNewVelocity(Nesterovs):
    """``lr * g - mu * v``."""

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return g * x.scalar(n.learning_rate) - x.operand(new * x.scalar(n.momentum))


class DividedByReciprocal(Penalties):
    def divide(self, update: Array, x: Nd4j) -> None:
        if self.divisor != 1:
            x.multiply(update, quotient(1.0, self.divisor))


class PenaltiesSummed(Penalties):
    """L2 and L1 are added up before they are added to the update."""

    def penalize(self, update: Array, block: slice, x: Nd4j) -> None:
        if self.weights is not None and self.l1 > 0 and self.l2 > 0:
            weights = self.weights[block]
            x.add(update, self.decay(weights, x) + x.operand(self.lasso(weights, x)))
        else:
            super().penalize(update, block, x)


class DecayFused(Penalties):
    """``fma(l2, w, update)``, which does not round the product."""

    def penalize(self, update: Array, block: slice, x: Nd4j) -> None:
        if self.weights is None or not self.l2 > 0:
            super().penalize(update, block, x)
            return
        product = self.weights[block].astype("longdouble") * np.longdouble(x.scalar(self.l2))
        update[:] = (update + product).astype(update.dtype)
        replace(self, l2=0.0).penalize(update, block, x)


ROUNDING: Mistakes = {
    "adam_single_step": rounding(
        "Adam's step size is computed in float32.",
        AdamStepOfArraysType,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "weights_of_arrays_type": rounding(
        "The complement of a decay is computed in the arrays' type.",
        AdamWeights,
        RmsWeights,
        DeltaWeights,
        outputs="updates, state",
        first="m, v, c, msg",
        shown_by="renormalize-per-layer-length-2-float32",
    ),
    "adam_lerp": rounding(
        "Adam's mean moves by a part of the difference.",
        AdamLerp,
        outputs="updates, state",
        first="m, update",
        shown_by="adam-special-float32",
    ),
    "adam_square_later": rounding(
        "Adam weighs the gradient before it is squared.",
        AdamSquareLater,
        outputs="updates, state",
        first="v",
        shown_by="adam-first-step-float32",
    ),
    "adam_quotient_first": rounding(
        "Adam divides the mean, then scales it.",
        AdamQuotientFirst,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_reciprocal": rounding(
        "Adam divides its step size, and multiplies the mean by that.",
        AdamReciprocal,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_logarithms": rounding(
        "Adam's powers are computed with logarithms.",
        AdamLogarithms,
        outputs="updates",
        first="update",
        shown_by="adam-settings-float64",
    ),
    "rmsprop_lerp": rounding(
        "RmsProp's average moves by a part of the difference.",
        RmsLerp,
        outputs="updates, state",
        first="c, update",
        shown_by="rmsprop-special-float32",
    ),
    "rmsprop_quotient_first": rounding(
        "RmsProp divides the gradient, then scales it.",
        RmsQuotientFirst,
        outputs="updates",
        first="update",
        shown_by="rmsprop-first-step-float32",
    ),
    "adagrad_product_first": rounding(
        "AdaGrad scales the gradient, then divides it.",
        AdaGradProductFirst,
        outputs="updates",
        first="update",
        shown_by="adagrad-late-start-float32",
    ),
    "adagrad_quotient_first": rounding(
        "AdaGrad divides the gradient, then scales it.",
        AdaGradQuotientFirst,
        outputs="updates",
        first="update",
        shown_by="adagrad-late-start-float32",
    ),
    "adadelta_one_root": rounding(
        "AdaDelta takes one root, of the quotient.",
        DeltaOneRoot,
        outputs="updates, state",
        first="update, msdx",
        shown_by="adadelta-first-step-float32",
    ),
    "adadelta_product_first": rounding(
        "AdaDelta multiplies by the numerator before it divides.",
        DeltaProductFirst,
        outputs="updates, state",
        first="update, msdx",
        shown_by="adadelta-late-start-float32",
    ),
    "nesterovs_of_old_velocity": rounding(
        "Nesterovs' update is written with the old velocity and the gradient.",
        NesterovsOfOldVelocity,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-late-start-float32",
    ),
    "nesterovs_of_new_velocity": rounding(
        "Nesterovs' update is written with the new velocity and the gradient.",
        NesterovsOfNewVelocity,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-late-start-float32",
    ),
    "division_by_reciprocal": rounding(
        "Updates are multiplied by the reciprocal of the batch.",
        DividedByReciprocal,
        outputs="updates",
        first="update",
        shown_by="division-sgd-float32",
    ),
    "penalties_summed": rounding(
        "L2 and L1 are added to each other, then to the update.",
        PenaltiesSummed,
        outputs="updates",
        first="update",
        shown_by="l1-l2-sgd-float32",
    ),
    "l2_fused": rounding(
        "L2's product is not rounded before it is added.",
        DecayFused,
        outputs="updates",
        first="update",
        shown_by="visible-bias-pretrained-sgd-float32",
    ),
}
