"""Misreadings of Adam's moments and of the update that is made of them."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
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


@misreading("adam-decays-swapped", clauses=("ADAM-1",), replaces=("adam.step.mean_decay", "adam.step.variance_decay"))
def _adam_decays_swapped() -> tuple[object, object]:
    """ADAM: The decay rates are swapped."""
    return AdamParts().variance_decay, AdamParts().mean_decay


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


@misreading(
    "adam-weights-of-array-type",
    clauses=("ADAM-1",),
    replaces="adam.step.complement",
    references=("ND4J 1.0.0-M2.1",),
    types=("float32",),
)
def _adam_weights_of_array_type(decay: Scalar, call: Call) -> Scalar:
    """ADAM: 1 - b1 and 1 - b2 are computed in the array's type."""
    return 1 - call.arithmetic.stored(decay)


@misreading("adam-mean-decay-for-both", clauses=("ADAM-1",), replaces="adam.step.variance_decay")
def _adam_mean_decay_for_both(call: Call) -> Scalar:
    """ADAM: Both moments have the decay rate of the first."""
    return call.settings.adam_mean_decay


@misreading("adam-variance-decay-for-both", clauses=("ADAM-1",), replaces="adam.step.mean_decay")
def _adam_variance_decay_for_both(call: Call) -> Scalar:
    """ADAM: Both moments have the decay rate of the second."""
    return call.settings.adam_var_decay


@misreading("adam-mean-decay-constant", clauses=("ADAM-1",), replaces="adam.step.mean_decay")
def _adam_mean_decay_constant(call: Call) -> Scalar:
    """ADAM: The decay rate of the first moment is 0.9 whatever is configured."""
    return call.arithmetic.scalar(0.9)


@misreading("adam-variance-decay-constant", clauses=("ADAM-1",), replaces="adam.step.variance_decay")
def _adam_variance_decay_constant(call: Call) -> Scalar:
    """ADAM: The decay rate of the second moment is 0.999 whatever is configured."""
    return call.arithmetic.scalar(0.999)


@misreading("adam-mean-undamped", clauses=("ADAM-1",), replaces="adam.step.mean")
def _adam_mean_undamped(m: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The gradient is added whole to the first moment."""
    return m * decay + g


@misreading("adam-variance-undamped", clauses=("ADAM-1",), replaces="adam.step.variance")
def _adam_variance_undamped(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The square is added whole to the second moment."""
    return v * decay + g * g


@misreading("adam-mean-weights-swapped", clauses=("ADAM-1",), replaces="adam.step.mean")
def _adam_mean_weights_swapped(m: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: b1 and 1 - b1 are swapped in the first moment."""
    return m * rest + g * decay


@misreading("adam-variance-weights-swapped", clauses=("ADAM-1",), replaces="adam.step.variance")
def _adam_variance_weights_swapped(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: b2 and 1 - b2 are swapped in the second moment."""
    return v * rest + g * g * decay


@misreading("adam-old-mean", clauses=("ADAM-1",), replaces="adam.step.mean_in_use")
def _adam_old_mean(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """ADAM: The update is made of the first moment before this gradient."""
    return before.view["m"], after


@misreading("adam-old-variance", clauses=("ADAM-1",), replaces="adam.step.variance_in_use")
def _adam_old_variance(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """ADAM: The update is made of the second moment before this gradient."""
    return before.view["v"], after


@misreading("adam-without-mean", clauses=("ADAM-1",), replaces="adam.step.mean_in_use")
def _adam_without_mean(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """ADAM: The gradient itself stands in the place of the first moment."""
    return g, after


@misreading("adam-no-root", clauses=("ADAM-2",), replaces="adam.step.denominator")
def _adam_no_root(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: There is no root."""
    return v + epsilon


@misreading("adam-epsilon-inside-corrected-root", clauses=("ADAM-2",), replaces="adam.step.denominator")
def _adam_epsilon_inside_corrected_root(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: Epsilon stands inside the root and is bias-corrected: it is added to the corrected second moment."""
    return (v + epsilon * (second * second)).sqrt()


@misreading("adam-epsilon-twice", clauses=("ADAM-2",), replaces="adam.step.denominator")
def _adam_epsilon_twice(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    """ADAM: Epsilon stands inside the root and outside."""
    return (v + epsilon).sqrt() + epsilon


@misreading("adam-denominator-multiplies", clauses=("ADAM-2",), replaces="adam.step.combination")
def _adam_denominator_multiplies(m: Array, alphat: Scalar, denominator: Array) -> Array:
    """ADAM: The step is multiplied by the denominator."""
    return m * alphat * denominator


@misreading("adam-epsilon-1e-07", clauses=("ADAM-2",), replaces="adam.step.epsilon", references=("Keras",))
def _adam_epsilon_1e_07(call: Call) -> Scalar:
    """ADAM: Epsilon is 1e-07 whatever is configured."""
    return call.arithmetic.scalar(1e-7)


@misreading("adam-variance-interpolated", clauses=("ADAM-1",), replaces="adam.step.variance", references=("Keras",))
def _adam_variance_interpolated(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    """ADAM: The second moment is v + (g^2 - v)(1 - b2), an interpolation."""
    return v + (g * g - v) * rest


@misreading(
    "adam-adamax",
    clauses=("ADAM-1",),
    replaces=("adam.step.variance", "adam.step.denominator", "adam.step.step_size"),
    references=("ND4J 0.9.1's AdaMax", "torch.optim.Adamax"),
)
def _adam_adamax() -> tuple[object, object, object]:
    """ADAM: The divisor is the greatest |g|, which decays, as in AdaMax."""

    def variance(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
        return (v * decay).maximum(g * g.sign())

    def denominator(v: Array, epsilon: Scalar, second: Scalar) -> Array:
        return v + epsilon

    def step_size(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
        return rate / first

    return variance, denominator, step_size
