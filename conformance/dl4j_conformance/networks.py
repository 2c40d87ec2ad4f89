"""The networks of a script: the one that it begins with, and its clones."""

from __future__ import annotations

from typing import Generic, Protocol, Self, TypeVar


class Cloneable(Protocol):
    """Anything that a script can be performed on."""

    def clone(self) -> Self:
        """``MultiLayerNetwork.clone``."""


N = TypeVar("N", bound=Cloneable)


class Networks(Generic[N]):
    """``all`` in the order in which they came to be, and ``current``, which the next operation is for."""

    def __init__(self, first: N) -> None:
        self.all = [first]
        self.current = first

    def clone(self) -> None:
        """Go on with a clone. One that fails is counted too, so that later numbers mean the same."""
        self.all.append(self.current)
        self.current = self.all[-1] = self.current.clone()

    def switch(self, number: int) -> None:
        """Go on with another network."""
        self.current = self.all[number]
