"""Judging: two outcomes of one case, compared level by level. Equality decides; there are no tolerances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dl4j_backends import interface
from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats, decimal_at, decimal_of, hex_of, ulps
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Failure, Outcome, Step
from dl4j_conformance.judging.enclosure_check import Escape, bounds


class Level(StrEnum):
    """What is claimed of a backend, each level more than the one before."""

    STRUCTURE = "structure"
    READING = "reading"
    BOUNDED = "bounded"
    BIT_EXACT = "bit-exact"
    RECORDED = "recorded"

    @property
    def fails(self) -> tuple[Level, ...]:
        """The levels that a difference at this level fails: this one and all that claim more."""
        levels = tuple(Level)
        return levels[levels.index(self) :]


#: Arrays by the keys of parameters. Those of an update go by the key alone.
_OF_PARAMETERS = ("updates", "params", "heard")

#: The step that stands for what happens before the script.
CONSTRUCTION = -1


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected.

    ``step`` counts operations of the script from 0 (:data:`CONSTRUCTION` before it); ``key`` is a gradient key, or
    ``state``, ``params.0_W``, ``heard.0_W``, ``learning_rates.0_W``, ``momentum.0``, ``error``; ``index`` an element,
    or None for the whole.
    ``expected`` and ``got`` are "hex decimal" for values, ``allowed`` the enclosure of a value outside of it.
    ``layer`` is where it shows, if that is known.
    """

    level: Level
    step: int
    key: str
    index: int | None
    expected: str
    got: str
    ulps: int | None = None
    layer: int | None = None
    allowed: str = ""

    @property
    def is_of_a_value(self) -> bool:
        """Whether it is one value that has other bits than the evaluation model's."""
        return self.level is not Level.RECORDED and (self.index is not None or self.ulps is not None)


