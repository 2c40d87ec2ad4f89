"""The updater state view: one row vector over all layers, and which part of it belongs to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dl4j_oracle.clauses import clause


@dataclass(frozen=True)
class Block:
    """One state array of one parameter: the ``name`` of ``layer``'s ``parameter``, ``length`` values."""

    layer: int
    parameter: str
    name: str
    length: int


StateLayout = Callable[[Sequence[Block]], Sequence[Block]]


@clause("STATE-1", "STATE-3")
def blocks_per_parameter(blocks: Sequence[Block]) -> Sequence[Block]:
    """The order of construction: layer by layer, parameter by parameter, each with all its arrays.

    So Adam's view is ``mW vW mb vb`` (``MultiLayerUpdater``'s constructor, ``LayerUpdater.setStateViewArray``).
    """
    return blocks
