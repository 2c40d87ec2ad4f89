"""ND4J's operations on flat arrays of any library, with what ND4J 0.8.0 does to operands before it computes.

* A double that meets an array is rounded once to the array's type; NaN is first replaced by 1e-5.
* An array operand of one element counts as such a double, so its NaN is replaced too.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
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

#: A 1-D array of the library that an :class:`Nd4j` works on, such as NumPy's or a tensor of torch.
Array = Any


class Nd4j(ABC):
    """The operations on 1-D arrays of one type, and spare rows for what they need on the way.

    There are two rows of floats and one of booleans, as long as the longest array they were asked for: no steady step
    allocates. A library adds its arrays, scalars, roots, signs, clipping and norms.
    """

    #: The module with ``add``, ``subtract``, ``multiply`` and ``divide``, which libraries spell alike.
    xp: Any
    #: Formulae go a dozen times over their arrays: blocks of this many bytes stay in a fast cache.
    block_bytes: int

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self._rows, self._mask = [self.empty(0), self.empty(0)], self.booleans(0)

    @abstractmethod
    def given(self, x: Floats) -> Array:
        """Return a caller's array (1-D, of the dtype) as one of ours, in the same memory if that is possible."""

    @abstractmethod
    def shown(self, x: Array) -> Floats:
        """Return one of our arrays as a caller's (1-D, of the dtype), in the same memory if that is possible."""

    @abstractmethod
    def empty(self, length: int) -> Array:
        """Return a 1-D array of the dtype, of any content."""

    @abstractmethod
    def booleans(self, length: int) -> Array:
        """Return a 1-D array of booleans of any value."""

    @abstractmethod
    def copy(self, x: Array) -> Array:
        """Return ``x.dup()``."""

    @abstractmethod
    def joined(self, arrays: Sequence[Array]) -> Array:
        """Return 1-D arrays as one, one after the other."""

    @abstractmethod
    def scalar(self, x: float) -> Any:
        """Return a Java double as ND4J uses it with arrays: NaN replaced, then rounded once to the dtype."""

    @abstractmethod
    def exact_scalar(self, x: float) -> Any:
        """Return a double rounded to the dtype, with no rule for NaN: as BLAS is given it."""

    @abstractmethod
    def operand(self, y: Array) -> Any:
        """Return an array as the right side of an operation: one element counts as a double."""

    @abstractmethod
    def root(self, x: Array, out: Array) -> Array:
        """Write ``sqrt(x)``, correctly rounded, into ``out``."""

    @abstractmethod
    def sign(self, x: Array, out: Array) -> Array:
        """Write ``sign(x)`` into ``out``: 0 for NaN."""

    @abstractmethod
    def clip(self, x: Array, threshold: float) -> None:
        """Do ``BooleanIndexing`` twice: under a negative threshold the second pass undoes the first."""

    @abstractmethod
    def norm2(self, x: Array, offset: int = 0) -> float:
        """Return the ``Norm2`` reduction with one thread, as a double; ``offset``: where ``x`` begins in its whole."""

    def row(self, like: Array) -> Array:
        """Return the first spare row, as long as ``like``."""
        return self._row(0, len(like))

    def second_row(self, like: Array) -> Array:
        """Return the second spare row, as long as ``like``."""
        return self._row(1, len(like))

    def _row(self, index: int, length: int) -> Array:
        if length > len(self._rows[index]):
            self._rows[index] = self.empty(length)
        return self._rows[index][:length]

    def mask(self, like: Array) -> Array:
        """Return the spare booleans, as long as ``like``."""
        if len(like) > len(self._mask):
            self._mask = self.booleans(len(like))
        return self._mask[: len(like)]

    def blocks(self, length: int) -> Iterator[slice]:
        """Yield blocks of an array, for what is done element by element: in any blocks it gives the same bits.

        They have nearly equal lengths, so that none of a longer array has length 1, which ND4J would treat as a scalar.
        """
        count = -(-length * np.dtype(self.dtype).itemsize // self.block_bytes) or 1
        for i in range(count):
            yield slice(length * i // count, length * (i + 1) // count)

    def silently(self) -> AbstractContextManager[Any]:
        """Return a context in which NumPy warns of no infinity or NaN: they are results."""
        return np.errstate(all="ignore")

    def multiply(self, x: Array, factor: float) -> None:
        """Do ``x.muli(factor)``."""
        self.xp.multiply(x, self.scalar(factor), out=x)

    def divide(self, x: Array, divisor: float) -> None:
        """Do ``x.divi(divisor)``; by a power of two with its reciprocal, which is exact: the bits are the same."""
        if has_exact_reciprocal(divisor):
            self.multiply(x, 1 / divisor)
        else:
            self.xp.divide(x, self.scalar(divisor), out=x)

    def add(self, x: Array, y: Array) -> None:
        """Do ``x.addi(y)``."""
        self.xp.add(x, self.operand(y), out=x)

    def subtract(self, x: Array, y: Array) -> None:
        """Do ``x.subi(y)``."""
        self.xp.subtract(x, self.operand(y), out=x)

    def scaled(self, x: Array, factor: float, out: Array) -> Array:
        """Write ``x.mul(factor)`` into ``out``."""
        self.xp.multiply(x, self.scalar(factor), out=out)
        return out

    def squared(self, x: Array, out: Array) -> Array:
        """Write ``x.mul(x)`` into ``out``."""
        self.xp.multiply(x, self.operand(x), out=out)
        return out

    def product(self, x: Array, y: Array, out: Array) -> Array:
        """Write ``x.mul(y)`` into ``out``."""
        self.xp.multiply(x, self.operand(y), out=out)
        return out

    def quotient(self, x: Array, y: Array, out: Array) -> Array:
        """Write ``x.div(y)`` into ``out``."""
        self.xp.divide(x, self.operand(y), out=out)
        return out

    def reciprocal(self, x: Array, numerator: float, out: Array) -> Array:
        """Write ``x.rdiv(numerator)`` into ``out``."""
        self.xp.divide(self.scalar(numerator), x, out=out)
        return out

    def sum(self, x: Array, y: Array, out: Array) -> Array:
        """Write ``x.add(y)`` into ``out``."""
        self.xp.add(x, self.operand(y), out=out)
        return out

    def difference(self, x: Array, y: Array, out: Array) -> Array:
        """Write ``x.sub(y)`` into ``out``."""
        self.xp.subtract(x, self.operand(y), out=out)
        return out

    def root_plus(self, x: Array, epsilon: float, out: Array) -> Array:
        """Write ``sqrt(x).addi(epsilon)`` into ``out``."""
        self.root(x, out)
        self.xp.add(out, self.scalar(epsilon), out=out)
        return out

    def root_of_sum(self, x: Array, epsilon: float, out: Array) -> Array:
        """Write ``sqrt(x.add(epsilon))`` into ``out``."""
        self.xp.add(x, self.scalar(epsilon), out=out)
        return self.root(out, out)

    def dot(self, x: Array, y: Array) -> float:
        """Return ``BlasWrapper.dot``: by fours, or in two lanes of four registers, as OpenBLAS sums with SSE."""
        products = self.shown(x) * self.shown(y)
        return _sum_by_fours(products) if products.itemsize == 4 else _sum_in_registers(products)

    def axpy(self, factor: float, x: Array, y: Array) -> None:
        """Do ``y += factor * x`` as BLAS does it: with a factor of 0 it does not look at ``x``."""
        if (rounded := self.exact_scalar(factor)) != 0:
            self.xp.add(y, x * rounded, out=y)

    def equals(self, x: Array, y: Array) -> bool:
        """Return ``INDArray.equals``, which has a tolerance."""
        a, b = self.shown(x).astype("float64"), self.shown(y).astype("float64")
        with np.errstate(all="ignore"):
            difference = np.abs(a - b)
            if a.size == 1:
                return bool(difference[0] < EPS_THRESHOLD)
            scale = np.where((a == 0) | (b == 0) | (difference < _MIN_NORMAL), 1.0, np.abs(a) + np.abs(b))
            return bool(np.all((difference / scale < EPS_THRESHOLD) | (a == b)))

    def norm2_number(self, x: Array, offset: int = 0) -> float:
        """Return ``norm2Number()``: of one element, its absolute value."""
        return abs(float(x[0])) if len(x) == 1 else self.norm2(x, offset)


def has_exact_reciprocal(divisor: float) -> bool:
    """Return whether multiplying by ``1 / divisor`` is dividing, in either type."""
    fraction, exponent = math.frexp(divisor)
    return abs(fraction) == 0.5 and abs(exponent) < _SAFE_EXPONENT


def _sum_by_fours(products: Floats) -> float:
    total = products.dtype.type(0)
    fours = products.size // 4 * 4
    for i in range(0, fours, 4):
        total += ((products[i] + products[i + 1]) + products[i + 2]) + products[i + 3]
    for product in products[fours:]:
        total += product
    return float(total)


def _sum_in_registers(products: Floats) -> float:
    whole = products.size // 16 * 16
    registers = np.zeros((4, 2))
    for block in products[:whole].reshape(-1, 8):
        registers += block.reshape(4, 2)
    rest = products[whole:]
    for width in (8, 4, 2, 1):
        if rest.size >= width:
            registers.reshape(8)[:width] += rest[:width]
            rest = rest[width:]
    even, odd = ((registers[0] + registers[1]) + (registers[2] + registers[3])).tolist()
    return float(even + odd)
