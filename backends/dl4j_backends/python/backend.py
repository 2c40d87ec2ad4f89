"""The backend ``python:MODULE:OBJECT``: sessions in a process of its own, over the conversation that adapters have."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import (
    Accuracy,
    BackendUnavailableError,
    Dl4jException,
    Floats,
    Network,
    Observation,
    Platform,
    Search,
    UnsupportedError,
)
from dl4j_backends.python.codec import decode, encode
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.backend import ProcessBackend
from dl4j_backends.stdio.connection import Dialect, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.wire import Message


@dataclass(frozen=True)
class Greeting:
    """A Python backend's attributes, as its process tells them."""

    name: str
    capabilities: frozenset[str]
    accuracy: Accuracy
    #: The versions and threads of its :class:`Platform`; None if it has none.
    platform: Mapping[str, Any] | None


class PythonBackend(ProcessBackend[Greeting]):
    """A Python backend in a process of its own.

    What it raises, prints, changes or leaves behind reaches nobody else. Sessions raise :class:`BackendCrashError` for
    exceptions that are no DL4J exceptions, and :class:`AdapterFault` where the process ends or is too slow.
    """

    def __init__(self, connection: ReplayingConnection[Greeting]) -> None:
        super().__init__(connection)
        self.name = connection.handshake.name
        self.capabilities = connection.handshake.capabilities
        self.accuracy = connection.handshake.accuracy
        self._line = _Line(connection)

    @property
    def changed_mode(self) -> bool:
        """True if the last answer came out of another floating-point mode than IEEE 754's defaults."""
        return self._line.changed_mode

    @property
    def platform(self) -> Platform | None:
        """The platform that it declares, if it does."""
        told = self.connection.handshake.platform
        if told is None:
            return None
        return Platform(told["versions"], told["threads"], self._power, self._exponential)

    def open(self, network: Network) -> PythonSession:
        """Open a session."""
        number = self.connection.new_number()
        self._line.ask({"op": "open", "session": number, "network": encode(network)})
        self.connection.adopt(number)
        return PythonSession(self._line, number)

    def _power(self, x: float, y: float) -> float:
        return float(self._line.ask({"op": "power", "arguments": [encode(x), encode(y)]}))

    def _exponential(self, x: float) -> float:
        return float(self._line.ask({"op": "exponential", "arguments": [encode(x)]}))


class _Line:
    """The requests of all sessions, one after another.

    ``latest`` has the number of the session that was asked last, and its state, if its reply came with it.
    """

    def __init__(self, connection: ReplayingConnection[Greeting]) -> None:
        self.connection = connection
        self.latest: tuple[int, Any] | None = None
        self.changed_mode = False

    def ask(self, request: Message) -> Any:
        """Return the value that is answered, or raise what the backend raised."""
        self.latest = None
        return self.connection.ask(request, partial(self._read, request.get("as", request.get("session"))))

    def _read(self, number: int, reply: Message) -> Any:
        try:
            if "state" in reply:
                self.latest = number, decode(reply["state"])
            self.changed_mode = "changed_mode" in reply
            return decode(reply["value"])
        except (KeyError, ValueError, TypeError) as error:
            raise AdapterFault("wrong-type", f"a reply that its process did not write: {error}") from None


