"""The outcome of a case of a later version: the construction, the blocks, and all that is seen of each update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from dl4j_backends import floating_point_mode
from dl4j_backends.block_interface import BlockBackend, BlockObservation, BlockPlace, BlockSession, BlockStep
from dl4j_backends.interface import Dl4jException, Failure, Floats
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.execution.ending import ENDINGS, Ending
from dl4j_conformance.execution.observe import contained


@dataclass(frozen=True, eq=False)
class BlockOutcome:
    """The construction (``failure``, or blocks and ``initial_state``) and every update."""

    failure: Failure | None = None
    blocks: tuple[BlockPlace, ...] | None = None
    initial_state: Floats | None = None
    steps: tuple[BlockObservation, ...] = ()
    #: Whether the backend changed the floating-point mode of the thread.
    changed_mode: bool = False


#: Doubles by key, or in order; None where there is none.
Doubles = Mapping[str, float | None] | list[float | None]


@dataclass(frozen=True, eq=False)
class RecordedStep:
    """Whatever was recorded of one update; None where it was not."""

    updates: Mapping[str, Floats] | None
    state: Floats | None
    learning_rates: Doubles | None
    momentum: Doubles | None
    updater_learning_rates: Doubles | None
    own_gradients: Mapping[str, Floats] | None
    failure: Failure | None


@dataclass(frozen=True, eq=False)
class RecordedOutcome:
    """Whatever was recorded of a case; None where it was not."""

    failure: Failure | None
    blocks: tuple[BlockPlace, ...] | None
    initial_state: Floats | None
    steps: tuple[RecordedStep, ...]


def observe_blocks(backend: BlockBackend, case: BlockCase) -> BlockOutcome:
    """Return what ``backend`` makes of ``case``. Raises one of ``ENDINGS``; what it raises otherwise is a crash."""
    changed = False

    def call(function: Callable[[], Any]) -> Any:
        nonlocal changed
        try:
            with contained():
                return function()
        finally:
            changed |= floating_point_mode.restore()

    network = replace(case.network, params=_copies(case.network.params))
    try:
        session: BlockSession = call(lambda: backend.open(network))
    except Dl4jException as error:
        return BlockOutcome(Failure(error.kind, error.message), changed_mode=changed)
    blocks = call(lambda: tuple(session.blocks()))
    state = call(lambda: _copy(session.state()))
    steps = tuple(call(partial(_updated, session, step)) for step in case.steps)
    return BlockOutcome(None, blocks, state, steps, changed)


def attempt_blocks(backend: BlockBackend, case: BlockCase) -> BlockOutcome | Ending:
    """Return what ``backend`` makes of ``case``, or how it ended."""
    try:
        return observe_blocks(backend, case)
    except ENDINGS as error:
        return error


def _updated(session: BlockSession, step: BlockStep) -> BlockObservation:
    return _copied(session.update(_given(step)))


def _given(step: BlockStep) -> BlockStep:
    """Return a step whose arrays a backend may change."""
    own = None if step.own_gradients is None else _copies(step.own_gradients)
    return replace(step, gradients=_copies(step.gradients), own_gradients=own)


def _copied(seen: BlockObservation) -> BlockObservation:
    """Return what a backend shows in arrays of our own, which it cannot change later."""
    own = None if seen.own_gradients is None else _copies(seen.own_gradients)
    return replace(seen, updates=_copies(seen.updates), state=_copy(seen.state), own_gradients=own)


def _copies(arrays: Mapping[str, Floats]) -> dict[str, Any]:
    return {key: _copy(array) for key, array in arrays.items()}


def _copy(array: Any) -> Any:
    return np.array(array) if isinstance(array, np.ndarray) else array
