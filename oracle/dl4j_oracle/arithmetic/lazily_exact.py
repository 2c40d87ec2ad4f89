"""The exact arithmetic of those who look at a few elements of large arrays: what nobody asks for is not computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, overload

from dl4j_oracle.arithmetic.exact import ExactArithmetic
from dl4j_oracle.arithmetic.reals import Real


@dataclass(frozen=True)
class LazilyExactArithmetic(ExactArithmetic):
    """Real numbers, each computed when it is asked for; a norm asks for all of them.

    Raises :class:`~dl4j_oracle.errors.UndecidedError` only for values that are asked for, when they are.
    """

    def mapped(self, function: Callable[..., Real], *operands: Sequence[Any]) -> Sequence[Real]:
        """Return the results of ``function``, element by element, when they are asked for."""
        (length,) = {len(operand) for operand in operands}
        return _Lazy(length, lambda index: [(operand, index) for operand in operands], function)

    def joined(self, parts: Sequence[Sequence[Real]]) -> Sequence[Real]:
        """Return the parts one after another."""
        ends = list(accumulate(map(len, parts)))

        def place(index: int) -> list[_Place]:
            number = next(number for number, end in enumerate(ends) if index < end)
            return [(parts[number], index - ends[number] + len(parts[number]))]

        return _Lazy(ends[-1] if ends else 0, place, _same)

    def part(self, values: Sequence[Real], start: int, stop: int) -> Sequence[Real]:
        """Return the values from ``start`` to ``stop``."""
        indices = range(len(values))[start:stop]
        return _Lazy(len(indices), lambda index: [(values, indices[index])], _same)


_Place = tuple[Sequence[Real], int]


def _same(value: Real) -> Real:
    return value


class _Lazy(Sequence[Real]):
    """Values that are computed when they are asked for: from those at ``places(index)``, by ``function``."""

    def __init__(self, length: int, places: Callable[[int], Sequence[_Place]], function: Callable[..., Real]) -> None:
        self._length, self._places, self._function = length, places, function
        self._known: dict[int, Real] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int, /) -> Real: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[Real]: ...
    def __getitem__(self, index: int | slice, /) -> Real | Sequence[Real]:
        if isinstance(index, slice):
            return [self[one] for one in range(self._length)[index]]
        at = range(self._length)[index]
        return self._known[at] if at in self._known else self._value(at)

    def _value(self, index: int) -> Real:
        """Return a value. What it depends on is computed first, without recursion: scripts may be long."""
        pending: list[tuple[_Lazy, int]] = [(self, index)]
        while pending:
            lazy, at = pending[-1]
            places = lazy._places(at)
            unknown = [(one, i) for one, i in places if isinstance(one, _Lazy) and i not in one._known]
            if unknown:
                pending += unknown
                continue
            pending.pop()
            if at not in lazy._known:
                values = [one._known[i] if isinstance(one, _Lazy) else one[i] for one, i in places]
                lazy._known[at] = lazy._function(*values)
        return self._known[index]
