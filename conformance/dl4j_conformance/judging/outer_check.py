"""The check of values against outer enclosures in float64 alone, for arithmetics that err more than IEEE 754's.

The outer enclosures hold the exact ones, and are wider by about a thousandth of their width. So a value outside of them
is outside for certain. That is enough where enclosures are wide anyway, and takes a tenth of the time.

Arrays are 1-D: values of the network's dtype, ends of enclosures float64.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.enclosed_script import float64_intervals, in_float64
from dl4j_conformance.execution.outcome import Outcome, by_key
from dl4j_conformance.judging.enclosure_check import pairs
from dl4j_oracle.arithmetic import intervals
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.intervals import Flags, Intervals
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.profile import DEFAULT_RULES, Rules

#: The place of a value: step, key, and index, which is None for a learning rate or a momentum.
Place = tuple[int, str, int | None]


class Standing(Enum):
    """The relation of some values to their enclosures, all taken together."""

    #: At least one lies outside.
    OUTSIDE = "outside"
    #: All lie inside, and of at least one of them something is claimed.
    INSIDE = "inside"
    #: All lie inside, where nothing is claimed.
    NO_CLAIM = "no claim"


@dataclass(frozen=True, eq=False)
class OuterCheck:
    """The outer enclosures of a case by step and key, as far as comparisons are decided, beside the values seen."""

    enclosures: Mapping[tuple[int, str], Intervals]
    values: Mapping[tuple[int, str], Floats]

    @classmethod
    def of(
        cls,
        case: Case,
        got: Outcome,
        capabilities: frozenset[str],
        model: ErrorModel[ErrorBound],
        rules: Rules = DEFAULT_RULES,
    ) -> OuterCheck:
        """Return the check of what is seen of ``got`` against ``rules`` whose operations err by ``model``."""
        enclosures: dict[tuple[int, str], Intervals] = {}
        values: dict[tuple[int, str], Floats] = {}
        for number, key, enclosure, seen in _beside(case, got, capabilities, model, rules):
            enclosures[number, key], values[number, key] = enclosure, seen
        return cls(enclosures, values)

    def has_escapes(self) -> bool:
        """Return whether a value lies outside of its enclosure."""
        return any(not x.contains(self.values[place]).all() for place, x in self.enclosures.items())

    def standing(self, places: Collection[Place]) -> Standing:
        """Return the standing of the values at ``places``."""
        found = Standing.NO_CLAIM
        for step, key, index in places:
            if (step, key) in self.enclosures:
                at = slice(index or 0, (index or 0) + 1)
                enclosure = self.enclosures[step, key][at]
                if not enclosure.contains(self.values[step, key][at]).all():
                    return Standing.OUTSIDE
                if claims(enclosure).all():
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
