"""Kernels, which compute formulas element by element: in machine code if Numba is installed, else in blocks by NumPy.

Both run the same text (:class:`~dl4j_oracle.arithmetic.formula.Program`), on several threads. Numbers are rounded by
each operation, in its order: there is no fast-math, and no fused multiply-add.

Arrays are 1-D.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic.formula import Formula, Program
from dl4j_oracle.arithmetic.intervals import Interval, Intervals, doubles

Arrays = Sequence[npt.NDArray[Any]]
#: From elements of arrays and constants, to be written to results of the same length.
Kernel = Callable[[Arrays, Sequence[Any], Arrays], None]

#: The elements that NumPy takes at once: what stands between them fits into a cache.
_BLOCK = 1 << 11
#: The elements that a thread takes at once.
_SHARE = 1 << 16
#: The threads that kernels run on in this process; None: as many as it may use cores.
_threads: int | None = None


def use_threads(number: int) -> None:
    """Run kernels on so many threads from now on: a process that shares its machine with others has a part of it."""
    global _threads
    _threads = number


def run(formulas: Sequence[Formula]) -> list[tuple[npt.NDArray[Any], ...]]:
    """Return the elements of each formula: flags (1-D, bool), numbers (1-D, float64), or the arrays of intervals.

    Formulas of one length are computed together.
    """
    found: dict[Formula, tuple[npt.NDArray[Any], ...]] = {}
    for length in {formula.length for formula in formulas}:
        together = [formula for formula in formulas if formula.length == length]
        found |= zip(together, _run(Program(together), length), strict=True)
    return [found[formula] for formula in formulas]


def _run(program: Program, length: int) -> list[tuple[npt.NDArray[Any], ...]]:
    results = [_empty(formula, length) for formula in program.formulas]
    flat = [array for arrays in results for array in arrays]
    constants = [_element(x) for x in program.constants]
    # A kernel for a short array would take longer to load than NumPy to run.
    kernel = _kernel(program) if length >= _BLOCK else partial(_in_blocks, _body(program))

    def work(start: int) -> None:
        share = slice(start, start + _SHARE)
        kernel([array[share] for array in program.arrays], constants, [array[share] for array in flat])

    starts = range(0, length, _SHARE)
    if len(starts) > 1:
        with ThreadPoolExecutor(_threads or _cores()) as threads:
            list(threads.map(work, starts))
    else:
        list(map(work, starts))
    return results


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _empty(formula: Formula, length: int) -> tuple[npt.NDArray[Any], ...]:
    return tuple(np.empty(length, dtype) for dtype in formula.results.values())


def _element(constant: Any) -> Any:
    """Return a constant as operations have it: they tell intervals of arrays and of numbers apart by nothing."""
    return Intervals(*constant) if isinstance(constant, Interval) else constant  # type: ignore[arg-type]


def _kernel(program: Program) -> Kernel:
    compile_ = _compiler()
    return compile_(program) if compile_ else partial(_in_blocks, _body(program))


@cache
def _compiler() -> Callable[[Program], Kernel] | None:
    """Return what makes machine code of programs, or None without a Numba that works here."""
    try:
        from dl4j_oracle.arithmetic import compiled
    except ImportError:
        return None
    return compiled.kernel


def _in_blocks(body: Callable[..., Any], arrays: Arrays, constants: Sequence[Any], results: Arrays) -> None:
    for start in range(0, len(results[0]), _BLOCK):
        block = slice(start, start + _BLOCK)
        found = body(
            *(array[block] if array.dtype == np.bool_ else doubles(array[block]) for array in arrays), *constants
        )
        for result, values in zip(results, _flattened(found), strict=True):
            result[block] = values


def _body(program: Program) -> Callable[..., Any]:
    return _function(program.text, tuple(program.functions.items()))


@cache
def _function(text: str, functions: tuple[tuple[str, Callable[..., Any]], ...]) -> Callable[..., Any]:
    """Return the function ``body`` of a program's text, which comes from the rules alone."""
    names: dict[str, Any] = dict(functions)
    exec(compile(text, "<formula>", "exec"), names)  # noqa: S102
    body: Callable[..., Any] = np.errstate(all="ignore")(names["body"])
    return body


def _flattened(found: Iterable[Any]) -> list[Any]:
    return [array for one in found for array in (one if isinstance(one, Intervals) else (one,))]
