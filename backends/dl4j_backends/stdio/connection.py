"""A connection to an adapter that outlives the adapter's process: it starts a new one, and replays what was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import BackendUnavailableError, Dl4jException, UnsupportedError
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.conversation import Conversation
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.wire import Message

T = TypeVar("T")
H = TypeVar("H")

#: Requests that are kept to be replayed, and their bytes with those of the replies; a longer session is not replayed.
_LONGEST_REPLAY = 10_000
_LARGEST_REPLAY = 64 << 20


@dataclass(frozen=True)
class Dialect(Generic[H]):
    """The messages that a connection has to know: how it greets, and what replies raise."""

    #: The first request to every process.
    hello: Message
    #: Returns the handshake, the content of the first reply.
    read_handshake: Callable[[Message], H]
    #: Raises what the reply to a request of this name says, if it is an exception.
    check_answer: Callable[[str, Message], None]
    #: Reads a line; raises :class:`AdapterFault`.
    decode: Callable[[bytes], dict[str, Any]] = wire.decode


#: The protocol of docs/protocol.md.
STDIO = Dialect(wire.hello(), wire.read_handshake, wire.check_answer)


class ReplayingConnection(Generic[H]):
    """An adapter's processes, one after another, started and greeted.

    A fault ends the process and all sessions on it: an *era*. The next request starts a new process. After a death
    the requests of the open sessions are first replayed once on a new process; if their replies are the same, the
    sessions go on, and ``recovered`` holds the fault. Raises :class:`BackendUnavailableError` if the adapter cannot
    be started, or was restarted too often.
    """

    def __init__(
        self,
        argv: Sequence[str],
        dialect: Dialect[H],
        options: WireOptions = WireOptions(),  # noqa: B008 - frozen
        like: ReplayingConnection[H] | None = None,
    ) -> None:
        self._argv, self._dialect, self._options = tuple(argv), dialect, options
        self._conversation: Conversation | None = None
        self._journal: list[tuple[Message, Message]] = []
        self._journal_bytes = 0
        self._open: set[int] = set()
        self._sessions = 0
        self._lost: BaseException | None = None
        self.era = 0
        self.recovered: list[AdapterFault] = []
        self._starts: _Starts = like._starts if like else _Starts(1 + options.restarts)
        self.handshake: H = like.handshake if like else self._start()

    def another(self) -> ReplayingConnection[H]:
        """Return a second connection, whose own process starts when it is first asked; both share their restarts."""
        self._starts.add()
        return ReplayingConnection(self._argv, self._dialect, self._options, like=self)

    def ask(self, request: Message, read: Callable[[Message], T]) -> T:
        """Return what ``read`` makes of the reply.

        Raises :class:`UnsupportedError`, :class:`Dl4jException`, :class:`BackendCrashError` or
        :class:`BackendUnavailableError` if the reply says so. Any other exception, such as an :class:`AdapterFault`,
        ends the era.
        """
        try:
            return self._read(self._reply(request), read, request["op"])
        except (UnsupportedError, Dl4jException, BackendCrashError, BackendUnavailableError):
            raise
        except BaseException as error:  # also an interrupt, in the middle of a reply
            self._end(error)
            self._lost = error
            self._clear_journal()
            self._open.clear()
            self.era += 1
            raise

    def new_number(self) -> int:
        """Return the number of a new session."""
        self._sessions += 1
        return self._sessions

    def adopt(self, number: int) -> None:
        """Count a session as open, once the adapter has opened it."""
        self._open.add(number)

    def forget(self, number: int) -> None:
        """Count a session as closed. Without open sessions there is nothing to replay."""
        self._open.discard(number)
        if not self._open:
            self._clear_journal()

    def ended(self, era: int) -> BaseException | None:
        """Return the exception that ended ``era``; None while it goes on."""
        return None if era == self.era else self._lost

    def close(self) -> AdapterFault | None:
        """End the process in good order; return the fault if it does not end so."""
        conversation, self._conversation = self._conversation, None
        return conversation.finish() if conversation else None

    def abandon(self, error: BaseException) -> None:
        """End the process at once because of ``error``; a fault is given the adapter's stderr."""
        conversation, self._conversation = self._conversation, None
        if conversation and isinstance(error, AdapterFault):
            error.stderr = conversation.abandon()
        elif conversation:
            conversation.abandon()

    def _read(self, reply: Message, read: Callable[[Message], T], op: str) -> T:
        """Return what ``read`` makes of a reply; the schema comes last, since other faults say more precisely why."""
        try:
            self._dialect.check_answer(op, reply)
            found = read(reply)
        except (UnsupportedError, Dl4jException):
            self._hold_against_schema(reply)
            raise
        self._hold_against_schema(reply)
        return found

    def _hold_against_schema(self, reply: Message) -> None:
        if not self._options.strict:
            return
        from dl4j_backends.stdio.schemas import problem

        if found := problem("replies", reply):
            raise AdapterFault("not-in-schema", found)

    def _reply(self, request: Message) -> Message:
        conversation = self._talk()
        try:
            reply = conversation.ask(request)
        except AdapterFault as fault:
            if not fault.kind.death or not self._can_be_replayed:
                raise
            self._end(fault)
            conversation = self._replay(fault)
            reply = conversation.ask(request)
            self.recovered.append(fault)
        # Nobody takes the same time twice.
        if self._can_be_replayed and request["op"] != "time":
            self._journal_bytes += conversation.exchanged
            if self._can_be_replayed:
                self._journal.append((request, reply))
            else:
                self._journal.clear()
        return reply

    @property
    def _can_be_replayed(self) -> bool:
        """True while the journal has all that was asked."""
        return len(self._journal) < _LONGEST_REPLAY and self._journal_bytes < _LARGEST_REPLAY

    def _clear_journal(self) -> None:
        self._journal.clear()
        self._journal_bytes = 0

    def _replay(self, fault: AdapterFault) -> Conversation:
        conversation = self._talk()
        for request, answer in self._journal:
            again = conversation.ask(request)
            if {**again, "seq": 0} != {**answer, "seq": 0}:
                raise AdapterFault("not-deterministic", f"another reply to {request['op']} after it {fault}")
        return conversation

    def _talk(self) -> Conversation:
        if self._conversation is None and (handshake := self._start()) != self.handshake:
            raise AdapterFault("changed-handshake", _changes(self.handshake, handshake))
        assert self._conversation is not None  # noqa: S101 - _start has set it
        return self._conversation

    def _start(self) -> H:
        if not self._starts.take():
            raise BackendUnavailableError(
                f"given up after {self._options.restarts} restarts of the adapter; the last fault: {self._starts.last}"
            )
        try:
            self._conversation = Conversation(self._argv, self._options, self._dialect.decode)
            reply = self._conversation.ask(self._dialect.hello, self._options.handshake_timeout)
            handshake = self._dialect.read_handshake(reply)
            self._hold_against_schema(reply)
            return handshake
        except AdapterFault as fault:
            self._end(fault)
            raise BackendUnavailableError(fault.explained()) from fault
        except BaseException as error:
            self._end(error)
            raise

    def _end(self, error: BaseException) -> None:
        """Abandon the process, and remember the fault for when restarts are used up."""
        self.abandon(error)
        if isinstance(error, AdapterFault):
            self._starts.last = error


def _changes(first: H, other: H) -> str:
    """Return in words the first field in which two handshakes, which are dataclasses, differ."""
    was, now = vars(first), vars(other)
    name = next(name for name in was if was[name] != now[name])
    said, says = was[name], now[name]
    if isinstance(said, frozenset) and isinstance(says, frozenset):
        return f"{name}: a new process declares {sorted(says - said)} besides, and no longer {sorted(said - says)}"
    return f"{name}: a new process says {says!r}, the first said {said!r}"


class _Starts:
    """The number of processes that may still be started, for all connections of a backend together."""

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
