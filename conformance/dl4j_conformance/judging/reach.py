"""The reach of rounding: how far a value may be from the expected one and still pass level reading.

It is stored with the fixtures (``reach.json``), so that a value that is plainly wrong costs no enclosure. A value
within reach is judged by its enclosure as ever, so a reach that is too wide changes no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil, inf, ldexp, log2, nextafter
from typing import Any

import numpy as np

from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome, value
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.enclosure_check import pairs
from dl4j_conformance.judging.kill_matrix import enclosed
from dl4j_conformance.judging.rounding import reading_model
from dl4j_oracle.arithmetic.intervals import Intervals

#: By step of the script and key of the report the exponent e of the reach: 2^e times the expected value. What has no
#: such reach, such as an array with a NaN, is left out.
Reach = Sequence[Mapping[str, int]]

#: The least exponent is that of what no rounding changes. A greater one than the greatest tells no mistake.
_LEAST, _GREATEST = -99, 64


def reach(case: Case) -> Reach:
    """Return the reach of rounding of a case under arithmetic that is correctly rounded."""
    expected = observe(OracleBackend(), case)
    enclosures = enclosed(case, model=reading_model(case.dtype, CORRECTLY_ROUNDED))
    return [
        {} if enclosure is None or step.failure else dict(_of_step(pairs(enclosure, step, ALL_CAPABILITIES)))
        for enclosure, step in zip(enclosures, expected.steps, strict=False)
    ]


def _of_step(arrays: Iterable[tuple[str, Intervals, Floats]]) -> Iterable[tuple[str, int]]:
    for key, enclosure, values in arrays:
        exponent = _exponent(enclosure, values.astype(np.float64))
        if exponent is not None:
            yield key, exponent


def _exponent(enclosure: Intervals, values: Floats) -> int | None:
    """Return the exponent for an array (1-D, float64), with a factor of two to spare for roundings in between."""
    with np.errstate(all="ignore"):
        farthest = np.maximum(enclosure.high - values, values - enclosure.low)
        relative = np.where(farthest == 0, 0.0, farthest / np.abs(values))
    if enclosure.nan.any() or not np.isfinite(relative).all() or not len(relative):
        return None
    largest = float(relative.max())
    exponent = max(_LEAST, ceil(log2(largest)) + 1) if largest else _LEAST
    return exponent if exponent <= _GREATEST else None


def beyond(reach: Reach, found: Sequence[Difference], expected: Outcome, got: Outcome) -> list[Difference]:
    """Return those of the differences that are beyond the reach of rounding for certain, in the same order."""
    of_values = (difference for difference in found if not difference.is_structural)
    return [
        difference
        for (step, key), group in groupby(of_values, lambda difference: (difference.step, difference.key))
        for difference in _beyond(_exponent_of(reach, step, key), list(group), expected.steps[step], got.steps[step])
    ]


def _exponent_of(reach: Reach, step: int, key: str) -> int | None:
    return reach[step].get(key) if step < len(reach) else None


def _beyond(
    exponent: int | None, found: Sequence[Difference], expected: Observation, got: Observation
) -> Iterator[Difference]:
    """Yield the differences in one array that are beyond its reach."""
    if exponent is None:
        return
    wanted, seen = value(expected, found[0].key), value(got, found[0].key)
    if wanted is None or seen is None:
        return
    for difference in found:
        left, right = float(wanted[difference.index or 0]), float(seen[difference.index or 0])
        # A NaN is at no distance.
        if not abs(right - left) <= nextafter(abs(left) * ldexp(1.0, exponent), inf):
            yield difference


def to_json(reach: Reach) -> list[Any]:
    """Return the reach of a case as JSON data: an object for each step of the script."""
    return [dict(step) for step in reach]


def is_reach(data: Any) -> bool:
    """Return whether ``data`` is the reach of a case as JSON data."""
    return isinstance(data, list) and all(
        isinstance(step, dict) and all(type(exponent) is int for exponent in step.values()) for step in data
    )
