"""Statistics of the widths of enclosures, in ulps of the type: how tight level bounded is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.execution.enclosed_script import float64_intervals, in_float64
from dl4j_oracle.arithmetic import intervals
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.intervals import Doubles, Intervals
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.profile import DEFAULT_RULES


@dataclass(frozen=True)
class WidthStatistics:
    """The widths of the enclosures of one updater's updates in one type."""

    updater: str
    dtype: str
    #: How many values have enclosures of finite width.
    values: int
    #: The median width, in ulps.
    median: float
    #: The largest width, in ulps.
    largest: float


def width_statistics(cases: Iterable[Case]) -> list[WidthStatistics]:
    """Return the widths of the outer enclosures along the trajectories of the cases with one updater."""
    found: dict[tuple[str, str], list[Doubles]] = {}
    for case in cases:
        if len(set(case.updaters)) == 1:
            found.setdefault((case.updaters[0], case.dtype), []).extend(_of_case(case))
    return [
        WidthStatistics(updater, dtype, len(all_), float(np.median(all_)), float(np.max(all_)))
        for updater in UPDATERS
        for dtype in DTYPES
        if len(all_ := np.concatenate([np.empty(0), *found.get((updater, dtype), [])]))
    ]


def _of_case(case: Case) -> Iterable[Doubles]:
    try:
        trajectory = in_float64(case, error_model(case.dtype), intervals.outer, DEFAULT_RULES)
        for operation in case.script:
            enclosed = trajectory.perform(operation)
            for array in (enclosed.updates or {}).values():
                yield _in_ulps(float64_intervals(array), case.dtype)
    except (Dl4jException, UndecidedError):
        return


def _in_ulps(x: Intervals, dtype: str) -> Doubles:
    """Return the widths (1-D, float64) in ulps, leaving out infinite enclosures and those of zero alone."""
    info = np.finfo(dtype)
    size = np.maximum(np.abs(x.low), np.abs(x.high))
    kept = np.isfinite(x.low) & np.isfinite(x.high) & (size > 0)
    size = np.maximum(size[kept], float(info.smallest_normal))
    exponent = np.frexp(size)[1] - 1
    ulps: Doubles = np.ldexp(x.high[kept] - x.low[kept], info.nmant - exponent)
    return ulps
