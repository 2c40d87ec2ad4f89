"""Misreadings of L2, L1 and the division by the batch size.

Arrays are 1-D, of the network's dtype; coefficients and batch sizes are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dl4j_oracle import regularization as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.configuration import GlobalConfiguration
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.regularization import Division, Penalty


@dataclass(frozen=True)
class _Penalty:
    """L1 or L2."""

    #: What of the parameter is added: itself, or its sign.
    direction: Callable[[Array], Array]
    #: The parameter that is penalised, from the one before the update, and the update.
    parameter: Callable[[Array, Array], Array] = lambda w, g: w
    #: Whether a coefficient counts.
    counts: Callable[[Scalar], bool] = lambda coefficient: coefficient > 0
    #: What the parameter is multiplied by, from the coefficient.
    coefficient: Callable[[Scalar, Arithmetic], Scalar] = lambda coefficient, arithmetic: coefficient
    #: The same after the learning rate.
    scaled: Callable[[Scalar, Scalar], Scalar] = lambda coefficient, rate: coefficient
    #: The update with the penalty.
    added: Callable[[Array, Array], Array] = lambda g, penalty: g + penalty

    def rule(self) -> Penalty:
        """Return the penalty as a rule."""

        def penalize(gradient: Array, parameter: Array, coefficient: Scalar, learning_rate: Scalar) -> Array:
            if not self.counts(coefficient):
                return gradient
            factor = self.scaled(self.coefficient(coefficient, parameter.arithmetic), learning_rate)
            return self.added(gradient, self.direction(self.parameter(parameter, gradient)) * factor)

        return penalize


@dataclass(frozen=True)
class _Division:
    """The division by the batch size."""

    #: What is divided by, from the batch size and the update.
    divisor: Callable[[Scalar, Array], Scalar] = lambda batch_size, g: batch_size
    divided: Callable[[Array, Scalar], Array] = lambda g, divisor: g / divisor

    def rule(self) -> Division:
        """Return the division as a rule."""

        def divide(gradient: Array, batch_size: Scalar) -> Array:
            return self.divided(gradient, self.divisor(batch_size, gradient))

        return divide


decompose(right.add_l2, _Penalty(lambda parameter: parameter))
decompose(right.add_l1, _Penalty(lambda parameter: parameter.sign()))
decompose(right.divide_by_batch_size, _Division())


@misreading("l2-doubled", clauses=("POST-2",), replaces="l2.coefficient")
def _l2_doubled(l2: Scalar, arithmetic: Arithmetic) -> Scalar:
    """The penalty is the gradient of l2*w^2: 2*l2*w."""
    return l2 + l2


@misreading("l2-halved", clauses=("POST-2",), replaces="l2.coefficient")
def _l2_halved(l2: Scalar, arithmetic: Arithmetic) -> Scalar:
    """The penalty is l2*w/2."""
    return l2 * arithmetic.scalar(0.5)


@misreading(
    "l2-scaled-by-rate", clauses=("POST-2",), replaces="l2.scaled", references=("DL4J issue #7079", "torch.optim.AdamW")
)
def _l2_scaled_by_rate(l2: Scalar, rate: Scalar) -> Scalar:
    """L2 is scaled by the learning rate: decoupled weight decay."""
    return l2 * rate


@misreading("l1-scaled-by-rate", clauses=("POST-3",), replaces="l1.scaled")
def _l1_scaled_by_rate(l1: Scalar, rate: Scalar) -> Scalar:
    """L1 is scaled by the learning rate."""
    return l1 * rate


@misreading("l2-subtracted", clauses=("POST-2",), replaces="l2.added")
def _l2_subtracted(g: Array, penalty: Array) -> Array:
    """L2 is subtracted."""
    return g - penalty


@misreading("l2-negative-counts", clauses=("POST-2",), replaces="l2.counts")
def _l2_negative_counts(l2: Scalar) -> bool:
    """A coefficient of zero or below counts too."""
    return True


@misreading("l1-as-l2", clauses=("POST-3",), replaces="l1.direction")
def _l1_as_l2(w: Array) -> Array:
    """L1 adds w and not its sign."""
    return w


@misreading("sign-of-zero-is-one", clauses=("POST-3",), replaces="l1.direction")
def _sign_of_zero_is_one(w: Array) -> Array:
    """The sign of zero and NaN is 1."""
    return (w.sign() + w.arithmetic.scalar(0.5)).sign()


@misreading("l1-subtracted", clauses=("POST-3",), replaces="l1.added")
def _l1_subtracted(g: Array, penalty: Array) -> Array:
    """L1 is subtracted."""
    return g - penalty


@misreading("l2-of-moved-parameter", clauses=("POST-2",), replaces="l2.parameter")
def _l2_of_moved_parameter(w: Array, g: Array) -> Array:
    """L2 is taken of the parameter after the step, not before it."""
    return w - g


@misreading("l1-of-moved-parameter", clauses=("POST-3",), replaces="l1.parameter")
def _l1_of_moved_parameter(w: Array, g: Array) -> Array:
    """L1 is taken of the parameter after the step, not before it."""
    return w - g


@misreading("l1-negative-counts", clauses=("POST-3",), replaces="l1.counts")
def _l1_negative_counts(l1: Scalar) -> bool:
    """An L1 coefficient of zero or below counts too."""
    return True


@misreading(
    "sign-of-nan-is-nan", clauses=("POST-3",), replaces="l1.direction", references=("numpy.sign", "jax.numpy.sign")
)
def _sign_of_nan_is_nan(w: Array) -> Array:
    """The sign of NaN is NaN."""
    return w.sign().maximum(w.clip_above(w.arithmetic.scalar(-1.0)))


@misreading("division-multiplies", clauses=("POST-4",), replaces="divide_by_batch_size.divided")
def _division_multiplies(g: Array, divisor: Scalar) -> Array:
    """The update is multiplied by 1/B."""
    return g * (g.arithmetic.scalar(1.0) / divisor)


@misreading("division-by-elements-too", clauses=("POST-4",), replaces="divide_by_batch_size.divisor")
def _division_by_elements_too(batch_size: Scalar, g: Array) -> Scalar:
    """The update is divided by the batch size and by the number of its values: a mean of everything."""
    return batch_size * g.arithmetic.scalar(float(len(g)))


@misreading("division-twice", clauses=("POST-4",), replaces="divide_by_batch_size.divisor")
def _division_twice(batch_size: Scalar, g: Array) -> Scalar:
    """The update is divided by the batch size twice, as if a mean loss came on top."""
    return batch_size * batch_size


@misreading("division-at-least-one", clauses=("POST-4",), replaces="divide_by_batch_size.divisor")
def _division_at_least_one(batch_size: Scalar, g: Array) -> Scalar:
    """A batch size below 1 counts as 1."""
    return batch_size if batch_size > 1 else g.arithmetic.scalar(1.0)


@misreading(
    "always-regularized", clauses=("POST-2", "POST-3"), replaces="is_regularized", references=("DL4J 1.0.0-alpha",)
)
def _always_regularized(common: GlobalConfiguration) -> bool:
    """Coefficients count whatever useRegularization says."""
    return True


@misreading("always-averaged", clauses=("POST-4",), replaces="is_averaged")
def _always_averaged(common: GlobalConfiguration) -> bool:
    """Updates are divided by the batch size whatever miniBatch says."""
    return True
