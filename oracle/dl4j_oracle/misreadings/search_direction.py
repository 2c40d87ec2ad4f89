"""Misreadings of the directions of line searches, and of calls with several iterations."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.search_direction import Correction, Step


@misreading("descent-goes-to-infinity", clauses=("OPT-19",), replaces="line_gradient_descent.scaled")
def _descent_goes_to_infinity(direction: Array, arithmetic: Arithmetic) -> Array:
    """LineGradientDescent keeps a gradient with an infinite norm as its next direction."""
    return direction


@misreading("last-gradient-is-kept", clauses=("OPT-20",), replaces="last_gradient")
def _last_gradient_is_kept(kept: Array, gradient: Array, is_view: bool) -> Array:
    """ConjugateGradient and LBFGS keep a copy of the last gradient."""
    return kept


@misreading("conjugate-by-fletcher-reeves", clauses=("OPT-21",), replaces="conjugate_gradient.weight")
def _conjugate_by_fletcher_reeves(step: Step, arithmetic: Arithmetic) -> Scalar:
    """ConjugateGradient weighs the last direction as Fletcher and Reeves do."""
    return step.gradient.dot(step.gradient) / step.last.dot(step.last)


@misreading("conjugate-weight-below-zero", clauses=("OPT-21",), replaces="conjugate_gradient.weight")
def _conjugate_weight_below_zero(step: Step, arithmetic: Arithmetic) -> Scalar:
    """The weight of the last direction may be negative."""
    return (step.gradient - step.last).dot(step.gradient) / step.last.dot(step.last)


@misreading("conjugate-nan-weight-is-zero", clauses=("OPT-21",), replaces="conjugate_gradient.weight")
def _conjugate_nan_weight_is_zero(step: Step, arithmetic: Arithmetic) -> Scalar:
    """A weight that is NaN is 0, as of the maximum in most languages."""
    weight = _conjugate_weight_below_zero(step, arithmetic)
    return weight if weight > 0.0 else arithmetic.scalar(0.0)


@misreading("lbfgs-true-curvature", clauses=("OPT-22",), replaces="lbfgs.curvature")
def _lbfgs_true_curvature(last: Array, correction: Correction, old_params: Array) -> Scalar:
    """LBFGS takes the product of the change of the parameters and that of the gradient, as the method has it."""
    return correction.s.dot(correction.y) + 1e-5


@misreading("lbfgs-keeps-ten", clauses=("OPT-22",), replaces="lbfgs.kept")
def _lbfgs_keeps_ten(corrections: Sequence[Correction]) -> Sequence[Correction]:
    """LBFGS keeps ten corrections."""
    return corrections[:10]


@misreading("lbfgs-pairs-alphas", clauses=("OPT-22",), replaces="lbfgs.paired")
def _lbfgs_pairs_alphas(alphas: Sequence[Scalar]) -> Sequence[Scalar]:
    """LBFGS takes each correction's own alpha on the way back."""
    return alphas[::-1]


@misreading("lbfgs-begins-anew", clauses=("OPT-22", "OPT-26"), replaces="lbfgs.going_on")
def _lbfgs_begins_anew(direction: Array | None, gradient: Array) -> Array:
    """LBFGS begins every call along the gradient."""
    return gradient


@misreading("search-iteration-is-a-call", clauses=("OPT-23",), replaces="updates_before_every_search")
def _search_iteration_is_a_call() -> bool:
    """Each iteration of a call updates before its search, as a call of its own does."""
    return True
