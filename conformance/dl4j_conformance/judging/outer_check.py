"""The check of values against outer enclosures in float64 alone, for arithmetics that err more than IEEE 754's.

The outer enclosures hold the exact ones, and are wider by about a thousandth of their width. So a value outside of them
is outside for certain. That is enough where enclosures are wide anyway, and takes a tenth of the time.

Arrays are 1-D: values of the network's dtype, ends of enclosures float64.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum

import numpy as np

from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.enclosed_script import float64_intervals, in_float64
from dl4j_conformance.execution.outcome import Outcome, by_key
from dl4j_conformance.judging.enclosure_check import Place, pairs
from dl4j_oracle.arithmetic import intervals
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.intervals import Flags, Intervals
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.profile import DEFAULT_RULES, Rules


class Standing(Enum):
    """The relation of some values to their enclosures, all taken together."""

    #: At least one lies outside.
    OUTSIDE = "outside"
    #: All lie inside, and of at least one of them something is claimed.
    INSIDE = "inside"
    #: All lie inside, where nothing is claimed.
    NO_CLAIM = "no claim"


def has_escapes(
    case: Case,
    got: Outcome,
    capabilities: frozenset[str],
    model: ErrorModel[ErrorBound],
    rules: Rules = DEFAULT_RULES,
) -> bool:
    """Return whether a value of ``got`` leaves its enclosure under ``rules`` whose operations err by ``model``."""
    return any(
        not enclosure.contains(values).all()
        for _, _, enclosure, values in _beside(case, got, capabilities, model, rules)
    )


def standing(
    case: Case, got: Outcome, capabilities: frozenset[str], model: ErrorModel[ErrorBound], places: Collection[Place]
) -> Standing:
    """Return the standing of the values at ``places`` under DL4J's rules whose operations err by ``model``."""
    found = Standing.NO_CLAIM
    for step, key, enclosure, values in _beside(case, got, capabilities, model, DEFAULT_RULES):
        at = [index or 0 for number, name, index in places if (number, name) == (step, key)]
        if not at:
            continue
        if not enclosure.contains(values)[at].all():
            return Standing.OUTSIDE
        if claims(enclosure)[at].any():
            found = Standing.INSIDE
    return found


def claims(x: Intervals) -> Flags:
    """Return which of the enclosures say something (1-D, bool): those that know the leading binary digit of a value.

    They span less than a factor of two, or they are a zero, an infinity or NaN for certain.
    """
    low, high = np.abs(x.low), np.abs(x.high)
    with np.errstate(all="ignore"):
        narrow = (x.low * x.high > 0) & (np.maximum(low, high) / 2 < np.minimum(low, high)) & np.isfinite(low + high)
    certain: Flags = np.where(x.nan, x.low > x.high, narrow | (x.low == x.high))
    return certain


def _beside(
    case: Case, got: Outcome, capabilities: frozenset[str], model: ErrorModel[ErrorBound], rules: Rules
) -> Iterator[tuple[int, str, Intervals, Floats]]:
    """Yield step, key, enclosures and values, up to the first comparison that is not decided.

    A state that lies in its enclosures narrows those of the next step, as at level bounded.
    """
    try:
        trajectory = in_float64(case, model, intervals.outer, rules)
        for number, (operation, step) in enumerate(zip(case.script, got.steps, strict=False)):
            performed = trajectory.perform(operation)
            if performed.updates is None or step.failure:
                continue
            enclosures = {key: float64_intervals(one) for key, one in by_key(performed).items()}
            for key, enclosure, values in pairs(enclosures, step, capabilities):
                yield number, key, enclosure, values
                if key == "state" and enclosure.contains(values).all():
                    trajectory.observe_state(values)
    except (Dl4jException, UndecidedError):
        return
