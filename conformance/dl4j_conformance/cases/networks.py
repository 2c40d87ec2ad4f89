"""The networks of a script: the one that it begins with, and those that are cloned and restored from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

N = TypeVar("N", covariant=True)


class Networks(Generic[N]):
    """Every network of a script in the order in which they came to be, and ``current``, the one that it is at."""

    def __init__(self, first: N) -> None:
        self._all = [first]
        self.current = first

    def __getitem__(self, number: int) -> N:
        return self._all[number]

    @property
    def all(self) -> Sequence[N]:
        """Every network once."""
        return list({id(network): network for network in self._all}.values())

    def go_on_with(self, make: Callable[[N], N]) -> None:
        """Go on with one made from the current one. One that fails is counted too: later numbers mean the same."""
        self._all.append(self.current)
        self.current = self._all[-1] = make(self.current)

    def switch(self, number: int) -> None:
        """Go on with another network."""
        self.current = self._all[number]
