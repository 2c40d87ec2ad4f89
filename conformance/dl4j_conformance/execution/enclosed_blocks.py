"""A network whose updaters work in blocks in the arithmetics of sets: the values that rounding allows after each step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dl4j_backends.block_interface import BlockNetwork, BlockSeen, BlockStep
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.block_session import OracleBlockSession, block_updater
from dl4j_oracle.arithmetic.forks import EnclosingArithmetic, EnclosingArray, EnclosingScalar
from dl4j_oracle.blocks.enclosed_updater import EnclosedBlockUpdater, hull
from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS, BlockRules
from dl4j_oracle.errors import UndecidedError

EnclosedBlocks = BlockSeen[EnclosingArray, EnclosingScalar]


class EnclosedBlockSession:
    """A session whose arrays and numbers are sets. Raises Dl4jException where DL4J's build throws."""

    def __init__(self, network: BlockNetwork, arithmetic: EnclosingArithmetic, rules: BlockRules | None = None) -> None:
        updater = block_updater(network, arithmetic, rules or BLOCK_VERSIONS[network.version])
        form = GradientForm(network.gradient)
        self._session = OracleBlockSession(updater, form, EnclosingArray.own, EnclosingScalar.own)
        self._enclosed = EnclosedBlockUpdater(updater, arithmetic.forks)

    def state(self) -> EnclosingArray | None:
        """Return the state view; None if there is none."""
        return self._session.state()

    def update(self, step: BlockStep) -> EnclosedBlocks:
        """Update once. Raises UndecidedError for an exception that depends on an undecided comparison."""
        first, *others = self._enclosed.along_paths(lambda: self._session.update(step))
        for other in others:
            if (first.failure is None) != (other.failure is None):
                raise UndecidedError("an exception that depends on a comparison which may go either way")
            united = {name: _united(getattr(first, name), getattr(other, name)) for name in _FIELDS}
            first = replace(first, **united)
        return first

    def observe_state(self, values: Floats) -> None:
        """Go on with the part of the state that is rounded to these values, which lie in it."""
        self._enclosed.observe_state(list(map(float, values)))


_FIELDS = ("updates", "state", "learning_rates", "momentum", "updater_learning_rates", "own_gradients")


def _united(x: Any, y: Any) -> Any:
    """Return the hulls of two values of one shape: arrays, scalars, None, or collections of them."""
    match x:
        case None:
            return None
        case Mapping():
            return {key: _united(value, y[key]) for key, value in x.items()}
        case EnclosingArray():
            return x.hull(y)
        case EnclosingScalar():
            return hull(x, y)
        case _:
            return [_united(*pair) for pair in zip(x, y, strict=True)]
