"""Standard output and error that never end a command: a verdict is not lost because nobody can read it."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO


class _Lenient(io.RawIOBase):
    """A stream that keeps its first error, and drops what is written after it. ``inner`` is None if it is closed."""

    def __init__(self, inner: io.RawIOBase | None) -> None:
        self._inner = inner
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._inner is not None and self._inner.isatty()

    def fileno(self) -> int:
        if self._inner is None:
            raise io.UnsupportedOperation("fileno")
        return self._inner.fileno()

    def write(self, data: object) -> int:
        """Write bytes, or drop them; returns how many."""
        size = memoryview(data).nbytes  # type: ignore[arg-type]
        if self._inner is None:
            self.error = self.error or OSError(errno.EBADF, "it is closed")
        if self.error or self._inner is None:
            return size
        try:
            return self._inner.write(data)  # type: ignore[arg-type]
        except OSError as error:
            self.error = error
            return size


def protect() -> Callable[[], str | None]:
    """Replace ``sys.stdout`` and ``sys.stderr``. Return a function that says why stdout could not be written.

    Any character can be written: a narrow encoding must not end a run.
    """
    if os.name == "posix":
        _occupy_closed_descriptors()
    raw, sys.stdout = _lenient(sys.stdout)
    _, sys.stderr = _lenient(sys.stderr)

    def problem() -> str | None:
        sys.stdout.flush()
        return f"stdout: {raw.error.strerror or raw.error}" if raw.error else None

    return problem


def _lenient(stream: TextIO | None) -> tuple[_Lenient, TextIO]:
    """Return the lenient raw stream, and the text stream on it; ``stream`` is None if it is closed."""
    if not isinstance(stream, io.TextIOWrapper):
        raw = _Lenient(None)
        return raw, io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="replace")
    # With PYTHONUNBUFFERED there is no buffer in between.
    raw = _Lenient(getattr(stream.buffer, "raw", stream.buffer))
    eager = stream.line_buffering or stream.write_through
    return raw, io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=stream.encoding, errors="replace", line_buffering=eager
    )


def _occupy_closed_descriptors() -> None:
    """Open descriptors 0 to 2 where they are closed: no file of ours shall be taken for a standard stream."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(descriptor)
