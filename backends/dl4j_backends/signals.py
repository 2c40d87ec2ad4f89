"""Signals that end this process: one exception, which is raised where no process and no file is lost by it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from signal import Signals
from types import FrameType
from typing import Any

#: The signals that end a command. Windows has no SIGHUP.
ENDING = tuple(getattr(Signals, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(Signals, name))
#: Seconds that the end may take, before one more signal ends the process at once.
_PATIENCE = 10.0


class Stopped(BaseException):
    """The end that a signal asks for. It is no ``Exception``: no backend has failed."""

    def __init__(self, by: Signals) -> None:
        super().__init__(by.name)
        self.by = by


#: Whatever asks for the end: a library or a foreign module may raise KeyboardInterrupt by hand.
INTERRUPTIONS = (Stopped, KeyboardInterrupt)


def cause(error: BaseException) -> Signals:
    """Return the signal that one of the INTERRUPTIONS stands for."""
    return error.by if isinstance(error, Stopped) else Signals.SIGINT


@dataclass
class _State:
    """The signals of this process so far."""

    #: The first signal that ends the command.
    came: Signals | None = None
    #: When a signal came first, also one that is ignored.
    since: float | None = None
    #: How many blocks of :func:`held` the main thread is in.
    held: int = 0
    #: Whether a signal came that was not raised.
    is_pending: bool = False
    #: Whether signals end nothing any more.
    is_over: bool = False


_state = _State()


def install() -> None:
    """Raise :class:`Stopped` in the main thread when a signal comes; one that was ignored stays ignored (``nohup``)."""
    global _state
    _state = _State()
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _handle)
    show = sys.unraisablehook

    def keep(lost: Any) -> None:
        if isinstance(lost.exc_value, Stopped):
            _state.is_pending = True  # raised in a finalizer, from which nothing can be raised
        else:
            show(lost)

    sys.unraisablehook = keep


def came() -> Signals | None:
    """Return the signal that ends the command; None if none came."""
    return _state.came


def check() -> None:
    """Raise :class:`Stopped` if a signal came, in any thread."""
    if _state.came and not (_state.held and _in_main_thread()):
        _state.is_pending = False
        raise Stopped(_state.came)


@contextmanager
def held() -> Iterator[None]:
    """Put off what a signal raises until the block has ended. A block is short, or has parts that are ``released``."""
    if not _in_main_thread():
        yield
        return
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
    _raise_pending()


@contextmanager
def released() -> Iterator[None]:
    """Let signals raise :class:`Stopped` in a part of a block that is ``held``, also one that came before."""
    if not _in_main_thread():
        yield
        return
    depth, _state.held = _state.held, 0
    try:
        check()
        yield
    finally:
        _state.held = depth


@contextmanager
def blocked() -> Iterator[None]:
    """Put signals off until the block has ended, for good in processes and threads that start in it."""
    if sys.platform == "win32":
        yield
        return
    with held():  # another thread, such as that of a progress bar, may take a signal that is blocked in this one
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def last_step() -> None:
    """Raise :class:`Stopped` if a signal came and is not held. From now on signals end nothing: the rest is done."""
    over()
    if not _state.held:
        check()
    elif _state.is_pending:
        _state.came, _state.is_pending = None, False


def over() -> None:
    """Let signals end nothing any more, unless the rest takes very long."""
    _state.is_over = True


def ignore() -> None:
    """Ignore signals for good: while Python ends, one would kill the process, and its exit code would be lost."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _raise_pending() -> None:
    if _state.is_pending and not _state.held:
        check()


def _handle(number: int, _: FrameType | None) -> None:
    now = time.monotonic()
    if _state.since is not None:
        if now > _state.since + _PATIENCE:
            _end_at_once(number)
        return
    _state.since = now
    if _state.is_over:
        return
    _state.came = Signals(number)
    if _state.held:
        _state.is_pending = True
        return
    raise Stopped(_state.came)


def _end_at_once(number: int) -> None:
    """End without cleaning up, but for the processes that were started."""
    import psutil  # seldom needed, and slow to import

    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.Error:
            continue
    os._exit(128 + number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
