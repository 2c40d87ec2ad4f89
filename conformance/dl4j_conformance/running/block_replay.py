"""The replay of recordings of DL4J 0.9.1 and 1.0.0-M2.1 on a backend, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_backends.block_interface import BlockBackend, BlockObservation, BlockSession
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import BackendUnavailableError, Dl4jException, Failure
from dl4j_conformance.cases.values import Floats, decimal_at, decimal_of, hex_of, same_bits, ulps
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference
from dl4j_conformance.running.block_enclosures import checked
from dl4j_conformance.vectors.block_recording import BlockRecording, Doubles, RecordedStep
from dl4j_oracle.errors import UndecidedError

#: The backends that implement these versions, by address.
BLOCK_BACKENDS: Mapping[str, Callable[[], BlockBackend]] = {"oracle": OracleBlockBackend, "numpy": NumpyBlockBackend}


def block_backend(address: str) -> BlockBackend:
    """Return the backend at an address. Raises BackendUnavailableError for one that implements 0.8.0 alone."""
    if address not in BLOCK_BACKENDS:
        known = " and ".join(BLOCK_BACKENDS)
        raise BackendUnavailableError(
            f"{address} implements DL4J 0.8.0 alone, and this is a recording of a later version: replay it on {known}"
        )
    return BLOCK_BACKENDS[address]()


@dataclass(frozen=True, eq=False)
class Replayed:
    """A recorded network on a backend: what it does otherwise than DL4J did, in order, and what was seen of it."""

    recording: BlockRecording
    differences: tuple[Difference, ...]
    seen: tuple[BlockObservation, ...] = ()

    @property
    def is_rounding(self) -> bool:
        """Return whether all values that were seen lie in their enclosures, so that rounding explains them."""
        network, steps = self.recording.network, self.recording.steps
        try:
            return bool(self.seen) and all(all(one.inside) for one in checked(network, steps, self.seen))
        except UndecidedError:
            return False


def replay(backend: BlockBackend, recording: BlockRecording) -> Replayed:
    """Replay a network. Raises what the backend raises, but for exceptions of DL4J."""
    try:
        session = backend.open(recording.network)
    except Dl4jException as error:
        failure = Failure(error.kind, error.message)
        return Replayed(recording, tuple(_failures(CONSTRUCTION, recording.failure, failure)))
    if recording.failure:
        return Replayed(recording, tuple(_failures(CONSTRUCTION, recording.failure, None)))
    found = list(_construction(session, recording))
    seen = []
    for number, (step, recorded) in enumerate(zip(recording.steps, recording.recorded, strict=True)):
        seen.append(session.update(step))
        found += _step(number, recorded, seen[-1])
    return Replayed(recording, tuple(found), tuple(seen))


def _construction(session: BlockSession, recording: BlockRecording) -> Iterator[Difference]:
    if recording.blocks is not None and tuple(session.blocks()) != recording.blocks:
        yield _structural(CONSTRUCTION, "blocks", str(list(recording.blocks)), str(session.blocks()))
    yield from _arrays(CONSTRUCTION, "state", recording.initial_state, session.state())


def _step(number: int, recorded: RecordedStep, seen: BlockObservation) -> Iterator[Difference]:
    yield from _failures(number, recorded.failure, seen.failure)
    for name, wanted, found in (
        ("", recorded.updates, seen.updates),
        ("own_gradients.", recorded.own_gradients, seen.own_gradients),
    ):
        if wanted is not None:
            yield from _keys(number, name.removesuffix(".") or "updates", wanted, found or {})
            for key, array in wanted.items():
                yield from _arrays(number, f"{name}{key}", array, (found or {}).get(key))
    yield from _arrays(number, "state", recorded.state, seen.state)
    yield from _doubles(number, "learning_rates", recorded.learning_rates, seen.learning_rates)
    yield from _doubles(number, "momentum", recorded.momentum, seen.momentum)
    yield from _doubles(number, "updater_learning_rates", recorded.updater_learning_rates, seen.updater_learning_rates)


def _failures(step: int, wanted: Failure | None, found: Failure | None) -> Iterator[Difference]:
    if (wanted and wanted.kind) != (found and found.kind):
        yield _structural(step, "error", str(wanted or "no error"), str(found or "no error"))


def _keys(step: int, name: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[Difference]:
    if wanted.keys() != found.keys():
        yield _structural(step, name, f"keys {sorted(wanted)}", f"keys {sorted(found)}")


def _arrays(step: int, key: str, wanted: Floats | None, found: Floats | None) -> Iterator[Difference]:
    """Yield the differences of two arrays (1-D, of one dtype), element by element; None is no array."""
    if wanted is None or found is None or wanted.shape != found.shape or wanted.dtype != found.dtype:
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
        )


def _doubles(
    step: int, name: str, wanted: Doubles | None, found: Mapping[str, float | None] | Sequence[float | None] | None
) -> Iterator[Difference]:
    if wanted is None:
        return
    left, right = _by_place(wanted), _by_place(found or [])
    if isinstance(wanted, Mapping) != isinstance(found, Mapping) or left.keys() != right.keys():
        yield _structural(step, name, f"for {', '.join(left) or 'nothing'}", f"for {', '.join(right) or 'nothing'}")
        return
    for place, value in left.items():
        if _bits(value) != _bits(right[place]):
            yield _structural(step, f"{name}.{place}", _words(value), _words(right[place]))


def _by_place(values: Mapping[str, float | None] | Sequence[float | None]) -> dict[str, float | None]:
    return dict(values) if isinstance(values, Mapping) else {str(i): value for i, value in enumerate(values)}


def _bits(value: float | None) -> str | None:
    return None if value is None else hex_of(np.array([value]))[0]


def _words(value: float | None) -> str:
    return "nothing" if value is None else f"{_bits(value)} {decimal_of(value)}"


def _structural(step: int, key: str, expected: str, got: str) -> Difference:
    return Difference(step, key, None, expected, got, is_structural=True)


def _shape(array: Floats | None) -> str:
    return "nothing" if array is None else f"{len(array)} values of {array.dtype}"
