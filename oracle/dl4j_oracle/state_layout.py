"""The updater state view: one row vector over all layers, and which part of it belongs to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError


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


@clause("STATE-6")
def has_its_length(given: int | None, size: int) -> bool:
    """Whether a state of ``given`` values (None: null) is used for a view of ``size``; raises :class:`Dl4jError`.

    Null is no state, which is accepted where none is needed.
    """
    if given is None and size:
        raise Dl4jError("IllegalStateException", f"Expected updater state with size {size}, got null input")
    if given is not None and given != size:
        raise Dl4jError("IllegalStateException", f"Expected updater state with size {size}, got size {given}")
    return given is not None
