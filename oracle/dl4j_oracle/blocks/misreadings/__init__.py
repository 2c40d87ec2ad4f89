"""The catalogue of misreadings of 0.9.1 and 1.0.0-M2.1, among them the rules of one in the place of the other's."""

from __future__ import annotations

# Importing a module registers its misreadings.
from dl4j_oracle.blocks.misreadings import (
    building,
    layout,
    normalization,
    order,
    rates,
    regularization,
    schedules,
    updaters,
)
from dl4j_oracle.blocks.misreadings.misreading import REGISTER, BlockMisreading, block_together

__all__ = ["BlockMisreading", "block_catalogue", "block_misreading_by_id", "block_together"]

_SUBJECTS = (order, layout, building, normalization, rates, schedules, updaters, regularization)


def block_catalogue(version: str) -> tuple[BlockMisreading, ...]:
    """Return every misreading of a version, by subject."""
    return tuple(REGISTER[version].values())


def block_misreading_by_id(version: str, id_: str) -> BlockMisreading:
    """Return the misreading of a version that has this id. Raises :class:`KeyError`."""
    return REGISTER[version][id_]
