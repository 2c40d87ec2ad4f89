"""Misreadings of the state view: what has a place in it, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dl4j_oracle import state_layout as right
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.state_layout import Block, StateLayout


@dataclass(frozen=True)
class _Layout:
    """The order of the blocks of the state view."""

    has_place: Callable[[Block], bool] = lambda block: True
    #: The order of parameters, each with all its arrays.
    parameters: StateLayout = right.blocks_per_parameter
    #: The order of their arrays.
    arrays: StateLayout = right.blocks_per_parameter

    def rule(self) -> StateLayout:
        """Return the order as a rule."""

        def layout(blocks: Sequence[Block]) -> Sequence[Block]:
            return self.arrays(self.parameters([block for block in blocks if self.has_place(block)]))

        return layout


decompose(right.blocks_per_parameter, _Layout())


@misreading("all-m-then-all-v", clauses=("STATE-3",), replaces="state_layout.arrays", references=("quirk 45",))
def _all_m_then_all_v(blocks: Sequence[Block]) -> Sequence[Block]:
    """A layer's state is all m, then all v."""
    return sorted(blocks, key=lambda block: (block.layer, block.name))


@misreading("bias-state-first", clauses=("STATE-1",), replaces="state_layout.parameters")
def _bias_state_first(blocks: Sequence[Block]) -> Sequence[Block]:
    """The bias's state comes first."""
    return sorted(blocks, key=lambda block: (block.layer, block.parameter != "b"))


@misreading("second-array-first", clauses=("STATE-3",), replaces="state_layout.arrays")
def _second_array_first(blocks: Sequence[Block]) -> Sequence[Block]:
    """The two arrays of a parameter are in the other order: v before m, msdx before msg."""
    return [block for _, own in groupby(blocks, lambda b: (b.layer, b.parameter)) for block in reversed(list(own))]


@misreading(
    "visible-bias-without-state", clauses=("STATE-2",), replaces="state_layout.has_place", references=("quirk 46",)
)
def _visible_bias_without_state(block: Block) -> bool:
    """The visible bias has no place in the state."""
    return block.parameter != "vb"


@misreading(
    "all-m-of-the-network-first",
    clauses=("STATE-3",),
    replaces="state_layout.arrays",
    references=("quirk 45", "DL4J 0.9.1"),
)
def _all_m_of_the_network_first(blocks: Sequence[Block]) -> Sequence[Block]:
    """The network's state is all m, then all v."""
    return sorted(blocks, key=lambda block: block.name)
