"""Python backends that do what no backend should: ``python:hostile_python:NAME``."""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Dl4jException, Floats, Network, Observation, Platform, UnsupportedError
from dl4j_backends.numpy import NumpyBackend, on_numpy

#: ``FE_UPWARD`` of C's <fenv.h>.
_UPWARD = {"x86_64": 0x800, "AMD64": 0x800, "aarch64": 0x400000, "arm64": 0x400000}


class _Speechless:
    """No text."""

    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__


class Strange(BaseException):
    """No Exception, and without words."""

    def __str__(self) -> str:
        raise ValueError("no words")


def round_upwards() -> None:
    """Change the rounding of this thread."""
    ctypes.CDLL(None).fesetround(_UPWARD[platform.machine()])


def flush_to_zero() -> None:
    """Let this thread's processor replace subnormal numbers by zero; only x86-64's control word is known here."""
    library = ctypes.CDLL(None)
    environment = ctypes.create_string_buffer(256)
    library.fegetenv(environment)
    control = int.from_bytes(environment.raw[28:32], "little") | 0x8040
    environment[28:32] = control.to_bytes(4, "little")  # type: ignore[call-overload]
    library.fesetenv(environment)


class _Session(EngineSession):
    """NumPy, which first does something before every update, and may do something to what it shows."""

    def __init__(self, network: Network, before: Callable[[], object], show: Callable[[Observation], Any]) -> None:
        self._before, self._show = before, show
        super().__init__(network, on_numpy)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Any:
        self._before()
        return self._show(super().update(gradients, iteration, batch_size))


class Hostile(NumpyBackend):
    """A backend by what it does before an update, and with what the update shows."""

    def __init__(
        self, before: Callable[[], object] = lambda: None, show: Callable[[Observation], Any] = lambda shown: shown
    ) -> None:
        self._before, self._show = before, show

    def open(self, network: Network) -> EngineSession:
        return _Session(network, self._before, self._show)


def _raise_strange() -> NoReturn:
    raise Strange


def _refuse_speechlessly() -> NoReturn:
    raise UnsupportedError(_Speechless())


def _throw_speechlessly() -> NoReturn:
    error = Dl4jException("RuntimeException", "")
    error.message = _Speechless()  # type: ignore[assignment]
    raise error


def _loud() -> None:
    sys.stdout.write("a note for its author")
    os.write(1, b'{"seq": 1, "reply": "ok"}\n')


def _negated(shown: Observation) -> Mapping[str, Floats]:
    return {key: -array for key, array in (shown.updates or {}).items()}


class _OnAJvm(NumpyBackend):
    platform = Platform({"jvm": "mine"}, 3, lambda x, y: x + y, lambda x: -x)


class _Unread:
    """All that a backend needs, but not to be read."""

    open = None

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"{name} is not for you")


exits = Hostile(lambda: sys.exit(0))
exits_hard = Hostile(lambda: os._exit(0))
strange = Hostile(_raise_strange)
interrupts = Hostile(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
divides = Hostile(lambda: np.errstate(all="ignore") and 1 // 0)
hangs = Hostile(lambda: time.sleep(600))
slow = Hostile(lambda: time.sleep(0.01))
slower = Hostile(lambda: time.sleep(0.19))
slower_and_wrong = Hostile(lambda: time.sleep(0.19), lambda shown: replace(shown, updates=_negated(shown)))
slow_and_wrong = Hostile(lambda: time.sleep(0.01), lambda shown: replace(shown, updates=_negated(shown)))
loud = Hostile(_loud)
reads = Hostile(lambda: sys.stdin.read())
refuses_speechlessly = Hostile(_refuse_speechlessly)
throws_speechlessly = Hostile(_throw_speechlessly)
flushes = Hostile(flush_to_zero)
rounds_up = Hostile(round_upwards)
a_set = Hostile(show=lambda shown: {1, 2})
objects = Hostile(show=lambda shown: Observation({key: np.array([object()]) for key in shown.updates or {}}))
float16 = Hostile(
    show=lambda shown: Observation({key: a.astype("float16") for key, a in (shown.updates or {}).items()})
)
on_a_jvm = _OnAJvm()
unread = _Unread()


def exits_later() -> NumpyBackend:
    """Return a right backend whose process ends with another status than it should."""
    atexit.register(os._exit, 7)
    return NumpyBackend()


def exits_at_once() -> NoReturn:
    """End the process instead of making a backend."""
    sys.exit(0)


def flushes_when_imported() -> NumpyBackend:
    """Return a right backend, as a library does that was built with -Ofast."""
    flush_to_zero()
    return NumpyBackend()


def right() -> NumpyBackend:
    """Return a backend that does nothing wrong."""
    return NumpyBackend()
