"""Misreadings of Adam's step."""

from __future__ import annotations

import sys
from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.misreadings.adam_parts import AdamParts
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory


@misreading("adam-epsilon-inside-root", clauses=("ADAM-2",), replaces="adam.step.denominator")
def _adam_epsilon_inside_root(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: Epsilon stands inside the root."""
    return (v + epsilon).sqrt()


@misreading(
    "adam-epsilon-corrected",
    clauses=("ADAM-2",),
    replaces="adam.step.denominator",
    references=("Kingma and Ba, algorithm 1; torch.optim.Adam",),
)
def _adam_epsilon_corrected(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: Epsilon is bias-corrected: it is added to the corrected root."""
    return v.sqrt() + epsilon * second


@misreading("adam-no-epsilon", clauses=("ADAM-2",), replaces="adam.step.denominator")
def _adam_no_epsilon(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: There is no epsilon."""
    return v.sqrt()


@misreading("adam-no-fallback", clauses=("ADAM-5",), replaces="adam.step.fallback")
def _adam_no_fallback(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: A step size of zero or NaN stays."""
    return alphat


@misreading("adam-t-from-zero", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_t_from_zero(call: Call) -> int:
    """ADAM: The exponent is t."""
    return call.iteration


@misreading("adam-t-one-later", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_t_one_later(call: Call) -> int:
    """ADAM: The exponent is t + 2."""
    return wrapped_int(call.iteration + 2)


@misreading("adam-no-correction", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_no_correction(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: There is no bias correction."""
    return rate


@misreading("adam-first-correction-only", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_first_correction_only(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: Only the first moment is corrected."""
    return rate / first


@misreading("adam-second-correction-only", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_second_correction_only(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: Only the second moment is corrected."""
    return rate * second


@misreading("adam-corrections-swapped", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_corrections_swapped(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: The corrections are the other way up."""
    return rate * first / second


@misreading("adam-decays-swapped", clauses=("ADAM-1",), replaces="adam.step.decays")
def _adam_decays_swapped(call: Call) -> tuple[Scalar, Scalar]:
    """ADAM: The decay rates are swapped."""
    return call.settings.adam_var_decay, call.settings.adam_mean_decay


@misreading("adam-second-moment-absolute", clauses=("ADAM-1",), replaces="adam.step.variance")
def _adam_second_moment_absolute(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The second moment averages |g|."""
    return v * decay + g * g.sign() * rest


@misreading("adam-nadam", clauses=("ADAM-1",), replaces="adam.step.mean_in_use", references=("ND4J 0.9.1's Nadam",))
def _adam_nadam(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """ADAM: The first moment looks ahead, as in Nadam."""
    return after.view["m"] * decay + g * (1 - decay), after


@misreading("adam-rate-in-moments", clauses=("ADAM-1",), replaces="adam.step.entering")
def _adam_rate_in_moments(g: Array, call: Call) -> Array:
    """ADAM: The gradient is scaled by the rate before the moments."""
    return g * call.learning_rate


@misreading("adam-one-step-late", clauses=("ADAM-1",), replaces=("adam.step.mean_in_use", "adam.step.variance_in_use"))
def _adam_one_step_late() -> tuple[object, object]:
    """ADAM: The update is made of the moments before this gradient."""

    def mean(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
        return before.view["m"], after

    def variance(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
        return before.view["v"], after

    return mean, variance


@misreading(
    "adam-amsgrad",
    clauses=("ADAM-1",),
    replaces="adam.step.variance_in_use",
    references=("ND4J 1.0.0-beta's AMSGrad", "torch.optim.Adam(amsgrad=True)"),
)
def _adam_amsgrad(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """ADAM: The second moment never falls, as in AMSGrad."""
    v = after.view["v"]
    greatest = v.maximum(before.unseen.get("vHat", v))
    return greatest, replace(after, unseen={**after.unseen, "vHat": greatest})


@misreading(
    "adam-infinite-falls-back", clauses=("ADAM-5",), replaces="adam.step.fallback", references=("ND4J 1.0.0-beta7",)
)
def _adam_infinite_falls_back(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: An infinite step size becomes epsilon too."""
    largest = sys.float_info.max
    return epsilon if alphat > largest or -alphat > largest else AdamParts().fallback(alphat, epsilon)


@misreading(
    "adam-epsilon-constant", clauses=("ADAM-2",), replaces="adam.step.epsilon", references=("DL4J 0.7.2, issue #2705",)
)
def _adam_epsilon_constant(call: Call) -> Scalar:
    """ADAM: Epsilon is 1e-8 whatever is configured."""
    return call.arithmetic.scalar(1e-8)


@misreading("adam-quotient-first", clauses=("ADAM-1",), replaces="adam.step.combination")
def _adam_quotient_first(m: Array, alphat: Scalar, denominator: Array) -> Array:
    """ADAM: The quotient alphat / (sqrt(v) + epsilon) comes before the product."""
    return m * (alphat / denominator)


@misreading("adam-division-before-rate", clauses=("ADAM-1",), replaces="adam.step.combination")
def _adam_division_before_rate(m: Array, alphat: Scalar, denominator: Array) -> Array:
    """ADAM: m is divided before it is multiplied by alphat."""
    return m / denominator * alphat


@misreading("adam-scaled-before-squared", clauses=("ADAM-1",), replaces="adam.step.variance")
def _adam_scaled_before_squared(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The second moment adds g * (g * (1 - b2))."""
    return v * decay + g * (g * rest)


@misreading("adam-interpolated", clauses=("ADAM-1",), replaces="adam.step.mean", references=("torch.optim.Adam",))
def _adam_interpolated(m: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The first moment is m + (g - m)(1 - b1), an interpolation."""
    return m + (g - m) * rest
