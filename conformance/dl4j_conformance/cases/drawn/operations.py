"""Hypothesis strategies: the operations of a script, each drawn for a network."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dl4j_backends.interface import Network, Search
from dl4j_conformance.cases.drawn.networks import LATE_ITERATIONS, settings, subsets
from dl4j_conformance.cases.drawn.values import Draw, arrays, draw_arrays
from dl4j_conformance.cases.operations import (
    Average,
    Clear,
    Clone,
    CloneUpdater,
    Compare,
    EndPretraining,
    Freeze,
    Iterate,
    Operation,
    ReadState,
    Restore,
    SetLearningRate,
    SetState,
    Switch,
    Update,
    is_searching,
)
from dl4j_conformance.cases.parameter_lengths import parameter_lengths, state_size
from dl4j_conformance.cases.values import Floats

#: Keys that a network does not have, malformed ones among them.
ODD_KEYS = (
    "W",
    "",
    "_",
    "_W",
    "a_W",
    "0_q",
    "0__",
    "0_",
    "-1_W",
    "+0_q",
    "99_W",
    "0_vb",
    "3000000000_W",
    "-_b",
)
_EXCESSES = st.sampled_from((0, 0, 0, -1, 1))
FIRST_ITERATIONS = st.sampled_from((*(0,) * 6, 1, 1, -1, -1, 5, 5, 1000, *LATE_ITERATIONS))

#: From one iteration to the next: mostly one on, else the same again, back or ahead.
LEAPS = st.sampled_from((*(1,) * 13, 0, -1, 3))
_STEPS = st.sampled_from((1.0, 0.5, 0.1, -0.25, 0.0, 1e-300, 1e30, math.inf, math.nan))
_SCORES = st.sampled_from((1.0, 1.0, 1.00001, 0.5, 0.0, 1e-10, math.inf, math.nan))
#: Scores at a try, mostly worse than those at the start: then the search goes on.
_TRIES = st.one_of(_SCORES, st.floats(1, 3), st.floats(0.999, 1.001), st.floats(0, 3))
_SEARCHES = st.sampled_from((1, 1, 1, 2, 3, 6))
_BATCH_SIZES = st.sampled_from((1, 1, 1, 4, 7, 32, 0, (1 << 16) + 1, (1 << 24) + 1, (1 << 31) - 1))


def draw_update(draw: Draw, network: Network, iteration: int) -> Update:
    """Draw an update with most of the network's gradients, and now and then one that it does not know."""
    keys = tuple(network.params)
    left_out = set(draw(subsets(keys))) & set(draw(subsets(keys))) & set(draw(subsets(keys)))
    lengths = {key: len(network.params[key]) for key in keys if key not in left_out}
    gradients = draw_arrays(draw, network.dtype, lengths)
    if draw(st.integers(0, 24)) == 24:
        gradients[draw(odd_keys(network.params))] = draw(arrays(network.dtype, 2))
    return Update(gradients, iteration, draw(_BATCH_SIZES))


def draw_iteration(draw: Draw, network: Network) -> Iterate:
    """Draw an iteration with most of the network's gradients; now and then its score stalls."""
    if not is_searching(network):
        return Iterate(_draw_gradients(draw, network), draw(_SCORES), draw(_BATCH_SIZES))
    searches = [_draw_search(draw, network) for _ in range(draw(_SEARCHES) if _finds_lengths(network) else 1)]
    given = _draw_gradients(draw, network), draw(_SCORES), draw(_BATCH_SIZES)
    return Iterate(*given, searches[0], tuple(searches[1:]) or None)


def _draw_search(draw: Draw, network: Network) -> Search:
    """Draw a search: mostly the scores of its tries, where the network's searches find the length of their step."""
    if _finds_lengths(network) and draw(st.integers(0, 5)):
        return Search(_draw_gradients(draw, network), draw(_SCORES), tries=tuple(draw(st.lists(_TRIES, max_size=6))))
    return Search(_draw_gradients(draw, network), draw(_SCORES), draw(_STEPS))


def _finds_lengths(network: Network) -> bool:
    """Return whether the network says how often its searches try, which counts only where they find lengths."""
    return "max_num_line_search_iterations" in network.conf


def _draw_gradients(draw: Draw, network: Network) -> Mapping[str, Floats]:
    """Draw gradients of parameters: of all that a standalone layer has, in some order, and of most of a network's.

    Where a network searches, all are there more often: after a search without some of them, most optimizers fail.
    """
    if network.is_standalone_layer or (is_searching(network) and draw(st.integers(0, 7)) < 7):
        keys = draw(st.permutations(sorted(network.params))) if network.is_standalone_layer else network.params
        return draw_arrays(draw, network.dtype, {key: len(network.params[key]) for key in keys})
    update = draw_update(draw, network, 0)
    return {key: array for key, array in update.gradients.items() if key in network.params}


