"""Arrays of intervals: short ones are computed at once, operations on long ones wait until somebody asks.

What waits is a formula. A kernel computes it whole, without arrays for what stands between
(:mod:`~dl4j_oracle.arithmetic.kernels`).

Arrays are 1-D: ends of intervals are float64, and flags are bool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic import intervals, kernels, short_arrays
from dl4j_oracle.arithmetic.formula import Formula, Function
from dl4j_oracle.arithmetic.intervals import Doubles, Flags, Interval, Intervals

#: Arrays of so many elements are long: on shorter ones NumPy's operations take less time than a kernel's start.
LONG = 1 << 14

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Joined:
    """Arrays one after the other."""

    parts: tuple[Intervals | Formula, ...]

    @property
    def length(self) -> int:
        """The number of elements."""
        return sum(part.length for part in self.parts)

    @property
    def slices(self) -> list[slice]:
        """The places of the parts."""
        ends = list(accumulate((part.length for part in self.parts), initial=0))
        return [slice(*pair) for pair in pairwise(ends)]


#: Intervals, computed or not.
Sets = Intervals | Formula | Joined


def points(values: npt.NDArray[Any]) -> Sets:
    """Return the sets of one value each of ``values`` (1-D, float32 or float64)."""
    return intervals.points(values) if len(values) < LONG else Formula(intervals.point, (values,), len(values))


def repeat(x: Interval, length: int) -> Sets:
    """Return ``length`` copies (1-D) of one interval."""
    return intervals.repeat(x, length) if length < LONG else Formula(intervals.same, (x,), length)


def apply(function: Function, *operands: Any) -> Any:
    """Return what an operation on intervals of one length gives (1-D), computed or not.

    Operands are intervals, arrays (1-D), and what is the same for every element: one interval, widenings and numbers.
    """
    for operand in operands:
        if isinstance(operand, Joined):
            cuts = [[_cut(x, which, operand.length) for x in operands] for which in operand.slices]
            return Joined(tuple(apply(function, *cut) for cut in cuts))
    length = max((x.length for x in operands if isinstance(x, Formula)), default=None)
    if length is None:
        return short_arrays.apply(function, *operands)
    return Formula(function, tuple(_leaf(x, length) for x in operands), length)


def _leaf(operand: Any, length: int) -> Any:
    """Return an operand as formulas have it: intervals of many elements are made from arrays of their ends."""
    is_array = isinstance(operand, Intervals) and operand.length == length
    return Formula(Intervals, tuple(operand), length) if is_array else operand


def _cut(operand: Any, which: slice, length: int) -> Any:
    match operand:
        case np.ndarray():
            return operand[which]
        case Intervals() | Formula() | Joined() if operand.length == length:
            return part(operand, which)
    return operand


def join(parts: Sequence[Sets]) -> Sets:
    """Return intervals (each 1-D) one after the other (1-D)."""
    flat = [one for x in parts for one in (x.parts if isinstance(x, Joined) else (x,)) if one.length]
    if len(flat) == 1:
        return flat[0]
    if sum(one.length for one in flat) < LONG:
        return intervals.join([computed(one) for one in flat])
    return Joined(tuple(flat))


def part(x: Sets, which: slice | Indices) -> Sets:
    """Return the elements of a slice, or at the indices ``which`` (1-D, intp, ascending)."""
    match x:
        case Intervals():
            return x.part(which)
        case Formula():
            return _part_of_formula(x, which, {})
        case Joined():
            cuts = ((one, _within(which, place)) for one, place in zip(x.parts, x.slices, strict=True))
            return join([part(one, cut) for one, cut in cuts])


def _within(which: slice | Indices, place: slice) -> slice | Indices:
    """Return which elements of the part at ``place`` are asked for."""
    if isinstance(which, slice):
        start, stop = max(which.start, place.start), min(which.stop, place.stop)
        return slice(start - place.start, max(start, stop) - place.start)
    inside: Indices = which[(which >= place.start) & (which < place.stop)] - place.start
    return inside


def _part_of_formula(x: Formula, which: slice | Indices, known: dict[Formula, Formula]) -> Formula:
    if x not in known:
        operands: list[Any] = []
        for operand in x.operands:
            match operand:
                case Formula():
                    operands.append(_part_of_formula(operand, which, known))
                case np.ndarray():
                    operands.append(operand[which])
                case _:
                    operands.append(operand)
        length = which.stop - which.start if isinstance(which, slice) else len(which)
        known[x] = Formula(x.function, tuple(operands), length)
    return known[x]


def computed(x: Sets) -> Intervals:
    """Return the intervals of ``x`` (1-D)."""
    match x:
        case Intervals():
            return x
        case Formula():
            return Intervals(*kernels.run([x])[0])
        case Joined():
            return intervals.join([computed(one) for one in x.parts])


def settled(x: Sets) -> Sets:
    """Return the same intervals (1-D); what is more than arrays is computed."""
    match x:
        case Formula() if any(isinstance(operand, Formula) for operand in x.operands):
            return _leaf(computed(x), x.length)  # type: ignore[no-any-return]
        case Joined():
            return join([settled(one) for one in x.parts])
    return x


def containing(sets: Mapping[str, Sets], values: Mapping[str, npt.NDArray[Any]]) -> dict[str, Flags]:
    """Return which of ``values`` (1-D, float32 or float64) lie in their sets (1-D, bool), key by key."""
    return _together(intervals.contains, sets, values)


def nearness(sets: Mapping[str, Sets], values: Mapping[str, npt.NDArray[Any]]) -> dict[str, Doubles]:
    """Return how near ``values`` (1-D, float32 or float64) come to the edges of their sets (1-D, float64), key by key.

    It is 0 at the centre, 1 at the edge, more outside, and NaN where a set holds everything.
    """
    return _together(intervals.nearness, sets, values)


def _together(
    function: Function, sets: Mapping[str, Sets], values: Mapping[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Return what ``function`` gives for sets and values, key by key; formulas are computed together."""
    pieces = [(key, apply(function, *pair)) for key, x in sets.items() for pair in _pairs(x, values[key])]
    formulas = [piece for _, piece in pieces if isinstance(piece, Formula)]
    results = dict(zip(formulas, kernels.run(formulas), strict=True))
    found: dict[str, list[npt.NDArray[Any]]] = {key: [] for key in sets}
    for key, piece in pieces:
        found[key].append(results[piece][0] if isinstance(piece, Formula) else piece)
    return {key: parts[0] if len(parts) == 1 else np.concatenate(parts) for key, parts in found.items()}


def _pairs(x: Sets, values: npt.NDArray[Any]) -> Iterator[tuple[Intervals | Formula, npt.NDArray[Any]]]:
    if isinstance(x, Joined):
        yield from zip(x.parts, (values[place] for place in x.slices), strict=True)
    else:
        yield x, values
