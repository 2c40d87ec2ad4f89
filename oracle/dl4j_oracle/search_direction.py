"""The directions of line searches: ``LineGradientDescent``, ``ConjugateGradient`` and ``LBFGS``.

Arrays are 1-D, of the network's dtype, and hold all parameters; a direction points uphill where the step subtracts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.line_search import larger, scaled_to_step_max

#: ``Nd4j.EPS_THRESHOLD``.
_THRESHOLD = 1e-5
#: The number of corrections that LBFGS keeps.
_CORRECTIONS = 4


@dataclass(frozen=True)
class Correction:
    """A pair of LBFGS: the differences of two parameters ``s`` and of two gradients ``y``, and ``rho``."""

    s: Array
    y: Array
    rho: Scalar


@dataclass(frozen=True)
class SearchState:
    """The record that an optimizer keeps from one search to the next (``BaseOptimizer.searchState``).

    ``params`` (by key) are those that steps start from; there are none if the first search had no gradient to lay out
    (clause OPT-27). ``is_view``: ``gradient`` is the array of all gradients itself,
    which backpropagation overwrites; ``is_direction_view``: so is ``direction``, which is None before the first search.
    LBFGS alone uses ``old_params``, and ``corrections`` with the latest first.
    """

    params: Mapping[str, Array]
    gradient: Array
    is_view: bool
    old_params: Array
    direction: Array | None = None
    is_direction_view: bool = False
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Step:
    """The end of a step: the ``gradient`` there, the ``last`` one, and all parameters, each 1-D."""

    gradient: Array
    last: Array
    params: Array


class Directions(ABC):
    """The directions of one optimizer."""

    #: Whether the direction of the first search is the gradient itself, and no copy.
    keeps_gradient = False

    def before(self, direction: Array | None, gradient: Array) -> Array:
        """Return the direction of a call's first search (``preProcessLine``), from the last one, if there is one."""
        return gradient

    @abstractmethod
    def after(self, direction: Array, state: SearchState, step: Step, arithmetic: Arithmetic) -> SearchState:
        """Return what is kept after a step along ``direction``, with the next direction (``postStep``)."""


@dataclass(frozen=True)
class LineGradientDescent(Directions):
    """The gradient, which is scaled only if its norm is infinite; what is kept of it is a copy."""

    scaled: Callable[[Array, Arithmetic], Array] = scaled_to_step_max

    @clause("OPT-19")
    def after(self, direction: Array, state: SearchState, step: Step, arithmetic: Arithmetic) -> SearchState:
        """Go along the gradient there (``LineGradientDescent.postStep``)."""
        scaled = self.scaled(step.gradient, arithmetic)
        return replace(state, gradient=step.gradient, is_view=False, direction=scaled)


@clause("OPT-21")
def polak_ribiere(step: Step, arithmetic: Arithmetic) -> Scalar:
    """Return the weight of the last direction: not negative, and NaN where the last gradient is 0."""
    changed = (step.gradient - step.last).dot(step.gradient)
    return larger(changed / step.last.dot(step.last), arithmetic.scalar(0.0))


@clause("OPT-26")
def assigned(direction: Array | None, gradient: Array) -> Array:
    """Return the gradient as it is copied into the last direction. Raises Dl4jError for one of another length."""
    if direction is not None:
        _check_same_length(direction, gradient)
    return gradient


def _check_same_length(kept: Array, gradient: Array) -> None:
    """Raise Dl4jError for what a search without all gradients has left (clause OPT-26)."""
    if len(kept) != len(gradient):
        raise Dl4jError("IllegalStateException", f"Mis matched lengths: [{len(kept)}] != [{len(gradient)}]")


@dataclass(frozen=True)
class ConjugateGradient(Directions):
    """The gradient and the weighted last direction; the gradient is kept itself."""

    keeps_gradient = True
    weight: Callable[[Step, Arithmetic], Scalar] = polak_ribiere
    assigned: Callable[[Array | None, Array], Array] = assigned

    @clause("OPT-26")
    def before(self, direction: Array | None, gradient: Array) -> Array:
        """Return the direction of a call's first search (``preProcessLine``). Raises Dl4jError."""
        return self.assigned(direction, gradient)

    @clause("OPT-21", "OPT-26")
    def after(self, direction: Array, state: SearchState, step: Step, arithmetic: Arithmetic) -> SearchState:
        """Add the weighted direction to the gradient (``ConjugateGradient.postStep``). Raises Dl4jError."""
        if len(step.last) == 1 < len(step.gradient):
            raise Dl4jError("ND4JIllegalStateException", "op.X length should be equal to op.Y length")
        _check_same_length(step.last, step.gradient)
        weighted = direction * self.weight(step, arithmetic)
        conjugate = weighted + (weighted if state.is_direction_view else step.gradient)
        return replace(state, gradient=step.gradient, is_view=True, direction=conjugate)


