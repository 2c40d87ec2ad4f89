"""Backends that move parameters: an update shows the parameters after the step, and no update (``moves_params``).

Before every update the session is told the parameters: those of the case if it has regularization, which reads them,
else -0.0. Since -0.0 - u is -u for every u, signed zeros included, the update is known exactly then. Otherwise updates
that move a parameter to the same place cannot be told apart, and the one nearest to the expected one is taken: it has
the expected bits if and only if the parameter has, and lies in an enclosure if any of them does.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dl4j_backends.interface import MOVES_PARAMS, Floats, Network, Observation, Session, UnsupportedError
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import from_ordinal, hex_of, ordinal
from dl4j_conformance.execution.outcome import Outcome


def before(network: Network) -> Mapping[str, Floats]:
    """Return the parameters that a session has before each update of a network."""
    if network.conf.get("use_regularization"):
        return network.params
    return {key: np.full_like(array, -0.0) for key, array in network.params.items()}


class MovingSession:
    """A ``session`` that moves parameters. It is told them before every update; the rest it does itself."""

    def __init__(self, session: Any, params: Mapping[str, Floats]) -> None:
        self._session: Session = session
        self._params = params

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """Update by gradients; what is seen has ``params`` and no ``updates``.

        Raises :class:`UnsupportedError` for a gradient that belongs to no parameter: nothing can be moved by it.
        """
        for key, gradient in gradients.items():
            if key not in self._params or len(gradient) != len(self._params[key]):
                raise UnsupportedError(f"{MOVES_PARAMS}: a gradient of no parameter, or of another length")
        self._session.set_params({key: array.copy() for key, array in self._params.items()})
        return self._session.update(gradients, iteration, batch_size)

    def clone(self) -> MovingSession:
        """Return the clone."""
        return MovingSession(self._session.clone(), self._params)

    def restore(self, with_updater: bool) -> MovingSession:
        """Return the restored network."""
        return MovingSession(self._session.restore(with_updater), self._params)

    def average(self, others: Sequence[MovingSession], combined: bool) -> None:
        """Average updaters."""
        self._session.average([other._session for other in others], combined)

    def compare(self, other: MovingSession) -> tuple[bool, bool] | None:
        """Compare updaters."""
        return self._session.compare(other._session)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def recovered(case: Case, expected: Outcome, got: Outcome) -> Outcome:
    """Return what a backend showed, with the updates that moved its parameters, if it shows no updates."""
    params = before(case.network)
    steps = [
        replace(found, updates=_updates(params, wanted.updates, found.params), params={})
        if isinstance(operation, Update) and wanted.updates is not None and found.updates is None and found.params
        else found
        for operation, wanted, found in zip(case.script, expected.steps, got.steps, strict=False)
    ]
    return replace(got, steps=(*steps, *got.steps[len(steps) :]))


def _updates(
    params: Mapping[str, Floats], wanted: Mapping[str, Floats], moved: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Return the updates of the parameters that have a gradient, and of those that moved without one."""
    updates = {}
    for key, after in moved.items():
        start = params.get(key)
        if (
            start is None
            or not isinstance(after, np.ndarray)
            or (after.shape, after.dtype) != (start.shape, start.dtype)
        ):
            updates[key] = after
        elif key in wanted and wanted[key].shape == after.shape:
            updates[key] = _nearest(start, after, wanted[key])
        elif hex_of(after) != hex_of(start):
            updates[key] = after
    return updates


def _nearest(start: Floats, after: Floats, expected: Floats) -> Floats:
    """Return the updates that move ``start`` to ``after``, and of those the nearest to the expected ones."""
    with np.errstate(all="ignore"):
        reached, updates = hex_of(start - expected), expected.copy()
        for index, (target, place) in enumerate(zip(hex_of(after), reached, strict=True)):
            if target != place:
                updates[index] = _search(start[index], after[index], expected[index])
    return updates


def _search(start: Any, after: Any, expected: Any) -> Any:
    """Return the update nearest to ``expected`` that moves ``start`` to ``after``, which another does."""
    if np.isnan(expected) or np.isnan(after) or not np.isfinite(start):
        return start - after
    dtype = str(start.dtype)
    target, end = ordinal(after, dtype), ordinal(np.inf, dtype)
    must_grow = ordinal(start - expected, dtype) > target
    # The larger the update, the smaller the parameter after it. One end is not beyond the target, the other is.
    near = ordinal(expected, dtype)
    low, high = (near, end) if must_grow else (-end - 1, near)
    while high - low > 1:
        middle = (low + high) // 2
        place = ordinal(start - from_ordinal(middle, dtype), dtype)
        is_low = place > target if must_grow else place >= target
        low, high = (middle, high) if is_low else (low, middle)
    return from_ordinal(high if must_grow else low, dtype)
