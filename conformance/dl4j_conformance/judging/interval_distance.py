"""Distances of enclosures and values, in reals. NaN and the infinities are far from everything but themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic.intervals import Doubles, Intervals, points

_MAX = float(np.finfo(np.float64).max)


def gap(x: Intervals, y: Intervals) -> Doubles:
    """Return the distance of two enclosures (1-D, float64), element by element: 0 if they share a value, be it NaN."""
    empty = (x.low > x.high) | (y.low > y.high)
    between = np.maximum(_minus(x.low, y.high), _minus(y.low, x.high))
    apart = np.where(empty, np.inf, np.maximum(between, 0.0))
    nearest: Doubles = np.where(x.nan & y.nan, 0.0, apart)
    return nearest


def distance(values: npt.NDArray[Any], enclosure: Intervals) -> Doubles:
    """Return the distance of each value (1-D) from its enclosure, in float64: 0 inside."""
    return gap(points(values), enclosure)


def widths(x: Intervals, dtype: str) -> Doubles:
    """Return the width of each enclosure (1-D, float64), but at least one ulp of ``dtype`` there."""
    size = np.maximum(np.abs(x.low), np.abs(x.high))
    largest = float(np.finfo(dtype).max)
    finite = np.where(np.isfinite(size), np.minimum(size, largest), 0.0).astype(dtype)
    width: Doubles = np.maximum(_minus(x.high, x.low), np.spacing(finite).astype(np.float64))
    return width


def shares(distances: Doubles, x: Intervals) -> Doubles:
    """Return distances from enclosures in the largest magnitudes that these hold (1-D, float64).

    A distance of 0 is 0, and a share is NaN where neither says anything.
    """
    with np.errstate(all="ignore"):
        found = distances / np.maximum(np.abs(x.low), np.abs(x.high))
    share: Doubles = np.where(distances == 0, 0.0, found)
    return share


def _minus(x: Doubles, y: Doubles) -> Doubles:
    """Return ``x - y``: never infinite for finite values, 0 for an infinity and itself."""
    with np.errstate(all="ignore"):
        difference = x - y
    clipped = np.where(np.isfinite(x) & np.isfinite(y), np.clip(difference, -_MAX, _MAX), difference)
    settled: Doubles = np.where(np.isnan(clipped), 0.0, clipped)
    return settled
