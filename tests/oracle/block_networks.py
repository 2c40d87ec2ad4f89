"""Networks of later versions of DL4J, in short, and what the ieee arithmetic makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.blocks.gradients import GradientForm, Gradients
from dl4j_oracle.blocks.network_updater import BlockDescription, BlockNetworkUpdater
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS

#: Layers that take two values and give two, with a weight of 1 everywhere.
PAIR = {"n_in": 1, "n_out": 2}


def opened(
    version: str,
    layers: Sequence[Mapping[str, Any]],
    conf: Mapping[str, Any] | None = None,
    dtype: str = "float64",
    params: Mapping[str, Sequence[float]] | None = None,
) -> BlockNetworkUpdater:
    """Return a network without a minibatch; its parameters are 1 where none are given."""
    rules = BLOCK_VERSIONS[version]
    settings = {"mini_batch": False, **(conf or {})}
    ones = {p.key: [1.0] * p.length for p in rules.build(settings, layers).parameters}
    description = BlockDescription(settings, layers, {**ones, **(params or {})})
    return BlockNetworkUpdater(description, IeeeArithmetic(dtype, rules.norm_order), rules)


def gradients_of(network: BlockNetworkUpdater, given: Mapping[str, Sequence[float]]) -> Gradients:
    """Return gradients in the network's own view, 0 where none are given."""
    zeros = {p.key: [0.0] * p.length for p in network.network.parameters}
    return network.gradients(GradientForm.OWN, {**zeros, **given}, None)


def update(
    network: BlockNetworkUpdater,
    given: Mapping[str, Sequence[float]],
    iteration: int = 0,
    epoch: int = 0,
    batch_size: int = 1,
) -> dict[str, list[float]]:
    """Return the updates by key, as doubles."""
    gradients = gradients_of(network, given)
    network.update(gradients, iteration, epoch, batch_size)
    return values(gradients.flat)


def values(arrays: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return arrays by key as doubles."""
    return {key: IeeeArray.own(array).values.astype(np.float64).tolist() for key, array in arrays.items()}
