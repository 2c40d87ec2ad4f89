"""ND4J's operations of later versions, on flat arrays of any library.

A version has two sides: Java's operations, and those inside an updater. In 0.9.1 they are the same. In 1.0.0-M2.1 the
updaters are native, and take NaN like any other operand.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from dl4j_backends.engine.nd4j import Array, Nd4j


class BlockNd4j(Nd4j):
    """The operations of 0.8.0, and those that later updaters need besides."""

    @abstractmethod
    def keep_larger(self, x: Array, y: Array) -> None:
        """Write ``y`` into ``x`` (both 1-D, of the dtype) where ``x > y`` does not hold, also for NaN in either."""

    @abstractmethod
    def add_in_double(self, x: Array, y: float) -> None:
        """Add a double to ``x``: the sum is one of doubles, which is then rounded to the dtype."""

    def narrow(self, x: float) -> Any:
        """Return a double rounded to the dtype, as NumPy's scalar."""
        return np.dtype(self.dtype).type(x)


class SequentialNorms(BlockNd4j):
    """The Java side of 1.0.0-M2.1, whose norms are summed from the first element to the last."""

    def norm2(self, x: Array, offset: int = 0) -> float:
        """Return the ``Norm2`` reduction with one thread, as a double."""
        values = self.shown(x)
        return float(np.sqrt(np.add.accumulate(values * values)[-1]))


class NativeOperations(BlockNd4j):
    """The operations inside a native updater: NaN is an operand like any other."""

    def scalar(self, x: float) -> Any:
        """Return a number rounded to the dtype."""
        return self.exact_scalar(x)

    def operand(self, y: Array) -> Any:
        """Return the array itself, of one element too."""
        return y


@dataclass(frozen=True)
class Sides:
    """The operations of a version: Java's, and those inside updaters."""

    java: BlockNd4j
    inside: BlockNd4j
