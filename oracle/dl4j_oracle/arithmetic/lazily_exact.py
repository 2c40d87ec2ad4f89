"""The exact arithmetic of those who look at a few elements of large arrays: what nobody asks for is not computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dl4j_oracle.arithmetic import lazy
from dl4j_oracle.arithmetic.exact import ExactArithmetic
from dl4j_oracle.arithmetic.reals import Real


@dataclass(frozen=True)
class LazilyExactArithmetic(ExactArithmetic):
    """Real numbers, each computed when it is asked for; a norm asks for all of them.

    Raises :class:`~dl4j_oracle.errors.UndecidedError` only for values that are asked for, when they are.
    """

    def mapped(self, function: Callable[..., Real], *operands: Sequence[Any]) -> Sequence[Real]:
        """Return the results of ``function``, element by element, when they are asked for."""
        return lazy.mapped(function, *operands)

    def joined(self, parts: Sequence[Sequence[Real]]) -> Sequence[Real]:
        """Return the parts one after another."""
        return lazy.joined(parts)

    def part(self, values: Sequence[Real], start: int, stop: int) -> Sequence[Real]:
        """Return the values from ``start`` to ``stop``."""
        return lazy.part(values, start, stop)
