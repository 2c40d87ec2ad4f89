"""One request, one reply: everything wrong with a reply is found here or in ``wire``."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from errno import ENOEXEC
from pathlib import Path
from typing import Any, NoReturn

from dl4j_backends import signals
from dl4j_backends.bounded_json import MOST_BYTES
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.process import AdapterProcess, Silence, describe_status
from dl4j_backends.stdio.wire import Message

#: How long garbage waits for the reply that it may have been printed before, in seconds.
_AFTER_GARBAGE = 0.5
#: How much longer than an adapter its children may live, in seconds.
_FOR_CHILDREN = 0.5


class Conversation:
    """A conversation with a running adapter. Raises :class:`AdapterFault` if it does not start."""

    def __init__(
        self,
        argv: Sequence[str],
        options: WireOptions,
        decode: Callable[[bytes], dict[str, Any]] = wire.decode,
    ) -> None:
        self._decode = decode
        try:
            self._process = AdapterProcess(argv)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AdapterFault("did-not-start", f"{argv[0]}: {reason}{_remedy(argv[0], error)}") from None
        self._options = options
        self._seq = 0
        #: The bytes of the last request and its reply.
        self.exchanged = 0

    def ask(self, request: Message, timeout: float | None = None) -> Message:
        """Return the reply, an object with the right ``seq`` and a known ``reply``; raises :class:`AdapterFault`.

        It may take ``timeout`` seconds, or as long as the options say.
        """
        timeout = round(self._options.for_a_reply(timeout or self._options.timeout), 3)
        self._refuse_what_nobody_asked_for()
        message = {"seq": self._seq, **request}
        if self._options.strict:
            _validate_request(message)
        deadline = time.monotonic() + timeout
        sent = wire.encode(message)
        self._process.send(sent)
        what = f"{request['op']} (seq {self._seq})"
        line = self._process.receive(deadline)
        if isinstance(line, Silence):
            self._explain(line, what, timeout)
        self.exchanged = len(sent) + len(line)
        reply = self._reply(line, deadline)
        self._check(reply)
        self._seq += 1
        return reply

    def finish(self) -> AdapterFault | None:
        """End the adapter by closing its stdin, and then all that is left of it; return what went wrong on the way.

        When a signal ends the command, it is killed at once, and nothing went wrong.
        """
        fault = None
        try:
            self._finish()
        except AdapterFault as error:
            fault = None if signals.came() else error
        stderr = self._process.kill()
        if fault:
            fault.stderr = stderr
        return fault

    def abandon(self) -> str:
        """End the adapter at once; return the end of what it wrote to stderr."""
        return self._process.kill()

    def _finish(self) -> None:
        self._refuse_what_nobody_asked_for()
        timeout = self._options.to_end(min(self._options.timeout, 5.0))
        if not self._process.finish(timeout):
            raise AdapterFault("did-not-exit", f"it still ran {timeout:g} s after its stdin was closed")
        self._refuse_what_nobody_asked_for()
        if self._process.status:
            raise AdapterFault("exit-status", f"it ended with {describe_status(self._process.status)}")
        patience = time.monotonic() + self._options.to_end(_FOR_CHILDREN)
        while (children := self._process.descendants()) and not signals.came():
            if time.monotonic() < patience:
                time.sleep(0.02)
                continue
            raise AdapterFault("left-children", f"{len(children)} processes outlived it")

    def _refuse_what_nobody_asked_for(self) -> None:
        line = self._process.waiting()
        if line is None:
            return
        try:
            seq = self._decode(line).get("seq")
        except AdapterFault as fault:
            raise AdapterFault("extra-output", f"where no reply is due: {fault.detail}") from None
        if isinstance(seq, int) and seq < self._seq:
            raise AdapterFault("repeated-seq", f"a second reply to seq {seq}")
        raise AdapterFault("early-reply", f"a reply came before request {self._seq} was sent: {_text(line)}")

    def _reply(self, line: bytes, deadline: float) -> dict[str, Any]:
        try:
            return self._decode(line)
        except AdapterFault as fault:
            if fault.name in ("json-nan", "too-large", "duplicate-key"):
                raise
            deadline = min(deadline, time.monotonic() + _AFTER_GARBAGE)
            # An adapter may write garbage faster than it can be read.
            while time.monotonic() < deadline and not isinstance(after := self._process.receive(deadline), Silence):
                try:
                    seq = self._decode(after).get("seq")
                except AdapterFault:
                    continue
                if seq == self._seq:
                    raise AdapterFault("extra-output", f"{_text(line)} before the reply") from None
            raise

    def _check(self, reply: dict[str, Any]) -> None:
        seq = wire.field(reply, "seq", int)
        if seq < self._seq:
            raise AdapterFault("repeated-seq", f"seq {seq} where {self._seq} is due")
        if seq > self._seq:
            raise AdapterFault("wrong-seq", f"seq {seq} where {self._seq} is due")
        answer = wire.field(reply, "reply", str)
        if answer not in ("ok", "unsupported", "error"):
            raise AdapterFault("unknown-reply", repr(answer))

    def _explain(self, silence: Silence, what: str, timeout: float) -> NoReturn:
        partial = self._process.partial
        match silence:
            case Silence.TOO_LARGE:
                raise AdapterFault("too-large", f"more than {MOST_BYTES >> 20} MiB in answer to {what}")
            case Silence.STDOUT_CLOSED:
                raise AdapterFault("closed-stdout", f"during {what}, and it still runs")
            case Silence.STDIN_CLOSED:
                raise AdapterFault("closed-stdin", f"before {what} was read, and it still runs")
            case Silence.TIMED_OUT if partial:
                raise AdapterFault("no-newline", f"{what}: {_text(partial)} and no newline within {timeout:g} s")
            case Silence.TIMED_OUT:
                raise AdapterFault("timed-out", f"no reply to {what} within {timeout:g} s")
        status = self._process.status or 0
        if partial:
            raise AdapterFault("cut-off", f"{describe_status(status)} in the middle of the reply to {what}")
        name = "killed-by-signal" if status < 0 else "exited"
        raise AdapterFault(name, f"{describe_status(status)} during {what}")


def _remedy(program: str, error: Exception) -> str:
    """Return what to do about a file that is there and cannot be started; nothing if that is not known."""
    path = Path(program)
    if not path.is_file():
        return ""
    if isinstance(error, PermissionError):
        return f" (the file is not executable: `chmod +x {shlex.quote(program)}`, or name its interpreter first)"
    if getattr(error, "errno", None) == ENOEXEC:
        return " (a script begins with a line such as `#!/usr/bin/env python3`, or name its interpreter first)"
    if isinstance(error, FileNotFoundError):
        return " (the file is there, but not the interpreter that its first line names)"
    return ""


def _validate_request(message: Message) -> None:
    from dl4j_backends.stdio.schemas import problem

    if found := problem("requests", message):
        raise BackendUnavailableError(f"this suite's own request breaks its schema, please report it: {found}")


def _text(line: bytes) -> str:
    return repr(line[:100].decode("utf-8", "replace"))
