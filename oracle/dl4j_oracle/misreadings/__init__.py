"""The catalogue of misreadings: what ports of DL4J are known, or likely, to get wrong. Each changes one rule."""

from __future__ import annotations

from functools import cache

from dl4j_oracle.misreadings import learning_rate, normalization, penalties, pipeline, updaters
from dl4j_oracle.misreadings.misreading import Misreading

__all__ = ["Misreading", "catalogue"]


@cache
def catalogue() -> tuple[Misreading, ...]:
    """Every misreading, by stage."""
    return (
        *normalization.misreadings(),
        *learning_rate.misreadings(),
        *updaters.misreadings(),
        *penalties.misreadings(),
        *pipeline.misreadings(),
    )