def _draw_state(draw: Draw, network: Network) -> SetState:
    """Draw a state to set, now and then of another length than the view's."""
    lengths = [parameter_lengths(layer) for layer in network.layers]
    size = state_size(network.layers, lengths, network.conf.get("updater", "SGD"))
    # A standalone layer takes a longer view, and what a shorter one breaks before it fails cannot be seen.
    length = max(1, size + abs(draw(_EXCESSES)) if network.is_standalone_layer else size + draw(_EXCESSES))
    return SetState(np.abs(draw(arrays(network.dtype, length))))


def _draw_rate(draw: Draw, network: Network) -> SetLearningRate:
    """Draw a learning rate to set."""
    return SetLearningRate(draw(st.sampled_from(sorted(network.params))), draw(settings(0.3)))


def _draw_average(draw: Draw, networks: int) -> Average:
    """Draw an average with some of the script's ``networks``."""
    others = draw(st.lists(st.integers(0, networks - 1), min_size=1, max_size=3))
    return Average(tuple(others), draw(st.booleans()))


def _pretrained(network: Network) -> list[int]:
    return [i for i, layer in enumerate(network.layers) if layer.get("pretrain")]


def odd_keys(parameters: Collection[str]) -> SearchStrategy[str]:
    """Return a strategy for keys of :data:`ODD_KEYS` that the network with these parameters does not have."""
    return st.sampled_from([key for key in ODD_KEYS if key not in parameters])


@dataclass(frozen=True)
class Drawn:
    """The strategy of an operation other than an update, which needs its iteration's number.

    ``draw`` gets the network, and how many networks the script has by then; ``fits`` says whether the operation fits
    them. :func:`dl4j_conformance.cases.drawn.cases.cases` draws it as ``often`` as this, beside the others.
    """

    kind: type[Operation]
    draw: Callable[[Draw, Network, int], Operation]
    fits: Callable[[Network, int], bool] = lambda network, networks: True
    often: int = 1

    def can_follow(self, network: Network, networks: int, capabilities: frozenset[str]) -> bool:
        """Return whether a script of so many networks can go on with it, on a backend with these capabilities."""
        capability = self.kind.capability
        return (capability is None or capability in capabilities) and self.fits(network, networks)


_ALL = (
    Drawn(
        Iterate,
        lambda draw, network, _: draw_iteration(draw, network),
        often=0,
    ),
    Drawn(ReadState, lambda draw, network, networks: ReadState(), often=0),
    Drawn(
        Compare,
        lambda draw, _, networks: Compare(draw(st.integers(0, networks - 1))),
        lambda _, networks: networks > 1,
    ),
    Drawn(
        Switch,
        lambda draw, _, networks: Switch(draw(st.integers(0, networks - 1))),
        lambda _, networks: networks > 1,
    ),
    Drawn(SetState, lambda draw, network, _: _draw_state(draw, network), often=2),
    Drawn(SetLearningRate, lambda draw, network, _: _draw_rate(draw, network)),
    Drawn(Clone, lambda draw, network, networks: Clone()),
    Drawn(
        Restore,
        lambda draw, network, networks: Restore(draw(st.booleans())),
        lambda network, _: not network.is_standalone_layer,
        often=3,
    ),
    Drawn(
        Freeze,
        lambda draw, network, _: Freeze(draw(st.integers(0, len(network.layers) - 1))),
        # A chain that is frozen would need a capability that its network does not tell of.
        lambda network, _: not network.is_standalone_layer and bool(network.topology or not network.vertices),
    ),
    Drawn(
        EndPretraining,
        lambda draw, network, _: EndPretraining(draw(st.sampled_from(_pretrained(network)))),
        lambda network, _: bool(_pretrained(network)),
        often=3,
    ),
    Drawn(Clear, lambda draw, network, networks: Clear(), lambda network, _: not network.is_standalone_layer),
    Drawn(CloneUpdater, lambda draw, network, networks: CloneUpdater()),
    Drawn(
        Average,
        lambda draw, _, networks: _draw_average(draw, networks),
        lambda network, _: network.is_standalone_layer,
    ),
)

#: By operation, in the order in which cases draw them.
DRAWN = {drawn.kind: drawn for drawn in _ALL}
