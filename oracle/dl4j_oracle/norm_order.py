"""The orders in which a norm's squares are summed. The last bits of every Norm2 depend on it.

An order maps the rounded squares (1-D, float32 or float64, not empty) to their sum, rounded at every addition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.clauses import clause

Floats = npt.NDArray[np.floating[Any]]
NormOrder = Callable[[Floats], Any]

#: ``ELEMENT_THRESHOLD`` of libnd4j: from this length on a reduction is split over the threads.
_ELEMENT_THRESHOLD = 32


def sequential(squares: Floats) -> Any:
    """From the first element to the last."""
    return np.add.accumulate(squares)[-1]


@clause("ARITH-5")
def nd4j_native(squares: Floats, threads: int) -> Any:
    """ND4J 0.8.0's native CPU backend with ``threads`` OpenMP threads, as observed on linux-x86_64."""
    n = len(squares)
    if n >= _ELEMENT_THRESHOLD:
        return _chunked(squares, min(threads, n // _ELEMENT_THRESHOLD))
    if squares.dtype == np.float32 and n >= 23:
        return _four_lanes(squares)
    if squares.dtype == np.float64 and n >= 22:
        return _two_lanes(squares)
    return sequential(squares)


def nd4j_order(threads: int = 1) -> NormOrder:
    """The order of ND4J's native backend for ``threads`` threads (``OMP_NUM_THREADS``)."""
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    return partial(nd4j_native, threads=threads)


def _chunked(squares: Floats, chunks: int) -> Any:
    size = len(squares) // chunks
    starts = [i * size for i in range(chunks)]
    ends = [*starts[1:], len(squares)]
    return sequential(np.array([sequential(squares[i:j]) for i, j in zip(starts, ends, strict=True)]))


def _four_lanes(squares: Floats) -> Any:
    whole = len(squares) // 4 * 4
    lanes = np.add.accumulate(squares[:whole].reshape(-1, 4), axis=0)[-1]
    total = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    for square in squares[whole:]:
        total = total + square
    return total


def _two_lanes(squares: Floats) -> Any:
    vectors = squares[: len(squares) // 2 * 2].reshape(-1, 2)
    grouped = 4 * ((len(vectors) - 1) // 4)
    total = np.zeros(2)
    for v in vectors[:grouped].reshape(-1, 4, 2):
        total = total + (((v[0] + v[1]) + v[2]) + v[3])
    for vector in vectors[grouped:]:
        total = total + vector
    lanes_sum = total[1] + total[0]
    return lanes_sum + squares[-1] if len(squares) % 2 else lanes_sum
