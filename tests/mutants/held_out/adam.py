"""Mistakes of Adam: epsilon, the averages, the step."""

from __future__ import annotations

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.java import fast_math_power, quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.updaters import UpdaterSettings
from mutants.held_out.formulae import Adam
from mutants.held_out.mistake import Mistakes, mistake


class EpsilonInside(Adam):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return self.root(squares + x.scalar(n.epsilon))


class SwappedDecays(Adam):
    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return super().update(n._replace(mean_decay=n.decay, decay=n.mean_decay), x, g, *state)


class SquareOfMean(Adam):
    def variance(self, n: Numbers, x: Nd4j, g: Array, v: Array, m: Array) -> Array:
        return super().variance(n, x, m, v, m)


class Belief(Adam):
    """AdaBelief: the square of how far the gradient is from its mean."""

    def variance(self, n: Numbers, x: Nd4j, g: Array, v: Array, m: Array) -> Array:
        return super().variance(n, x, g - x.operand(m), v, m)


class Greatest(Adam):
    def variance(self, n: Numbers, x: Nd4j, g: Array, v: Array, m: Array) -> Array:
        return np.maximum(v, super().variance(n, x, g, v, m))


class InfinityNorm(Adam):
    """Adamax: ``u = max(beta2 * u, |g|)``, which is divided by without a root."""

    def variance(self, n: Numbers, x: Nd4j, g: Array, v: Array, m: Array) -> Array:
        return np.maximum(v * x.scalar(n.decay), np.abs(g))

    def root(self, squares: Array) -> Array:
        return squares

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return quotient(rate, 1 - fast_math_power(settings.adam_mean_decay, t))


class LooksAhead(Adam):
    def direction(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return m * x.scalar(n.mean_decay) + x.operand(g * x.scalar(1 - n.mean_decay))


class Accumulates(Adam):
    def mean(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return self.average(n.mean_decay, x, m, g)


class WithoutRoot(Adam):
    def root(self, squares: Array) -> Array:
        return squares


class GreaterOfEpsilon(Adam):
    def divisor(self, n: Numbers, x: Nd4j, squares: Array) -> Array:
        return np.maximum(self.root(squares), x.scalar(n.epsilon))


class VarianceFromEpsilon(Adam):
    def initial(self, settings: UpdaterSettings) -> tuple[float, ...]:
        return 0.0, settings.epsilon


class VarianceFirst(Adam):
    order = (1, 0)


class GradientOverRoot(Adam):
    """The mean is kept, and the step forgets it."""

    def direction(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return g


class RateInMean(Adam):
    def mean(self, n: Numbers, x: Nd4j, g: Array, m: Array) -> Array:
        return super().mean(n, x, g * x.scalar(n.learning_rate), m)

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return super().alpha(settings, 1.0, t)


ADAM: Mistakes = {
    "adam_epsilon_inside": mistake(
        "Adam takes the root of the variance plus epsilon.",
        EpsilonInside,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_swapped_decays": mistake(
        "Adam's two decays are swapped in the averages.",
        SwappedDecays,
        outputs="updates, state",
        first="m, v",
        shown_by="adam-first-step-float32",
    ),
    "adam_square_of_mean": mistake(
        "Adam's variance averages the squares of the mean.",
        SquareOfMean,
        outputs="updates, state",
        first="v",
        shown_by="adam-first-step-float32",
    ),
    "adam_belief": mistake(
        "Adam's variance is that of AdaBelief, around the mean.",
        Belief,
        outputs="updates, state",
        first="v",
        shown_by="adam-first-step-float32",
    ),
    "adam_greatest_variance": mistake(
        "Adam's variance never falls, as in AMSGrad.",
        Greatest,
        outputs="updates, state",
        first="v, update",
        shown_by="adam-decays-zero-float32",
    ),
    "adam_infinity_norm": mistake(
        "Adam is Adamax.",
        InfinityNorm,
        outputs="updates, state",
        first="v",
        shown_by="adam-first-step-float32",
    ),
    "adam_looks_ahead": mistake(
        "Adam's step mixes the gradient into the mean once more, as NAdam does.",
        LooksAhead,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_accumulates": mistake(
        "Adam's mean takes the whole gradient, as momentum does.",
        Accumulates,
        outputs="updates, state",
        first="m",
        shown_by="adam-first-step-float32",
    ),
    "adam_without_root": mistake(
        "Adam divides by the variance itself.",
        WithoutRoot,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_greater_of_epsilon": mistake(
        "Adam divides by the greater of the root and epsilon.",
        GreaterOfEpsilon,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_variance_from_epsilon": mistake(
        "Adam's variance starts at epsilon.",
        VarianceFromEpsilon,
        outputs="updates, state",
        first="v",
        shown_by="adam-first-step-float32",
    ),
    "adam_variance_first": mistake(
        "Adam's variance stands before the mean in the state.",
        VarianceFirst,
        outputs="updates, state",
        first="m, v",
        shown_by="adam-first-step-float32",
    ),
    "adam_gradient_over_root": mistake(
        "Adam scales the gradient in place of its mean.",
        GradientOverRoot,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_rate_in_mean": mistake(
        "Adam's mean averages the gradient times the learning rate.",
        RateInMean,
        outputs="updates, state",
        first="m",
        shown_by="adam-first-step-float32",
    ),
}
