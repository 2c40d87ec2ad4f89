"""The lines that an adapter writes to its stdout, read by whoever waits for them.

Where pipes can be waited for (POSIX) the waiting thread reads them itself: a switch to another thread for every reply
took a sixth of a run. On Windows a thread reads them.
"""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import IO

from dl4j_backends.bounded_json import MOST_BYTES

#: What a line takes besides its text, so that many short ones do not fill the memory.
_LINE_BYTES = 64
_CHUNK = 1 << 16


class Lines:
    """The lines of a pipe, without their newlines. Lines that were written at once arrive at once."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._chunks = _ReadingThread(pipe) if sys.platform == "win32" else _PolledPipe(pipe)
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self._held = 0
        #: True when there is nothing more to read.
        self.has_ended = False

    @property
    def partial(self) -> bytes:
        """The beginning of a line that has no newline yet."""
        return bytes(self._partial[:200])

    @property
    def are_too_many(self) -> bool:
        """True if more is there than a text of JSON may have, not taken yet: no more is read."""
        return self._held + len(self._partial) > MOST_BYTES

    def take(self, patience: float) -> bytes | None:
        """Return the next line, waiting for it ``patience`` seconds at most; None if it did not come."""
        if not self._lines:
            self._read(patience)
        if not self._lines:
            return None
        line = self._lines.popleft()
        self._held -= len(line) + _LINE_BYTES
        return line

    def drain(self, patience: float) -> None:
        """Read on until the end, ``patience`` seconds at most: a process that ends may still be writing."""
        deadline = time.monotonic() + patience
        while not (self.has_ended or self.are_too_many) and (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def close(self) -> None:
        """Release the pipe."""
        with suppress(OSError):
            self._pipe.close()

    def _read(self, patience: float) -> None:
        if self.has_ended or self.are_too_many or (chunk := self._chunks.next(patience)) is None:
            return
        self.has_ended = not chunk
        self._partial += chunk
        if b"\n" in chunk:
            *lines, self._partial = self._partial.split(b"\n")
            self._lines.extend(map(bytes, lines))
            self._held += sum(len(line) + _LINE_BYTES for line in lines)


class _PolledPipe:
    """Chunks of a pipe that can be waited for."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._file = pipe.fileno()
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def next(self, patience: float) -> bytes | None:
        """Return a chunk, empty at the end; None if there was none within ``patience`` seconds."""
        if not self._poll.poll(patience * 1000):
            return None
        try:
            return os.read(self._file, _CHUNK)
        except OSError:
            return b""


class _ReadingThread:
    """Chunks of a pipe that a thread reads ahead, some at most."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._read: queue.Queue[bytes] = queue.Queue(maxsize=MOST_BYTES // _CHUNK)
        threading.Thread(target=self._run, daemon=True).start()

    def next(self, patience: float) -> bytes | None:
        """Return a chunk, empty at the end; None if there was none within ``patience`` seconds."""
        with suppress(queue.Empty):
            return self._read.get(timeout=patience) if patience else self._read.get_nowait()
        return None

    def _run(self) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = self._pipe.read(_CHUNK)
            except (OSError, ValueError):  # it was closed
                chunk = b""
            self._read.put(chunk)
