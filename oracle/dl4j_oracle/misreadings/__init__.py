"""The catalogue of misreadings: what ports of DL4J are known, or likely, to get wrong. Each changes one rule."""

from __future__ import annotations

from functools import cache

from dl4j_oracle.misreadings import (
    ada_delta,
    ada_grad_and_rms_prop,
    adam,
    adam_step_size,
    any_policy,
    any_updater,
    backtracking,
    clones,
    equality,
    graph,
    inheritance,
    initial_state,
    keys,
    layer_types,
    learning_rate,
    line_search,
    missing_gradients,
    nan_operands,
    nesterovs,
    normalization,
    normalization_edges,
    optimizer,
    pipeline,
    regularization,
    search_direction,
    serialization,
    stages,
    standalone_layer,
    state_layout,
    topology,
    updater_defaults,
    zero_settings,
)
from dl4j_oracle.misreadings.misreading import AnyMisreading, Misreading, defined_in, together

__all__ = ["AnyMisreading", "Misreading", "by_id", "catalogue", "together"]

#: The modules of misreadings, in the order of the catalogue.
_SUBJECTS = (
    normalization,
    normalization_edges,
    any_policy,
    learning_rate,
    any_updater,
    adam,
    adam_step_size,
    ada_delta,
    nesterovs,
    ada_grad_and_rms_prop,
    nan_operands,
    initial_state,
    stages,
    regularization,
    pipeline,
    keys,
    state_layout,
    clones,
    inheritance,
    updater_defaults,
    zero_settings,
    layer_types,
    optimizer,
    line_search,
    backtracking,
    search_direction,
    missing_gradients,
    graph,
    topology,
    standalone_layer,
    serialization,
    equality,
)


def by_id(id_: str) -> Misreading:
    """Return the misreading of this id. Raises :class:`KeyError`."""
    return _by_id()[id_]


@cache
def _by_id() -> dict[str, Misreading]:
    return {misreading.id: misreading for misreading in catalogue()}


@cache
def catalogue() -> tuple[Misreading, ...]:
    """Return every misreading, by subject."""
    return tuple(misreading for subject in _SUBJECTS for misreading in defined_in(subject.__name__))
