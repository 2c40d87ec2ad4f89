"""Attempts with Python backends that are right but for one thing, written into the folder as `port.py`."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from robustness.attempt import Attempt
from robustness.material import FIXTURES, environment
from robustness.misdeeds import CRASHES, ENDS, MODES, NUISANCES
from robustness.verdicts import BROKEN, ODD, Command, both_judged
from robustness.wrong_values import ARRAYS, CAPABILITIES, NAMES, OBSERVATIONS, QUESTIONS, SESSIONS, UPDATES

_TIMEOUT = "2"

#: The port: NumPy's backend behind a session of its own. Each hook is a place for a statement.
_PORT = '''
import os, sys, tempfile, threading
from dataclasses import replace
import numpy as np
from dl4j_backends.interface import (
    ALL_CAPABILITIES, BackendUnavailableError, Dl4jException, Failure, Observation, UnsupportedError,
)
from dl4j_backends.numpy import NumpyBackend

RIGHT = frozenset(NumpyBackend().capabilities)
kept = []


class Fails:
    """Everything that it is asked fails."""
    def __getattribute__(self, name): raise RuntimeError(name)
    def __str__(self): raise RuntimeError("str")
    __repr__ = __float__ = __index__ = __iter__ = __bool__ = __len__ = __eq__ = __array__ = __str__
    def __hash__(self): return 1


class Exits:
    def __getattribute__(self, name): sys.exit(0)


class Plain(np.ndarray): pass


class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __array_ufunc__(self, ufunc, method, *inputs, **options): return True
    def __array_function__(self, function, types, args, kwargs): return True
    def tobytes(self, *a): return b""


class Failing(np.ndarray):
    def __array_ufunc__(self, *a, **k): raise RuntimeError
    def __array_function__(self, *a, **k): raise RuntimeError
    def __len__(self): raise RuntimeError
    def __getitem__(self, i): raise RuntimeError
    def __str__(self): raise RuntimeError
    __repr__ = __str__
    def copy(self, *a): raise RuntimeError
    def __reduce__(self): raise RuntimeError


class ArrayLike:
    def __init__(self, value): self.value = value
    def __array__(self, *a, **k): return sys.exit(0) if self.value is None else self.value


class FailingMapping(dict):
    def items(self): raise RuntimeError
    def keys(self): raise RuntimeError
    def __iter__(self): raise RuntimeError
    def __getitem__(self, key): raise RuntimeError


class Endless(dict):
    def items(self):
        while True: yield "0_W", np.zeros(1)
    def __iter__(self):
        while True: yield "0_W"
    keys = __iter__
    def __len__(self): return 1
    def __contains__(self, x): return True


def readonly(value):
    value = value.copy(); value.flags.writeable = False
    return value


def mapped(value):
    held = np.memmap(tempfile.TemporaryFile(), value.dtype, "w+", shape=value.shape)
    held[:] = value
    return held


async def later(): pass


def later_fill(arrays):
    threading.Timer(0.001, lambda: [a.fill(7) for a in arrays.values()]).start()


def refuse(error): raise error


class Session:
    def __init__(self, session): self.inner = session
    def __getattr__(self, name): return getattr(self.inner, name)
    def average(self, others, combined):
        return self.inner.average([getattr(o, "inner", o) for o in others], combined)
    def compare(self, other): return self.inner.compare(getattr(other, "inner", other))
    def state(self):
        {state}
        value = self.inner.state()
        return value if value is None else {state_value}
    def close(self):
        {close}
    def update(self, gradients, iteration, batch_size):
        {update}
        call = lambda: self.inner.update(gradients, iteration, batch_size)
        {call}
        return self.changed(seen)
    def iterate(self, *arguments):
        return self.changed(self.inner.iterate(*arguments))
    def changed(self, seen):
        if not seen.updates: return seen
        seen = replace(seen, updates=dict((k, {update_value}) for k, value in seen.updates.items()))
        return {observation}


class Backend:
    def __init__(self):
        {construct}
    @property
    def name(self):
        {name}
        return {name_value}
    @property
    def capabilities(self):
        {capabilities}
        return {capabilities_value}
    def open(self, network):
        {open}
        session = Session(NumpyBackend().open(network))
        return {session_value}


{load}
'''
_NOTHING = {
    **dict.fromkeys(("state", "close", "update", "construct", "name", "capabilities", "open", "load"), "pass"),
    "state_value": "value",
    "update_value": "value",
    "call": "seen = call()",
    "observation": "seen",
    "name_value": "'port'",
    "capabilities_value": "RIGHT",
    "session_value": "session",
}
#: Places of statements, and whether an exception there is the end of a case or of the backend.
_IN_A_CASE = ("open", "update", "state", "close")
_BEFORE = ("load", "construct", "name", "capabilities")


def changes() -> Iterator[tuple[str, Mapping[str, str], tuple[int, ...]]]:
    """Yield every change of the port by its name, and the exit codes that are right."""
    for place in (*_BEFORE, *_IN_A_CASE):
        crashed = (3,) if place in _BEFORE else (1, 3)
        for name, statement in CRASHES.items():
            yield f"{place}: {name}", {place: statement}, crashed
        for name, statement in ENDS.items():
            yield f"{place}: {name}", {place: statement}, (1, 3) if name.startswith("sys-exit") else (3,)
        for name, statement in MODES.items():
            yield f"{place}: {name}", {place: statement}, (1, 3)
        for name, statement in NUISANCES.items():
            yield f"{place}: {name}", {place: statement}, (0, 1, 3)
    expressions = {
        "update_value": ARRAYS,
        "state_value": ARRAYS,
        "observation": OBSERVATIONS,
        "open": QUESTIONS,
        "call": UPDATES,
        "capabilities_value": CAPABILITIES,
        "name_value": NAMES,
        "session_value": SESSIONS,
    }
    for place, table in expressions.items():
        for name, (text, codes) in table.items():
            yield f"{place}: {name}", {place: text}, codes


def attempt(material: Path, name: str, change: Mapping[str, str], codes: tuple[int, ...]) -> Attempt:
    """Return the run of a changed port beside NumPy."""
    return Attempt(
        f"port: {name.partition(':')[0].partition('_')[0]}",
        name,
        ("run", "python:port:Backend", "numpy", "--folder", FIXTURES, "--timeout", _TIMEOUT, "--format", "json"),
        frozenset(codes),
        prepare=partial(_write, material, source(change)),
        check=both_judged,
        tracebacks=True,
        environment=environment(),
        deadline=60,
    )


def other_attempt(material: Path, name: str, change: Mapping[str, str], command: Command) -> Attempt:
    """Return another command that asks a changed port."""
    before, after = command
    place, _, what = name.partition(": ")
    broken = what in CRASHES | ENDS and place in (*_BEFORE, "open", "update")
    return Attempt(
        f"port: {before[0]}",
        name,
        (*before, "python:port:Backend", *after),
        BROKEN if broken else ODD,
        prepare=partial(_write, material, source(change)),
        written=("found.jsonl",),
        tracebacks=True,
        environment=environment(),
        deadline=100,
    )


def source(change: Mapping[str, str]) -> str:
    """Return the text of the port with a change."""
    text = _PORT
    for place, what in {**_NOTHING, **change}.items():
        line = next(line for line in _PORT.splitlines() if "{" + place + "}" in line)
        indent = line[: len(line) - len(line.lstrip())]
        if line.strip() == "{" + place + "}":
            text = text.replace(line, textwrap.indent(what.strip("\n"), indent), 1)
        else:
            text = text.replace("{" + place + "}", what, 1)
    return text


def _write(material: Path, text: str, folder: Path) -> None:
    shutil.copytree(material, folder, dirs_exist_ok=True)
    (folder / "port.py").write_text(text, encoding="utf-8")
