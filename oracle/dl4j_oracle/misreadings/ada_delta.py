"""Misreadings of AdaDelta's step."""

from __future__ import annotations

from collections.abc import Callable

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call


@misreading(
    "adadelta-epsilon-outside-roots",
    clauses=("ADADELTA-1",),
    replaces=("adadelta.step.numerator", "adadelta.step.denominator"),
)
def _adadelta_epsilon_outside_roots() -> tuple[object, object]:
    """ADADELTA: The epsilons stand outside the roots."""

    def outside(average: Array, epsilon: Scalar) -> Array:
        return average.sqrt() + epsilon

    return outside, outside


@misreading("adadelta-no-epsilon-above", clauses=("ADADELTA-1",), replaces="adadelta.step.numerator")
def _adadelta_no_epsilon_above(msdx: Array, epsilon: Scalar) -> Array:
    """ADADELTA: There is no epsilon above the line."""
    return msdx.sqrt()


@misreading(
    "adadelta-of-gradient",
    clauses=("ADADELTA-1",),
    replaces="adadelta.step.averaged",
    references=("ND4J issue #1239",),
)
def _adadelta_of_gradient(g: Array, update: Array) -> Array:
    """ADADELTA: The second average is fed with the gradient."""
    return g


@misreading(
    "adadelta-parenthesis", clauses=("ADADELTA-1",), replaces="adadelta.step.average", references=("ND4J issue #1239",)
)
def _adadelta_parenthesis(average: Array, square: Array, rho: Scalar) -> Array:
    """ADADELTA: The average is (rho * msg + (1 - rho)) * g^2."""
    return (average * rho + (1 - rho)) * square


@misreading(
    "adadelta-one-root",
    clauses=("ADADELTA-1",),
    replaces=("adadelta.step.numerator", "adadelta.step.denominator", "adadelta.step.combination"),
)
def _adadelta_one_root() -> tuple[object, object, object]:
    """ADADELTA: The quotient is taken before the root."""

    def shifted(average: Array, epsilon: Scalar) -> Array:
        return average + epsilon

    def combination(g: Array, numerator: Array, denominator: Array) -> Array:
        return g * (numerator / denominator).sqrt()

    return shifted, shifted, combination


@misreading("adadelta-product-first", clauses=("ADADELTA-1",), replaces="adadelta.step.combination")
def _adadelta_product_first(g: Array, numerator: Array, denominator: Array) -> Array:
    """ADADELTA: The product comes before the quotient."""
    return g * numerator / denominator


@misreading("adadelta-old-average", clauses=("ADADELTA-1",), replaces="adadelta.step.below")
def _adadelta_old_average(before: Array, after: Array) -> Array:
    """ADADELTA: The divisor is the average before this gradient."""
    return before


@misreading("adadelta-weights-swapped", clauses=("ADADELTA-1",), replaces="adadelta.step.rho")
def _adadelta_weights_swapped(call: Call) -> Scalar:
    """ADADELTA: rho and 1 - rho are swapped."""
    return 1 - call.settings.rho


@misreading("adadelta-new-average-above", clauses=("ADADELTA-1",), replaces="adadelta.step.leaving")
def _adadelta_new_average_above(update: Array, again: Callable[[Array], Array], msdx: Array) -> Array:
    """ADADELTA: The update that leaves is made anew, of the second average after this step."""
    return again(msdx)


@misreading("adadelta-no-epsilon-below", clauses=("ADADELTA-1",), replaces="adadelta.step.denominator")
def _adadelta_no_epsilon_below(msg: Array, epsilon: Scalar) -> Array:
    """ADADELTA: There is no epsilon below the line."""
    return msg.sqrt()


@misreading("adadelta-epsilon-outside-root-above", clauses=("ADADELTA-1",), replaces="adadelta.step.numerator")
def _adadelta_epsilon_outside_root_above(msdx: Array, epsilon: Scalar) -> Array:
    """ADADELTA: The epsilon above the line stands outside the root."""
    return msdx.sqrt() + epsilon


@misreading("adadelta-epsilon-outside-root-below", clauses=("ADADELTA-1",), replaces="adadelta.step.denominator")
def _adadelta_epsilon_outside_root_below(msg: Array, epsilon: Scalar) -> Array:
    """ADADELTA: The epsilon below the line stands outside the root."""
    return msg.sqrt() + epsilon


@misreading(
    "adadelta-no-roots",
    clauses=("ADADELTA-1",),
    replaces=("adadelta.step.numerator", "adadelta.step.denominator"),
)
def _adadelta_no_roots() -> tuple[object, object]:
    """ADADELTA: There are no roots."""

    def shifted(average: Array, epsilon: Scalar) -> Array:
        return average + epsilon

    return shifted, shifted


@misreading("adadelta-inverted", clauses=("ADADELTA-1",), replaces="adadelta.step.combination")
def _adadelta_inverted(g: Array, numerator: Array, denominator: Array) -> Array:
    """ADADELTA: The ratio of the roots is the other way up."""
    return g * (denominator / numerator)


@misreading("adadelta-undamped", clauses=("ADADELTA-1",), replaces="adadelta.step.average")
def _adadelta_undamped(average: Array, square: Array, rho: Scalar) -> Array:
    """ADADELTA: Squares are added whole to the averages."""
    return average * rho + square


@misreading("adadelta-epsilon-1e-07", clauses=("ADADELTA-1",), replaces="adadelta.step.epsilon", references=("Keras",))
def _adadelta_epsilon_1e_07(call: Call) -> Scalar:
    """ADADELTA: Epsilon is 1e-07 whatever is configured."""
    return call.arithmetic.scalar(1e-7)


@misreading("adadelta-epsilon-constant", clauses=("ADADELTA-1",), replaces="adadelta.step.epsilon")
def _adadelta_epsilon_constant(call: Call) -> Scalar:
    """ADADELTA: Epsilon is 1e-06 whatever is configured."""
    return call.arithmetic.scalar(1e-6)


@misreading("adadelta-rho-constant", clauses=("ADADELTA-1",), replaces="adadelta.step.rho")
def _adadelta_rho_constant(call: Call) -> Scalar:
    """ADADELTA: rho is 0.95 whatever is configured."""
    return call.arithmetic.scalar(0.95)


@misreading(
    "adadelta-epsilon-1e-08", clauses=("ADADELTA-1",), replaces="adadelta.step.epsilon", references=("TensorFlow 1",)
)
def _adadelta_epsilon_1e_08(call: Call) -> Scalar:
    """ADADELTA: Epsilon is 1e-08 whatever is configured."""
    return call.arithmetic.scalar(1e-8)