@clause("OPT-22")
def curvature(last: Array, correction: Correction, old_params: Array) -> Scalar:
    """Return ``sy``: the product of the old parameters (not their difference) and the last gradient."""
    return old_params.dot(last) + _THRESHOLD


@clause("OPT-22")
def latest_four(corrections: Sequence[Correction]) -> Sequence[Correction]:
    """Return the corrections that are kept."""
    return corrections[:_CORRECTIONS]


@clause("OPT-22")
def as_found(alphas: Sequence[Scalar]) -> Sequence[Scalar]:
    """Return the alphas as they are paired with the corrections from the oldest on: the latest's alpha first."""
    return alphas


@clause("OPT-22")
def along_last_direction(direction: Array | None, gradient: Array) -> Array:
    """Return the direction that the last call's last step left, at first the gradient."""
    return gradient if direction is None else direction


@dataclass(frozen=True)
class Lbfgs(Directions):
    """The gradient with up to four corrections."""

    going_on: Callable[[Array | None, Array], Array] = along_last_direction
    curvature: Callable[[Array, Correction, Array], Scalar] = curvature
    kept: Callable[[Sequence[Correction]], Sequence[Correction]] = latest_four
    paired: Callable[[Sequence[Scalar]], Sequence[Scalar]] = as_found

    @clause("OPT-22")
    def before(self, direction: Array | None, gradient: Array) -> Array:
        """Return the direction of a call's first search (``preProcessLine``)."""
        return self.going_on(direction, gradient)

    @clause("OPT-22", "OPT-26", "OPT-27")
    def after(self, direction: Array, state: SearchState, step: Step, arithmetic: Arithmetic) -> SearchState:
        """Correct the gradient (``LBFGS.postStep``). Raises Dl4jError."""
        if not len(state.old_params):
            raise Dl4jError("NullPointerException", "the first search had no gradient")
        _check_same_length(step.last, step.gradient)
        _check_same_length(direction, step.gradient)
        differences = Correction(step.params - state.old_params, step.gradient - step.last, arithmetic.scalar(0.0))
        sy = self.curvature(step.last, differences, state.old_params)
        yy = step.last.dot(step.last) + _THRESHOLD
        latest = replace(differences, rho=arithmetic.scalar(1.0) / sy)
        corrections = tuple(self.kept((latest, *state.corrections)))
        direction, alphas = step.gradient, []
        for one in corrections:
            alphas.append(one.rho * one.s.dot(direction))
            direction = axpy(-alphas[-1], one.y, direction, arithmetic)
        direction = direction * (sy / yy)
        for one, alpha in zip(reversed(corrections), self.paired(alphas), strict=True):
            beta = one.rho * one.y.dot(direction)
            direction = axpy(alpha - beta, one.s, direction, arithmetic)
        return replace(
            state, gradient=step.gradient, direction=direction, old_params=step.params, corrections=corrections
        )


def axpy(factor: Scalar, x: Array, y: Array, arithmetic: Arithmetic) -> Array:
    """Return ``y + factor*x`` by BLAS: no rule for NaN scalars, and no effect of a factor that is 0 in the type."""
    factors = arithmetic.full(len(x), factor)
    if arithmetic.slice(factors, 0, 1).item().is_zero():
        return y
    return y.with_array(Operation.ADD, x.with_array(Operation.MUL, factors))


LINE_GRADIENT_DESCENT = LineGradientDescent()
CONJUGATE_GRADIENT = ConjugateGradient()
LBFGS = Lbfgs()


@clause("OPT-20")
def last_gradient(kept: Array, gradient: Array, is_view: bool) -> Array:
    """Return the gradient that passes for the last one: the new one itself if the array of all gradients was kept."""
    return gradient if is_view else kept
