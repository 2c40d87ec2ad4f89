"""Comparison of two outcomes of a case of a later version: equality alone decides, as for those of 0.8.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockObservation, BlockPlace
from dl4j_backends.interface import Failure
from dl4j_conformance.cases.values import Floats, decimal_at, decimal_of, hex_of, same_bits, ulps
from dl4j_conformance.execution.block_outcome import BlockOutcome, RecordedOutcome, RecordedStep
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference

#: Whatever is expected of an update, and of a case.
Wanted = BlockObservation | RecordedStep
WantedOutcome = BlockOutcome | RecordedOutcome


def block_differences(expected: WantedOutcome, got: BlockOutcome) -> tuple[Difference, ...]:
    """Return everything in ``got`` that is not as in ``expected``, in order of the updates."""
    return tuple(_differences(expected, got))


def block_value_count(expected: BlockOutcome, got: BlockOutcome) -> int:
    """Return how many values of ``got`` have a counterpart in ``expected``."""
    count = _common(expected.initial_state, got.initial_state)
    for wanted, found in zip(expected.steps, got.steps, strict=False):
        count += sum(_common(array, found.updates.get(key)) for key, array in wanted.updates.items())
        count += sum(
            _common(array, (found.own_gradients or {}).get(key)) for key, array in (wanted.own_gradients or {}).items()
        )
        count += _common(wanted.state, found.state)
        for name in ("learning_rates", "momentum", "updater_learning_rates"):
            left, right = (_by_place(getattr(one, name) or []) for one in (wanted, found))
            count += sum(value is not None for place, value in left.items() if place in right)
    return count


def _common(wanted: Floats | None, found: Floats | None) -> int:
    same = isinstance(wanted, np.ndarray) and isinstance(found, np.ndarray) and wanted.shape == found.shape
    return len(wanted) if same and wanted is not None else 0


def _differences(expected: WantedOutcome, got: BlockOutcome) -> Iterator[Difference]:
    yield from _failures(CONSTRUCTION, expected.failure, got.failure)
    if expected.failure or got.failure:
        return
    blocks = expected.blocks
    if blocks is not None and tuple(blocks) != tuple(got.blocks or ()):
        yield _structural(CONSTRUCTION, "blocks", _places(blocks), _places(got.blocks or ()))
    owners = _owners(blocks or got.blocks or ())
    yield from _arrays(CONSTRUCTION, "state", expected.initial_state, got.initial_state, owners)
    steps: Sequence[Wanted] = expected.steps
    for number, (wanted, found) in enumerate(zip(steps, got.steps, strict=True)):
        yield from _step(number, wanted, found, owners)


def _places(blocks: Sequence[BlockPlace]) -> str:
    """Return blocks in words: their parameters, updaters, and where their state stands."""
    return "; ".join(
        f"{'+'.join(b.params)} {b.updater} {b.param_offset_start}-{b.param_offset_end}"
        f" state {b.updater_view_offset_start}-{b.updater_view_offset_end}"
        for b in blocks
    )


def _owners(blocks: Sequence[BlockPlace]) -> Sequence[int]:
    """Return the layer in which the block of each element of the state begins."""
    return [
        _layer(block.params[0])
        for block in blocks
        for _ in range(block.updater_view_offset_end - block.updater_view_offset_start)
    ]


def _layer(key: str) -> int:
    return int(key.partition("_")[0])


def _step(number: int, wanted: Wanted, seen: BlockObservation, owners: Sequence[int]) -> Iterator[Difference]:
    yield from _failures(number, wanted.failure, seen.failure)
    for name, expected, found in (
        ("", wanted.updates, seen.updates),
        ("own_gradients.", wanted.own_gradients, seen.own_gradients),
    ):
        if expected is not None:
            yield from _keys(number, name.removesuffix(".") or "updates", expected, found or {})
            for key, array in expected.items():
                yield from _arrays(number, f"{name}{key}", array, (found or {}).get(key), [_layer(key)] * len(array))
    yield from _arrays(number, "state", wanted.state, seen.state, owners)
    yield from _doubles(number, "learning_rates", wanted.learning_rates, seen.learning_rates)
    yield from _doubles(number, "momentum", wanted.momentum, seen.momentum)
    yield from _doubles(number, "updater_learning_rates", wanted.updater_learning_rates, seen.updater_learning_rates)


def _failures(step: int, wanted: Failure | None, found: Failure | None) -> Iterator[Difference]:
    if (wanted and wanted.kind) != (found and found.kind):
        yield _structural(step, "error", str(wanted or "no error"), str(found or "no error"))


def _keys(step: int, name: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[Difference]:
    if wanted.keys() != found.keys():
        yield _structural(step, name, f"keys {sorted(wanted)}", f"keys {sorted(found)}")


def _arrays(step: int, key: str, wanted: Floats | None, found: Any, owners: Sequence[int]) -> Iterator[Difference]:
    """Yield the differences of two arrays (1-D, of one dtype), element by element; None is no array."""
    if (
        wanted is None
        or not isinstance(found, np.ndarray)
        or wanted.shape != found.shape
        or wanted.dtype != found.dtype
    ):
        if wanted is not found:
            yield _structural(step, key, _shape(wanted), _shape(found))
        return
    same = same_bits(wanted, found)
    if same.all():
        return
    left, right = hex_of(wanted), hex_of(found)
    for index in map(int, np.flatnonzero(~same)):
        yield Difference(
            step,
            key,
            index,
            f"{left[index]} {decimal_at(wanted, index)}",
            f"{right[index]} {decimal_at(found, index)}",
            ulps(float(wanted[index]), float(found[index]), str(wanted.dtype)),
            owners[index] if index < len(owners) else None,
            is_structural=step == CONSTRUCTION,
        )


def _doubles(step: int, name: str, wanted: Any, found: Any) -> Iterator[Difference]:
    if wanted is None:
        return
    left, right = _by_place(wanted), _by_place(found or [])
    if isinstance(wanted, Mapping) != isinstance(found, Mapping) or left.keys() != right.keys():
        yield _structural(step, name, f"for {', '.join(left) or 'nothing'}", f"for {', '.join(right) or 'nothing'}")
        return
    for place, value in left.items():
        other = right[place]
        if _bits(value) == _bits(other):
            continue
        words = f"{name}.{place}", None, _words(value), _words(other)
        if value is None or other is None:
            yield Difference(step, *words, is_structural=True)
        else:
            yield Difference(step, *words, ulps(value, float(other), "float64"))


def _by_place(values: Any) -> dict[str, float | None]:
    return dict(values) if isinstance(values, Mapping) else {str(i): value for i, value in enumerate(values)}


def _bits(value: float | None) -> str | None:
    return None if value is None else hex_of(np.array([value], "float64"))[0]


def _words(value: float | None) -> str:
    return "nothing" if value is None else f"{_bits(value)} {decimal_of(float(value))}"


def _structural(step: int, key: str, expected: str, got: str) -> Difference:
    return Difference(step, key, None, expected, got, is_structural=True)


def _shape(array: Any) -> str:
    if array is None:
        return "nothing"
    if not isinstance(array, np.ndarray):
        return repr(type(array))
    return f"{len(array)} values of {array.dtype}" if array.ndim == 1 else f"{array.ndim}-D array of {array.dtype}"
