"""The values of a shard that belong to its patterns, gathered into arrays with an element for each pattern.

A sweep over gradients has one long parameter; one over a setting has a layer, with one weight, for each pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_backends.interface import LEARNING_RATES, STATE_OUT, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.judging.enclosure_check import Escape

Elements = npt.NDArray[Any]
#: The place of values in an outcome: a key of a report, and a part of the array there.
Part = tuple[str, slice]


@dataclass(frozen=True)
class Gathered:
    """The values of one kind, by pattern: 1-D, float32 or float64."""

    #: ``update``, ``learning rate``, or ``state m`` and so on.
    name: str
    #: The places of the values, one part after the other.
    parts: Sequence[Part]
    expected: Elements
    got: Elements

    def of(self, arrays: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Return what ``arrays``, 1-D float64 by key, have at these places (1-D); 0 for a key that they have not."""
        return _joined([arrays[key][at] if key in arrays else np.zeros(at.stop - at.start) for key, at in self.parts])

    def escapes(self, escapes: Sequence[Escape]) -> dict[int, Escape]:
        """Return those at these places, by the number of the pattern."""
        found: dict[int, Escape] = {}
        number = 0
        for key, at in self.parts if escapes else ():
            for escape in escapes:
                index = escape.index or 0
                if escape.key == key and at.start <= index < at.stop:
                    found[number + index - at.start] = escape
            number += at.stop - at.start
        return found


def gathered(case: Case, expected: Observation, got: Observation, capabilities: frozenset[str]) -> Iterator[Gathered]:
    """Yield the arrays of what both show, if it has the same shapes and types. ``case`` is a shard's."""
    (update,) = case.script
    keys = list(update.gradients) if isinstance(update, Update) else []
    updates, found = expected.updates or {}, got.updates or {}
    if all(_are_alike(updates.get(key), found.get(key)) for key in keys):
        yield _gather("update", [(key, slice(0, len(updates[key]))) for key in keys], updates, found)
    if STATE_OUT in capabilities and expected.state is not None and _are_alike(expected.state, got.state):
        parts: dict[str, list[Part]] = {}
        start = 0
        for block in state_blocks(case):
            if block.parameter == "W":
                parts.setdefault(block.name, []).append(("state", slice(start, start + block.length)))
            start += block.length
        for name, where in parts.items():
            yield _gather(f"state {name}", where, {"state": expected.state}, {"state": got.state})
    if LEARNING_RATES in capabilities and len(keys) > 1 and got.learning_rates.keys() == expected.learning_rates.keys():
        rates = [
            {f"learning_rates.{key}": np.array([seen.learning_rates[key]]) for key in keys} for seen in (expected, got)
        ]
        yield _gather("learning rate", [(key, slice(0, 1)) for key in rates[0]], *rates)


def without(expected: Observation, got: Observation, arrays: Sequence[Gathered]) -> Observation:
    """Return ``got`` with the expected values in ``arrays``, so that what else differs is left."""
    of_state = [at for array in arrays for key, at in array.parts if key == "state"]
    if of_state:
        state = np.array(got.state)
        for at in of_state:
            state[at] = np.asarray(expected.state)[at]
        got = replace(got, state=state)
    if any(array.name == "update" for array in arrays):
        got = replace(got, updates=expected.updates)
    if any(array.name == "learning rate" for array in arrays):
        got = replace(got, learning_rates=expected.learning_rates)
    return got


def _gather(
    name: str, parts: Sequence[Part], expected: Mapping[str, Elements | None], got: Mapping[str, Elements | None]
) -> Gathered:
    one, other = (_joined([np.asarray(seen[key])[at] for key, at in parts]) for seen in (expected, got))
    return Gathered(name, parts, one, other)


def _joined(arrays: Sequence[Elements]) -> Elements:
    """Return arrays one after the other; a single one, which may be long, as it is."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _are_alike(wanted: object, found: object) -> bool:
    return (
        isinstance(wanted, np.ndarray)
        and isinstance(found, np.ndarray)
        and (wanted.shape, wanted.dtype) == (found.shape, found.dtype)
    )
