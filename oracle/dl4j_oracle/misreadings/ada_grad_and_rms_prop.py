"""Misreadings of the steps of AdaGrad and RmsProp, which divide by the root of a sum or an average of squares."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.ada_grad_and_rms_prop_parts import AdaGradParts, RmsPropParts
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory


@misreading(
    "adagrad-epsilon-inside-root",
    clauses=("ADAGRAD-1",),
    replaces="adagrad.step.denominator",
    references=("TensorFlow",),
)
def _adagrad_epsilon_inside_root(h: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: Epsilon stands inside the root."""
    return (h + epsilon).sqrt()


@misreading("adagrad-no-epsilon", clauses=("ADAGRAD-1",), replaces="adagrad.step.denominator")
def _adagrad_no_epsilon(h: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: There is no epsilon in the divisor."""
    return h.sqrt()


@misreading("adagrad-no-root", clauses=("ADAGRAD-1",), replaces="adagrad.step.denominator")
def _adagrad_no_root(h: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: There is no root."""
    return h + epsilon


@misreading(
    "rmsprop-epsilon-inside-root",
    clauses=("RMSPROP-1",),
    replaces="rmsprop.step.denominator",
    references=("TensorFlow",),
)
def _rmsprop_epsilon_inside_root(c: Array, epsilon: Scalar) -> Array:
    """RMSPROP: Epsilon stands inside the root."""
    return (c + epsilon).sqrt()


@misreading("rmsprop-no-epsilon", clauses=("RMSPROP-1",), replaces="rmsprop.step.denominator")
def _rmsprop_no_epsilon(c: Array, epsilon: Scalar) -> Array:
    """RMSPROP: There is no epsilon in the divisor."""
    return c.sqrt()


@misreading("rmsprop-no-root", clauses=("RMSPROP-1",), replaces="rmsprop.step.denominator")
def _rmsprop_no_root(c: Array, epsilon: Scalar) -> Array:
    """RMSPROP: There is no root."""
    return c + epsilon


@misreading(
    "adagrad-product-first",
    clauses=("ADAGRAD-1",),
    replaces="adagrad.step.combination",
    references=("ND4J 1.0.0-beta7",),
)
def _adagrad_product_first(g: Array, rate: Scalar, denominator: Array) -> Array:
    """ADAGRAD: The product comes before the quotient."""
    return RmsPropParts().combination(g, rate, denominator)


@misreading("adagrad-old-accumulator", clauses=("ADAGRAD-1",), replaces="adagrad.step.in_use")
def _adagrad_old_accumulator(before: Array, after: Array) -> Array:
    """ADAGRAD: The divisor is made of the state before this gradient."""
    return before


@misreading("rmsprop-old-accumulator", clauses=("RMSPROP-1",), replaces="rmsprop.step.in_use")
def _rmsprop_old_accumulator(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """RMSPROP: The divisor is made of the state before this gradient."""
    return before.view["c"], after


@misreading(
    "adagrad-epsilon-every-step",
    clauses=("ADAGRAD-1",),
    replaces="adagrad.step.accumulation",
    references=("ND4J PR #888",),
)
def _adagrad_epsilon_every_step(h: Array, g: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: Epsilon is added to the state at every step."""
    return h + g * g + epsilon


@misreading(
    "rmsprop-epsilon-constant", clauses=("RMSPROP-1",), replaces="rmsprop.step.epsilon", references=("ND4J 0.7.2",)
)
def _rmsprop_epsilon_constant(call: Call) -> Scalar:
    """RMSPROP: Epsilon in the divisor is 1e-8 whatever is configured."""
    return call.arithmetic.scalar(1e-8)


@misreading(
    "rmsprop-centered",
    clauses=("RMSPROP-1",),
    replaces="rmsprop.step.in_use",
    references=("torch.optim.RMSprop(centered=True)",),
)
def _rmsprop_centered(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    """RMSPROP: The square of the mean gradient is subtracted, as if centered."""
    mean = g * (1 - decay)
    if "mean" in before.unseen:
        mean = before.unseen["mean"] * decay + mean
    return after.view["c"] - mean * mean, replace(after, unseen={**after.unseen, "mean": mean})


@misreading("rmsprop-quotient-first", clauses=("RMSPROP-1",), replaces="rmsprop.step.combination")
def _rmsprop_quotient_first(g: Array, rate: Scalar, denominator: Array) -> Array:
    """RMSPROP: The quotient comes before the product."""
    return AdaGradParts().combination(g, rate, denominator)


@misreading("rmsprop-weights-swapped", clauses=("RMSPROP-1",), replaces="rmsprop.step.decay")
def _rmsprop_weights_swapped(call: Call) -> Scalar:
    """RMSPROP: The decay and its complement are swapped."""
    return 1 - call.settings.rms_decay


@misreading("rmsprop-undamped", clauses=("RMSPROP-1",), replaces="rmsprop.step.average")
def _rmsprop_undamped(c: Array, g: Array, decay: Scalar) -> Array:
    """RMSPROP: The square is added whole."""
    return c * decay + g * g


@misreading("adagrad-denominator-multiplies", clauses=("ADAGRAD-1",), replaces="adagrad.step.combination")
def _adagrad_denominator_multiplies(g: Array, rate: Scalar, denominator: Array) -> Array:
    """ADAGRAD: The step is multiplied by the denominator."""
    return g * rate * denominator


@misreading("adagrad-epsilon-twice", clauses=("ADAGRAD-1",), replaces="adagrad.step.denominator")
def _adagrad_epsilon_twice(h: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: Epsilon stands inside the root and outside."""
    return (h + epsilon).sqrt() + epsilon


@misreading("adagrad-epsilon-1e-07", clauses=("ADAGRAD-1",), replaces="adagrad.step.epsilon", references=("Keras",))
def _adagrad_epsilon_1e_07(call: Call) -> Scalar:
    """ADAGRAD: Epsilon in the divisor is 1e-07 whatever is configured."""
    return call.arithmetic.scalar(1e-7)


@misreading("adagrad-rate-in-squares", clauses=("ADAGRAD-1",), replaces="adagrad.step.entering")
def _adagrad_rate_in_squares(g: Array, call: Call) -> Array:
    """ADAGRAD: The gradient is scaled by the rate before it is squared."""
    return g * call.learning_rate


@misreading("rmsprop-denominator-multiplies", clauses=("RMSPROP-1",), replaces="rmsprop.step.combination")
def _rmsprop_denominator_multiplies(g: Array, rate: Scalar, denominator: Array) -> Array:
    """RMSPROP: The step is multiplied by the denominator."""
    return g * rate * denominator


@misreading("rmsprop-epsilon-twice", clauses=("RMSPROP-1",), replaces="rmsprop.step.denominator")
def _rmsprop_epsilon_twice(c: Array, epsilon: Scalar) -> Array:
    """RMSPROP: Epsilon stands inside the root and outside."""
    return (c + epsilon).sqrt() + epsilon


@misreading("rmsprop-epsilon-1e-07", clauses=("RMSPROP-1",), replaces="rmsprop.step.epsilon", references=("Keras",))
def _rmsprop_epsilon_1e_07(call: Call) -> Scalar:
    """RMSPROP: Epsilon in the divisor is 1e-07 whatever is configured."""
    return call.arithmetic.scalar(1e-7)


@misreading("rmsprop-rate-in-squares", clauses=("RMSPROP-1",), replaces="rmsprop.step.entering")
def _rmsprop_rate_in_squares(g: Array, call: Call) -> Array:
    """RMSPROP: The gradient is scaled by the rate before it is squared."""
    return g * call.learning_rate


@misreading(
    "adagrad-epsilon-1e-10",
    clauses=("ADAGRAD-1",),
    replaces="adagrad.step.epsilon",
    references=("torch.optim.Adagrad",),
)
def _adagrad_epsilon_1e_10(call: Call) -> Scalar:
    """ADAGRAD: Epsilon in the divisor is 1e-10 whatever is configured."""
    return call.arithmetic.scalar(1e-10)


@misreading("adagrad-epsilon-1e-08", clauses=("ADAGRAD-1",), replaces="adagrad.step.epsilon")
def _adagrad_epsilon_1e_08(call: Call) -> Scalar:
    """ADAGRAD: Epsilon in the divisor is 1e-08 whatever is configured."""
    return call.arithmetic.scalar(1e-8)


@misreading("adagrad-epsilon-constant", clauses=("ADAGRAD-1",), replaces="adagrad.step.epsilon")
def _adagrad_epsilon_constant(call: Call) -> Scalar:
    """ADAGRAD: Epsilon in the divisor is 1e-06 whatever is configured."""
    return call.arithmetic.scalar(1e-6)


@misreading("adagrad-decayed", clauses=("ADAGRAD-1",), replaces="adagrad.step.accumulation")
def _adagrad_decayed(h: Array, g: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: The sum is an average with the decay 0.9, as in RmsProp."""
    decay = h.arithmetic.scalar(0.9)
    return h * decay + g * g * (1 - decay)


@misreading("adagrad-sum-absolute", clauses=("ADAGRAD-1",), replaces="adagrad.step.accumulation")
def _adagrad_sum_absolute(h: Array, g: Array, epsilon: Scalar) -> Array:
    """ADAGRAD: The sum is that of |g|."""
    return h + g * g.sign()


@misreading("rmsprop-average-absolute", clauses=("RMSPROP-1",), replaces="rmsprop.step.average")
def _rmsprop_average_absolute(c: Array, g: Array, decay: Scalar) -> Array:
    """RMSPROP: The average is that of |g|."""
    return c * decay + g * g.sign() * (1 - decay)


@misreading("rmsprop-decay-constant", clauses=("RMSPROP-1",), replaces="rmsprop.step.decay")
def _rmsprop_decay_constant(call: Call) -> Scalar:
    """RMSPROP: The decay is 0.9 whatever is configured."""
    return call.arithmetic.scalar(0.9)


@misreading(
    "rmsprop-epsilon-1e-10", clauses=("RMSPROP-1",), replaces="rmsprop.step.epsilon", references=("TensorFlow 1",)
)
def _rmsprop_epsilon_1e_10(call: Call) -> Scalar:
    """RMSPROP: Epsilon in the divisor is 1e-10 whatever is configured."""
    return call.arithmetic.scalar(1e-10)


@misreading("rmsprop-epsilon-1e-06", clauses=("RMSPROP-1",), replaces="rmsprop.step.epsilon")
def _rmsprop_epsilon_1e_06(call: Call) -> Scalar:
    """RMSPROP: Epsilon in the divisor is 1e-06 whatever is configured."""
    return call.arithmetic.scalar(1e-6)