class PythonSession:
    """A session that the process has open under ``number``.

    Arrays are as :class:`dl4j_backends.interface.Session` has them. Other arrays are passed on as they are.
    """

    def __init__(self, line: _Line, number: int) -> None:
        self._line, self._number, self._era = line, number, line.connection.era

    def state(self) -> Floats | None:
        """Return the state view (1-D, of the network's dtype); None if there is none."""
        if (latest := self._line.latest) and latest[0] == self._number:
            self._line.latest = None
            return latest[1]  # type: ignore[no-any-return]
        return self._call("state")  # type: ignore[no-any-return]

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """Update by gradients, each 1-D and of the network's dtype (``MultiLayerUpdater.update``)."""
        return self._call("update", gradients, iteration, batch_size)  # type: ignore[no-any-return]

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Observation:
        """Run an iteration on gradients, each 1-D and of the network's dtype."""
        searched = tuple(given for given in (search, further) if given is not None)
        return self._call("iterate", gradients, score, batch_size, *searched)  # type: ignore[no-any-return]

    def set_state(self, state: Floats) -> None:
        """Set the state view to ``state``, 1-D and of the network's dtype."""
        self._call("set_state", state)

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Set the parameters, each 1-D and of the network's dtype."""
        self._call("set_params", params)

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Set the rate of one parameter."""
        self._call("set_learning_rate", key, learning_rate)

    def clone(self) -> PythonSession:
        """Return a session of its own on the clone."""
        return self._new_session("clone")

    def restore(self, with_updater: bool) -> PythonSession:
        """Return a session of its own on the restored network."""
        return self._new_session("restore", with_updater)

    def freeze(self, layer: int) -> None:
        """Put a layer into a ``FrozenLayer``."""
        self._call("freeze", layer)

    def end_pretraining(self, layer: int) -> None:
        """Do ``conf().setPretrain(false)`` of a layer."""
        self._call("end_pretraining", layer)

    def clone_updater(self) -> None:
        """Go on with the clone of the updater."""
        self._call("clone_updater")

    def clear(self) -> None:
        """Clear the network."""
        self._call("clear")

    def average(self, others: Sequence[PythonSession], combined: bool) -> None:
        """Go on with the average of updaters."""
        self._ask("average", [[{"session": other._number} for other in others], combined])

    def compare(self, other: PythonSession) -> tuple[bool, bool]:
        """Return ``equals`` of the two updaters, and whether their hash codes agree."""
        return self._ask("compare", [{"session": other._number}])  # type: ignore[no-any-return]

    def close(self) -> None:
        """Closes nothing if the process has ended: that fault was reported where it happened."""
        if not self._line.connection.ended(self._era):
            self._call("close")
            self._line.connection.forget(self._number)

    def _new_session(self, method: str, *arguments: Any) -> PythonSession:
        number = self._line.connection.new_number()
        self._ask(method, [encode(argument) for argument in arguments], **{"as": number})
        self._line.connection.adopt(number)
        return PythonSession(self._line, number)

    def _call(self, method: str, *arguments: Any) -> Any:
        return self._ask(method, [encode(argument) for argument in arguments])

    def _ask(self, method: str, arguments: Sequence[Any], **fields: int) -> Any:
        """Return the method's value. Raises the fault of a process that has ended."""
        if error := self._line.connection.ended(self._era):
            raise error
        return self._line.ask({"op": method, "session": self._number, "arguments": arguments, **fields})


def connected(module_and_object: str, options: WireOptions) -> PythonBackend:
    """Return the backend that ``MODULE:OBJECT`` names, in a process that was started.

    The process looks for modules where this one does, and in the current folder. Raises
    :class:`BackendUnavailableError` if there is no such backend, or it cannot run here.
    """
    # -P: the current folder is for the backend's modules, and not for those of this package and what it needs.
    argv = [sys.executable, "-P", "-m", "dl4j_backends.python", module_and_object]
    dialect = Dialect({"op": "hello", "path": [os.getcwd(), *sys.path]}, _greeting, _check_answer, _decode)
    return PythonBackend(ReplayingConnection(argv, dialect, replace(options, strict=False)))


#: Its host writes no key twice; what else writes there can only break the conversation.
_decode = partial(wire.decode, pairs=None)


def _greeting(reply: Message) -> Greeting:
    try:
        _check_answer("hello", reply)
    except (UnsupportedError, Dl4jException, BackendCrashError) as error:
        raise BackendUnavailableError(str(error)) from None
    told = decode(reply["value"])
    return Greeting(told["name"], frozenset(told["capabilities"]), told["accuracy"], told["platform"])


def _check_answer(_: str, reply: Message) -> None:
    """Raise what the backend raised."""
    match reply:
        case {"reply": "unsupported", "reason": reason}:
            raise UnsupportedError(reason)
        case {"reply": "error", "kind": kind, "message": message}:
            raise Dl4jException(kind, message)
        case {"unavailable": reason}:
            raise BackendUnavailableError(reason)
        case {"crash": crash}:
            raise BackendCrashError(crash)
