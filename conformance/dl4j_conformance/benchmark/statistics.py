"""Summary statistics of samples: medians and their spread, which a few disturbed samples do not move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import median, quantiles

#: Intervals hold the true median with at least this probability.
CONFIDENCE = 0.95
#: With fewer samples not even the whole range is such an interval.
FEWEST = 6


@dataclass(frozen=True)
class Spread:
    """The median of samples with its spread: ``mad`` is the median absolute deviation, the quartiles are inclusive."""

    median: float
    mad: float
    first_quartile: float
    third_quartile: float


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, and an interval for it from ``low`` to ``high``."""

    median: float
    low: float
    high: float


def spread(samples: Sequence[float]) -> Spread:
    """Return the spread of at least two samples."""
    middle = median(samples)
    first, _, third = quantiles(samples, n=4, method="inclusive")
    return Spread(middle, median(abs(sample - middle) for sample in samples), first, third)


def ratio(samples: Sequence[float], reference: Sequence[float]) -> Ratio:
    """Return the ratio of ``samples`` to ``reference``, pair by pair; none is 0, at least :data:`FEWEST` pairs.

    The interval runs between two order statistics. Whatever the distribution, the median lies outside with the
    probability that a fair coin falls on one side so seldom (Conover, Practical Nonparametric Statistics, 3.2).
    """
    ratios = sorted(x / y for x, y in zip(samples, reference, strict=True))
    outside = _rank(len(ratios))
    return Ratio(median(ratios), ratios[outside], ratios[-1 - outside])


def _rank(n: int) -> int:
    """Return how many of ``n`` samples may lie outside of the interval on either side."""
    if n < FEWEST:
        raise ValueError(f"an interval takes at least {FEWEST} samples")
    tail, rank = 1, 0
    while 2 * (tail + comb(n, rank + 1)) <= (1 - CONFIDENCE) * 2**n:
        rank += 1
        tail += comb(n, rank)
    return rank
