"""Misreadings of L2, L1 and the division by the batch size."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.configuration import GlobalConfiguration
from dl4j_oracle.misreadings.misreading import misreading


@misreading("l2-doubled", clauses=("POST-2",), replaces="l2")
def _l2_doubled(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """The penalty is the gradient of l2*w^2: 2*l2*w."""
    return g + w * (l2 + l2) if l2 > 0 else g


@misreading("l2-halved", clauses=("POST-2",), replaces="l2")
def _l2_halved(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """The penalty is l2*w/2."""
    return g + w * (l2 * g.arithmetic.scalar(0.5)) if l2 > 0 else g


@misreading(
    "l2-scaled-by-rate", clauses=("POST-2",), replaces="l2", references=("DL4J issue #7079", "torch.optim.AdamW")
)
def _l2_scaled_by_rate(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """L2 is scaled by the learning rate: decoupled weight decay."""
    return g + w * (l2 * rate) if l2 > 0 else g


@misreading("l1-scaled-by-rate", clauses=("POST-3",), replaces="l1")
def _l1_scaled_by_rate(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    """L1 is scaled by the learning rate."""
    return g + w.sign() * (l1 * rate) if l1 > 0 else g


@misreading("l2-subtracted", clauses=("POST-2",), replaces="l2")
def _l2_subtracted(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """L2 is subtracted."""
    return g - w * l2 if l2 > 0 else g


@misreading("l2-negative-counts", clauses=("POST-2",), replaces="l2")
def _l2_negative_counts(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """A coefficient of zero or below counts too."""
    return g + w * l2


@misreading("l1-as-l2", clauses=("POST-3",), replaces="l1")
def _l1_as_l2(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    """L1 adds w and not its sign."""
    return g + w * l1 if l1 > 0 else g


@misreading("sign-of-zero-is-one", clauses=("POST-3",), replaces="l1")
def _sign_of_zero_is_one(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    """The sign of zero and NaN is 1."""
    if not l1 > 0:
        return g
    return g + (w.sign() + w.arithmetic.scalar(0.5)).sign() * l1


@misreading("l1-subtracted", clauses=("POST-3",), replaces="l1")
def _l1_subtracted(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    """L1 is subtracted."""
    return g - w.sign() * l1 if l1 > 0 else g


@misreading("division-multiplies", clauses=("POST-4",), replaces="divide_by_batch_size")
def _division_multiplies(g: Array, batch_size: Scalar) -> Array:
    """The update is multiplied by 1/B."""
    return g * (g.arithmetic.scalar(1.0) / batch_size)


@misreading("division-by-elements-too", clauses=("POST-4",), replaces="divide_by_batch_size")
def _division_by_elements_too(g: Array, batch_size: Scalar) -> Array:
    """The update is divided by the batch size and by the number of its values: a mean of everything."""
    return g / (batch_size * g.arithmetic.scalar(float(len(g))))


@misreading("division-at-least-one", clauses=("POST-4",), replaces="divide_by_batch_size")
def _division_at_least_one(g: Array, batch_size: Scalar) -> Array:
    """A batch size below 1 counts as 1."""
    return g / batch_size if batch_size > 1 else g


@misreading(
    "always-regularized", clauses=("POST-2", "POST-3"), replaces="is_regularized", references=("DL4J 1.0.0-alpha",)
)
def _always_regularized(common: GlobalConfiguration) -> bool:
    """Coefficients count whatever useRegularization says."""
    return True
