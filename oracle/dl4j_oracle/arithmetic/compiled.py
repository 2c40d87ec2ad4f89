"""Kernels in machine code, which Numba compiles from the text of formulas and of the operations on intervals.

The operations of :mod:`~dl4j_oracle.arithmetic.intervals` and :mod:`~dl4j_oracle.arithmetic.interval_operations` are
compiled for one element as they stand. They have no branches, so that one instruction serves several elements. What
was compiled is kept in the user's cache, under a name that changes with all that it was compiled from.

Arrays are 1-D.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numba.extending import overload
from platformdirs import user_cache_path

from dl4j_oracle.arithmetic import interval_operations, intervals
from dl4j_oracle.arithmetic.formula import Program

#: Division by zero gives infinities and NaN, and every call is resolved, so that loops can be vectorised.
_OPTIONS = {"error_model": "numpy", "forceinline": True}
_SOURCES = (intervals, interval_operations)
#: What the oracle keeps lies in a folder of its own name.
_PACKAGE = __name__.partition(".")[0]


def _select(condition: bool, x: float, y: float) -> float:
    return x if condition else y


def _make_known(function: Callable[..., Any]) -> None:
    """Let compiled functions call ``function``; of one element, ``np.where`` is a choice."""
    bare = _select if function is intervals.select else inspect.unwrap(function)
    overload(function, strict=False, jit_options=_OPTIONS)(lambda *_, **__: bare)


for _source in _SOURCES:
    for _function in vars(_source).values():
        if inspect.isfunction(_function) and _function.__module__ == _source.__name__:
            _make_known(_function)


def kernel(program: Program) -> Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], None]:
    """Return the kernel of a program: from arrays, constants and the results to be written, each in order."""
    compiled = _load(_text(program))

    def run(arrays: Sequence[Any], constants: Sequence[Any], results: Sequence[Any]) -> None:
        compiled(*arrays, *constants, *results)

    return run


def _text(program: Program) -> str:
    """Return a module that runs a program on every element."""
    elements = [
        f"{name}[i]" if array.dtype == np.bool_ else f"float64({name}[i])"
        for name, array in zip(program.parameters, program.arrays, strict=False)
    ]
    given = ", ".join([*elements, *program.parameters[len(elements) :]])
    results: list[str] = []
    writes: list[str] = []
    for number, formula in enumerate(program.formulas):
        for end in formula.results:
            writes.append(f"        r{len(results)}[i] = x[{number}]{end}")
            results.append(f"r{len(results)}")
    return "\n".join(
        [
            "from numba import float64, njit",
            f"from {__name__} import known",
            *(f'{name} = known("{name}")' for name in sorted(program.functions)),
            '@njit(error_model="numpy", forceinline=True)',
            program.text,
            '@njit(error_model="numpy", nogil=True, cache=True)',
            f"def kernel({', '.join([*program.parameters, *results])}):",
            "    for i in range(len(r0)):",
            f"        x = body({given})",
            *writes,
            "",
        ]
    )


@cache
def known(name: str) -> Any:
    """Return the operation ``name``, compiled for one element."""
    function = getattr(intervals, name, None) or getattr(interval_operations, name)
    return function if inspect.isclass(function) else numba.njit(inspect.unwrap(function), **_OPTIONS)


@cache
def _load(text: str) -> Any:
    """Return the function ``kernel`` of a module's text, which is kept in the user's cache with what Numba makes of it.

    Without a place to keep it, it is compiled for this process alone.
    """
    made_from = "\n".join([text, *_versions()])
    name = f"dl4j_kernel_{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"
    try:
        folder = user_cache_path(_PACKAGE, appauthor=False, opinion=False) / "kernels"
        folder.mkdir(parents=True, exist_ok=True)
        module = _module(name, _written(folder, name, text))
    except OSError:
        module = _module(name, _written(Path(tempfile.mkdtemp()), name, text))
    return module.kernel


def _versions() -> list[str]:
    """Return what a kernel's machine code depends on besides its text."""
    return [sys.version, numba.__version__, np.__version__, *(inspect.getsource(source) for source in _SOURCES)]


def _written(folder: Path, name: str, text: str) -> Path:
    """Return the file with the text of a module; a file with another text is replaced."""
    path = folder / f"{name}.py"
    if not path.exists() or path.read_text() != text:
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".new", delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    return path


def _module(name: str, path: Path) -> ModuleType:
    # Numba looks a function's module up by name, in the folder of its file.
    sys.path.insert(0, str(path.parent))
    invalidate_caches()
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(path.parent))
