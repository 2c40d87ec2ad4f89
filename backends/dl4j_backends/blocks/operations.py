"""ND4J's operations where later versions have others: norms in order, and native operations that keep NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from dl4j_backends.engine.nd4j import Array
from dl4j_backends.numpy.nd4j import NumpyNd4j


class SequentialNorms(NumpyNd4j):
    """The Java side of 1.0.0-M2.1, whose norms are summed from the first element to the last."""

    def norm2(self, x: Array, offset: int = 0) -> float:
        """Return the ``Norm2`` reduction with one thread, as a double."""
        return float(np.sqrt(np.add.accumulate(x * x)[-1]))


class NativeOperations(NumpyNd4j):
    """The operations inside a native updater: NaN is an operand like any other."""

    def scalar(self, x: float) -> Any:
        """Return a number rounded to the dtype."""
        return np.dtype(self.dtype).type(x)

    def operand(self, y: Array) -> Any:
        """Return the array itself, of one element too."""
        return y
