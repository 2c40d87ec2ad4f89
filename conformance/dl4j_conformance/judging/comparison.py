"""Comparison of two outcomes of one case. Equality alone decides; there are no tolerances.

Two values are equal if they have the same bits, except that NaN equals NaN whatever its payload: every NaN is compared
as the canonical quiet NaN (:func:`dl4j_backends.bits.hex_of`). +0 and -0 are different values. An enclosure holds both
or neither, so that the sign of a zero fails level bit-exact and no level below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_backends import interface
from dl4j_backends.interface import Failure, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats, decimal_at, decimal_of, hex_of, same_bits, ulps
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Outcome

#: Arrays by the keys of parameters. Those of an update go by the key alone.
_OF_PARAMETERS = ("updates", "params", "heard")

#: The step that stands for what happens before the script.
CONSTRUCTION = -1


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected."""

    #: The operation of the script, counted from 0; :data:`CONSTRUCTION` before it.
    step: int
    #: A gradient key, or ``state``, ``params.0_W``, ``heard.0_W``, ``learning_rates.0_W``, ``momentum.0``, ``error``...
    key: str
    #: An element of an array, or None for the whole.
    index: int | None
    #: What is expected, in words; of a value its bits and its decimal.
    expected: str
    #: The same of what came.
    got: str
    #: The distance in values of the type; None unless both are finite.
    ulps: int | None = None
    #: The layer in which it shows, if that is known.
    layer: int | None = None
    #: Whether names, keys, shapes, counts, errors or first values differ, and not what an operation computes.
    is_structural: bool = False

    @property
    def is_of_a_value(self) -> bool:
        """Return whether one value has other bits."""
        return self.index is not None or not self.is_structural


def differences(case: Case, expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> tuple[Difference, ...]:
    """Return everything in ``got`` that is not as in ``expected``, in order of the script.

    What the ``capabilities`` of the backend do not declare is not compared.
    """
    return tuple(_differences(case, expected, got, capabilities))


def value_count(expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> int:
    """Return how many values of ``got`` have a counterpart in ``expected``; an array of another shape has none."""
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


def _differences(case: Case, expected: Outcome, got: Outcome, capabilities: frozenset[str]) -> Iterator[Difference]:
    failed = _failure(expected.failure, got.failure, CONSTRUCTION)
    if failed:
        yield failed
    if expected.failure or got.failure:
        return
    if interface.STATE_OUT in capabilities:
        yield from _arrays(case, CONSTRUCTION, "state", expected.initial_state, got.initial_state)
    for number, (wanted, found) in enumerate(zip(expected.steps, got.steps, strict=True)):
        yield from _step(case, number, wanted, found, capabilities)


def _step(
    case: Case, number: int, wanted: Observation, found: Observation, capabilities: frozenset[str]
) -> Iterator[Difference]:
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
                yield from _arrays(case, number, place, array, found_arrays[key])
    for name in ("iteration_done", "iteration_count", "equal", "same_hash"):
        counts = getattr(wanted, name), getattr(found, name)
        if counts[0] != counts[1]:
            yield _structural(number, name, str(counts[0]), str(counts[1]))
    if interface.STATE_OUT in capabilities:
        yield from _arrays(case, number, "state", wanted.state, found.state)
    if interface.LEARNING_RATES in capabilities:
        for name in ("learning_rates", "momentum"):
            yield from _doubles(case, number, name, getattr(wanted, name), getattr(found, name))


def _structural(step: int, key: str, expected: str, got: str) -> Difference:
    return Difference(step, key, None, expected, got, is_structural=True)


def _failure(wanted: Failure | None, found: Failure | None, step: int) -> Difference | None:
    if (wanted and wanted.kind) == (found and found.kind):
        return None
    return _structural(step, "error", _describe(wanted), _describe(found))


def _describe(failure: Failure | None) -> str:
    return f"{failure.kind}: {failure.message}" if failure else "no error"


def _keys(step: int, name: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[Difference]:
    if set(wanted) != set(found):
        yield _structural(step, name, f"keys {sorted(wanted)}", f"keys {sorted(found)}")


def _arrays(
    case: Case,
    step: int,
    key: str,
    wanted: Floats | None,
    found: Floats | None,
) -> Iterator[Difference]:
    if wanted is None and found is None:
        return
    problem = _shape_problem(case, wanted, found)
    if wanted is None or found is None or problem:
        yield _structural(step, key, _shape(wanted), problem or _shape(found))
        return
    if same_bits(wanted, found).all():
        return
    owners = _state_owners(case, len(wanted)) if key == "state" else [case.layer_of(_parameter(key))] * len(wanted)
    wanted_hex, found_hex = hex_of(wanted), hex_of(found)
    for index, (left, right) in enumerate(zip(wanted_hex, found_hex, strict=True)):
        if left != right:
            yield Difference(
                step,
                key,
                index,
                f"{left} {decimal_at(wanted, index)}",
                f"{right} {decimal_at(found, index)}",
                ulps(float(wanted[index]), float(found[index]), case.dtype),
                owners[index],
                is_structural=step == CONSTRUCTION,
            )


def _state_owners(case: Case, length: int) -> Sequence[int | None]:
    """Return the layer of each element of the state view; None for all if the view has a misreading's length."""
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
        if _same_double(wanted[key], found[key]):
            continue
        left, right = (hex_of(np.array([side[key]], "float64"))[0] for side in (wanted, found))
        if left != right:
            yield Difference(
                step,
                f"{name}.{key}",
                None,
                f"{left} {decimal_of(float(wanted[key]))}",
                f"{right} {decimal_of(float(found[key]))}",
                ulps(wanted[key], float(found[key]), "float64"),
                case.layer_of(key),
            )


def _same_double(left: float, right: float) -> bool:
    """Return whether two Java doubles are one without a look at their bits: most are."""
    return left == right != 0 or (left != left and right != right)


def _parameter(key: str) -> str:
    """Return the key of the parameter that a key of a report belongs to."""
    return key.removeprefix("params.").removeprefix("heard.")
