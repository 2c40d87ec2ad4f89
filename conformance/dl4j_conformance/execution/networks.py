"""The networks of a script: the one that it begins with, and what is cloned and restored from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

N = TypeVar("N")


class Networks(Generic[N]):
    """``all`` in the order in which they came to be, and ``current``, which the next operation is for."""

    def __init__(self, first: N) -> None:
        self.all = [first]
        self.current = first

    def go_on_with(self, make: Callable[[N], N]) -> None:
        """Go on with one made from the current one. One that fails is counted too: later numbers mean the same."""
        self.all.append(self.current)
        self.current = self.all[-1] = make(self.current)

    def switch(self, number: int) -> None:
        """Go on with another network."""
        self.current = self.all[number]
