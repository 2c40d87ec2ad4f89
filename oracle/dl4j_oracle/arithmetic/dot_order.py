"""The order in which the products of ``BlasWrapper.dot`` are summed, on which its last bits depend.

OpenBLAS has a loop of its own for each family of processors. The order here is that of its loops for SSE, which it
takes on processors that it does not know. Of one or two products there is one order.

Arrays are 1-D, of float32 or float64; a sum is a scalar of the same dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dl4j_oracle.arithmetic.norm_order import Floats, sequential
from dl4j_oracle.clauses import clause

_UNROLLED = 16


@clause("ARITH-7")
def open_blas(products: Floats) -> Any:
    """Return the sum of rounded products (1-D, not empty) as OpenBLAS 0.2.19 rounds it, as seen on linux-x86_64."""
    return _by_fours(products) if products.dtype == np.float32 else _two_lanes(products)


def _by_fours(products: Floats) -> Any:
    """Return the sum of the sums of four products each, then of those that are left over."""
    end = len(products) // 4 * 4
    fours = [sequential(products[i : i + 4]) for i in range(0, end, 4)]
    return sequential(np.array([*fours, *products[end:]], products.dtype))


def _two_lanes(products: Floats) -> Any:
    """Return the sum of four registers of two lanes each: what is left over at the end goes into the first ones."""
    registers = np.zeros((4, 2))
    end = len(products) // _UNROLLED * _UNROLLED
    for pair in range(end // 2):
        registers[pair % 4] += products[2 * pair : 2 * pair + 2]
    for pairs in (4, 2, 1):
        if len(products) - end >= 2 * pairs:
            registers[:pairs] += products[end : end + 2 * pairs].reshape(pairs, 2)
            end += 2 * pairs
    if end < len(products):
        registers[0, 0] += products[end]
    lanes = (registers[0] + registers[1]) + (registers[2] + registers[3])
    return lanes[0] + lanes[1]
