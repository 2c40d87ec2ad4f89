"""A smoke test of the protocol: whether the adapter can be talked to, not whether its numbers are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

import numpy as np

from dl4j_backends import interface
from dl4j_backends.interface import Dl4jException, Floats, Network, Session, UnsupportedError
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.array_form import ArrayForm
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.session import StdioSession

T = TypeVar("T")

_SIZES = {"0_W": 6, "0_b": 2}
#: Weights of which base64 has no padding, one and two characters of it, and long lines.
_LENGTHS = (1, 2, 3, 100_000)


def check(backend: StdioBackend) -> Iterator[str]:
    """Yield what the adapter does right, step by step; raises :class:`AdapterFault` for its first mistake."""
    who = backend.handshake
    yield f"says hello: {backend.name} ({who.language or 'no language'})"
    updater = some_updater(backend)
    for dtype in sorted(who.types & wire.TYPES):
        session = _opened(backend, updater, dtype)
        _updated(session, dtype)
        session.close()
        yield f"opens, updates and closes a network of {dtype} with {updater}"
    if who.arrays is ArrayForm.BASE64:
        for dtype in sorted(who.types & wire.TYPES):
            _check_lengths(backend, updater, dtype)
        yield f"carries arrays in base64, of {_LENGTHS[-1]:,} values too"
    yield from _check_sessions(backend, updater, min(who.types & wire.TYPES))
    fault = backend.close()
    if fault:
        raise fault
    yield "ends when stdin ends, and leaves no process behind"


def some_updater(backend: StdioBackend) -> str:
    """Return the updater for smoke tests and measurements; raises :class:`AdapterFault` if none is declared."""
    declared = backend.handshake.updaters & wire.UPDATERS
    if not declared or not backend.handshake.types & wire.TYPES:
        raise AdapterFault("wrong-type", "capabilities: no known updater or type is declared")
    return "SGD" if "SGD" in declared else min(declared)


def _one_with_state(backend: StdioBackend) -> str | None:
    return min(backend.handshake.updaters & (wire.UPDATERS - {"SGD", "NONE"}), default=None)


def small_network(updater: str, dtype: str) -> Network:
    """Return a network of one dense layer, 3 x 2."""
    layers = [{"updater": updater, "n_in": 3, "n_out": 2}]
    return Network(dtype, {}, layers, {key: np.zeros(n, dtype) for key, n in _SIZES.items()})


def small_gradients(dtype: str) -> dict[str, Floats]:
    """Return gradients of :func:`small_network`, 1-D and of its dtype."""
    return {key: np.linspace(-1, 1, n).astype(dtype) for key, n in _SIZES.items()}


def _check_lengths(backend: StdioBackend, updater: str, dtype: str) -> None:
    for length in _LENGTHS:
        arrays = {"0_W": np.linspace(-1, 1, length).astype(dtype), "0_b": np.zeros(1, dtype)}
        network = Network(dtype, {}, [{"updater": updater, "n_in": length, "n_out": 1}], arrays)
        session = _answered(partial(backend.open, network))
        _shown(session, arrays)
        session.close()


def _check_sessions(backend: StdioBackend, updater: str, dtype: str) -> Iterator[str]:
    first, second = _opened(backend, updater, dtype), _opened(backend, updater, dtype)
    once = _updated(first, dtype)
    _updated(first, dtype, iteration=1)
    _same(once, _updated(second, dtype), "two sessions that got the same requests")
    yield "keeps two sessions apart, and gives the same reply to the same requests"
    if interface.STATE_OUT in backend.capabilities:
        with_state = _opened(backend, _one_with_state(backend) or updater, dtype)
        _updated(with_state, dtype)
        state = _answered(with_state.state)
        yield "gives out its state"
        if interface.STATE_IN in backend.capabilities and state is not None:
            _answered(lambda: with_state.set_state(state))
            _same({"state": state}, {"state": _answered(with_state.state)}, "a state that was set and then read")
            yield "takes a state in, and gives it out again"
        with_state.close()
    if interface.SET_LEARNING_RATE in backend.capabilities:
        _answered(lambda: first.set_learning_rate("0_W", 0.25))
        yield "takes a learning rate"
    if interface.SET_PARAMS in backend.capabilities:
        _answered(lambda: first.set_params(small_network(updater, dtype).params))
        yield "takes parameters"
    if interface.CLONE in backend.capabilities:
        clone = _answered(second.clone)
        expected = _updated(clone, dtype, iteration=1)
        clone.close()
        _same(expected, _updated(second, dtype, iteration=1), "a clone and its original")
        yield "clones a session"
    first.close()
    second.close()


def _opened(backend: StdioBackend, updater: str, dtype: str) -> StdioSession:
    return _answered(lambda: backend.open(small_network(updater, dtype)))


def _updated(session: Session, dtype: str, iteration: int = 0) -> Mapping[str, Floats | None]:
    return _shown(session, small_gradients(dtype), iteration)


def _shown(session: Session, gradients: Mapping[str, Floats], iteration: int = 0) -> Mapping[str, Floats | None]:
    """Return the updates of one step, after a look at their keys and lengths."""
    wanted = {key: array.size for key, array in gradients.items()}
    seen = _answered(lambda: session.update(gradients, iteration, 1))
    name, shown = ("params", seen.params) if seen.updates is None else ("updates", seen.updates)
    sizes = {key: array.size for key, array in shown.items()}
    if sizes != wanted:
        raise AdapterFault("wrong-shape", f"{name} has {sizes} values where the gradients have {wanted}")
    return shown


def _answered(question: Callable[[], T]) -> T:
    """Return the answer to a request that every port can handle."""
    try:
        return question()
    except (UnsupportedError, Dl4jException) as error:
        raise AdapterFault("unexpected-reply", f"to a network that it declares to support: {error}") from error


def _same(one: Mapping[str, Floats | None], other: Mapping[str, Floats | None], what: str) -> None:
    for key, array in one.items():
        again = other[key]
        if array is not None and (again is None or array.tobytes() != again.tobytes()):
            raise AdapterFault("not-deterministic", f"{what} differ in {key}")
