"""Hypothesis strategies: whole cases, and scripts."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dl4j_backends.interface import ALL_CAPABILITIES, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.networks import networks
from dl4j_conformance.cases.drawn.operations import DRAWN, FIRST_ITERATIONS, LEAPS, draw_iteration, draw_update
from dl4j_conformance.cases.drawn.values import Draw
from dl4j_conformance.cases.operations import Iterate, Operation, is_searching

#: The operations between updates, each as often as it is drawn. In most places there is none.
_BETWEEN = (None,) * 14 + tuple(kind for kind, drawn in DRAWN.items() for _ in range(drawn.often))


@cache
@st.composite
def cases(
    draw: DrawFn,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    max_steps: int = 5,
    capabilities: frozenset[str] = ALL_CAPABILITIES,
) -> Case:
    """Draw a case: a network, updates, and between them now and then an operation that the ``capabilities`` allow."""
    network = draw(networks(dtype, updater, max_layers, capabilities))
    return Case("drawn", network, draw_script(draw, network, max_steps, capabilities), provenance="hypothesis")


def draw_script(
    draw: Draw, network: Network, max_steps: int = 5, capabilities: frozenset[str] = ALL_CAPABILITIES
) -> tuple[Operation, ...]:
    """Draw a script on a network: updates or iterations, and between them operations that are allowed."""
    iteration = draw(FIRST_ITERATIONS)
    script: list[Operation] = []
    count = 1
    can_iterate = DRAWN[Iterate].can_follow(network, count, capabilities)
    # What is particular to a graph shows in iterations.
    iterates = can_iterate and (is_searching(network) or draw(st.integers(0, 3)) >= (1 if network.topology else 3))
    for _ in range(draw(st.integers(1, max_steps))):
        script.append(draw_iteration(draw, network) if iterates else draw_update(draw, network, iteration))
        iteration += draw(LEAPS)
        kind = _BETWEEN[draw(st.integers(0, len(_BETWEEN) - 1))]
        if kind and DRAWN[kind].can_follow(network, count, capabilities):
            script.append(DRAWN[kind].draw(draw, network, count))
            count += kind.adds_network
    return tuple(script)
