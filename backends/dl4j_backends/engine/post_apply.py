"""``LayerUpdater.postApply``: regularization and division by the minibatch's size, after the updater."""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends.engine.nd4j import Array, Nd4j


@dataclass(frozen=True)
class PostApply:
    """The regularization that is added to an update, for positive coefficients, and the divisor after it.

    ``weights`` is the parameter, 1-D and of the network's dtype; without it there is no regularization.
    """

    weights: Array | None = None
    l1: float = 0.0
    l2: float = 0.0
    divisor: float = 1.0

    def apply(self, update: Array, block: slice, nd4j: Nd4j) -> None:
        """Change ``update`` in place: a block of a parameter's update, 1-D and of the network's dtype."""
        if self.l2 > 0 and self.weights is not None:
            nd4j.add(update, nd4j.scaled(self.weights[block], self.l2, nd4j.row(update)))
        if self.l1 > 0 and self.weights is not None:
            signs = nd4j.sign(self.weights[block], nd4j.row(update))
            nd4j.multiply(signs, self.l1)
            nd4j.add(update, signs)
        if self.divisor != 1:
            nd4j.divide(update, self.divisor)
