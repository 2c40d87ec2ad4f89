"""ND4J's operations on NumPy's arrays, and the order in which libnd4j sums the squares of a norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dl4j_backends.engine.nd4j import EPS_THRESHOLD, Array, Nd4j
from dl4j_backends.interface import Floats


class NumpyNd4j(Nd4j):
    """The operations on NumPy's arrays."""

    xp: Any = np
    #: So the arrays of a formula stay in the second-level cache.
    block_bytes = 1 << 18

    def given(self, x: Floats) -> Array:
        """Return the caller's array itself."""
        return x

    def shown(self, x: Array) -> Floats:
        """Return the array itself."""
        return x  # type: ignore[no-any-return]

    def empty(self, length: int) -> Array:
        """Return a 1-D array of the dtype, of any content."""
        return np.empty(length, self.dtype)

    def booleans(self, length: int) -> Array:
        """Return a 1-D array of booleans of any value."""
        return np.empty(length, np.bool_)

    def copy(self, x: Array) -> Array:
        """Return ``x.dup()``."""
        return x.copy()

    def joined(self, arrays: Sequence[Array]) -> Array:
        """Return 1-D arrays as one, one after the other."""
        return np.concatenate(arrays)

    def scalar(self, x: float) -> Any:
        """Return a Java double as ND4J uses it with arrays."""
        return np.dtype(self.dtype).type(EPS_THRESHOLD if math.isnan(x) else x)

    def exact_scalar(self, x: float) -> Any:
        """Return a double rounded to the dtype, with no rule for NaN."""
        return np.dtype(self.dtype).type(x)

    def operand(self, y: Array) -> Any:
        """Return an array as the right side of an operation: one element counts as a double."""
        return self.scalar(float(y[0])) if len(y) == 1 else y

    def root(self, x: Array, out: Array) -> Array:
        """Write ``sqrt(x)`` into ``out``."""
        np.sqrt(x, out=out)
        return out

    def sign(self, x: Array, out: Array) -> Array:
        """Write ``sign(x)`` into ``out``: 0 for NaN, unlike NumPy's."""
        np.sign(x, out=out)
        np.copyto(out, 0, where=np.isnan(x, out=self.mask(x)))
        return out

    def clip(self, x: Array, threshold: float) -> None:
        """Do ``BooleanIndexing`` twice: under a negative threshold the second pass undoes the first."""
        mask, of_type = self.mask(x), x.dtype.type
        np.copyto(x, of_type(threshold), where=np.greater(x, of_type(threshold), out=mask))
        np.copyto(x, of_type(-threshold), where=np.less(x, of_type(-threshold), out=mask))

    def norm2(self, x: Array, offset: int = 0) -> float:
        """Return the ``Norm2`` reduction with one thread, as a double; ``offset``: where ``x`` begins in its whole."""
        squares, sums = self.row(x), self.second_row(x)
        np.multiply(x, x, out=squares)
        return float(np.sqrt(_sum(squares, sums, offset)))


def _sum(squares: Floats, sums: Floats, offset: int) -> Any:
    """Return the sum in libnd4j's order: two or four lanes just below the length of 32, else front to back."""
    n, width = squares.size, 16 // squares.itemsize
    if (23 if width == 4 else 22) <= n < 32:
        start = -offset % width
        end = start + (n - start) // width * width
        total = squares.dtype.type(0)
        for square in squares[:start]:
            total += square
        aligned = squares[start:end]
        total += _sum_in_four_lanes(aligned) if width == 4 else _sum_in_two_lanes(aligned)
        for square in squares[end:]:
            total += square
        return total
    np.add.accumulate(squares, out=sums)
    return sums[-1]


def _sum_in_four_lanes(squares: Floats) -> Any:
    lanes = squares[:4]
    for i in range(4, squares.size, 4):
        lanes += squares[i : i + 4]
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])


def _sum_in_two_lanes(squares: Floats) -> Any:
    even, odd = squares[::2], squares[1::2]
    blocked = (even.size - 1) // 4 * 4
    lanes = [squares.dtype.type(0), squares.dtype.type(0)]
    for lane, values in enumerate((even, odd)):
        for i in range(0, blocked, 4):
            lanes[lane] += ((values[i] + values[i + 1]) + values[i + 2]) + values[i + 3]
        for value in values[blocked:]:
            lanes[lane] += value
    return lanes[1] + lanes[0]
