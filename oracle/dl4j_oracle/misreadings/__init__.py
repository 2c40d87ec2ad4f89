"""The catalogue of misreadings: what ports of DL4J are known, or likely, to get wrong. Each changes one rule."""

from __future__ import annotations

from functools import cache

from dl4j_oracle.misreadings import (
    equality,
    graph,
    layer,
    layer_types,
    learning_rate,
    normalization,
    optimizer,
    penalties,
    pipeline,
    saving,
    updaters,
)
from dl4j_oracle.misreadings.misreading import Misreading

__all__ = ["Misreading", "by_id", "catalogue"]


@cache
def _by_id() -> dict[str, Misreading]:
    return {misreading.id: misreading for misreading in catalogue()}


def by_id(id_: str) -> Misreading:
    """The misreading of this id; raises :class:`KeyError`."""
    return _by_id()[id_]


@cache
def catalogue() -> tuple[Misreading, ...]:
    """Every misreading, by stage."""
    return (
        *normalization.misreadings(),
        *learning_rate.misreadings(),
        *updaters.misreadings(),
        *penalties.misreadings(),
        *pipeline.misreadings(),
        *layer_types.misreadings(),
        *optimizer.misreadings(),
        *graph.misreadings(),
        *layer.misreadings(),
        *saving.misreadings(),
        *equality.misreadings(),
    )
