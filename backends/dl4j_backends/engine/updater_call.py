"""One parameter's update: what is to be done, and how single operations do it, block by block.

All of it is element-wise, so a long parameter is taken in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.updaters import Updater


@dataclass(frozen=True)
class UpdaterCall:
    """``getGradient`` and ``postApply`` of one parameter: its arrays, and all that the host decides about them.

    Arrays are 1-D, equally long and of the network's dtype. ``gradient`` has been normalised. ``state`` has the
    updater's arrays in the order of the view; of one that leaves the view, its own array, then at the first step the
    view's.
    """

    updater: Updater
    gradient: Array
    state: tuple[Array, ...]
    numbers: Numbers
    post_apply: PostApply

    def run(self, nd4j: Nd4j) -> None:
        """Write the update over the gradient."""
        for block in nd4j.blocks(len(self.gradient)):
            self.write(self.gradient[block], block, nd4j)

    def write(self, update: Array, block: slice, nd4j: Nd4j) -> None:
        """Write one block of the update to ``update``, which may be that block of the gradient."""
        g, state = self.gradient[block], [array[block] for array in self.state]
        self.updater.formula(self.numbers, nd4j, g, update, *state)
        self.post_apply.apply(update, block, nd4j)
