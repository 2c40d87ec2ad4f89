"""Misreadings of first searches that have no gradient for some parameters."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import Gradients, subtract_any_length
from dl4j_oracle.search_direction import SearchState


@misreading("search-fills-gradients", clauses=("OPT-25",), replaces="gradients_at_first")
def _search_fills_gradients(flattened: Gradients, updates: Gradients) -> Gradients:
    """In a first search a missing gradient is zero, or the last update."""
    return flattened


@misreading("search-takes-short-gradients", clauses=("OPT-25",), replaces="check_gradient")
def _search_takes_short_gradients(gradient: int, params: int) -> None:
    """A search finds a length where gradients are missing."""


@misreading("search-subtracts-short-directions", clauses=("OPT-25",), replaces="negative_gradient_search")
def _search_subtracts_short_directions(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """NegativeGradientStepFunction moves the first parameters by a direction that is too short."""
    moved = subtract_any_length(arithmetic.slice(params, 0, len(updates)), updates, length, arithmetic)
    return arithmetic.join([moved, arithmetic.slice(params, len(updates), len(params))])


@misreading("conjugate-takes-any-length", clauses=("OPT-26",), replaces="conjugate_gradient.assigned")
def _conjugate_takes_any_length(direction: Array | None, gradient: Array) -> Array:
    """After a search without all gradients, ConjugateGradient goes along the gradient of the next call."""
    return gradient


@misreading("search-without-gradient-is-none", clauses=("OPT-27",), replaces="begun_without_gradient")
def _search_without_gradient_is_none(state: SearchState) -> SearchState | None:
    """After a search without any gradient, the next one is a first search."""
    return None
