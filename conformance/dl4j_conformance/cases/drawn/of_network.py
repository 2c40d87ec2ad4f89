"""Hypothesis strategies and cases on one network, such as that of a saved model: its settings, parameters and state."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dl4j_backends import interface
from dl4j_backends.interface import ALL_CAPABILITIES, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import draw_script

#: How many cases there are of a network, and how many values all their operations may show.
_MOST_CASES, _MOST_VALUES = 100, 20_000_000
_STEPS = 5
#: What is seen after an operation, in parameters: updates, state, parameters, and what is heard.
_SEEN = 5


@st.composite
def networks_like(draw: DrawFn, network: Network, capabilities: frozenset[str] = ALL_CAPABILITIES) -> Network:
    """Draw the network: with its state or a new one, and gradients that are views or not, as ``capabilities`` allow."""
    has_state = network.has_state and interface.STATE_IN in capabilities and not draw(st.booleans())
    is_view = interface.GRADIENT_VIEW in capabilities and draw(st.booleans())
    return replace(network, has_state=has_state, state=network.state if has_state else None, gradient_view=is_view)


@st.composite
def cases_on(draw: DrawFn, network: Network, capabilities: frozenset[str] = ALL_CAPABILITIES) -> Case:
    """Draw a case on the network: updates, and now and then an operation that the ``capabilities`` allow."""
    drawn = draw(networks_like(network, capabilities))
    return Case("drawn", drawn, draw_script(draw, drawn, _STEPS, capabilities), provenance="hypothesis")


def cases_of(network: Network) -> list[Case]:
    """Return cases on the network, the same for the same network, with ids such as ``model-007``.

    Every second one has updates alone, which every port can do. The first is the simplest.
    """
    values = _STEPS * _SEEN * sum(map(len, network.params.values()))
    count = max(2, min(_MOST_CASES, _MOST_VALUES // values))
    halves = [_drawn(network, capabilities, count // 2) for capabilities in (frozenset[str](), ALL_CAPABILITIES)]
    every = [case for pair in zip(*halves, strict=False) for case in pair]
    return [replace(case, id=f"model-{number:03}") for number, case in enumerate(every)]


def _drawn(network: Network, capabilities: frozenset[str], count: int) -> list[Case]:
    found: list[Case] = []

    @hypothesis.settings(
        max_examples=count,
        phases=(Phase.generate,),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases_on(network, capabilities))
    def keep(case: Case) -> None:
        found.append(case)

    keep()
    return found[:count]
