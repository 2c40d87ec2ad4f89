"""Sequences whose elements are computed when somebody asks for them: of a large array few may be looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


def mapped(function: Callable[..., T], *operands: Sequence[Any]) -> Sequence[T]:
    """Return the results of ``function``, element by element, when they are asked for."""
    (length,) = {len(operand) for operand in operands}
    return _Lazy(length, lambda index: [(operand, index) for operand in operands], function)


def joined(parts: Sequence[Sequence[T]]) -> Sequence[T]:
    """Return the elements of one part after those of another."""
    ends = list(accumulate(map(len, parts)))

    def place(index: int) -> list[_Place]:
        number = bisect_right(ends, index)
        return [(parts[number], index - ends[number] + len(parts[number]))]

    return _Lazy(ends[-1] if ends else 0, place, _same)


def part(values: Sequence[T], start: int, stop: int) -> Sequence[T]:
    """Return the elements from ``start`` to ``stop``."""
    indices = range(len(values))[start:stop]
    return _Lazy(len(indices), lambda index: [(values, indices[index])], _same)


_Place = tuple[Sequence[Any], int]


def _same(value: T) -> T:
    return value


class _Lazy(Sequence[T], Generic[T]):
    """Elements that are computed when they are asked for: from those at ``places(index)``, by ``function``.

    An element is computed once. When all of them are known, what they were computed from is released.
    """

    def __init__(self, length: int, places: Callable[[int], Sequence[_Place]], function: Callable[..., T]) -> None:
        self._length = length
        self._rule: tuple[Callable[[int], Sequence[_Place]], Callable[..., T]] | None = places, function
        self._known: dict[int, T] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice, /) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[one] for one in range(self._length)[index]]
        at = range(self._length)[index]
        return self._known[at] if at in self._known else self._value(at)

    def _value(self, index: int) -> T:
        """Return an element. What it depends on is computed first, without recursion: scripts may be long."""
        pending: list[tuple[_Lazy[Any], int]] = [(self, index)]
        while pending:
            lazy, at = pending[-1]
            if at in lazy._known or lazy._rule is None:
                pending.pop()
                continue
            places, function = lazy._rule
            operands = places(at)
            unknown = [(one, i) for one, i in operands if isinstance(one, _Lazy) and i not in one._known]
            if unknown:
                pending += unknown
                continue
            pending.pop()
            lazy._known[at] = function(*[one._known[i] if isinstance(one, _Lazy) else one[i] for one, i in operands])
            if len(lazy._known) == lazy._length:
                lazy._rule = None
        return self._known[index]
