"""Hypothesis strategies: networks of DL4J 0.9.1 and 1.0.0-M2.1, and the updates that they make."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_conformance.cases.block_case import parameter_lengths
from dl4j_conformance.cases.drawn import networks_0_9_1, networks_1_0_0
from dl4j_conformance.cases.drawn.networks import LATE_ITERATIONS
from dl4j_conformance.cases.drawn.values import draw_arrays
from dl4j_conformance.cases.values import DTYPES

_DESCRIPTIONS = {"0.9.1": networks_0_9_1.descriptions, "1.0.0-M2.1": networks_1_0_0.descriptions}
_FORMS = ("own",) * 4 + ("flat", "map")
_MOST_STEPS = 5
#: The first iterations of a training, others, and rarely those that short formats of numbers cannot hold.
_FIRST_ITERATIONS = st.one_of(
    st.sampled_from((0, 0, 0, 1, 5, 12)), st.integers(0, 40), st.sampled_from((-1, -2, 1000, *LATE_ITERATIONS))
)
_BATCH_SIZES = st.sampled_from((1, 1, 2, 3, 4, 7, 10, 32, 100, 0, -2, (1 << 24) + 1))


@cache
@st.composite
def block_networks(draw: DrawFn, version: str) -> BlockNetwork:
    """Draw a network of a version, valid or such that DL4J refuses it."""
    dtype = draw(st.sampled_from(DTYPES))
    conf, layers = draw(_DESCRIPTIONS[version]())
    params = draw_arrays(draw, dtype, parameter_lengths(version, layers))
    return BlockNetwork(version, dtype, conf, layers, params, draw(st.sampled_from(_FORMS)))


@cache
@st.composite
def block_cases(draw: DrawFn, version: str) -> tuple[BlockNetwork, tuple[BlockStep, ...]]:
    """Draw a network and its updates: iterations follow each other or leap, and an epoch has a few of them."""
    network = draw(block_networks(version))
    lengths = {key: len(array) for key, array in network.params.items()}
    iteration = draw(_FIRST_ITERATIONS)
    epoch = draw(st.sampled_from((0, 0, 1, 4))) if version != "0.9.1" else 0
    batch_size = draw(_BATCH_SIZES)
    steps = []
    for _ in range(draw(st.integers(1, _MOST_STEPS))):
        own = None if network.gradient == "own" else draw_arrays(draw, network.dtype, lengths)
        gradients = draw_arrays(draw, network.dtype, lengths)
        steps.append(BlockStep(iteration, epoch, batch_size, gradients, own))
        iteration += draw(st.sampled_from((1, 1, 1, 1, 0, 3)))
        epoch += draw(st.sampled_from((0, 0, 1))) if version != "0.9.1" else 0
    return network, tuple(steps)
