"""The order of a graph's vertices in DL4J's arrays: ``ComputationGraph.topologicalSortOrder`` of 0.8.0."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def topological_order(inputs: Sequence[str], vertices: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the names of the graph's ``inputs`` and ``vertices`` so that each comes after what feeds it.

    ``vertices`` maps names, in the order in which they were added, to those of what feeds them. Among vertices that
    could come next, DL4J takes that first which lost its last input first; of several that do so at once, that which
    comes first in Java's ``HashSet`` of their numbers. None: there is a circle.
    """
    names = [*inputs, *vertices]
    numbers = {name: number for number, name in enumerate(names)}
    waiting = {numbers[name]: {numbers[source] for source in sources} for name, sources in vertices.items()}
    fed: dict[int, set[int]] = {}
    for number, sources in waiting.items():
        for source in sources:
            fed.setdefault(source, set()).add(number)
    ready = [number for number in range(len(names)) if not waiting.get(number)]
    order = []
    while ready:
        number = ready.pop(0)
        order.append(number)
        for next_ in _in_set_order(fed.get(number, ())):
            waiting[next_].discard(number)
            if not waiting[next_]:
                ready.append(next_)
    return [names[number] for number in order] if len(order) == len(names) else None


def _in_set_order(numbers: Collection[int]) -> list[int]:
    """Return the order in which a ``HashSet`` goes through numbers that were put into it in ascending order."""
    buckets = 16
    while 4 * len(numbers) > 3 * buckets:
        buckets *= 2
    return sorted(sorted(numbers), key=lambda number: number % buckets)
