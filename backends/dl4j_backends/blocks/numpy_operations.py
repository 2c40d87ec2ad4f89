"""The operations of later versions on NumPy's arrays."""

from __future__ import annotations

import numpy as np

from dl4j_backends.blocks.operations import BlockNd4j, NativeOperations, SequentialNorms, Sides
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.numpy.nd4j import NumpyNd4j


class NumpyBlockNd4j(NumpyNd4j, BlockNd4j):
    """The operations of 0.9.1."""

    def keep_larger(self, x: Array, y: Array) -> None:
        """Write ``y`` into ``x`` (both 1-D, of the dtype) where ``x > y`` does not hold."""
        mask = np.greater(x, y, out=self.mask(x))
        np.copyto(x, y, where=np.logical_not(mask, out=mask))

    def add_in_double(self, x: Array, y: float) -> None:
        """Add a double to ``x``, in double."""
        np.add(x, np.float64(y), out=x, casting="same_kind")


class _NumpySequentialNorms(SequentialNorms, NumpyBlockNd4j):
    """The Java side of 1.0.0-M2.1."""


class _NumpyNativeOperations(NativeOperations, NumpyBlockNd4j):
    """The native side of 1.0.0-M2.1."""


def numpy_sides(version: str, dtype: str) -> Sides:
    """Return the operations of a version on arrays of ``dtype``."""
    if version == "0.9.1":
        both = NumpyBlockNd4j(dtype)
        return Sides(both, both)
    return Sides(_NumpySequentialNorms(dtype), _NumpyNativeOperations(dtype))
