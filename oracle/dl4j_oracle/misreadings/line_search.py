"""Misreadings of line searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dl4j_oracle import optimizer as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.configuration import LayerConfiguration
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import Update
from dl4j_oracle.parameters import parameters


def _skipped(update: Update) -> Update:
    """Return an ``update`` that leaves the gradients as they are."""
    return lambda gradients, iteration, batch_size: dict(gradients)


@misreading("search-updates-once", clauses=("OPT-9",), replaces="update_before_search", references=("quirk 32",))
def _search_updates_once(update: Update) -> Update:
    """A line search updates after the step alone."""
    return _skipped(update)


@misreading("search-updates-before", clauses=("OPT-9",), replaces="update_after_search", references=("quirk 32",))
def _search_updates_before(update: Update) -> Update:
    """A line search updates before the step alone."""
    return _skipped(update)


@misreading("search-counts-updates", clauses=("OPT-9",), replaces="count_after_search", references=("quirk 32",))
def _search_counts_updates(count: int) -> int:
    """The second update of a line search sees the next count."""
    return count + 1


@misreading("search-ignores-length", clauses=("OPT-10",), replaces="negative_default_search")
def _search_ignores_length(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """A line search steps as gradient descent does."""
    return right.subtract_any_length(params, updates, length, arithmetic)


@misreading("default-search-descends", clauses=("OPT-10",), replaces="default_search")
def _default_search_descends(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """DefaultStepFunction descends in a line search."""
    return right.search_subtracting(params, updates, length, arithmetic)


@misreading("gradient-search-scales", clauses=("OPT-10",), replaces="gradient_search")
def _gradient_search_scales(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """GradientStepFunction takes the length into account."""
    return right.search_adding(params, updates, length, arithmetic)


@misreading("negative-gradient-search-scales", clauses=("OPT-10",), replaces="negative_gradient_search")
def _negative_gradient_search_scales(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """NegativeGradientStepFunction takes the length into account."""
    return right.search_subtracting(params, updates, length, arithmetic)


@misreading("search-steps-by-nothing", clauses=("OPT-10",), replaces="steps_after_search")
def _search_steps_by_nothing(length: Scalar) -> bool:
    """A line search that finds the length 0 takes its step all the same."""
    return True


@misreading("search-though-nothing-moves", clauses=("OPT-11",), replaces="ends_before_search")
def _search_though_nothing_moves(direction: Array, arithmetic: Arithmetic) -> bool:
    """A line search goes on where every update is zero."""
    return False


@misreading("search-always-aligned", clauses=("OPT-12",), replaces="variables")
def _search_always_aligned(layer: LayerConfiguration) -> Sequence[str]:
    """Every search goes along the gradients as they lie."""
    return [parameter.name for parameter in parameters(layer)]


@misreading("search-leaves-centers", clauses=("OPT-24",), replaces="transposed")
def _search_leaves_centers(layer: LayerConfiguration) -> Mapping[str, tuple[int, int]]:
    """Centers move by their own updates in the first search too."""
    return {}
