"""ND4J's element-wise operations, in place, with what ND4J 0.8.0 does to operands before it computes.

* A double that meets an array is rounded once to the array's type; NaN is first replaced by 1e-5.
* An array operand of one element counts as such a double, so its NaN is replaced too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from dl4j_backends.interface import Floats

EPS_THRESHOLD = 1e-5

#: ``Float.MIN_NORMAL``, which counts for doubles too.
_MIN_NORMAL = 2.0**-126

#: Below it a power of two and its reciprocal are normal numbers of either type.
_SAFE_EXPONENT = 126

#: A flat array of the make that an :class:`Nd4j` works on: NumPy's here, a tensor in ``dl4j_backends.torch``.
Array = Any


class Nd4j:
    """The operations on arrays of one type, and spare rows for what they need on the way.

    There are three rows of floats and one of booleans, as long as the longest array they were asked for: no steady step
    allocates. ``xp`` has the functions that NumPy and torch spell alike.
    """

    xp: Any = np
    #: Formulae go a dozen times over their arrays: in blocks of this many bytes those stay in the second-level cache.
    block_bytes = 1 << 18

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self._rows, self._mask = [self.empty(0), self.empty(0), self.empty(0)], self.booleans(0)

    def row(self, like: Array) -> Array:
        """The first spare row, as long as ``like``."""
        return self._row(0, len(like))

    def second_row(self, like: Array) -> Array:
        """The second spare row."""
        return self._row(1, len(like))

    def third_row(self, like: Array) -> Array:
        """The third spare row."""
        return self._row(2, len(like))

    def _row(self, index: int, length: int) -> Array:
        if length > len(self._rows[index]):
            self._rows[index] = self.empty(length)
        return self._rows[index][:length]

    def mask(self, like: Array) -> Array:
        """The spare booleans."""
        if len(like) > len(self._mask):
            self._mask = self.booleans(len(like))
        return self._mask[: len(like)]

    def blocks(self, length: int) -> Iterator[slice]:
        """Parts of an array, for what is done element by element: in any parts it gives the same bits.

        They are about equally long, so that no part of a longer array has the one element that would make it a scalar.
        """
        count = -(-length * np.dtype(self.dtype).itemsize // self.block_bytes) or 1
        for i in range(count):
            yield slice(length * i // count, length * (i + 1) // count)

    def given(self, x: Floats) -> Array:
        """A caller's array as one of ours, in the same memory if that is possible."""
        return x

    def shown(self, x: Array) -> Floats:
        """One of our arrays as a caller's, in the same memory if that is possible."""
        return x  # type: ignore[no-any-return]

    def empty(self, length: int) -> Array:
        """A flat array of any content."""
        return np.empty(length, self.dtype)

    def booleans(self, length: int) -> Array:
        """A flat array of booleans of any value."""
        return np.empty(length, np.bool_)

    def copy(self, x: Array) -> Array:
        """``x.dup()``."""
        return x.copy()

    def silently(self) -> AbstractContextManager[Any]:
        """Infinities and NaN are results, whatever the caller's error state."""
        return np.errstate(all="ignore")

    def scalar(self, x: float) -> Any:
        """A Java double as ND4J uses it with arrays."""
        return np.dtype(self.dtype).type(EPS_THRESHOLD if math.isnan(x) else x)

    def joined(self, arrays: Sequence[Array]) -> Array:
        """Flat arrays, one after the other."""
        return np.concatenate(arrays)

    def exact_scalar(self, x: float) -> Any:
        """A double rounded to the type, with no rule for NaN: as BLAS is given it."""
        return np.dtype(self.dtype).type(x)

    def operand(self, y: Array) -> Any:
        """An array as the right side of an operation."""
        return self.scalar(float(y[0])) if len(y) == 1 else y

    def multiply(self, x: Array, factor: float) -> None:
        """``x.muli(factor)``."""
        self.xp.multiply(x, self.scalar(factor), out=x)

    def divide(self, x: Array, divisor: float) -> None:
        """``x.divi(divisor)``; by a power of two with its reciprocal, which is exact: the bits are the same."""
        if has_exact_reciprocal(divisor):
            self.multiply(x, 1 / divisor)
        else:
            self.xp.divide(x, self.scalar(divisor), out=x)

    def add(self, x: Array, y: Array) -> None:
        """``x.addi(y)``."""
        self.xp.add(x, self.operand(y), out=x)

    def subtract(self, x: Array, y: Array) -> None:
        """``x.subi(y)``."""
        self.xp.subtract(x, self.operand(y), out=x)

    def scaled(self, x: Array, factor: float, out: Array) -> Array:
        """``x.mul(factor)`` into ``out``."""
        self.xp.multiply(x, self.scalar(factor), out=out)
        return out

    def squared(self, x: Array, out: Array) -> Array:
        """``x.mul(x)`` into ``out``."""
        self.xp.multiply(x, self.operand(x), out=out)
        return out

    def product(self, x: Array, y: Array, out: Array) -> Array:
        """``x.mul(y)`` into ``out``."""
        self.xp.multiply(x, self.operand(y), out=out)
        return out

    def quotient(self, x: Array, y: Array, out: Array) -> Array:
        """``x.div(y)`` into ``out``."""
        self.xp.divide(x, self.operand(y), out=out)
        return out

    def reciprocal(self, x: Array, numerator: float, out: Array) -> Array:
        """``x.rdiv(numerator)`` into ``out``."""
        self.xp.divide(self.scalar(numerator), x, out=out)
        return out

    def sum(self, x: Array, y: Array, out: Array) -> Array:
        """``x.add(y)`` into ``out``."""
        self.xp.add(x, self.operand(y), out=out)
        return out

    def difference(self, x: Array, y: Array, out: Array) -> Array:
        """``x.sub(y)`` into ``out``."""
        self.xp.subtract(x, self.operand(y), out=out)
        return out

    def root(self, x: Array, out: Array) -> Array:
        """``sqrt(x)`` into ``out``."""
        np.sqrt(x, out=out)
        return out

    def root_plus(self, x: Array, epsilon: float, out: Array) -> Array:
        """``sqrt(x).addi(epsilon)`` into ``out``."""
        self.root(x, out)
        self.xp.add(out, self.scalar(epsilon), out=out)
        return out

    def root_of_sum(self, x: Array, epsilon: float, out: Array) -> Array:
        """``sqrt(x.add(epsilon))`` into ``out``."""
        self.xp.add(x, self.scalar(epsilon), out=out)
        return self.root(out, out)

    def sign(self, x: Array, out: Array) -> Array:
        """``sign(x)`` into ``out``: 0 for NaN, unlike NumPy's."""
        np.sign(x, out=out)
        np.copyto(out, 0, where=np.isnan(x, out=self.mask(x)))
        return out

    def clip(self, x: Array, threshold: float) -> None:
        """``BooleanIndexing`` twice: under a negative threshold the second pass undoes the first."""
        mask, of_type = self.mask(x), x.dtype.type
        np.copyto(x, of_type(threshold), where=np.greater(x, of_type(threshold), out=mask))
        np.copyto(x, of_type(-threshold), where=np.less(x, of_type(-threshold), out=mask))

    def equals(self, x: Array, y: Array) -> bool:
        """``INDArray.equals``, which has a tolerance."""
        a, b = self.shown(x).astype("float64"), self.shown(y).astype("float64")
        with np.errstate(all="ignore"):
            difference = np.abs(a - b)
            if a.size == 1:
                return bool(difference[0] < EPS_THRESHOLD)
            scale = np.where((a == 0) | (b == 0) | (difference < _MIN_NORMAL), 1.0, np.abs(a) + np.abs(b))
            return bool(np.all((difference / scale < EPS_THRESHOLD) | (a == b)))

    def norm2(self, x: Array, offset: int = 0) -> float:
        """The ``Norm2`` reduction with one thread, as a double; ``offset``: where ``x`` begins in its whole."""
        squares, sums = self.row(x), self.second_row(x)
        np.multiply(x, x, out=squares)
        return float(np.sqrt(_sum(squares, sums, offset)))

    def norm2_number(self, x: Array, offset: int = 0) -> float:
        """``norm2Number()``: of one element, its absolute value."""
        return abs(float(x[0])) if len(x) == 1 else self.norm2(x, offset)


def has_exact_reciprocal(divisor: float) -> bool:
    """Whether multiplying by ``1 / divisor`` is dividing, in either type."""
    fraction, exponent = math.frexp(divisor)
    return abs(fraction) == 0.5 and abs(exponent) < _SAFE_EXPONENT


def _sum(squares: Floats, sums: Floats, offset: int) -> Any:
    """The sum in libnd4j's order: two or four lanes just below the length of 32, else front to back."""
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
