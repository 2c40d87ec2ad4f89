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


@clause("GRAPH-7")
def as_added(added: Sequence[int], fed: Sequence[int]) -> Sequence[int]:
    """Return the order in which layers were added, not fed: ``ComputationGraphUpdater`` reads ``getLayers()``."""
    return added


@clause("BARE-2")
def check_view(given: int | None, size: int) -> None:
    """Raise :class:`Dl4jError` if a view of ``given`` values (None: null) has no room for ``size`` values of state."""
    if given is None:
        raise Dl4jError("NullPointerException", "")
    if given < size:
        raise Dl4jError("IllegalStateException", "Could not correctly reshape gradient view array")


StateLayout = Callable[[Sequence[Block]], Sequence[Block]]


@clause("STATE-1", "STATE-3")
def blocks_per_parameter(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the order of construction: layer by layer, parameter by parameter, each with all its arrays.

    So Adam's view is ``mW vW mb vb`` (``MultiLayerUpdater``'s constructor, ``LayerUpdater.setStateViewArray``).
    """
    return blocks


@clause("STATE-6")
def has_its_length(given: int | None, size: int) -> bool:
    """Return whether a state of ``given`` values (None: null) is used for a view of ``size``.

    Null is no state, which is accepted where none is needed. Raises :class:`Dl4jError` for another length.
    """
    if given is None and size:
        raise Dl4jError("IllegalStateException", f"Expected updater state with size {size}, got null input")
    if given is not None and given != size:
        raise Dl4jError("IllegalStateException", f"Expected updater state with size {size}, got size {given}")
    return given is not None
