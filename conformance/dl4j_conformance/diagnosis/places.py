"""The places of intermediates: the values that the oracle names in a step, and those that a backend shows there.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockObservation
from dl4j_backends.interface import Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.block_session import block_updater
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.traced_script import TracedStep
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.trace import Node
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from dl4j_oracle.blocks.traced_updater import block_name

#: An intermediate's owner (a gradient key, a layer's index or a block) and name. The update is a "result" and a state
#: array "state NAME", unless a rule has this name for it.
Place = tuple[str, str]


def places_of(step: TracedStep) -> tuple[dict[Place, tuple[str, Node]], dict[Place, Place]]:
    """Return the values of a step with their rules, by place, and the places of results and state arrays."""
    values = {(named.owner, named.name): (named.rule, named.node) for named in step.named}
    places = {named.node.number: (named.owner, named.name) for named in step.named}
    shown = {(key, "result"): node for key, node in (step.seen.updates or {}).items()}
    shown |= {(key, "params"): node for key, node in step.seen.params.items()}
    if not step.seen.failure:
        shown |= {(key, f"state {name}"): node for (key, name), node in step.state.items()}
    known = {place: _known(place, places.get(node.number)) for place, node in shown.items()}
    values |= {place: ("", node) for place, node in shown.items() if known[place] == place}
    return values, known


def _known(place: Place, named: Place | None) -> Place:
    """Return the place that a rule has for it: a result under any name, a state array under its own."""
    return named if named and (place[1] == "result" or place[1] == f"state {named[1]}") else place


def observed(case: Case, seen: Observation, places: Mapping[Place, Place]) -> dict[Place, Floats]:
    """Return what a backend shows by the places of the oracle; its own intermediates by the names it gives them."""
    found: dict[Place, Floats] = {(key, "result"): array for key, array in (seen.updates or {}).items()}
    found |= {(key, "params"): array for key, array in seen.params.items()}
    found |= {(key, "lr"): np.array([rate]) for key, rate in seen.learning_rates.items()}
    found |= {(key, "mu"): np.array([momentum]) for key, momentum in seen.momentum.items()}
    if seen.state is not None and isinstance(seen.state, np.ndarray):
        start = 0
        for block in state_blocks(case):
            part = seen.state[start : start + block.length]
            found[case.network.key(block.layer, block.parameter), f"state {block.name}"] = part
            start += block.length
    found = {places.get(place, place): values for place, values in found.items()}
    for key, values in seen.intermediates.items():
        owner, _, name = key.rpartition(".")
        found[owner, name] = np.atleast_1d(values)
    return found


def observed_blocks(
    network: BlockNetwork, seen: BlockObservation, places: Mapping[Place, Place]
) -> dict[Place, Floats]:
    """Return what a backend shows of an update of a later version, by the places of the oracle."""
    updater = block_updater(network, IeeeArithmetic(network.dtype), BLOCK_VERSIONS[network.version])
    found: dict[Place, Floats] = {(key, "result"): array for key, array in seen.updates.items()}
    start = 0
    for number, block in enumerate(updater.blocks):
        name = block_name(block)
        for array in updater.memories[number].view:
            if seen.state is not None:
                found[name, f"state {array}"] = seen.state[start : start + block.length]
            start += block.length
        for place, values in (("lr", seen.learning_rates), ("mu", seen.momentum)):
            # In 0.9.1 they are of the configuration, which need not be those of the updater object.
            if not isinstance(values, Mapping) and number < len(values) and (value := values[number]) is not None:
                found[name, place] = np.array([value])
    return {places.get(place, place): values for place, values in found.items()}