def differences(case: Case, expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> tuple[Difference, ...]:
    """Everything in ``got`` that is not as in ``expected``, in order; what is not declared is not compared."""
    return tuple(_compare(case, expected, got, capabilities))


def value_count(expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> int:
    """How many values of ``got`` have a counterpart in ``expected``; what is of another shape has none."""
    count = 0
    if interface.STATE_OUT in capabilities:
        count += _common_length(expected.initial_state, got.initial_state)
    for wanted, found in zip(expected.steps, got.steps, strict=False):
        if wanted.failure or found.failure:
            continue
        for name in _OF_PARAMETERS:
            arrays, seen = getattr(wanted, name) or {}, getattr(found, name) or {}
            count += sum(_common_length(array, seen.get(key)) for key, array in arrays.items())
        if interface.STATE_OUT in capabilities:
            count += _common_length(wanted.state, found.state)
        if interface.LEARNING_RATES in capabilities:
            count += len(wanted.learning_rates.keys() & found.learning_rates.keys())
            count += len(wanted.momentum.keys() & found.momentum.keys())
    return count


def _common_length(wanted: Floats | None, found: Floats | None) -> int:
    same = isinstance(wanted, np.ndarray) and isinstance(found, np.ndarray) and wanted.shape == found.shape
    return len(wanted) if same and wanted is not None else 0


def from_recorded(case: Case, recorded: Outcome, got: Outcome, capabilities: frozenset[str]) -> tuple[Difference, ...]:
    """Everything in ``got`` that is not what the real DL4J printed."""
    return tuple(replace(d, level=Level.RECORDED) for d in _compare(case, recorded, got, capabilities))


def placed(
    case: Case,
    got: Outcome,
    found: tuple[Difference, ...],
    capabilities: frozenset[str],
    accuracy: Accuracy = CORRECTLY_ROUNDED,
) -> tuple[Difference, ...]:
    """Differences in bits at the level that they fail: outside of their enclosures they fail level bounded too.

    Enclosures are those of the backend's declared ``accuracy``.
    """
    if all(difference.level is not Level.BIT_EXACT for difference in found):
        return found
    outside = {(e.step, e.key, e.index): e for e in bounds(case, got, capabilities, accuracy=accuracy).escapes}
    return tuple(_place(difference, outside) for difference in found)


def misread(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Differences of a case that fails level reading: what lies outside of its enclosure fails that level."""
    return tuple(replace(d, level=Level.READING) if d.level is Level.BOUNDED else d for d in found)


def _place(difference: Difference, outside: Mapping[tuple[int, str, int | None], Escape]) -> Difference:
    escape = outside.get((difference.step, difference.key, difference.index))
    if escape is None or difference.level is Level.STRUCTURE:
        return difference
    allowed = f"[{decimal_of(escape.low)}, {decimal_of(escape.high)}]" if escape.low <= escape.high else "NaN"
    if escape.may_be_nan and escape.low <= escape.high:
        allowed += " or NaN"
    return replace(difference, level=Level.BOUNDED, allowed=allowed)


def _compare(case: Case, expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> Iterator[Difference]:
    failed = _failure(expected.failure, got.failure, CONSTRUCTION)
    if failed:
        yield failed
    if expected.failure or got.failure:
        return
    if interface.STATE_OUT in capabilities:
        yield from _arrays(case, CONSTRUCTION, "state", expected.initial_state, got.initial_state, Level.STRUCTURE)
    for number, (wanted, found) in enumerate(zip(expected.steps, got.steps, strict=True)):
        yield from _step(case, number, wanted, found, capabilities)


def _step(case: Case, number: int, wanted: Step, found: Step, capabilities: frozenset[str]) -> Iterator[Difference]:
    failed = _failure(wanted.failure, found.failure, number)
    if failed:
        yield failed
    if wanted.failure or found.failure:
        return
    for name in _OF_PARAMETERS:
        wanted_arrays, found_arrays = getattr(wanted, name) or {}, getattr(found, name) or {}
        yield from _keys(number, name, wanted_arrays, found_arrays)
        for key, array in wanted_arrays.items():
            if key in found_arrays:
                place = key if name == "updates" else f"{name}.{key}"
                yield from _arrays(case, number, place, array, found_arrays[key], Level.BIT_EXACT)
    for name in ("iteration_done", "iteration_count", "equal", "same_hash"):
        counts = getattr(wanted, name), getattr(found, name)
        if counts[0] != counts[1]:
            yield Difference(Level.STRUCTURE, number, name, None, str(counts[0]), str(counts[1]))
    if interface.STATE_OUT in capabilities:
        yield from _arrays(case, number, "state", wanted.state, found.state, Level.BIT_EXACT)
    if interface.LEARNING_RATES in capabilities:
        for name in ("learning_rates", "momentum"):
            yield from _doubles(case, number, name, getattr(wanted, name), getattr(found, name))


def _failure(wanted: Failure | None, found: Failure | None, step: int) -> Difference | None:
    if (wanted and wanted.kind) == (found and found.kind):
        return None
    return Difference(Level.STRUCTURE, step, "error", None, _describe(wanted), _describe(found))


def _describe(failure: Failure | None) -> str:
    return f"{failure.kind}: {failure.message}" if failure else "no error"


def _keys(step: int, name: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[Difference]:
    if set(wanted) != set(found):
        yield Difference(Level.STRUCTURE, step, name, None, f"keys {sorted(wanted)}", f"keys {sorted(found)}")


def _arrays(
    case: Case,
    step: int,
    key: str,
    wanted: Floats | None,
    found: Floats | None,
    level: Level,
) -> Iterator[Difference]:
    if wanted is None and found is None:
        return
    problem = _shape_problem(case, wanted, found)
    if wanted is None or found is None or problem:
        yield Difference(Level.STRUCTURE, step, key, None, _shape(wanted), problem or _shape(found))
        return
    if wanted.tobytes() == found.tobytes():
        return
    owners = _state_owners(case, len(wanted)) if key == "state" else [case.layer_of(_parameter(key))] * len(wanted)
    wanted_hex, found_hex = hex_of(wanted), hex_of(found)
    for index, (left, right) in enumerate(zip(wanted_hex, found_hex, strict=True)):
        if left != right:
            yield Difference(
                level,
                step,
                key,
                index,
                f"{left} {decimal_at(wanted, index)}",
                f"{right} {decimal_at(found, index)}",
                ulps(float(wanted[index]), float(found[index]), case.dtype),
                owners[index],
            )


def _state_owners(case: Case, length: int) -> Sequence[int | None]:
    """The layer of each element of the state view; nobody's, if the view is as long as a misreading has it."""
    owners = [block.layer for block in state_blocks(case) for _ in range(block.length)]
    return owners if len(owners) == length else [None] * length


def _shape_problem(case: Case, wanted: Floats | None, found: Floats | None) -> str | None:
    if wanted is None or found is None:
        return None
    if not isinstance(found, np.ndarray) or found.dtype != case.dtype or found.ndim != 1:
        kind = f"{found.ndim}-D array of {found.dtype}" if isinstance(found, np.ndarray) else repr(type(found))
        return f"{kind}, not a 1-D array of {case.dtype}"
    return _shape(found) if len(found) != len(wanted) else None


def _shape(array: Floats | None) -> str:
    return "nothing" if array is None else f"{len(array)} values"


def _doubles(
    case: Case, step: int, name: str, wanted: Mapping[str, float], found: Mapping[str, float]
) -> Iterator[Difference]:
    yield from _keys(step, name, wanted, found)
    for key in wanted:
        if key not in found:
            continue
        left, right = (hex_of(np.array([side[key]], "float64"))[0] for side in (wanted, found))
        if left != right:
            yield Difference(
                Level.BIT_EXACT,
                step,
                f"{name}.{key}",
                None,
                f"{left} {decimal_of(float(wanted[key]))}",
                f"{right} {decimal_of(float(found[key]))}",
                ulps(wanted[key], float(found[key]), "float64"),
                case.layer_of(key),
            )


def _parameter(key: str) -> str:
    """The key of the parameter that a key of a report belongs to."""
    return key.removeprefix("params.").removeprefix("heard.")
