"""The orders in which the squares of a norm are summed, on which the last bits of every ``Norm2`` depend.

An order is a function from the rounded squares (1-D, float32 or float64, not empty) to their sum, a scalar of the same
dtype, rounded at every addition. Its second argument is the offset of the array, in elements, in the longer array that
it is a view of, which begins at a 16-byte boundary; 0 for an array of its own.

Arrays are 1-D, of float32 or float64; a sum is a scalar of the same dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.clauses import clause

Floats = npt.NDArray[np.floating[Any]]
NormOrder = Callable[[Floats, int], Any]

#: ``ELEMENT_THRESHOLD`` of libnd4j: from this length on a reduction is split over the threads.
_ELEMENT_THRESHOLD = 32


def sequential(squares: Floats, offset: int = 0) -> Any:
    """Return the sum from the first element to the last, for every ``offset``."""
    return np.add.accumulate(squares)[-1]


@clause("ARITH-5")
def nd4j_native(squares: Floats, offset: int = 0, threads: int = 1) -> Any:
    """Return the sum of ND4J 0.8.0's native CPU backend with ``threads`` OpenMP threads, as observed on linux-x86_64.

    Lanes are loaded from 16-byte boundaries. Elements before the first one are summed by themselves, then the lanes'
    sum is added, then the elements after the last full vector.
    """
    n = len(squares)
    if n >= _ELEMENT_THRESHOLD:
        return _chunked(squares, min(threads, n // _ELEMENT_THRESHOLD))
    if squares.dtype == np.float32 and n >= 23:
        return _aligned(squares, -offset % 4, 4, _four_lanes)
    if squares.dtype == np.float64 and n >= 22:
        return _aligned(squares, -offset % 2, 2, _two_lanes)
    return sequential(squares)


def nd4j_order(threads: int = 1) -> NormOrder:
    """Return the order of ND4J's native backend for ``threads`` threads (``OMP_NUM_THREADS``). Raises ValueError."""
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    return partial(nd4j_native, threads=threads)


def _chunked(squares: Floats, chunks: int) -> Any:
    """Return the sum of ``chunks`` threads; the first thread goes on with what is left over at the end."""
    size = len(squares) // chunks
    rest = squares[chunks * size :]
    first, *others = squares[: chunks * size].reshape(chunks, size)
    return sequential(np.array([sequential(part) for part in (np.concatenate([first, rest]), *others)]))


def _aligned(squares: Floats, before: int, width: int, lanes: Callable[[Floats], Any]) -> Any:
    end = before + (len(squares) - before) // width * width
    return sequential(np.array([*squares[:before], lanes(squares[before:end].reshape(-1, width)), *squares[end:]]))


def _four_lanes(vectors: Floats) -> Any:
    lanes = np.add.accumulate(vectors, axis=0)[-1]
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])


def _two_lanes(vectors: Floats) -> Any:
    grouped = 4 * ((len(vectors) - 1) // 4)
    total = np.zeros(2)
    for v in vectors[:grouped].reshape(-1, 4, 2):
        total = total + (((v[0] + v[1]) + v[2]) + v[3])
    for vector in vectors[grouped:]:
        total = total + vector
    return total[1] + total[0]
