"""ND4J's element-wise operations, in place, with what ND4J 0.8.0 does to operands before it computes.

* A double that meets an array is rounded once to the array's type; NaN is first replaced by 1e-5.
* An array operand of one element counts as such a double, so its NaN is replaced too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dl4j_backends.interface import Floats

EPS_THRESHOLD = 1e-5

#: An updater makes up to a dozen passes over its arrays: in blocks of this size they are near the second-level cache.
BLOCK_BYTES = 1 << 18

#: Below it a power of two and its reciprocal are normal numbers of either type.
_SAFE_EXPONENT = 126


class Scratch:
    """Two spare rows of floats and one of booleans, as long as the longest gradient: no step allocates."""

    def __init__(self, length: int, dtype: str) -> None:
        self._reserve(length, dtype)

    def _reserve(self, length: int, dtype: Any) -> None:
        self._rows = np.empty((2, length), dtype)
        self._mask = np.empty(length, np.bool_)

    def fit(self, gradients: Iterable[Floats]) -> None:
        """Make room for gradients that are longer than any parameter (keys the network does not know)."""
        for g in gradients:
            if g.size > self._mask.size:
                self._reserve(g.size, g.dtype)

    def row(self, like: Floats) -> Floats:
        """The first spare row, as long as ``like``."""
        return self._rows[0, : like.size]

    def second_row(self, like: Floats) -> Floats:
        """The second spare row."""
        return self._rows[1, : like.size]

    def mask(self, like: Floats) -> Any:
        """The spare booleans."""
        return self._mask[: like.size]


def blocks(x: Floats) -> Iterator[slice]:
    """Parts of ``x``, for what is done element by element: in any parts it gives the same bits.

    They are equally long, or nearly: no part of a longer array is the one element that would make it a scalar.
    """
    count = -(-x.nbytes // BLOCK_BYTES)
    if count <= 1:
        yield slice(None)
        return
    for i in range(count):
        yield slice(x.size * i // count, x.size * (i + 1) // count)


def scalar(x: float, like: Floats) -> Any:
    """A Java double as ND4J uses it with ``like``."""
    return like.dtype.type(EPS_THRESHOLD if math.isnan(x) else x)


def operand(y: Floats) -> Any:
    """An array as the right side of an operation."""
    return scalar(float(y[0]), y) if y.size == 1 else y


def multiply(x: Floats, factor: float) -> None:
    """``x.muli(factor)``."""
    np.multiply(x, scalar(factor, x), out=x)


def divide(x: Floats, divisor: float) -> None:
    """``x.divi(divisor)``. By a power of two it multiplies by the reciprocal, which is exact: the bits are the same."""
    fraction, exponent = math.frexp(divisor)
    if abs(fraction) == 0.5 and abs(exponent) < _SAFE_EXPONENT:
        multiply(x, 1 / divisor)
    else:
        np.divide(x, scalar(divisor, x), out=x)


def add(x: Floats, y: Floats) -> None:
    """``x.addi(y)``."""
    np.add(x, operand(y), out=x)


def subtract(x: Floats, y: Floats) -> None:
    """``x.subi(y)``."""
    np.subtract(x, operand(y), out=x)


def scaled(x: Floats, factor: float, out: Floats) -> Floats:
    """``x.mul(factor)`` into ``out``."""
    np.multiply(x, scalar(factor, x), out=out)
    return out


def squared(x: Floats, out: Floats) -> Floats:
    """``x.mul(x)`` into ``out``."""
    np.multiply(x, operand(x), out=out)
    return out


def root_plus(x: Floats, epsilon: float, out: Floats) -> Floats:
    """``sqrt(x).addi(epsilon)`` into ``out``."""
    np.sqrt(x, out=out)
    np.add(out, scalar(epsilon, out), out=out)
    return out


def root_of_sum(x: Floats, epsilon: float, out: Floats) -> Floats:
    """``sqrt(x.add(epsilon))`` into ``out``."""
    np.add(x, scalar(epsilon, x), out=out)
    np.sqrt(out, out=out)
    return out


def sign(x: Floats, out: Floats, mask: Any) -> Floats:
    """``sign(x)`` into ``out``: 0 for NaN, unlike NumPy's."""
    np.sign(x, out=out)
    np.copyto(out, 0, where=np.isnan(x, out=mask))
    return out


def equals(x: Floats, y: Floats) -> bool:
    """``INDArray.equals``, which has a tolerance."""
    a, b = x.astype("float64"), y.astype("float64")
    with np.errstate(all="ignore"):
        difference = np.abs(a - b)
        if a.size == 1:
            return bool(difference[0] < EPS_THRESHOLD)
        scale = np.where((a == 0) | (b == 0), 1.0, np.abs(a) + np.abs(b))
        return bool(np.all((difference / scale < EPS_THRESHOLD) | (a == b)))


def norm2(x: Floats, scratch: Scratch, offset: int = 0) -> float:
    """The ``Norm2`` reduction with one thread, as a double; ``offset``: where ``x`` begins in what it is a view of."""
    squares, sums = scratch.row(x), scratch.second_row(x)
    np.multiply(x, x, out=squares)
    return float(np.sqrt(_sum(squares, sums, offset)))


def norm2_number(x: Floats, scratch: Scratch, offset: int = 0) -> float:
    """``norm2Number()``: of one element, its absolute value."""
    return abs(float(x[0])) if x.size == 1 else norm2(x, scratch, offset)


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
