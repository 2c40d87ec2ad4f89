"""The adapter as a process: lines in, lines out, its stderr kept, and no process left afterwards.

Threads write to it and read its stderr, so that no full pipe can stop the adapter or this suite.
"""

from __future__ import annotations

import atexit
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import IO, Any

import psutil

from dl4j_backends import signals
from dl4j_backends.stdio.lines import Lines

_STDERR_BYTES = 64 << 10
#: How long news of a death may take from one pipe to the next, in seconds.
_GRACE = 0.5
_MARK = "DL4J_CONFORMANCE_ADAPTER"


class Silence(Enum):
    """A reason why no line came."""

    TIMED_OUT = auto()
    ENDED = auto()
    STDOUT_CLOSED = auto()
    STDIN_CLOSED = auto()
    TOO_LARGE = auto()


class AdapterProcess:
    """A running command, in a process group of its own. Raises OSError if it does not start."""

    def __init__(self, argv: Sequence[str]) -> None:
        # The mark in the environment finds descendants that left the process group.
        self._mark = uuid.uuid4().hex
        self._seen: set[psutil.Process] = set()
        self._stdin_broken: float | None = None
        self._stderr = bytearray()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._handed_over = self._written = 0
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._write, self._read_stderr)]
        with signals.held():  # a process that nobody knows of would be left over
            self._process = _start(argv, self._mark)
            atexit.register(self.kill)
            self._lines = Lines(_pipe(self._process.stdout))
            self._stdin = _pipe(self._process.stdin).fileno()
            self._room = _poll_of(self._stdin)
            for thread in self._threads:
                thread.start()

    def send(self, line: bytes) -> None:
        """Hand over a line, which includes its newline, without waiting until it is read."""
        if not self._sent_at_once(line):
            self._handed_over += 1
            self._outgoing.put(line)

    def _sent_at_once(self, line: bytes) -> bool:
        """Write a short line if the pipe has room and no other line waits: that spares the switch to a thread."""
        if self._room is None or len(line) > select.PIPE_BUF or self._handed_over != self._written:
            return False
        with suppress(OSError, ValueError):
            # A pipe that has room takes PIPE_BUF bytes without blocking, all at once.
            return self._room.poll(0) == [(self._stdin, select.POLLOUT)] and os.write(self._stdin, line) == len(line)
        return False

    def waiting(self) -> bytes | None:
        """Return a line that is there already, without its newline; None if there is none."""
        return self._lines.take(0)

    @property
    def partial(self) -> bytes:
        """The beginning of a line that has no newline yet."""
        return self._lines.partial

    def receive(self, deadline: float) -> bytes | Silence:
        """Return the next line without its newline, or why none came until ``deadline`` (of the monotonic clock).

        Raises :class:`signals.Stopped`, in any thread, when a signal ends the command.
        """
        ended: float | None = None
        while True:
            signals.check()
            now = time.monotonic()
            if (line := self._lines.take(min(max(deadline - now, 0), 0.05))) is not None:
                return line
            now = time.monotonic()
            has_exited = self._process.poll() is not None
            if self._lines.are_too_many:
                return Silence.TOO_LARGE
            if self._lines.has_ended and has_exited:
                return Silence.ENDED
            if ended is None and (self._lines.has_ended or has_exited):
                ended = now
            if ended is not None and now > ended + _GRACE:
                # Either only stdout was closed, or a child holds the pipe of a dead process.
                return Silence.ENDED if has_exited else Silence.STDOUT_CLOSED
            if self._stdin_broken is not None and now > self._stdin_broken + _GRACE:
                return Silence.STDIN_CLOSED
            if now >= deadline:
                return Silence.TIMED_OUT
            if self._lines.has_ended:
                time.sleep(0.01)

    def finish(self, timeout: float) -> bool:
        """Close stdin and wait for its end; return False if it still runs after ``timeout`` seconds.

        Nothing is waited for when a signal ends the command.
        """
        # What has left its group and its environment is known by its parent alone, as long as that lives.
        self._seen.update(self._children())
        self._outgoing.put(None)
        deadline = time.monotonic() + timeout
        while self._process.poll() is None and time.monotonic() < deadline and not signals.came():
            self._lines.drain(0.02)
            if self._lines.has_ended:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.02)
        has_exited = self._process.poll() is not None
        if has_exited and not signals.came():
            self._lines.drain(_GRACE)
        return has_exited

    @property
    def status(self) -> int | None:
        """The exit status; negative for a signal; None while it runs."""
        return self._process.poll()

    def descendants(self) -> list[psutil.Process]:
        """Return the living processes that it started, and those that they started."""
        found = self._seen.union(self._children())
        for pid in psutil.pids():
            with suppress(psutil.Error, OSError):
                if pid != self._process.pid and self._started(process := psutil.Process(pid)):
                    found.add(process)
        return list(filter(_is_alive, found))

    def _children(self) -> list[psutil.Process]:
        """Return its children and theirs, as long as it lives."""
        with suppress(psutil.Error):
            if self._process.poll() is None:
                return psutil.Process(self._process.pid).children(recursive=True)
        return []

    def _started(self, process: psutil.Process) -> bool:
        """Return whether ``process`` is in its group or has its mark, which stay when the parent has ended."""
        if sys.platform != "win32" and os.getpgid(process.pid) == self._process.pid:
            return True
        return process.environ().get(_MARK) == self._mark

    def kill(self) -> str:
        """End it and everything it started; return the end of what it wrote to stderr."""
        with signals.held():
            self._kill()
            atexit.unregister(self.kill)
        return bytes(self._stderr).decode("utf-8", "replace")

    def _kill(self) -> None:
        started = self.descendants()  # first: a process that has ended has no children any more
        self._process.kill()
        self._process.wait()
        patience = time.monotonic() + _GRACE
        while (left := set(filter(_is_alive, started)).union(self.descendants())) and time.monotonic() < patience:
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=0.005)
        self._outgoing.put(None)
        for thread in self._threads:
            thread.join(_GRACE)
        self._lines.close()

    def _write(self) -> None:
        stdin = _pipe(self._process.stdin)
        with suppress(OSError), stdin:
            while (line := self._outgoing.get()) is not None:
                rest = memoryview(line)
                while rest:
                    try:
                        rest = rest[stdin.write(rest) :]
                    except OSError:
                        self._stdin_broken = time.monotonic()
                        return
                self._written += 1

    def _read_stderr(self) -> None:
        with _pipe(self._process.stderr) as stderr:
            while chunk := _read_some(stderr):
                self._stderr += chunk
                del self._stderr[:-_STDERR_BYTES]


def describe_status(status: int) -> str:
    """Return an exit status in words, such as ``exit status 3`` or ``signal SIGSEGV``."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    return False


def _start(argv: Sequence[str], mark: str) -> subprocess.Popen[bytes]:
    alone: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, _MARK: mark},
        **alone,
    )


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - all three are pipes
    return stream


def _poll_of(file: int) -> select.poll | None:
    """Return what says whether a pipe has room; None on Windows, which cannot say."""
    if sys.platform == "win32":
        return None
    poll = select.poll()
    poll.register(file, select.POLLOUT)
    return poll


def _read_some(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(1 << 16)
    except OSError:
        return b""
