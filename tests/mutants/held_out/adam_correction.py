"""Mistakes of Adam's correction of the start from zero: what is corrected, and what counts the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.java import fast_math_power, quotient
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.updaters import UpdaterSettings
from mutants.held_out.formulae import Adam
from mutants.held_out.mistake import Mistakes, mistake
from mutants.held_out.parts import Parameter


class CorrectedDivisor(Adam):
    """torch: ``denom = sqrt(v) / sqrt(1 - beta2 ** t) + eps``, ``step_size = lr / (1 - beta1 ** t)``."""

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        self._root = np.sqrt(1 - fast_math_power(settings.adam_var_decay, t))
        return quotient(rate, 1 - fast_math_power(settings.adam_mean_decay, t))

    def root(self, squares: Array) -> Array:
        return super().root(squares) / squares.dtype.type(self._root)


class Uncorrected(Adam):
    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return rate


class OnlyMeanCorrected(Adam):
    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return quotient(rate, 1 - fast_math_power(settings.adam_mean_decay, t))


class OnlyVarianceCorrected(Adam):
    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        corrected = 1 - fast_math_power(settings.adam_var_decay, t)
        return rate * float(np.sqrt(corrected)) if corrected >= 0 else rate


class CorrectedByNextStep(Adam):
    """The counter is incremented before the update, and once more in the exponent."""

    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        return super().alpha(settings, rate, t + 1)


class OwnCounter(Parameter):
    def _numbers(self, iteration: int) -> Numbers:
        return super()._numbers(self.calls - 1)


class SharedCounter(Parameter):
    """One count in the optimizer object, which every parameter increments."""

    def _numbers(self, iteration: int) -> Numbers:
        if self.updater.name != "ADAM":
            return super()._numbers(iteration)
        # Every network has operations of its own.
        network: Any = self.nd4j
        network.adam_calls = getattr(network, "adam_calls", 0) + 1
        return super()._numbers(network.adam_calls - 1)


class NoFallback(Adam):
    def alpha(self, settings: UpdaterSettings, rate: float, t: int) -> float:
        corrected = 1 - fast_math_power(settings.adam_var_decay, t)
        root = float(np.sqrt(corrected)) if corrected >= 0 else float("nan")
        return quotient(rate * root, 1 - fast_math_power(settings.adam_mean_decay, t))


ADAM_CORRECTION: Mistakes = {
    "adam_corrected_divisor": mistake(
        "Adam corrects the root of the variance, then adds epsilon, as torch does.",
        CorrectedDivisor,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_uncorrected": mistake(
        "Adam's rate is not corrected for the start from zero.",
        Uncorrected,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_only_mean_corrected": mistake(
        "Adam corrects the mean, and not the variance.",
        OnlyMeanCorrected,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_only_variance_corrected": mistake(
        "Adam corrects the variance, and not the mean.",
        OnlyVarianceCorrected,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_corrected_by_next_step": mistake(
        "Adam's exponent is one too large.",
        CorrectedByNextStep,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_own_counter": mistake(
        "Each parameter counts its own updates for Adam's exponent.",
        OwnCounter,
        outputs="updates",
        first="update",
        shown_by="adam-late-start-float32",
    ),
    "adam_shared_counter": mistake(
        "All parameters increment one counter, which is Adam's exponent.",
        SharedCounter,
        outputs="updates",
        first="update",
        shown_by="adam-first-step-float32",
    ),
    "adam_no_fallback": mistake(
        "Adam keeps a step size of zero or NaN.",
        NoFallback,
        outputs="updates",
        first="update",
        shown_by="adam-rate-zero-float32",
    ),
}
