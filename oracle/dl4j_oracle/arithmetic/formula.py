"""Formulas: the data-flow graphs of operations on long arrays, and the programs for one element that they make.

Arrays are 1-D.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic.intervals import contains, nearness

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Formula:
    """The result of ``function``, ``length`` intervals, flags or numbers that are not yet computed.

    ``operands`` are formulas and arrays (1-D) of its length, and values that are the same for every element: one
    interval, widenings and numbers.
    """

    function: Function
    operands: tuple[Any, ...]
    length: int

    @property
    def results(self) -> Mapping[str, type]:
        """The types of the arrays that it gives, by what is to be read from an element of the result."""
        if self.function is contains:
            return {"": np.bool_}
        if self.function is nearness:
            return {"": np.float64}
        return {".low": np.float64, ".high": np.float64, ".nan": np.bool_}


@dataclass(frozen=True)
class Program:
    """The computation of one element of formulas of one length, as text, and the operands of all elements.

    The text is a function ``body`` of the arrays' elements and of the constants; it calls ``functions`` by name.
    """

    formulas: Sequence[Formula]

    @cached_property
    def steps(self) -> list[Formula]:
        """The formulas and all that they are computed from, each after its operands."""
        found: dict[Formula, None] = {}
        for formula in self.formulas:
            for one in _in_order(formula, found):
                found[one] = None
        return list(found)

    @property
    def functions(self) -> dict[str, Function]:
        """The functions that the steps call, by name."""
        return {step.function.__name__: step.function for step in self.steps}

    @cached_property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """The arrays that the steps read (each 1-D)."""
        return _distinct(x for step in self.steps for x in step.operands if isinstance(x, np.ndarray))

    @cached_property
    def constants(self) -> list[Any]:
        """The operands that are the same for every element."""
        return _distinct(x for step in self.steps for x in step.operands if not isinstance(x, np.ndarray | Formula))

    @cached_property
    def parameters(self) -> list[str]:
        """The names of the arrays and of the constants."""
        return [*(f"a{i}" for i in range(len(self.arrays))), *(f"c{i}" for i in range(len(self.constants)))]

    @cached_property
    def text(self) -> str:
        """The function ``body``."""
        names = {id(x): name for x, name in zip((*self.arrays, *self.constants), self.parameters, strict=True)}
        names |= {id(step): f"x{i}" for i, step in enumerate(self.steps)}
        lines = [
            f"    {names[id(step)]} = {step.function.__name__}({', '.join(names[id(x)] for x in step.operands)})"
            for step in self.steps
        ]
        results = "".join(f"{names[id(formula)]}, " for formula in self.formulas)
        return "\n".join([f"def body({', '.join(self.parameters)}):", *lines, f"    return ({results})", ""])


def _in_order(formula: Formula, known: dict[Formula, None]) -> Iterator[Formula]:
    """Yield ``formula`` and what it is computed from, operands first, without those that are ``known``."""
    pending: list[tuple[Formula, bool]] = [(formula, False)]
    seen = set(known)
    while pending:
        one, is_ready = pending.pop()
        if is_ready:
            yield one
        elif one not in seen:
            seen.add(one)
            pending.append((one, True))
            pending += [(operand, False) for operand in reversed(one.operands) if isinstance(operand, Formula)]


def _distinct(values: Iterator[Any]) -> list[Any]:
    return list({id(value): value for value in values}.values())
