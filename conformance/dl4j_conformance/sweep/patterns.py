"""The bit patterns that a sweep asks for: a range of them, or a sample that is stratified by exponent.

A pattern is an unsigned integer, the bits of a float32 or float64. Patterns have positions, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_conformance.cases.values import Floats

#: Unsigned integers, 1-D: uint32 or uint64.
Bits = npt.NDArray[Any]

#: By type: its unsigned integers, and how many bits of its patterns are the fraction.
_UNSIGNED = {"float32": np.uint32, "float64": np.uint64}
_FRACTION = {"float32": 23, "float64": 52}
#: The bits of the golden ratio: odd multiples of it, modulo a power of two, are distinct and spread evenly.
_GOLDEN = 0x9E3779B97F4A7C15
#: The most patterns of a sample: positions times strata stay within 64 bits.
MOST_SAMPLED = 1 << 48


class PatternsError(ValueError):
    """Patterns that a type has not."""


@dataclass(frozen=True)
class Patterns:
    """The patterns of ``dtype`` from ``first`` on, ``count`` of them; with a ``seed``, a sample of all of them.

    A sample has the same number of patterns, up to one, of every sign and exponent, the ends of each among them.
    """

    dtype: str
    first: int
    count: int
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.seed is None and not 0 <= self.first < self.first + self.count <= patterns_of(self.dtype):
            raise PatternsError(f"must be a range within 0x0 and {patterns_of(self.dtype):#x}")
        if self.seed is not None and not 2 * strata_of(self.dtype) <= self.count <= MOST_SAMPLED:
            raise PatternsError(
                f"must be from {2 * strata_of(self.dtype)} (two for each sign and exponent of {self.dtype}) to 2^48"
            )

    def bits(self, start: int, stop: int) -> Bits:
        """Return the patterns at positions from ``start`` to before ``stop`` (1-D, uint32 or uint64)."""
        if self.seed is None:
            positions = np.arange(self.first + start, self.first + stop, dtype=np.uint64)
            return positions.astype(_UNSIGNED[self.dtype])
        return self._sampled(np.arange(start, stop, dtype=np.uint64))

    def _sampled(self, positions: Bits) -> Bits:
        fraction, strata, count = _FRACTION[self.dtype], strata_of(self.dtype), self.count
        share, larger = divmod(count, strata)
        # The first strata have one more.
        border = np.uint64(larger * (share + 1))
        early = positions < border
        past = np.where(early, np.uint64(0), positions - np.minimum(positions, border))
        stratum = np.where(early, positions // np.uint64(share + 1), np.uint64(larger) + past // np.uint64(share))
        place = np.where(early, positions % np.uint64(share + 1), past % np.uint64(share))
        last = np.uint64((1 << fraction) - 1)
        spread = ((place + np.uint64(self.seed or 0)) * np.uint64(_GOLDEN)) >> np.uint64(64 - fraction)
        within = np.where(place == 0, np.uint64(0), np.where(place == 1, last, spread))
        return ((stratum << np.uint64(fraction)) | within).astype(_UNSIGNED[self.dtype])


def patterns_of(dtype: str) -> int:
    """Return how many patterns ``dtype`` has."""
    return 1 << (8 * np.dtype(dtype).itemsize)


def strata_of(dtype: str) -> int:
    """Return how many pairs of sign and exponent ``dtype`` has."""
    return patterns_of(dtype) >> _FRACTION[dtype]


def stratum(bits: Bits, dtype: str) -> npt.NDArray[np.int64]:
    """Return the sign and exponent bits of patterns (1-D, uint32 or uint64) as one number each (1-D, int64)."""
    numbers: npt.NDArray[np.int64] = (bits >> bits.dtype.type(_FRACTION[dtype])).astype(np.int64)
    return numbers


def values_of(bits: Bits, dtype: str) -> Floats:
    """Return the values of patterns (1-D, uint32 or uint64) as a view of ``dtype`` (1-D)."""
    return bits.view(dtype)


def ordinals(array: Floats) -> npt.NDArray[np.int64]:
    """Return the place of each value (1-D, float32 or float64) among all of its type (1-D, int64).

    It is :func:`dl4j_conformance.cases.values.ordinal` of an array: -0 stands directly below +0.
    """
    lowest = -(1 << (8 * array.itemsize - 1))
    signed = array.view(np.int32 if array.dtype == np.float32 else np.int64).astype(np.int64)
    return np.where(signed >= 0, signed, lowest - signed - 1)
