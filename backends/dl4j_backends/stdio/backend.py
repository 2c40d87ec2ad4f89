"""The backend ``stdio:COMMAND``: sessions over a process that is restarted if it dies."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dl4j_backends.interface import Accuracy, BackendUnavailableError, Dl4jException, Network, UnsupportedError
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.conversation import Conversation
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.session import StdioSession
from dl4j_backends.stdio.wire import Handshake, Message

T = TypeVar("T")

#: Requests that are kept to be replayed; a longer session is not replayed.
_LONGEST_REPLAY = 10_000


class StdioBackend:
    """An adapter, started and greeted.

    Sessions raise :class:`AdapterFault` where the adapter breaks the protocol; its process is then ended with all
    sessions on it, and a new one serves the next session. After a death the open sessions are replayed once, and
    ``recovered`` holds the fault. Raises :class:`BackendUnavailableError` if it cannot be started, or was
    restarted too often.
    """

    def __init__(
        self,
        argv: Sequence[str],
        options: WireOptions = WireOptions(),  # noqa: B008 - frozen
        like: StdioBackend | None = None,
    ) -> None:
        self._argv, self._options = tuple(argv), options
        self._conversation: Conversation | None = None
        self._journal: list[tuple[Message, Message]] = []
        self._open: set[int] = set()
        self._sessions = 0
        self._lost: BaseException | None = None
        self.era = 0
        self.recovered: list[AdapterFault] = []
        self._starts: _Starts = like._starts if like else _Starts(1 + options.restarts)
        self.handshake: Handshake = like.handshake if like else self._start()
        self.name = f"{self.handshake.name} {self.handshake.version}".strip()
        self.capabilities = self.handshake.capabilities
        self.accuracy = Accuracy(flush_to_zero=not self.handshake.subnormals)

    def another(self) -> StdioBackend:
        """A second instance, with a process of its own that is started when it is used; restarts are shared."""
        self._starts.add()
        return StdioBackend(self._argv, self._options, like=self)

    def open(self, network: Network) -> StdioSession:
        """A session; what the handshake does not declare is unsupported without asking."""
        self._check_declared(network)
        number = self.new_number()
        self.ask(wire.open_network(number, network), wire.read_nothing)
        self._open.add(number)
        return StdioSession(self, number, network.dtype)

    def close(self) -> AdapterFault | None:
        """End the process in good order; the fault if it does not."""
        conversation, self._conversation = self._conversation, None
        return conversation.finish() if conversation else None

    def abandon(self, error: BaseException) -> None:
        """End the process at once because of ``error``; a fault is given the adapter's stderr."""
        conversation, self._conversation = self._conversation, None
        if conversation and isinstance(error, AdapterFault):
            error.stderr = conversation.abandon()
        elif conversation:
            conversation.abandon()

    def new_number(self) -> int:
        """The number of a new session."""
        self._sessions += 1
        return self._sessions

    def ask(self, request: Message, read: Callable[[Message], T]) -> T:
        """What ``read`` makes of the reply. Raises what the reply says, and :class:`AdapterFault`."""
        try:
            reply = self._reply(request)
            wire.check_answer(request["op"], reply)
            return read(reply)
        except (UnsupportedError, Dl4jException):
            raise
        except BaseException as error:  # also an interrupt, in the middle of a reply
            self._end(error)
            self._lost = error
            self._journal.clear()
            self._open.clear()
            self.era += 1
            raise

    def adopt(self, number: int) -> None:
        """A session that the adapter made by cloning."""
        self._open.add(number)

    def forget(self, number: int) -> None:
        """A session was closed. Without open sessions there is nothing to replay."""
        self._open.discard(number)
        if not self._open:
            self._journal.clear()

    def ended(self, era: int) -> BaseException | None:
        """What ended the process that served ``era``; None if it is alive."""
        return None if era == self.era else self._lost

    def _reply(self, request: Message) -> Message:
        try:
            reply = self._talk().ask(request)
        except AdapterFault as fault:
            if not fault.kind.death or len(self._journal) >= _LONGEST_REPLAY:
                raise
            self._end(fault)
            reply = self._replay(fault).ask(request)
            self.recovered.append(fault)
        # Nobody takes the same time twice.
        if len(self._journal) < _LONGEST_REPLAY and request["op"] != "time":
            self._journal.append((request, reply))
        return reply

    def _replay(self, fault: AdapterFault) -> Conversation:
        conversation = self._talk()
        for request, answer in self._journal:
            again = conversation.ask(request)
            if {**again, "seq": 0} != {**answer, "seq": 0}:
                raise AdapterFault("not-deterministic", f"another reply to {request['op']} after it {fault}")
        return conversation

    def _talk(self) -> Conversation:
        if self._conversation is None:
            self._start()
        assert self._conversation is not None  # noqa: S101 - _start has set it
        return self._conversation

    def _start(self) -> Handshake:
        if not self._starts.take():
            raise BackendUnavailableError(
                f"given up after {self._options.restarts} restarts of the adapter; the last fault: {self._starts.last}"
            )
        try:
            self._conversation = Conversation(self._argv, self._options)
            return wire.read_handshake(self._conversation.ask(wire.hello(), self._options.handshake_timeout))
        except AdapterFault as fault:
            self._end(fault)
            raise BackendUnavailableError(fault.explained()) from fault

    def _end(self, error: BaseException) -> None:
        """:meth:`abandon`, and remember the fault for when restarts are used up."""
        self.abandon(error)
        if isinstance(error, AdapterFault):
            self._starts.last = error

    def _check_declared(self, network: Network) -> None:
        if network.dtype not in self.handshake.types:
            raise UnsupportedError(f"{network.dtype} (not in the adapter's `types`)")
        for layer in network.layers:
            updater = _updater(layer, network.conf)
            # CUSTOM is no updater: DL4J refuses it, and so must every port.
            if layer.get("type") != "activation" and updater not in {*self.handshake.updaters, "CUSTOM"}:
                raise UnsupportedError(f"{updater} (not in the adapter's `updaters`)")


class _Starts:
    """How many more processes may be started, for all instances of a backend together."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()
        self.last: AdapterFault | None = None

    def take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def add(self) -> None:
        with self._lock:
            self._left += 1


def split_command(command: str) -> list[str]:
    """The words of a command; raises ValueError for an open quotation. No shell reads it."""
    if sys.platform == "win32":
        return [word.strip('"') for word in shlex.split(command, posix=False)]
    return shlex.split(command)


def _updater(layer: Mapping[str, Any], conf: Mapping[str, Any]) -> str:
    return str(layer.get("updater") or conf.get("updater") or "SGD")
